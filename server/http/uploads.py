"""Files that browsers send: bounded for each page and in all before they are read, since Streamlit keeps them in memory."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from server import log

PATH = "/_stcore/upload_file/"
MAX_BYTES_OF_A_PAGE = 12_000_000
MAX_FILES_OF_A_PAGE = 8
MAX_BYTES = 150_000_000  # of all pages
MAX_AT_ONCE = 16  # being received


class BoundedUploads:
    """Refuses a file that is too much beside those that its page and all pages have here already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        session = scope["path"].partition(PATH)[2].partition("/")[0]
        length = _length(scope)
        sizes = list(_kept(session))
        too_much = len(sizes) >= MAX_FILES_OF_A_PAGE or sum(sizes) + length > MAX_BYTES_OF_A_PAGE
        full = self._under_way >= MAX_AT_ONCE or sum(_kept()) + length > MAX_BYTES
        if too_much or full:
            log.warn("refused: an upload", reason="of one page" if too_much else "of all pages")
            await PlainTextResponse("Too many files are being sent. Try again in a minute.\n", 413 if too_much else 503)(
                scope, receive, send
            )
            return
        self._under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._under_way -= 1


def _length(scope: Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 12 else 0


def _kept(session: str | None = None) -> Iterator[int]:
    """The sizes of the files that are kept, of one session or of all."""
    if not runtime.exists():
        return
    sessions = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    for name, files in list(sessions.items()):
        if session is None or name == session:
            yield from (len(file.data) for file in list(files.values()))
