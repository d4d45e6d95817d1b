"""A file that was made at a click waits for its browser, while others run their pages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from server.http import downloads
from server.http.downloads import MAX_ASKED
from server.page_time import PageTime
from server.turns import Whose
from tests.support.visitor import finish


def test_a_made_file_outlives_the_runs_of_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("server.http.downloads.time.monotonic", lambda: now)
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    downloads.keep_for_a_while(manager, PageTime())
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
    placeholder = manager.add_deferred(lambda: b"a report", "text/html", "here", file_name="report.html")
    file = manager.execute_deferred(placeholder).rpartition("/")[2]
    for _run in range(40):
        manager.remove_orphaned_files()
    assert storage.get_file(file).content == b"a report"
    now += downloads.KEPT + 1
    for _run in range(2):
        manager.remove_orphaned_files()
    with pytest.raises(Exception, match="Bad filename"):
        storage.get_file(file)


def test_made_files_are_bounded_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    downloads.keep_for_a_while(manager, PageTime())
    monkeypatch.setattr(downloads, "MAX_BYTES", 3_000)
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
    made = []
    for number in range(20):
        content = bytes([number]) * 1_000
        placeholder = manager.add_deferred(partial(bytes, content), "text/html", f"{number}", file_name="report.html")
        made.append(manager.execute_deferred(placeholder).rpartition("/")[2])
        assert storage.get_file(made[-1]).content == content
        assert len(storage._files_by_id) <= 5
    monkeypatch.setattr(downloads, "MAX_BYTES", 10)
    placeholder = manager.add_deferred(lambda: b"x" * 100, "text/html", "large", file_name="report.html")
    assert storage.get_file(manager.execute_deferred(placeholder).rpartition("/")[2]).content == b"x" * 100


class Door:
    """The door at which pages ask for files, and files of its own: each writes down whose it is when it is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = PageTime()
        self.manager = MediaFileManager(MemoryMediaFileStorage("/media"))
        self.order: list[str] = []
        self.most = 0
        self.go_on = threading.Event()
        self._inside = 0
        monkeypatch.setattr(downloads, "whose", lambda visit: Whose(*visit.split("/")[:2]))
        monkeypatch.setattr(DeferredFileHandler, "handle", DeferredFileHandler.handle)  # as it was, after the test
        monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
        downloads.keep_for_a_while(self.manager, self.times)
        self._handler = DeferredFileHandler(lambda: self.manager)

    def offer(self, name: str, make: Callable[[], bytes] | None = None) -> str:
        return self.manager.add_deferred(make or partial(self._make, name), "text/html", name, file_name="report.html")

    def _make(self, name: str) -> bytes:
        self._inside += 1
        self.most = max(self.most, self._inside)
        self.order.append(name)
        assert self.go_on.wait(20)
        self._inside -= 1
        return name.encode()

    async def ask(self, visit: str, file: str) -> str:
        """The address of a file, or what was said instead."""
        request = BackendOperationRequest(request_id=file)
        request.deferred_file.file_id = file
        answer = await self._handler.handle(request, visit)
        return answer.deferred_file.url or answer.error_msg

    async def in_line(self, *asked: tuple[str, str]) -> list[asyncio.Task[str]]:
        """Ask for files, one after the other: visit, and what the file is called."""
        tasks = []
        for visit, name in asked:
            tasks.append(asyncio.create_task(self.ask(visit, self.offer(name))))
            await asyncio.sleep(0.01)
        return tasks


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    return Door(monkeypatch)


def test_one_file_is_made_at_a_time(door: Door) -> None:
    async def six() -> None:
        tasks = await door.in_line(*((f"an address/{number}", f"{number}") for number in range(6)))
        door.go_on.set()
        assert len(set(await asyncio.gather(*tasks))) == 6

    finish(six())
    assert door.most == 1
    assert door.order == ["0", "1", "2", "3", "4", "5"]


