"""Reads files in another process, with a limit on time and memory: whatever a file does there costs its visit one sentence.

The process is started when the first file comes and used again; `python -m` runs this module alone, so that no page is imported. It
ends by itself when the server does, for its input then ends.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from server.tables.table import MAX_BYTES, Choices, Reading, TableError

READERS = 2  # so that one slow file does not hold up all others
MAX_SECONDS = 5  # of computing, for one file
MAX_WAIT = 12.0  # seconds for the same by the clock, on a busy machine
MAX_QUEUE = 15.0  # seconds until a reader is free
MAX_START = 30.0  # seconds until a new reader is ready
MAX_MEMORY = 2_000_000_000  # bytes of address space, NumPy's included
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
        """The reading; one with an error where the process ran out of time or memory, or died."""
        try:
            process = self._process = self._started()
            answer = self._ask(process, (content, choices), MAX_WAIT)
        except OSError:  # the process is gone, or could not be started
            answer = None
        if answer is None:
            self.close()
            return Reading(error=TableError("no_reader"))
        if len(content) > _LARGE or (answer.error is not None and answer.error.code in _FATAL):
            self.close()
        reading: Reading = answer
        return reading

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
            return Reading(error=TableError("slow" if slow else "died"))
        return answer


_FATAL = ("slow", "died", "memory")
_SIGXCPU = 24
_free: queue.LifoQueue[Reader] = queue.LifoQueue()
for _number in range(READERS):
    _free.put(Reader())


def read(content: bytes, choices: Choices) -> Reading:
    """`reading.read` in the process of a reader."""
    if len(content) > MAX_BYTES:
        return Reading(error=TableError("large", megabytes=len(content) / 1e6, most=MAX_BYTES // 1_000_000))
    try:
        reader = _free.get(timeout=MAX_QUEUE)
    except queue.Empty:
        return Reading(error=TableError("busy"))
    try:
        return reader.read(content, choices)
    finally:
        _free.put(reader)


def close() -> None:
    """Ends the readers that are free; those at work end with their file."""
    while True:
        try:
            _free.get_nowait().close()
        except queue.Empty:
            break
    for _number in range(READERS):
        _free.put(Reader())


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
    from server.tables.reading import read as read_here

    _receive(questions)
    _send(answers, "ready")
    while (question := _receive(questions)) is not None:
        content, choices = question
        _limit_time()
        try:
            reading = read_here(content, choices)
        except (MemoryError, RecursionError):
            reading = Reading(error=TableError("memory"))
        except Exception:  # a fault of the reader's own: its visit gets a sentence, the log gets the rest
            import traceback

            traceback.print_exc()
            reading = Reading(error=TableError("died"))
        _send(answers, reading)


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
