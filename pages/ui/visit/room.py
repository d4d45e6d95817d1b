"""The class that this visit is in: joined by its code, kept in the address, so that a reload or another server finds it again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import saved
from pages.ui.visit.state import visit
from server import rooms
from server.refusals import Refusal, RoomError
from server.rooms import Look
from server.services import services
from server.services import visit as visit_id
from spiral_core.store.database import StoreError
from spiral_core.store.rooms import digest

PAGE = "class"
# Names in the address: of a room, of the right to teach it, of its screen, of going along where the teacher leads.
CODE, PASS, SCREEN, FOLLOW = "room", "pass", "screen", "follow"
PARAMETERS = (CODE, PASS, SCREEN, FOLLOW)
ROOM_BYTES = 5_000_000  # that an open class counts for of what its network may have saved: a hundred an hour, not all there can be


def look() -> Look | None:
    """The room of this visit as it is now; None where it is in none."""
    here = visit()
    if not here.room:
        return None
    try:
        found = services().rooms.look(here.room)
        if found:
            services().rooms.come(found.room, saved.own_shelf(), visit_id())
    except StoreError:
        return None
    except RoomError as error:
        _go(error.refusal)
        return None
    if found is None:
        _go(Refusal.CLOSED)
    return found


def _go(why: Refusal) -> None:
    _out()
    visit().room_problem = text(why)


def _out() -> None:
    """This visit is in no room."""
    here = visit()
    here.room, here.room_code, here.screen = "", "", False


def _unusable(error: StoreError) -> str:
    return _("Classes cannot be used now: {reason}.").format(reason=_(error.reason.value))


def teaches(look: Look) -> bool:
    """Whether this browser has the teacher's right."""
    return digest(look.room.id, saved.own_shelf()) in look.room.teachers


def member(look: Look) -> str:
    """What this browser is called in the room."""
    return digest(look.room.id, saved.own_shelf())


def text(refusal: Refusal) -> str:
    """A refusal as a sentence in the reader's language."""
    most = {Refusal.MISSES: rooms.MAX_MISSES, Refusal.OWN: rooms.MAX_OWN}.get(refusal, rooms.MAX_MEMBERS)
    return _(refusal.value).format(most=most)


def join(code: str) -> None:
    """Go into the room of a code, if there is one; else the problem says why not."""
    here = visit()
    try:
        room = services().rooms.find(code, visit_id(), st.context.ip_address or "")
        services().rooms.come(room, saved.own_shelf(), visit_id())
    except RoomError as error:
        here.room_problem = text(error.refusal)
    except StoreError as error:
        here.room_problem = _unusable(error)
    else:
        _enter(room.id, room.code)


def _enter(room: str, code: str) -> None:
    here = visit()
    if here.room != room:
        here.guided, here.goal_best = 0, None
    here.room, here.room_code, here.room_problem = room, code, ""


def open_class() -> None:
    """Open a room; this browser is its teacher's."""
    try:
        saved.spend(ROOM_BYTES, is_small=True)
        room = services().rooms.open(saved.own_shelf())
    except RoomError as error:
        visit().room_problem = text(error.refusal)
    except StoreError as error:
        visit().room_problem = _unusable(error)
    else:
        _enter(room.id, room.code)


def own_codes() -> list[str]:
    """The codes of the open classes that this browser teaches."""
    try:
        return services().store.rooms_of(saved.own_shelf())
    except StoreError:
        return []


def leave() -> None:
    """Go out of the room; a teacher may come back by its code."""
    here = visit()
    with suppress(StoreError):  # nobody is kept in a room because the store is busy
        services().rooms.leave(here.room, saved.own_shelf())
    _out()
    here.room_problem = ""


# The address.


def address() -> dict[str, str]:
    """What every page's address says of the room."""
    here = visit()
    if not here.room_code:
        return {}
    return {CODE: here.room_code} | ({SCREEN: "1"} if here.screen else {}) | ({FOLLOW: _follows()} if here.follows else {})


def read(query: Mapping[str, str]) -> list[str]:
    """Take the room from an address; returns a sentence for what could not be taken."""
    here = visit()
    problems = _enter_by(query)
    here.screen, here.follows = query.get(SCREEN) == "1", bool(here.room) and query.get(FOLLOW) == _follows()
    return problems


def _follows() -> str:
    """What the address says of a browser that goes along where its class is led: no link of somebody else's can say it."""
    return digest(visit().room + FOLLOW, saved.own_shelf())[:12]


def _enter_by(query: Mapping[str, str]) -> list[str]:
    here = visit()
    if token := query.get(PASS):
        return _teach(token)
    asked = query.get(CODE, "")
    code = rooms.plain_code(asked)
    if code and code == here.room_code:
        return []
    here.room, here.room_code = "", ""
    if not asked:
        return []
    if not code:
        return [text(Refusal.UNKNOWN)]
    join(code)
    problem, here.room_problem = here.room_problem, ""
    return [problem] if problem else []


def _teach(token: str) -> list[str]:
    """Become a teacher of the room of a pass."""
    try:
        room = services().store.use_pass(token[:100], saved.own_shelf())
        found = services().rooms.look(room) if room else None
    except StoreError as error:
        return [_unusable(error)]
    if found is None:
        return [text(Refusal.PASS)]
    services().rooms.forget(found.room.id)
    _enter(found.room.id, found.room.code)
    return []
