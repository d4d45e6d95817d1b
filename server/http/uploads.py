"""Files that browsers send: bounded for each page and in all before they are read, since Streamlit keeps them in memory.

A page keeps its newest files: an older one makes room, and the page asks for it again if it is still wanted. Where all pages
together have too much, the one that has most makes room; what is slow to come gives way to what comes. So nobody can keep others'
files out.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from server import log

PATH = "/_stcore/upload_file/"
MAX_BYTES_OF_A_PAGE = 12_000_000
MAX_FILES_OF_A_PAGE = 4
MAX_BYTES = 150_000_000  # of all pages, with what has come of files that are being received
MAX_AT_ONCE = 100  # being received; of more, what has taken longest is given up
SECONDS_FOR_A_PIECE = 10.0  # until more of a file comes


@dataclass(eq=False)
class _Upload:
    """A file that is being received."""

    task: asyncio.Task[object]
    began: float = field(default_factory=time.monotonic)
    received: int = 0
    cut: bool = False

    def give_up(self) -> None:
        self.cut = True
        self.task.cancel()


class BoundedUploads:
    """Lets a file in where the page's own older ones leave room for it, and sees to it that others' do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way: list[_Upload] = []  # the oldest first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        session = scope["path"].partition(PATH)[2].partition("/")[0]
        length = _length(scope)
        if length > MAX_BYTES_OF_A_PAGE:
            await _refuse(413, scope, receive, send)
            return
        make_room(session, length)
        task = asyncio.current_task()
        assert task
        upload = _Upload(task)
        self._under_way.append(upload)
        while len(self._under_way) > MAX_AT_ONCE:
            self._under_way.pop(0).give_up()
        try:
            await self._receive(upload, scope, receive, send)
        finally:
            if upload in self._under_way:
                self._under_way.remove(upload)
            make_room(session)  # of several that came at the same time, or without saying how long they are

    async def _receive(self, upload: _Upload, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a file received, until it is there or given up."""
        answered = False

        async def receive_piece() -> Message:
            try:
                async with asyncio.timeout(SECONDS_FOR_A_PIECE):
                    message = await receive()
            except TimeoutError:
                upload.give_up()
                await asyncio.sleep(0)  # where this ends
                raise
            upload.received += len(message.get("body", b""))
            self._make_room_in_all(upload)
            return message

        async def answer(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, receive_piece, answer)
        except ClientDisconnect:  # who sends has gone, and hears no answer
            log.info("an upload was broken off")
        except asyncio.CancelledError:
            if not upload.cut:  # the server ends, say
                raise
            upload.task.uncancel()
            if not answered:
                await _refuse(503, scope, receive, send)

    def _make_room_in_all(self, upload: _Upload) -> None:
        """Where all files together are too much: drop those of the page that has most, then what has come of the longest."""
        sizes = _kept()
        too_much = sum(sizes.values()) + sum(each.received for each in self._under_way) - MAX_BYTES
        while too_much > 0 and sizes:
            heaviest = max(sizes, key=sizes.__getitem__)
            before = sizes.pop(heaviest)
            make_room(heaviest, MAX_BYTES_OF_A_PAGE)  # all of its files
            too_much -= before - _kept().get(heaviest, 0)
        for each in sorted(self._under_way, key=lambda each: -each.received):
            if too_much <= 0:
                return
            too_much -= each.received
            self._under_way.remove(each)
            each.give_up()


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    log.warning("refused: an upload", reason="of one page" if status == 413 else "too slow, or of all pages")
    await PlainTextResponse("Too many files are being sent. Try again in a minute.\n", status)(scope, receive, send)


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


def _kept() -> dict[str, int]:
    """The bytes of all files that are kept, by their pages."""
    if not runtime.exists():
        return {}
    sessions = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    return {page: sum(len(file.data) for file in list(files.values())) for page, files in list(sessions.items()) if files}
