"""Files that browsers send: bounded for each page and in all before they are read, since Streamlit keeps them in memory.

A page keeps its newest files: an older one makes room, and the page asks for it again if it is still wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from server import log

PATH = "/_stcore/upload_file/"
MAX_BYTES_OF_A_PAGE = 12_000_000
MAX_FILES_OF_A_PAGE = 4
MAX_BYTES = 150_000_000  # of all pages
MAX_AT_ONCE = 16  # being received


class BoundedUploads:
    """Lets a file in where the page's own older ones and the server's bounds leave room for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        session = scope["path"].partition(PATH)[2].partition("/")[0]
        length = _length(scope)
        too_much = length > MAX_BYTES_OF_A_PAGE
        if not too_much:
            make_room(session, length)
        full = self._under_way >= MAX_AT_ONCE or sum(_kept()) + length > MAX_BYTES
        if too_much or full:
            log.warning("refused: an upload", reason="of one page" if too_much else "of all pages")
            await PlainTextResponse("Too many files are being sent. Try again in a minute.\n", 413 if too_much else 503)(
                scope, receive, send
            )
            return
        self._under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._under_way -= 1
            make_room(session)  # of several that came at the same time, or without saying how long they are


def make_room(session: str, length: int = 0) -> None:
    """Drop a page's oldest files until one more of this length is within its bounds; of length 0: until its own are."""
    if not runtime.exists():
        return
    manager = runtime.get_instance().uploaded_file_mgr
    kept = list(getattr(manager, "file_storage", {}).get(session, {}).items())  # the oldest first
    files, size = len(kept) + (length > 0), sum(len(file.data) for _name, file in kept) + length
    for name, file in kept:
        if files <= MAX_FILES_OF_A_PAGE and size <= MAX_BYTES_OF_A_PAGE:
            return
        getattr(manager, "remove_file")(session, name)  # noqa: B009 (of the manager that keeps files in memory)
        files, size = files - 1, size - len(file.data)


def _length(scope: Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 12 else 0


def _kept() -> Iterator[int]:
    """The sizes of all files that are kept."""
    if not runtime.exists():
        return
    sessions = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    for files in list(sessions.values()):
        yield from (len(file.data) for file in list(files.values()))
