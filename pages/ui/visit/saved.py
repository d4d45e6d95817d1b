"""Each visit's shelf in the run store. What cannot be saved costs the saving alone, and is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.ui.text import _
from server import log
from server.http.cookie import COOKIE, is_shelf
from server.services import services
from spiral_core.records import Record
from spiral_core.settings import Settings
from spiral_core.store.database import StoreError
from spiral_core.store.keys import key_of, new_id, points_name
from spiral_core.store.shelves import MAX_PINS


def own_shelf() -> str:
    """The shelf of this browser; of this visit alone where it takes no cookies."""
    if "own_shelf" not in st.session_state:
        cookie = st.context.cookies.get(COOKIE, "")
        st.session_state["own_shelf"] = cookie if is_shelf(cookie) else new_id()
    return str(st.session_state["own_shelf"])


def shelf() -> str:
    """The shelf on show: the one that a link asked for, else the browser's own."""
    return str(st.session_state.get("shelf_of_link") or own_shelf())


def open_shelf(name: str | None) -> None:
    """Show the shelf of a link; None: the browser's own again."""
    st.session_state["shelf_of_link"] = name


# Saving from a page.


@contextmanager
def attempt() -> Iterator[None]:
    """Save something; if that fails, the next `show_problems` says why."""
    try:
        yield
    except StoreError as error:
        log.warning("not saved", reason=error)
        st.session_state["not_saved"] = error.reason.value


def show_problems() -> None:
    """Say what could not be saved or read, and why."""
    opened = services().opened
    if opened.problem:
        text = _("Runs are kept only until the server stops: {reason}. The file is {file}.")
        st.warning(text.format(reason=_(opened.problem), file=f"`{opened.path.name}`"), icon=":material/save:")
    if opened.store.set_aside:
        text = _("The file of saved runs was damaged. It is kept beside the new one as {file}.")
        st.warning(text.format(file=f"`{opened.store.set_aside.name}`"), icon=":material/healing:")
    reason = st.session_state.pop("not_saved", "")
    if reason:
        st.warning(_("Could not be saved: {reason}. What is on the screen is not affected.").format(reason=_(reason)))


def pin(settings: Settings, name: str = "", note: str = "", record: Record | None = None) -> bool:
    """Put a run on the shelf, with what is known of it; False, and a word to the user, where the shelf is full."""
    with attempt():
        try:
            services().store.pin(shelf(), settings, name, note)
        except ValueError:
            st.toast(_("The shelf is full: it holds {count} runs. Remove one first.").format(count=MAX_PINS))
            return False
        if record is not None:
            services().store.save([record])
    return True


def keep_points(packed: str) -> str:
    """Keep points that are too many for a link; returns the name under which this server finds them."""
    name = points_name(packed)
    kept: set[str] = st.session_state.setdefault("kept_points", set())
    if name not in kept:
        with attempt():
            services().store.keep_points(packed)
        kept.add(name)
    return name


def points_of(name: str) -> str | None:
    """The points that a link names, if this server has them."""
    try:
        return services().store.points(name)
    except StoreError:
        return None


def note(name: str, text: str) -> None:
    """Keep what this browser's owner has done: an answer in a lesson, a hint that was closed."""
    notes()[name] = text
    with attempt():
        services().store.note(own_shelf(), name, text)


def notes() -> dict[str, str]:
    """All that was noted for this browser, by name."""
    if "notes" not in st.session_state:
        try:
            st.session_state["notes"] = services().store.notes(own_shelf())
        except StoreError:
            st.session_state["notes"] = {}
    kept: dict[str, str] = st.session_state["notes"]
    return kept


def forget_notes(names: list[str]) -> None:
    for name in names:
        notes().pop(name, None)
    with attempt():
        services().store.forget_notes(own_shelf(), names)


def is_pinned(settings: Settings) -> bool:
    try:
        return any(found.key == key_of(settings) for found in services().store.pins(shelf()))
    except StoreError:
        return False
