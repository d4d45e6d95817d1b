"""What the run service has in hand: runs in work, who watches them, and in which order they get their slices."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from spiral_core.settings import Settings
from spiral_core.store.run_store import key_of
from spiral_core.training import Progress, Run

FORGOTTEN_AFTER = 3.0  # seconds without a look until a run rests
GRACE = 0.3  # seconds that a page has to look again at what it showed before
LATE_AFTER = 1.2  # seconds without a slice after which a visit comes before those whose runs end sooner
SOONEST_EVERY = 3  # slices of which one goes to the run that ends soonest, however many are late
MOST_OF_ONE_VISIT = 16  # unfinished runs
MOST_REMEMBERED = 1000  # visits whose last turn is known
WATCHED, TESTED, KEPT = range(3)  # which runs come first

Line = tuple[int, Settings]  # with its hash first, so that others are told apart at once


def line_of(settings: Settings) -> Line:
    """What runs have in common that differ in their iterations alone: the longer goes on from the shorter."""
    first = settings.replace(iterations=1)
    return hash(first), first


@dataclass(eq=False)
class Job:
    """A run in the service's hands."""

    run: Run
    changed: threading.Condition
    pictures: dict[int, str] = field(default_factory=dict)
    slices: int = 0
    failures: int = 0
    working: bool = False
    keep: bool = False  # goes on without anybody watching
    watchers: dict[str, float] = field(default_factory=dict)  # visit → when it last looked
    testers: dict[str, float] = field(default_factory=dict)  # the same of those who want its result alone, in the background
    asked: float = field(default_factory=time.monotonic)
    error: Exception | None = None
    shown: Run = field(init=False)  # the run as far as it can be shown: not finished before its pictures are
    finished: bool = field(init=False)  # whether that is the whole run
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.shown, self.finished = self.run, self.run.finished
        self.line = line_of(self.run.settings)

    @property
    def name(self) -> str:
        """Its id in the log."""
        return key_of(self.run.settings)[:12]

    @property
    def unpainted(self) -> list[int]:
        """The rows of the snapshots that have no picture yet."""
        return [row for row, i in enumerate(self.run.snapshot_iterations.tolist()) if i not in self.pictures]

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self.run.snapshots.nbytes + sum(map(len, self.pictures.values()))

    @property
    def seconds_left(self) -> float:
        """A guess of the training that is left, from the pace so far."""
        run = self.run
        return run.seconds / max(run.iteration, 1) * (run.settings.iterations - run.iteration) if not run.finished else 0.0

    def watched_by(self) -> list[str]:
        """The visits that looked lately; the others are forgotten."""
        self.watchers = _lately(self.watchers)
        return list(self.watchers)

    def tested_by(self) -> list[str]:
        """The visits that lately asked for its result in the background; the others are forgotten."""
        self.testers = _lately(self.testers)
        return list(self.testers)

    def add(self, progress: Progress | None, pictures: dict[int, str]) -> None:
        """What came of a slice."""
        if progress is not None:
            self.run = self.run.extended(progress)
        known = self.run.snapshot_iterations.tolist()
        found = self.pictures | pictures
        self.pictures = {i: found[i] for i in known if i in found}
        if not self.run.finished or len(self.pictures) == len(known):
            self.shown, self.finished = self.run, self.run.finished
        self.slices, self.failures = self.slices + 1, 0


def _lately(seen: dict[str, float]) -> dict[str, float]:
    now = time.monotonic()
    return {visit: at for visit, at in seen.items() if now - at < FORGOTTEN_AFTER}


class Turns:
    """Whose turn it is.

    A new run comes first: its first slice is short and gives a picture. Then whoever has waited too long since the last slice,
    then the run that ends soonest, which also gets each third slice. No visit gets a second slice before each other one has had its
    first, however many runs it watches. What nobody watches comes last.
    """

    def __init__(self) -> None:
        self._last: dict[str, float] = {}  # visit → when a run of its got a slice
        self._count = 0  # of slices

    def taken(self, job: Job) -> None:
        """A job got a slice: a turn of all who watch it."""
        self._count += job.slices > 0
        now = time.monotonic()
        for visit in job.watched_by():
            self._last[visit] = now
        if len(self._last) > MOST_REMEMBERED:
            self._last = {visit: at for visit, at in self._last.items() if now - at < FORGOTTEN_AFTER}

    def order(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs that want a slice, in the order in which they get it."""
        now = time.monotonic()
        had: Counter[str] = Counter()  # slices of each visit that are under way or come before
        wanted: list[tuple[tuple[int, int, float], list[str], Job]] = []
        for job in jobs:
            if job.finished or job.error:
                continue
            visits, testers = job.watched_by(), job.tested_by()
            rank = WATCHED if visits else TESTED if testers else KEPT
            visits = visits or testers
            if job.working:
                had.update(visits)
            elif visits or job.keep:
                last = min((self._last.get(visit, 0.0) for visit in visits), default=now)
                if job.slices == 0:
                    urgency, place = 0, job.asked
                elif now - last > LATE_AFTER and self._count % SOONEST_EVERY:
                    urgency, place = 1, last
                else:
                    urgency, place = 2, job.seconds_left
                wanted.append(((rank, urgency, place), visits, job))
        wanted.sort(key=lambda entry: entry[0])
        ranked = []
        for (rank, urgency, place), visits, job in wanted:
            turn = min((had[visit] for visit in visits), default=0)
            had.update(visits)
            ranked.append(((rank, turn, urgency, place), job))
        ranked.sort(key=lambda entry: entry[0])
        return [job for _key, job in ranked]


def look(jobs: Iterable[Job], job: Job, visit: str) -> None:
    """A visit looks at a job; of more unfinished ones than it may have in work it drops what it looked at longest ago."""
    new = visit not in job.watchers
    if new:
        job.watched_by()  # forgets those who are gone
    job.watchers[visit] = time.monotonic()
    if new and not job.finished:
        others = [other for other in jobs if other is not job and not other.finished and visit in other.watchers]
        for other in sorted(others, key=lambda other: other.watchers[visit])[: max(0, len(others) + 1 - MOST_OF_ONE_VISIT)]:
            del other.watchers[visit]


def turn_page(jobs: Iterable[Job], visit: str) -> None:
    """A page of this visit runs anew: what it does not look at again in a moment, it no longer watches."""
    soon = time.monotonic() - FORGOTTEN_AFTER + GRACE
    for job in jobs:
        if not job.finished and visit in job.watchers:
            job.watchers[visit] = min(job.watchers[visit], soon)
