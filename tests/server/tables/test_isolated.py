"""The process that reads files: used again, ended when a file takes too long, and gone when the server is."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from server.tables import isolated, readers
from server.tables.isolated import Reader
from server.tables.table import Choices, TableError
from tests.support.catalogue import ROOT

POINTS = b"x,y,class\n1.5,2,a\n3,4,b\n"


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def test_one_process_reads_one_file_after_another(reader: Reader) -> None:
    first = reader.read(POINTS, Choices())
    pid = reader.pid
    second = reader.read(b"x,y,class\n1.5,2,a\nzwei,4,b\n3,4,b\n", Choices())
    assert first.points is not None
    assert first.points.X.tolist() == [[1.5, 2], [3, 4]]
    assert second.refusal == TableError("number", line=3, column="x", text="zwei", unit="")
    assert reader.pid == pid is not None


def test_it_imports_neither_pages_nor_streamlit() -> None:
    code = "import sys, server.tables.isolated, server.tables.reading; print({m.split('.')[0] for m in sys.modules} & {'pages', 'streamlit'})"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "set()"
    )


def test_a_reading_that_hangs_is_ended_and_the_next_file_is_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.read(POINTS, Choices())
    pid = reader.pid
    assert pid is not None
    psutil.Process(pid).suspend()
    monkeypatch.setattr(isolated, "MAX_WAIT", 0.5)
    assert reader.read(POINTS, Choices()).error == TableError("slow")
    assert not psutil.pid_exists(pid)
    monkeypatch.undo()
    assert reader.read(POINTS, Choices()).points is not None
    assert reader.pid != pid


def test_a_process_that_died_is_replaced(reader: Reader) -> None:
    reader.read(POINTS, Choices())
    assert reader.pid is not None
    psutil.Process(reader.pid).kill()
    results = [reader.read(POINTS, Choices()) for _attempt in range(2)]
    assert results[-1].points is not None
    assert all(result.points is not None or result.error == TableError("died") for result in results)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has classes of priority instead")
def test_it_gives_way_to_the_server(reader: Reader) -> None:
    reader.read(POINTS, Choices())
    assert psutil.Process(reader.pid).nice() == psutil.Process().nice() + isolated.NICENESS


class Greedy(Choices):
    """Choices that, when they are unpickled in the reader, take what a fault in its code might take."""

    def __init__(self, code: str) -> None:
        self.__dict__["code"] = code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.__dict__["code"],)


def test_memory_and_time_of_the_process_are_bounded(reader: Reader) -> None:
    code = (
        "import resource, sys; import server.tables.isolated as i;"
        "assert resource.getrlimit(resource.RLIMIT_AS)[0] == i.MAX_MEMORY;"
        "i._limit_time(); assert resource.getrlimit(resource.RLIMIT_CPU)[0] < 60"
    )
    assert pickle.dumps(Greedy("pass"))
    assert reader.read(POINTS, Greedy(code)).error == TableError("died")  # exec gives None, which are no choices
    busy = reader.read(POINTS, Greedy("import server.tables.isolated as i; i.MAX_SECONDS = 0; i._limit_time()\nwhile True: pass"))
    assert busy.error == TableError("slow")
    greedy = reader.read(POINTS, Greedy("held = bytearray(10**11)"))
    assert greedy.error in (TableError("memory"), TableError("died"))
    assert reader.read(POINTS, Choices()).points is not None


def test_the_process_ends_with_the_server() -> None:
    """Killed without a chance to tidy up."""
    code = (
        "import sys, time; from server.tables.isolated import Reader; from server.tables.table import Choices;"
        f"r = Reader(); r.read({POINTS!r}, Choices()); print(r.pid, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    _gone, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)
    assert alive == []


HEAVY = {
    "one line of quotation marks": b'"' * 4_900_000,
    "open quotation marks": b"a,b,c\n" + b'"1\n' * 500_000,
    "a wide row": b"1," * 2_400_000,
    "spaces": b" " * 4_900_000 + b"1",
    "empty lines": b"\n" * 4_900_000,
    "comments": b"#\n" * 100_000 + b"1,2,a\n",
    "dots": b"x,y,c\n" + b"1" + b".1" * 900 + b",2,a\n",
    "groups": b"x;y;c\n" + (b"1" + b",111" * 14 + b"x;2;a\n") * 2000,
    "fillers": b",".join([b"\xe3\x85\xa4"] * 99) + b"\n" + b",".join([b"1"] * 99),
    "surrogates": "\ud800,".encode("utf-16-le", "surrogatepass") * 1000,
    "hundred columns": (b",".join([b"1"] * 100) + b"\n") * 10_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_files_stay_within_the_limits(name: str) -> None:
    reading = readers.read(HEAVY[name], Choices())
    assert reading.error is not None
    assert reading.error.code not in ("slow", "memory", "died", "no_reader", "busy")