def test_who_asks_again_and_again_waits_for_those_who_ask_once(door: Door) -> None:
    """Its other requests, and those of other pages and browsers of its address, come after those of the others."""

    async def crowd() -> None:
        tasks = await door.in_line(
            *((f"here/greedy/{page}", f"greedy {page}") for page in range(4)), ("here/beside", "beside"),
            ("there/first", "first"), ("there/second", "second"),
        )  # fmt: skip
        door.go_on.set()
        await asyncio.gather(*tasks)

    finish(crowd())
    assert door.order == ["greedy 0", "first", "beside", "second", "greedy 1", "greedy 2", "greedy 3"]


def test_those_who_wait_take_no_threads(door: Door) -> None:
    """The threads of the event loop are few, and others need them: one is taken, by the file that is made."""

    async def crowd() -> None:
        tasks = await door.in_line(*((f"{number}/browser {number}", f"{number}") for number in range(20)))
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 10) == "free"
        assert len(door.order) == 1
        door.go_on.set()
        await asyncio.gather(*tasks)

    finish(crowd())


def test_who_asks_on_and_on_is_refused(door: Door) -> None:
    async def flood() -> None:
        tasks = await door.in_line(*(("here/greedy", f"{number}") for number in range(MAX_ASKED)))
        with pytest.raises(Exception, match="more files than can be made"):
            await door.ask("here/greedy", door.offer("one too many"))
        tasks += await door.in_line(("here/beside", "beside"))
        door.go_on.set()
        await asyncio.gather(*tasks)
        assert "/media/" in await door.ask("here/greedy", door.offer("later"))

    finish(flood())


def test_who_gives_up_waiting_leaves_the_line_to_the_others(door: Door) -> None:
    async def some() -> None:
        tasks = await door.in_line(*((f"{name}/browser {name}", name) for name in "abcd"))
        tasks[1].cancel()
        door.go_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(found[1], asyncio.CancelledError)

    finish(some())
    assert door.order == ["a", "c", "d"]


def test_a_maker_that_fails_leaves_the_line_to_the_others(door: Door) -> None:
    def fail() -> bytes:
        raise LookupError("the run is no longer in memory")

    async def two() -> None:
        assert "Failed" in await door.ask("here/browser", door.offer("fails", fail))
        door.go_on.set()
        assert "/media/" in await door.ask("here/browser", door.offer("a file"))

    finish(two())


def test_the_time_that_a_file_takes_is_its_browsers(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, then, like one whose pages took as long, and nobody else does."""

    def work() -> bytes:
        began = time.thread_time()
        while time.thread_time() - began < 0.05:
            pass
        return b"a report"

    spent: list[tuple[Whose, float]] = []
    waited: list[Whose] = []

    def wait(who: Whose) -> float:
        waited.append(who)
        return 0.0

    monkeypatch.setattr(door.times, "add", lambda who, seconds: spent.append((who, seconds)))
    monkeypatch.setattr(door.times, "wait", wait)
    finish(door.ask("here/greedy", door.offer("file", work)))
    assert waited == [Whose("here", "greedy")]
    ((who, seconds),) = spent
    assert who == Whose("here", "greedy")
    assert seconds >= 0.05


def test_what_was_just_made_is_not_made_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.go_on.set()
    now = 100.0
    file = door.offer("a report")
    monkeypatch.setattr("server.http.downloads.time.monotonic", lambda: now)
    monkeypatch.setattr(door.times, "wait", lambda who: 0.0)

    def ask() -> str:
        return finish(door.ask("here/browser", file))

    first = ask()
    now += downloads.KEPT - 1
    door.manager.remove_orphaned_files()
    assert ask() == first
    now += downloads.KEPT - 1  # counted from the last time that it was asked for
    door.manager.remove_orphaned_files()
    assert ask() == first
    assert door.order == ["a report"]
    now += downloads.KEPT + 1
    for _run in range(2):
        door.manager.remove_orphaned_files()
    assert ask() == first
    assert door.order == ["a report"] * 2
