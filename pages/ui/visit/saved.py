"""Each visit's shelf, notes and large custom points in the run store. What cannot be saved is lost to the store alone, and said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import streamlit as st

from pages.ui.text import _
from pages.ui.visit.state import Visit, visit
from server import log
from server.http.cookie import COOKIE, is_shelf
from server.services import services
from spiral_core.classroom.goals import Goal
from spiral_core.records import Record, stored_bytes
from spiral_core.settings import Settings
from spiral_core.store.database import StoreError
from spiral_core.store.keys import key_of, new_id, points_name, shelf_of, to_json
from spiral_core.store.shares import Share
from spiral_core.store.shelves import MAX_PINS


def own_shelf() -> str:
    """The shelf of this browser; of this visit alone where it takes no cookies. No page or link may show it."""
    if not visit().own_shelf:
        cookie = st.context.cookies.get(COOKIE, "")
        visit().own_shelf = shelf_of(cookie if is_shelf(cookie) else new_id())
    return visit().own_shelf


def shelf() -> str:
    """The shelf that the Compare page shows: the one that a link shares, else the browser's own."""
    shared = _shared()
    return shared.shelf if shared else own_shelf()


def may_edit() -> bool:
    """Whether this visit may change the shelf on show: its own, or one whose owner lets others change it."""
    shared = _shared()
    return shared is None or shared.may_edit


def pin_shelf() -> str:
    """The shelf that pinned runs go to: the one on show, or the own one where that may only be read."""
    return shelf() if may_edit() else own_shelf()


def is_shared() -> bool:
    """Whether the shelf on show came with a link."""
    return _shared() is not None


def open_shared(token: str) -> bool:
    """Show the shelf that a token shares; False where there is none."""
    try:
        found = services().store.shared(token)
    except StoreError:
        found = None
    visit().shared_shelf = token if found and found.shelf != own_shelf() else ""
    return found is not None


def close_shared() -> None:
    """Show the browser's own shelf again."""
    visit().shared_shelf = ""


def share(editable: bool) -> None:
    """Make a token that shares the own shelf, to read or to change too."""
    with attempt():
        services().store.share(own_shelf(), editable)


def token(editable: bool) -> str | None:
    """The token that shares the own shelf; None before `share`."""
    try:
        return services().store.token(own_shelf(), editable)
    except StoreError:
        return None


def stop_sharing() -> None:
    """Let no token open the own shelf any more."""
    with attempt():
        services().store.stop_sharing(own_shelf())


def _shared() -> Share | None:
    token = visit().shared_shelf
    try:
        return services().store.shared(token) if token else None
    except StoreError:
        return None


# Saving from a page.


def size_of(kept: Settings | Goal) -> int:
    """Bytes that something takes where it is saved; with custom points it is long."""
    return len(to_json(kept.to_dict()))


def spend(nbytes: int, is_small: bool | None = None) -> None:
    """Count what is about to be saved. Raises StoreError where too much came from this browser or network.

    is_small: whether it is what a lesson needs whatever else is saved; where it is not said, what is small.
    """
    services().allowances.spend(st.context.ip_address or "", own_shelf(), nbytes, is_small)


def spender() -> Callable[[int], None]:
    """Counts what is saved for this browser after its page's script has ended, as a search does trial by trial."""
    return partial(services().allowances.spend, st.context.ip_address or "", own_shelf(), is_small=False)


@contextmanager
def attempt(here: Visit | None = None) -> Iterator[None]:
    """Save something for this visit; if that fails, the next `show_problems` says why."""
    try:
        yield
    except StoreError as error:
        log.warning("not saved", reason=error)
        (here or visit()).not_saved = error.reason.value


