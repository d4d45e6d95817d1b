"""The landscape service: the losses round the paths of finished runs, and how sharply they bend along them, computed in workers of
their own that give way to all others.

What is there soon, a coarse landscape above all, has a worker of its own and waits for nothing that takes long. In each of the two
lines the browser comes first that had least of such work lately. What waits and nobody looks for any more is dropped; of each a
few requests wait, the newest. A process starts with the first thing that somebody asks for and ends when nothing was asked for a
minute.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Literal

from server import log
from server.shares import Usage
from server.training import cost, worker
from server.training.job import FORGOTTEN_AFTER
from server.training.pool import HEAVY_LIMIT, LOWEST, Pool, WorkerDied, pass_on
from server.training.service import RunFailedError
from server.turns import Whose, own
from spiral_core.analysis.landscape import Landscape, together
from spiral_core.analysis.sharpness import Sharpness, measured_rows
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.settings import Settings

MAX_BYTES = 64_000_000  # of what stays in memory
MAX_WAITING = 64_000_000  # bytes of paths that wait
MAX_OF_ONE_BROWSER = 4  # requests that wait
LEAST = 10_000  # that each counts, so that those of the smallest nets are not without number
LOST = N_("the worker that computed it died or hung; it may need more memory than this machine has")

Key = tuple[tuple[Settings, ...], int | Literal["sharpness"]]  # an int: the places a side of a landscape


@dataclass(eq=False)
class _Line:
    """What one worker does, one after the other."""

    pool: Pool
    busy: bool = False


@dataclass(eq=False)
class _Asked:
    line: _Line
    work: Callable[..., Any]
    arguments: tuple[Any, ...]  # none any more once it has begun
    nbytes: int  # of these
    future: Future[Any] = field(default_factory=Future)
    asked: float = field(default_factory=time.monotonic)
    looked: dict[Whose, float] = field(default_factory=dict)  # who → when they looked last

    @property
    def waits(self) -> bool:
        return bool(self.arguments) and not self.future.done()


class LandscapeService:
    """Landscapes and sharpness by the settings of their runs. workers=0 computes in threads, for tests."""

    def __init__(self, workers: int, whose: Callable[[], Whose] = lambda: own("")) -> None:
        """whose: says whose page is asking; all pages of a browser are one."""
        self._whose = whose
        pools = [
            Pool(min(workers, 1), LOWEST, ready=False, limit=HEAVY_LIMIT, name=f"landscapes ({it})") for it in ("soon", "late")
        ]
        self._soon, self._late = map(_Line, pools)
        self._asked: OrderedDict[Key, _Asked] = OrderedDict()  # the latest looked at last
        self._usage = Usage[str]()
        self._lock = threading.Lock()  # never held while anything of the pools or of a future runs

    def look(self, runs: Sequence[Run], size: int, patience: float = 0.0) -> Landscape | None:
        """The landscape of finished runs, or None while it is not there yet: ask again every second or so.

        Waits up to some seconds for it. Raises LandscapeError where there is no plane, and RunFailedError where the worker died.
        """
        paths, settings = together(runs), runs[-1].settings
        key: Key = (tuple(run.settings for run in runs), size)
        nbytes = sum(path.nbytes for path in paths)
        asked = _Asked(self._line(cost.seconds_per_landscape(settings, size)), worker.landscape, (settings, paths, size), nbytes)
        found: Landscape | None = self._look(key, patience, asked)
        return found

    def sharpness(self, run: Run, patience: float = 0.0) -> Sharpness | None:
        """The sharpness along a finished run, or None while it is not there yet, as `look`.

        Raises SharpnessError where there is none, and RunFailedError where the worker died.
        """
        rows = measured_rows(run)
        snapshots = run.snapshots[rows]
        arguments = run.settings, run.snapshot_iterations[rows], snapshots
        asked = _Asked(self._line(cost.seconds_per_sharpness(run.settings)), worker.sharpness, arguments, snapshots.nbytes)
        found: Sharpness | None = self._look(((run.settings,), "sharpness"), patience, asked)
        return found

    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return self._soon.pool.processes() + self._late.pool.processes()

    def close(self) -> None:
        self._soon.pool.close()
        self._late.pool.close()

    def _line(self, seconds: float) -> _Line:
        return self._soon if seconds <= cost.AT_ONCE else self._late

    def _look(self, key: Key, patience: float, new: _Asked) -> Any:
        whose = self._whose()
        with self._lock:
            asked = self._asked.setdefault(key, new)
            if not asked.future.done():
                asked.looked[whose] = time.monotonic()
            self._asked.move_to_end(key)
            self._forget()
            self._bound(whose)
        self._deal(asked.line)
        wait([asked.future], patience)
        if not asked.future.done() or asked.future.cancelled():
            return None
        try:
            return asked.future.result()
        except WorkerDied as error:
            log.warning("the landscapes' worker died", why=error)
            with self._lock:
                self._asked.pop(key, None)  # the next look tries again
            raise RunFailedError(LOST) from error

    # What waits, and whose turn it is.

    def _deal(self, line: _Line) -> None:
        """Give the worker of a line what comes next, where it has nothing to do."""
        with self._lock:
            waiting = self._in_turn(each for each in self._asked.values() if each.line is line and each.waits)
            if line.busy or not waiting:
                return
            asked = waiting[0]
            line.busy = True
            asked.future.set_running_or_notify_cancel()
            arguments, asked.arguments = asked.arguments, ()
        began = time.monotonic()

        def done(answer: Future[Any]) -> None:
            with self._lock:
                line.busy = False
                for whose in asked.looked:
                    self._usage.add_all(whose.names, time.monotonic() - began)
            pass_on(answer, asked.future)
            self._deal(line)

        inner: Future[Any] = Future()
        inner.add_done_callback(done)
        try:
            line.pool.call(inner, asked.work, *arguments)
        except RuntimeError:  # closed: the line stays busy
            asked.future.set_exception(WorkerDied("the workers were closed"))

    def _in_turn(self, waiting: Iterable[_Asked]) -> list[_Asked]:
        """Who had least comes first, to a tenth of a second of those who look for it; then who has waited longest."""
        waiting = list(waiting)
        used = {
            whose: tuple(round(seconds, 1) for seconds in self._usage.claim(whose)) for asked in waiting for whose in asked.looked
        }
        return sorted(waiting, key=lambda asked: (min(used[whose] for whose in asked.looked), asked.asked))

    def _forget(self) -> None:
        """Drop what waits unwanted, and the oldest of what is there where it is too much."""
        now = time.monotonic()
        for asked in list(self._asked.values()):
            if asked.waits:
                asked.looked = {whose: at for whose, at in asked.looked.items() if now - at <= FORGOTTEN_AFTER}
        self._drop_unwanted()
        there = [(key, _size(asked.future)) for key, asked in self._asked.items() if asked.future.done()]
        held = sum(size for _key, size in there)
        for key, size in there[:-1]:
            if held <= MAX_BYTES:
                break
            held -= size
            del self._asked[key]

    def _bound(self, whose: Whose) -> None:
        """Let a few requests of each wait, the newest, and of all together those whose turn comes soonest."""
        theirs = [asked for asked in self._asked.values() if asked.waits and whose in asked.looked]
        for asked in theirs[:-MAX_OF_ONE_BROWSER]:
            del asked.looked[whose]
        self._drop_unwanted()
        held = 0
        for asked in self._in_turn(each for each in self._asked.values() if each.waits):
            held += asked.nbytes
            if held > MAX_WAITING and held > asked.nbytes:
                asked.looked.clear()  # its page asks for it again
        self._drop_unwanted()

    def _drop_unwanted(self) -> None:
        for key, asked in list(self._asked.items()):
            if asked.waits and not asked.looked:
                asked.future.cancel()
                del self._asked[key]


def _size(done: Future[Any]) -> int:
    return LEAST if done.exception() else LEAST + int(done.result().nbytes)
