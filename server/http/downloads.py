"""Files that are made at a click: one at a time, in turns, and kept until they are fetched, whatever other pages do in between.

Streamlit makes as many at once as are asked for, bounds them in no way, and drops a made file after two more runs of anybody's page
script: in a class, before the browser of the one who clicked has asked for it. The time that a file takes is its browser's page
time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from weakref import WeakValueDictionary

from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError

from server.over import over
from server.page_time import LATELY, PageTime
from server.services import is_here, whose
from server.turns import NOBODY, Whose, in_turns

KEPT = 20.0  # seconds, in which a browser begins to fetch what it asked for
MAX_BYTES = 64_000_000  # of files that no page shows; of more the oldest go at once
MAX_ASKED = 30  # files that a browser may have asked for and not got yet: a page offers seven

_asking: ContextVar[Whose] = ContextVar("_asking", default=NOBODY)  # whom a file is made for


class Line:
    """Who waits for a file: its browser's next one when the one before is made, and browsers and addresses in turns."""

    def __init__(self, times: PageTime) -> None:
        self._times = times
        self._own: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of the browsers that wait
        self._asked: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], Whose] = {}  # one of each browser, in the order in which they came
        self._had: deque[Whose] = deque(maxlen=LATELY)
        self._is_busy = False

    @asynccontextmanager
    async def turn(self, who: Whose) -> AsyncIterator[None]:
        """Wait for this browser's turn, while no other file is made. Raises MediaFileStorageError where it waits for too many."""
        if self._asked[who.browser] >= MAX_ASKED:
            raise MediaFileStorageError("a browser asks for more files than can be made")
        self._asked[who.browser] += 1
        own = self._own.setdefault(who.browser, asyncio.Lock())
        try:
            async with own:
                await asyncio.sleep(self._times.wait(who))
                await self._called(who)
                try:
                    yield
                finally:
                    self._is_busy = False
                    self._call_next()
        finally:
            self._asked -= Counter([who.browser])

    async def _called(self, who: Whose) -> None:
        me = asyncio.get_running_loop().create_future()
        self._waiting[me] = who
        self._call_next()
        try:
            await me
        except asyncio.CancelledError:
            self._waiting.pop(me, None)
            if not me.cancelled():  # it had been called
                self._is_busy = False
                self._call_next()
            raise

    def _call_next(self) -> None:
        there = [each for each in self._waiting if not each.done()]  # without those that were given up in this moment
        if self._is_busy or not there:
            return
        first = in_turns(there, lambda each: [self._waiting[each]], self._had)[0]
        self._had.append(self._waiting.pop(first))
        self._is_busy = True
        first.set_result(None)


def keep_for_a_while(manager: MediaFileManager, times: PageTime) -> None:
    """Let files that no page shows go only when they have been unused for some seconds, or are too many; make one at a time.

    times: where the processor time of making one is counted.
    """
    unused, make = manager._get_inactive_file_ids, manager.execute_deferred
    since: dict[str, float] = {}  # in the order in which they came
    made: dict[str, str] = {}  # what was asked for → the file that it became, as its address

    def long_unused() -> set[str]:
        found, now = unused(), time.monotonic()
        for gone in since.keys() - found:
            del since[gone]
        for new in found - since.keys():
            since[new] = now
        return {file for file in since if now - since[file] > KEPT} | _too_many(manager, list(since))

    def make_or_find(file_id: str) -> str:
        with manager._lock:
            for known in [known for known, address in made.items() if _file(address) not in manager._file_metadata]:
                del made[known]
            if file_id in made and file_id in manager._deferred_callables:
                since.pop(_file(made[file_id]), None)
                since[_file(made[file_id])] = time.monotonic()  # as one that has just come
                return made[file_id]
        began = time.thread_time()
        try:
            made[file_id] = make(file_id)
            manager.remove_orphaned_files()
        finally:
            times.add(_asking.get(), time.thread_time() - began)
        return made[file_id]

    manager._get_inactive_file_ids = long_unused  # type: ignore[method-assign]
    manager.execute_deferred = make_or_find  # type: ignore[method-assign]
    _in_turn(Line(times))


def _in_turn(line: Line) -> None:
    """Let all that pages ask for wait in a line."""

    @over(DeferredFileHandler, "handle")
    async def handle_in_turn(
        handle: Callable[..., Awaitable[BackendOperationResponse]],
        handler: DeferredFileHandler,
        request: BackendOperationRequest,
        session_id: str,
    ) -> BackendOperationResponse:
        who = whose(session_id)
        async with line.turn(who):
            if runtime.exists() and not is_here(session_id):
                raise MediaFileStorageError("nobody waits for the file any more")
            _asking.set(who)  # of this task, and of the thread that makes the file
            return await handle(handler, request, session_id)


def _file(address: str) -> str:
    """The id of a file, which is the name in its address."""
    return address.rpartition("/")[2].partition(".")[0]


def _too_many(manager: MediaFileManager, files: list[str]) -> set[str]:
    """The oldest of these beyond the bytes that may be kept; never the newest."""
    left, found = MAX_BYTES, set()
    for number, file in enumerate(reversed(files)):
        with suppress(MediaFileStorageError):
            left -= manager._storage.get_file(file).content_size  # type: ignore[attr-defined]
        if left < 0 and number:
            found.add(file)
    return found
