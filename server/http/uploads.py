"""Files that browsers send: bounded for each page and in all before they are read, since Streamlit keeps them in memory.

A page keeps its newest files: an older one makes room, and the page asks for it again if it is still wanted. Where all pages
together have too much, the page that has most makes room, of the address that has most; and where too many files are on their way,
the oldest of the page and address with most of them. So nobody can keep others' files out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from server import log
from server.services import whose

PATH = "/_stcore/upload_file/"
MAX_BYTES_OF_A_PAGE = 12_000_000
MAX_FILES_OF_A_PAGE = 4
MAX_BYTES = 150_000_000  # of all pages, with what has come of files that are being received
MAX_AT_ONCE = 100  # being received; of more, one of those who send most is given up
SECONDS_FOR_A_PIECE = 10.0  # until more of a file comes
LOOKED_AT = 100_000  # bytes that come between two looks at how much all have


@dataclass(eq=False)
class _Upload:
    """A file that is being received."""

    task: asyncio.Task[object]
    page: str
    address: str
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
        self._unlooked = 0  # bytes that came since the last look at how much all have

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
        upload = _Upload(task, session, (scope.get("client") or ("",))[0])
        self._under_way.append(upload)
        self._bound(session)
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
            size = len(message.get("body", b""))
            upload.received += size
            self._unlooked += size
            if self._unlooked >= LOOKED_AT or not message.get("more_body"):
                self._unlooked = 0
                self._make_room_in_all()
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

    def _bound(self, page: str) -> None:
        """Give up the oldest of a page that sends too many at once, and of all who do, one of those who send most."""
        own = [each for each in self._under_way if each.page == page]
        if len(own) > MAX_FILES_OF_A_PAGE:
            self._give_up(own[0])
        if len(self._under_way) > MAX_AT_ONCE:
            of_address, of_page = Counter(each.address for each in self._under_way), Counter(each.page for each in self._under_way)
            self._give_up(max(self._under_way, key=lambda each: (of_address[each.address], of_page[each.page])))

    def _give_up(self, upload: _Upload) -> None:
        self._under_way.remove(upload)
        upload.give_up()

    def _make_room_in_all(self) -> None:
        """Where all files together are too much: drop those of the page that has most, then what has come of the longest.

        Of the address that has most of them.
        """
        sizes = _kept()
        too_much = sum(sizes.values()) + sum(each.received for each in self._under_way) - MAX_BYTES
        if too_much <= 0:
            return
        addresses, of_address = {page: whose(page).address for page in sizes}, Counter[str]()
        for page, size in sizes.items():
            of_address[addresses[page]] += size
        for each in self._under_way:
            of_address[each.address] += each.received
        while too_much > 0 and sizes:
            heaviest = max(sizes, key=lambda page: (of_address[addresses[page]], sizes[page]))
            before = sizes.pop(heaviest)
            make_room(heaviest, MAX_BYTES_OF_A_PAGE)  # all of its files
            freed = before - _kept().get(heaviest, 0)
            of_address[addresses[heaviest]] -= freed
            too_much -= freed
        while too_much > 0 and self._under_way:
            longest = max(self._under_way, key=lambda each: (of_address[each.address], each.received))
            of_address[longest.address] -= longest.received
            too_much -= longest.received
            self._give_up(longest)


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
