"""Files are read in turns: one of a browser at a time, of the address, and of its browsers, that has had least first.

Small files have a reader of their own.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from server.shares import Usage
from server.tables.isolated import Reader
from server.tables.table import MAX_BYTES, Choices, Reading, TableError
from server.training.loaded import Shown
from server.turns import Whose, own
from spiral_core.export.weights import WeightsError
from spiral_core.settings import Settings

READERS = 2  # of large files, so that a slow one does not hold up all others
SMALL = 200_000  # bytes of a file that is read quickly, unless it is packed
MAX_QUEUE = 15.0  # seconds until a reader is free
REFUSED_FOR = 120.0  # seconds for which a file that took too much is not tried again
MAX_REFUSED = 500  # files of which that is known
PASSING = ("busy", "no_reader")  # codes that say nothing of the file: it may be read the next time
NOBODY = own("")
_PACKED = b"PK"  # how workbooks and .npz files begin


class Line:
    """Some readers, and who waits for them."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._free, self._at_work = list(readers), list[Reader]()
        self._usage = Usage[str]()
        self._waiting: dict[object, Whose] = {}  # in the order in which they came
        self._under_way: set[str] = set()  # browsers
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, whose: Whose) -> Iterator[Reader | None]:
        """Wait for a reader, and keep it; None if there is none in time."""
        reader = self._wait(whose)
        began = time.monotonic()
        try:
            yield reader
        except BaseException:  # the page's script was ended, maybe in the middle of an answer
            if reader is not None:
                reader.close()
            raise
        finally:
            if reader is not None:
                with self._changed:
                    if self._closed:
                        reader.close()
                    self._at_work.remove(reader)
                    self._free.append(reader)
                    self._under_way.remove(whose.browser)
                    self._usage.add_all(whose.names, time.monotonic() - began)
                    self._changed.notify_all()

    def close(self) -> None:
        """Ends all readers for good; who waits for one is told that there is none."""
        with self._changed:
            self._closed = True
            for reader in self._free:
                reader.close()
            for reader in self._at_work:
                reader.interrupt()
            self._changed.notify_all()

    def _wait(self, whose: Whose) -> Reader | None:
        me = object()
        with self._changed:
            self._waiting[me] = whose
            try:
                if not self._changed.wait_for(lambda: self._closed or self._next() is me, MAX_QUEUE) or self._closed:
                    return None
                self._under_way.add(whose.browser)
                self._at_work.append(self._free.pop())
                return self._at_work[-1]
            finally:
                del self._waiting[me]
                self._changed.notify_all()

    def _next(self) -> object:
        """Whose turn it is; None where nobody's."""
        ready = [each for each, whose in self._waiting.items() if whose.browser not in self._under_way] if self._free else []
        return min(ready, key=lambda each: self._usage.claim(self._waiting[each]), default=None)


class TooMuch:
    """Which files took too much time or memory lately, by a digest."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[TableError, float]] = {}  # why, and until when
        self._lock = threading.Lock()

    def of(self, file: bytes) -> TableError | None:
        with self._lock:
            why, until = self._known.get(file, (None, -math.inf))
        return why if time.monotonic() < until else None

    def note(self, file: bytes, why: TableError) -> None:
        with self._lock:
            self._known.pop(file, None)
            self._known[file] = (why, time.monotonic() + REFUSED_FOR)
            while len(self._known) > MAX_REFUSED:
                del self._known[next(iter(self._known))]


def _lines() -> tuple[Line, Line]:
    """Those of small and of large files."""
    return Line([Reader()]), Line([Reader() for _number in range(READERS)])


_small, _large = _lines()
_too_much = TooMuch()


def read(content: bytes, choices: Choices, whose: Whose = NOBODY) -> Reading:
    """The points of a file, read in the turn of whose it is."""
    if len(content) > MAX_BYTES:
        return Reading(error=TableError("large", megabytes=len(content) / 1e6, most=MAX_BYTES // 1_000_000))
    found = _done("points", content, choices, whose=whose)
    return Reading(error=found) if isinstance(found, TableError) else found


def show_weights(content: bytes, activation: str, settings: Settings, whose: Whose = NOBODY) -> Shown | WeightsError | TableError:
    """`loaded.shown` in the turn of whose it is. A TableError says why the file could not be read to its end."""
    found: Shown | WeightsError | TableError = _done("weights", content, activation, settings, whose=whose)
    return found


def close() -> None:
    """Ends all readers, whatever they do; the next file begins others."""
    global _small, _large
    closing, (_small, _large) = (_small, _large), _lines()
    for line in closing:
        line.close()


def _done(task: str, content: bytes, *more: Any, whose: Whose) -> Any:
    file = hashlib.sha256(content + repr((task, more)).encode()).digest()
    known = _too_much.of(file)
    if known is not None:
        return known
    small = len(content) <= SMALL and not content.startswith(_PACKED)
    with (_small if small else _large).turn(whose) as reader:
        found = TableError("busy") if reader is None else reader.do(task, content, *more)
    if isinstance(found, TableError) and found.code in ("slow", "memory"):
        _too_much.note(file, found)
    return found