def show_problems() -> None:
    """Say what could not be saved or read, and why, in a place of its own: what is below keeps its place when it goes."""
    opened = services().opened
    with st.container():
        if opened.problem:
            text = _("Runs are kept only until the server stops: {reason}. The file is {file}.")
            st.warning(text.format(reason=_(opened.problem), file=f"`{opened.path.name}`"), icon=":material/save:")
        if opened.store.set_aside:
            text = _("The file of saved runs was damaged. It is kept beside the new one as {file}.")
            st.warning(text.format(file=f"`{opened.store.set_aside.name}`"), icon=":material/healing:")
        problem = _problem()
        if problem:
            st.warning(problem)


def tell_problem() -> None:
    """Say in a toast what could not be saved, where the page has not said it in its own place."""
    problem = _problem()
    if problem:
        st.toast(problem, icon=":material/warning:")


def _problem() -> str:
    """What could not be saved since this was last asked, as a sentence."""
    reason, visit().not_saved = visit().not_saved, ""
    text = _("Could not be saved: {reason}. What is on the screen is not affected.")
    return text.format(reason=_(reason)) if reason else ""


def pin(settings: Settings, name: str = "", note: str = "", record: Record | None = None) -> bool:
    """Put a run on the shelf, with what is known of it; False where that cannot be.

    A toast says that the shelf is full, the next `show_problems` or `tell_problem` what else is wrong.
    """
    with attempt():
        spend(size_of(settings) + stored_bytes(settings))
        try:
            as_before = not (is_shared() or name or note)  # what its owner called a run is for nobody else
            services().store.pin(pin_shelf(), settings, name, note, as_before)
        except ValueError:
            st.toast(_("The shelf is full: it holds {count} runs. Remove one first.").format(count=MAX_PINS))
            return False
        if record is not None:
            services().store.save([record])
    return not visit().not_saved


def points_keeper() -> Callable[[str], str]:
    """Keeps points that are too many for a link, and gives the name under which this server finds them; also for a file that is
    made later, in a thread that knows nothing of the visit."""
    here, shelf, address = visit(), own_shelf(), st.context.ip_address or ""

    def keep(packed: str) -> str:
        name = points_name(packed)
        if name not in here.kept_points:
            with attempt(here):
                services().allowances.spend(address, shelf, len(packed))
                services().store.keep_points(packed, shelf)
            here.kept_points.add(name)
        return name

    return keep


def points_of(name: str) -> str | None:
    """The points that a link names, if this server has them."""
    try:
        return services().store.points(name)
    except StoreError:
        return None


def keep_link(query: str) -> str:
    """Keep the query of a link on this server; returns its short name, or nothing where it cannot be kept."""
    try:
        spend(len(query))
        return services().store.keep_link(query, own_shelf())
    except (StoreError, ValueError):
        return ""


def link_of(name: str) -> str | None:
    """The query that a short name stands for; None where this server has none."""
    try:
        return services().store.link(name)
    except StoreError:
        return None


def note(name: str, text: str) -> None:
    """Keep what this browser's owner has done: an answer in a lesson, a hint that was closed."""
    notes()[name] = text
    with attempt():
        spend(len(name + text))
        services().store.note(own_shelf(), name, text)


def notes() -> dict[str, str]:
    """All that was noted for this browser, by name."""
    kept = visit().notes
    if kept is None:
        try:
            kept = services().store.notes(own_shelf())
        except StoreError:
            kept = {}
        visit().notes = kept
    return kept


def forget_notes(names: list[str]) -> None:
    """Forget what was noted under these names."""
    for name in names:
        notes().pop(name, None)
    with attempt():
        services().store.forget_notes(own_shelf(), names)


def has_removed() -> bool:
    """Whether something was removed from the own shelf, by whomever, and can come back."""
    try:
        return services().store.has_removed(own_shelf())
    except StoreError:
        return False


def is_pinned(settings: Settings) -> bool:
    """Whether a run is on the shelf that `pin` puts it on."""
    try:
        return any(found.key == key_of(settings) for found in services().store.pins(pin_shelf()))
    except StoreError:
        return False
