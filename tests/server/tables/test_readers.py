"""Whose file is read next: nobody waits for another's heavy files longer than for those that are being read."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from server.tables import readers
from server.tables.isolated import Reader
from server.tables.readers import Line, TooMuch
from server.tables.table import Choices, TableError
from server.turns import Whose, own
from tests.support.polling import until

POINTS = b"x,y,class\n1.5,2,a\n3,4,b\n"
HEAVY = POINTS + b"5,6,a\n" * 40_000
WORKBOOK = b"PK\x03\x04 a workbook, as small as it may be"


class Held(Reader):
    """A reader that takes until it is let go; it notes what it was asked and starts no process."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.asked: list[bytes] = []
        self.go = threading.Semaphore(0)
        self._answers = list(answers)

    def do(self, task: str, content: bytes, *more: object) -> Any:
        self.asked.append(content)
        self.go.acquire(timeout=30)  # a test that fails ends too
        return self._answers.pop(0) if self._answers else TableError("empty")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


@pytest.fixture
def reader(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """The only reader of large files."""
    made = Held()
    monkeypatch.setattr(readers, "_large", Line([made]))
    monkeypatch.setattr(readers, "_too_much", TooMuch())
    yield made
    for _file in range(20):
        made.go.release()


def waiting(line: Line, count: int) -> Callable[[], bool]:
    return lambda: len(line._waiting) == count


def comes_next(reader: Held, threads: ThreadPoolExecutor, greedy: Callable[[int], Whose], other: Whose) -> None:
    """While five files of who has had much are read or wait, another's comes before them."""
    line = readers._large
    line._usage.add_all(greedy(0).names, 6.0)
    threads.submit(readers.read, HEAVY + b"0", Choices(), greedy(0))
    until(lambda: len(reader.asked) == 1, "file 1 is being read")
    for number in range(1, 5):
        threads.submit(readers.read, HEAVY + b"%d" % number, Choices(), greedy(number))
    until(waiting(line, 4), "4 files wait")
    threads.submit(readers.read, HEAVY + b"mine", Choices(), other)
    until(waiting(line, 5), "5 files wait")
    reader.go.release()
    until(lambda: len(reader.asked) == 2, "file 2 is being read")
    assert reader.asked[1] == HEAVY + b"mine"


def test_who_has_had_least_comes_first(reader: Held, threads: ThreadPoolExecutor) -> None:
    """A browser with ten heavy files, in ten pages or one after another, is no ten browsers."""
    comes_next(reader, threads, lambda _number: Whose("school", "greedy"), Whose("school", "classmate"))


def test_many_browsers_of_one_address_take_turns_as_one(reader: Held, threads: ThreadPoolExecutor) -> None:
    """So that files of sessions without a cookie, each a new browser, keep nobody else's from being read."""
    comes_next(reader, threads, lambda number: Whose("attacker", f"browser {number}"), Whose("school", "student"))


def test_a_browser_has_one_file_at_a_time(threads: ThreadPoolExecutor) -> None:
    first, second = Held(), Held()
    line = Line([first, second])

    def take(browser: str, address: str = "school") -> None:
        with line.turn(Whose(address, browser)) as found:
            assert found is not None
            found.do("points", browser.encode())

    threads.submit(take, "a")
    until(lambda: len(first.asked + second.asked) == 1, "file 1 is being read")
    threads.submit(take, "a", "another network")
    until(waiting(line, 1), "1 files wait")
    threads.submit(take, "b")
    until(lambda: len(first.asked + second.asked) == 2, "file 2 is being read")
    assert sorted(first.asked + second.asked) == [b"a", b"b"]
    assert waiting(line, 1)()
    for held in (first, second) * 2:
        held.go.release()


def test_small_files_never_wait_for_heavy_ones(reader: Held, threads: ThreadPoolExecutor) -> None:
    for number in range(8):
        threads.submit(readers.read, HEAVY + b"%d" % number, Choices(), own(f"tab {number}"))
    until(waiting(readers._large, 7), "7 files wait")
    assert readers.read(POINTS, Choices(), own("bystander")).points is not None
    assert waiting(readers._large, 7)()
    readers.close()


def test_what_is_packed_may_be_heavy_however_small_it_is(reader: Held, threads: ThreadPoolExecutor) -> None:
    reading = threads.submit(readers.read, WORKBOOK, Choices(), own("a"))
    until(lambda: reader.asked == [WORKBOOK], "the file is being read")
    reader.go.release()
    assert reading.result().error == TableError("empty")


def test_who_waits_too_long_is_told(reader: Held, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_QUEUE", 0.05)
    threads.submit(readers.read, HEAVY, Choices(), own("a"))
    until(lambda: reader.asked == [HEAVY], "the file is being read")
    assert readers.read(HEAVY, Choices(), own("b")).error == TableError("busy")
    assert waiting(readers._large, 0)()


@pytest.mark.parametrize(("code", "asked"), [("slow", 1), ("memory", 1), ("died", 2), ("empty", 2)])
def test_a_file_that_took_too_much_is_refused_at_once_for_a_while(monkeypatch: pytest.MonkeyPatch, code: str, asked: int) -> None:
    held = Held(*[TableError(code)] * 4)
    monkeypatch.setattr(readers, "_large", Line([held]))
    monkeypatch.setattr(readers, "_too_much", TooMuch())
    for _file in range(4):
        held.go.release()
    for browser in ("a", "b"):
        assert readers.read(HEAVY, Choices(), own(browser)).error == TableError(code)
    assert len(held.asked) == asked
    readers.read(HEAVY, Choices(sheet="another"), own("a"))  # which may be a smaller one
    assert len(held.asked) == asked + 1


def test_after_a_while_it_is_tried_again_and_few_files_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    known = TooMuch()
    for number in range(readers.MAX_REFUSED + 1):
        known.note(b"%d" % number, TableError("slow"))
    assert known.of(b"0") is None
    assert known.of(b"%d" % readers.MAX_REFUSED) == TableError("slow")
    monkeypatch.setattr(readers, "REFUSED_FOR", 0.0)
    known.note(b"1", TableError("slow"))
    assert known.of(b"1") is None


def test_no_process_is_left_when_the_readers_are_closed(threads: ThreadPoolExecutor) -> None:
    """Neither one that is free, nor one at work; and who waits starts none."""
    free, busy = Reader(), Reader()
    assert all(reader.read(POINTS, Choices()).points for reader in (free, busy))
    processes = [psutil.Process(reader.pid) for reader in (free, busy)]
    processes[1].suspend()
    idle, line = Line([free]), Line([busy])

    def take(browser: str) -> object:
        with line.turn(own(browser)) as found:
            return found.do("points", POINTS, Choices()) if found else None

    at_work = threads.submit(take, "a")
    until(lambda: line._at_work, "a file is being read")
    waits = threads.submit(take, "b")
    until(waiting(line, 1), "a file waits")
    for each in (idle, line):
        each.close()
    assert at_work.result() != TableError("slow")  # which it would be after its time
    assert waits.result() is None
    _gone, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    assert (free.pid, busy.pid) == (None, None)


def test_a_reader_whose_script_is_ended_begins_anew() -> None:
    """The rest of an answer is not taken for the next one."""
    reader = Reader()
    line = Line([reader])
    with contextlib.suppress(KeyError), line.turn(own("a")):
        assert reader.read(POINTS, Choices()).points is not None
        raise KeyError
    assert reader.pid is None
    with line.turn(own("a")) as again:
        assert again is reader
    line.close()


def test_after_the_end_the_next_file_begins_others() -> None:
    for _server in range(2):
        assert readers.read(POINTS, Choices()).points is not None
        readers.close()
