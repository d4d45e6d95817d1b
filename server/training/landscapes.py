"""The landscape service: the losses round the paths of finished runs, and how sharply they bend along them, computed in a worker of
its own that gives way to all others.

Its process starts with the first thing that somebody asks for and ends when nothing was asked for a minute. One is computed after
the other; one that waits and that nobody looks for any more is dropped.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from server import log
from server.training import worker
from server.training.job import FORGOTTEN_AFTER
from server.training.pool import HEAVY_LIMIT, LOWEST, Pool, WorkerDied
from server.training.service import RunFailedError
from spiral_core.analysis.landscape import Landscape, together
from spiral_core.analysis.sharpness import Sharpness, measured_rows
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.settings import Settings

MAX_BYTES = 64_000_000  # of what stays in memory
LEAST = 10_000  # that each counts, so that those of the smallest nets are not without number
LOST = N_("the worker that computed it died or hung; it may need more memory than this machine has")

Key = tuple[tuple[Settings, ...], int | Literal["sharpness"]]  # an int: the places a side of a landscape
Found = TypeVar("Found", Landscape, Sharpness)


@dataclass(eq=False)
class _Asked:
    future: Future[Any] = field(default_factory=Future)
    looked: float = field(default_factory=time.monotonic)


class LandscapeService:
    """Landscapes and sharpness by the settings of their runs. workers=0 computes in a thread, for tests."""

    def __init__(self, workers: int) -> None:
        self._pool = Pool(min(workers, 1), LOWEST, ready=False, limit=HEAVY_LIMIT, name="landscapes")
        self._asked: OrderedDict[Key, _Asked] = OrderedDict()  # the latest looked at last
        self._lock = threading.Lock()

    def look(self, runs: Sequence[Run], size: int, patience: float = 0.0) -> Landscape | None:
        """The landscape of finished runs, or None while it is not there yet: ask again every second or so.

        Waits up to some seconds for it. Raises LandscapeError where there is no plane, and RunFailedError where the worker died.
        """
        paths = together(runs)
        key: Key = (tuple(run.settings for run in runs), size)
        return self._look(key, patience, worker.landscape, runs[-1].settings, paths, size)

    def sharpness(self, run: Run, patience: float = 0.0) -> Sharpness | None:
        """The sharpness along a finished run, or None while it is not there yet, as `look`.

        Raises SharpnessError where there is none, and RunFailedError where the worker died.
        """
        rows = measured_rows(run)
        arguments = run.settings, run.snapshot_iterations[rows], run.snapshots[rows]
        return self._look(((run.settings,), "sharpness"), patience, worker.sharpness, *arguments)

    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return self._pool.processes()

    def close(self) -> None:
        self._pool.close()

    def _look(self, key: Key, patience: float, work: Callable[..., Found], *arguments: Any) -> Found | None:
        with self._lock:
            asked = self._asked.get(key)
            if asked is None:
                asked = self._asked[key] = _Asked()
                self._pool.call(asked.future, work, *arguments)
            asked.looked = time.monotonic()
            self._asked.move_to_end(key)
            self._forget()
        wait([asked.future], patience)
        if not asked.future.done():
            return None
        try:
            found: Found = asked.future.result()
            return found
        except WorkerDied as error:
            log.warning("the landscapes' worker died", why=error)
            with self._lock:
                self._asked.pop(key, None)  # the next look tries again
            raise RunFailedError(LOST) from error

    def _forget(self) -> None:
        """Drop what waits unwanted, and the oldest of what is there where it is too much."""
        now = time.monotonic()
        for key, asked in list(self._asked.items()):
            if now - asked.looked > FORGOTTEN_AFTER and asked.future.cancel():
                del self._asked[key]
        there = [(key, _size(asked.future)) for key, asked in self._asked.items() if asked.future.done()]
        held = sum(size for _key, size in there)
        for key, size in there[:-1]:
            if held <= MAX_BYTES:
                break
            held -= size
            del self._asked[key]


def _size(done: Future[Any]) -> int:
    return LEAST if done.exception() else LEAST + int(done.result().nbytes)
