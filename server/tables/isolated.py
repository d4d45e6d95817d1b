"""Reads files in another process, with a limit on time and memory: whatever a file does there costs its visit one sentence.

The process is started when the first file comes and used again; `python -m` runs this module alone, so that no page is imported. It
ends by itself when the server does, for its input then ends.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from server.tables.table import Choices, Reading, TableError
from server.training.process import give_way

MAX_SECONDS = 5  # of computing, for one file
MAX_WAIT = 12.0  # seconds for the same by the clock, on a busy machine
MAX_START = 30.0  # seconds until a new reader is ready
MAX_MEMORY = 2_000_000_000  # bytes of address space, NumPy's included
NICENESS = 10  # how far a reader gives way to the server where cores are short, as workers do
_LARGE = 500_000  # bytes of a file after which a reader is renewed: it gives back no memory
_HEAD = struct.Struct(">Q")
_ROOT = Path(__file__).parents[2]
# Ctrl+C is for the server: Windows has process groups for that, other systems sessions.
_FLAGS = 0
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP


class Reader:
    """One process that reads one file at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, choices: Choices) -> Reading:
        """The points of a file; a reading with an error where the process ran out of time or memory, or died."""
        found = self.do("points", content, choices)
        return Reading(error=found) if isinstance(found, TableError) else found

    def do(self, task: str, content: bytes, *more: object) -> Any:
        """What one of `_TASKS` makes of a file; a TableError where the process ran out of time or memory, or died."""
        try:
            process = self._process = self._started()
            answer = self._ask(process, (task, content, *more), MAX_WAIT)
        except OSError:  # the process is gone, or could not be started
            answer = TableError("no_reader")
        if len(content) > _LARGE or isinstance(answer, TableError):
            self.close()
        return answer

    def close(self) -> None:
        """Ends the process, whatever it does."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was still to be written has no reader any more
                    continue
        process.wait()

    def interrupt(self) -> None:
        """Ends the process while another thread waits for its answer, which is then an error."""
        process = self._process
        if process is not None:
            process.kill()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}, start_new_session=True, creationflags=_FLAGS,
        )  # fmt: skip
        if self._ask(self._process, None, MAX_START) != "ready":
            raise OSError("the reader did not start")
        return self._process

    def _ask(self, process: subprocess.Popen[bytes], question: object, seconds: float) -> Any:
        """The answer to a question; None where none came in time. Killing the process ends the waiting."""
        assert process.stdin is not None
        assert process.stdout is not None
        too_late = threading.Event()

        def end() -> None:
            too_late.set()
            process.kill()

        clock = threading.Timer(seconds, end)
        clock.daemon = True
        clock.start()
        try:
            _send(process.stdin, question)
            answer = _receive(process.stdout)
        except OSError:
            answer = None
        finally:
            clock.cancel()
        if answer is None and question is not None:
            slow = too_late.is_set() or process.wait() == -_SIGXCPU
            return TableError("slow" if slow else "died")
        return answer


_SIGXCPU = 24


def _send(stream: IO[bytes], value: object) -> None:
    packed = pickle.dumps(value)
    stream.write(_HEAD.pack(len(packed)) + packed)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    """The next value; None at the end of the stream. Both ends are this server's own processes."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (size,) = _HEAD.unpack(head)
    packed = stream.read(size)
    return pickle.loads(packed) if len(packed) == size else None


# In the process.


def _serve() -> None:
    """Answers until the input ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not mix with the answers
    _limit_memory()
    give_way(NICENESS)
    _read_points()
    _receive(questions)
    _send(answers, "ready")
    while (question := _receive(questions)) is not None:
        task, *given = question
        _limit_time()
        try:
            answer = _TASKS[task]()(*given)
        except (MemoryError, RecursionError):
            answer = TableError("memory")
        except Exception:  # a fault of the reader's own: its visit gets a sentence, the log gets the rest
            import traceback

            traceback.print_exc()
            answer = TableError("died")
        _send(answers, answer)


def _read_points() -> Callable[..., Any]:
    from server.tables.reading import read

    return read


def _show_weights() -> Callable[..., Any]:
    from server.training.loaded import shown  # only once it is needed: it brings the core along

    return shown


_TASKS: dict[str, Callable[[], Callable[..., Any]]] = {"points": _read_points, "weights": _show_weights}


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MAX_MEMORY if hard == resource.RLIM_INFINITY else min(MAX_MEMORY, hard)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        except (ValueError, OSError):  # macOS knows no such limit
            return


def _limit_time() -> None:
    """The system ends this process when the file has had its time, even if the server is gone by then."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + MAX_SECONDS, hard))


if __name__ == "__main__":
    _serve()
