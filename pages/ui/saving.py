"""The server's one run store, and each visit's shelf in it. What cannot be saved costs the saving alone, and is said."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui import events
from pages.ui.text import _
from spiral_core.database import StoreError
from spiral_core.records import Record
from spiral_core.run_store import MOST_PINS, RunStore, key_of, new_id, points_name
from spiral_core.settings import Settings
from spiral_core.training import Run

COOKIE = "spiral_lab_shelf"
_SHELF = re.compile(r"[A-Za-z0-9_-]{22}")
_YEAR = 365 * 24 * 3600


class _Opened:
    """The store that this server uses, and why it is not the file, if it is not."""

    def __init__(self, path: Path) -> None:
        self.path, self.problem = path, ""
        try:
            self.store = RunStore(path)
            with suppress(StoreError):  # a full disk, say, which the first saving tells
                self.store.tidy()
        except StoreError as error:
            events.fail("the run store cannot be used; runs are kept in memory", file=path, reason=error)
            self.problem, self.store = str(error), RunStore(None)
        if self.store.set_aside:
            events.fail("the run store was damaged; a new one is begun", kept_as=self.store.set_aside)


_opened: _Opened | None = None
_lock = threading.Lock()


def store_path() -> Path:
    """Where runs are kept: SPIRAL_LAB_STORE, else the user's own folder for such files."""
    named = os.environ.get("SPIRAL_LAB_STORE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", "~\\AppData\\Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Application Support")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share")
    return base.expanduser() / "spiral-lab" / "runs.sqlite"


def _open() -> _Opened:
    global _opened
    with _lock:
        if _opened is None:
            _opened = _Opened(store_path())
        return _opened


def store() -> RunStore:
    """The server's store, opened at the first call."""
    return _open().store


def close() -> None:
    """The server ends, or a test wants another store."""
    global _opened
    with _lock:
        if _opened:
            _opened.store.close()
        _opened = None


# Each browser has a shelf of its own: its id is a cookie that only the server sets and that no page or link shows.


class ShelfCookie:
    """Gives each browser that has none the id of a new shelf."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = f"{COOKIE}={new_id()}; Max-Age={_YEAR}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        has_one = scope["type"] != "http" or is_shelf(Request(scope).cookies.get(COOKIE, ""))
        await self.app(scope, receive, send if has_one else send_with_cookie)


def is_shelf(text: object) -> bool:
    return isinstance(text, str) and bool(_SHELF.fullmatch(text))


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
        events.warn("not saved", reason=error)
        st.session_state["not_saved"] = str(error)


def show_problems() -> None:
    """Say what could not be saved or read, and why."""
    opened = _open()
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
            store().pin(shelf(), settings, name, note)
        except ValueError:
            st.toast(_("The shelf is full: it holds {count} runs. Remove one first.").format(count=MOST_PINS))
            return False
        if record is not None:
            store().save([record])
    return True


def keep_points(packed: str) -> str:
    """Keep points that are too many for a link; returns the name under which this server finds them."""
    name = points_name(packed)
    kept: set[str] = st.session_state.setdefault("kept_points", set())
    if name not in kept:
        with attempt():
            store().keep_points(packed)
        kept.add(name)
    return name


def points_of(name: str) -> str | None:
    """The points that a link names, if this server has them."""
    try:
        return store().points(name)
    except StoreError:
        return None


def note(name: str, text: str) -> None:
    """Keep what this browser's owner has done: an answer in a lesson, a hint that was closed."""
    notes()[name] = text
    with attempt():
        store().note(own_shelf(), name, text)


def notes() -> dict[str, str]:
    """All that was noted for this browser, by name."""
    if "notes" not in st.session_state:
        try:
            st.session_state["notes"] = store().notes(own_shelf())
        except StoreError:
            st.session_state["notes"] = {}
    kept: dict[str, str] = st.session_state["notes"]
    return kept


def forget_notes(names: list[str]) -> None:
    for name in names:
        notes().pop(name, None)
    with attempt():
        store().forget_notes(own_shelf(), names)


def is_pinned(settings: Settings) -> bool:
    try:
        return any(found.key == key_of(settings) for found in store().pins(shelf()))
    except StoreError:
        return False


def pin_button(key: str, settings: Settings, name: str = "", run: Run | None = None, record: Record | None = None) -> None:
    """A button that puts a run on the shelf, or says that it is there."""
    pinned = is_pinned(settings)
    if st.button(
        _("Pinned") if pinned else _("Pin"), key=key, icon=":material/keep:", disabled=pinned,
        help=_("Keep this run on your shelf, to compare it with others."),
    ):  # fmt: skip
        record = Record.of(run) if run is not None else record
        if pin(settings, name, record=record):
            st.toast(_("Pinned. The Compare page shows it."), icon=":material/keep:")
        st.rerun()
