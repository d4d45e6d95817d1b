"""Uploaded files within bounds: of one visit, of all together, and on their way in. The page asks again for what was dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

MAX_FILES = 3  # of one visit: the newest are kept
MAX_VISIT_BYTES = 12_000_000
MAX_BYTES = 200_000_000  # of all visits together
MAX_ARRIVING_OF_VISIT = 2  # uploads on their way at the same time
MAX_ARRIVING = 24
_PLACE = re.compile(r"/_stcore/upload_file/([^/]{1,200})/[^/]{1,200}/?")


class BoundedUploads:
    """Lets few uploads in at a time, and afterwards drops what is too much: a visit's own older files first."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _PLACE.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if place is None:
            await self.app(scope, receive, send)
            return
        visit = place[1]
        if self._arriving[visit] >= MAX_ARRIVING_OF_VISIT or self._arriving.total() >= MAX_ARRIVING:
            await PlainTextResponse("Too many uploads at the same time; try again.", 429)(scope, receive, send)
            return
        stored = False

        async def send_on(message: Message) -> None:
            nonlocal stored
            stored = stored or (message["type"] == "http.response.start" and message["status"] < 300)
            await send(message)

        self._arriving[visit] += 1
        try:
            await self.app(scope, receive, send_on)
        finally:
            self._arriving[visit] -= 1
            if not self._arriving[visit]:
                del self._arriving[visit]
        if stored:
            tidy(visit)


def tidy(visit: str) -> None:
    """Drop what is too much after an upload of this visit."""
    manager = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if isinstance(manager, MemoryUploadedFileManager):
        drop(manager, visit)


def drop(manager: MemoryUploadedFileManager, visit: str) -> None:
    """Keep the newest files of a visit, and of all visits what fits; a visit that holds more loses first."""
    own = list(manager.file_storage.get(visit, {}).items())  # the oldest first
    while own and (len(own) > MAX_FILES or _size(own) > MAX_VISIT_BYTES):
        manager.remove_file(visit, own.pop(0)[0])
    held = {name: list(files.items()) for name, files in list(manager.file_storage.items()) if files}
    total = sum(map(_size, held.values()))
    while total > MAX_BYTES and held:
        largest = max(held, key=lambda name: (_size(held[name]), name == visit))
        file, record = held[largest].pop(0)
        total -= _bytes(record)
        manager.remove_file(largest, file)
        if not held[largest]:
            del held[largest]


def _size(files: Iterable[tuple[str, object]]) -> int:
    return sum(_bytes(record) for _name, record in files)


def _bytes(record: object) -> int:
    return len(getattr(record, "data", b""))
