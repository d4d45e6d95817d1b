"""Whose turn it is: the order in which runs get their slices, and how much of that one visit may claim."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from server.training.job import FORGOTTEN_AFTER, Job
from server.turns import Whose, in_turns, own

GRACE = 0.3  # seconds that a page has to look again at what it showed before
LATE_AFTER = 1.2  # seconds without a slice after which a visit comes before those whose runs end sooner
SOONEST_EVERY = 3  # slices of which one goes to the run that ends soonest, however many are late
TRIAL_EVERY = 5  # slices of which one goes to a trial, however many runs are watched
MAX_OF_ONE_VISIT = 16  # unfinished runs
MAX_BYTES_OF_ONE_VISIT = 128_000_000  # that its unfinished runs hold
MAX_REMEMBERED = 1000  # visits whose last turn is known
WATCHED, TESTED, KEPT = range(3)  # which runs come first


class Scheduler:
    """Whose turn it is.

    A new run comes first: its first slice is short and gives a picture. Then whoever has waited too long since the last slice,
    then the visit whose runs together end soonest, which also gets each third slice. No address and no browser gets a second slice
    before each other one has had its first, however many pages it has open and runs it watches. Then come trials in the background,
    which get each fifth slice where runs are watched without end, and last what nobody watches.
    """

    def __init__(self, whose: Callable[[str], Whose] = own) -> None:
        self._whose = whose
        self._last: dict[str, float] = {}  # visit → when a run of its got a slice
        self._count = 0  # of slices
        self._without_trial = 0  # slices since a trial had one

    def taken(self, job: Job) -> None:
        """A job got a slice: a turn of all who watch it."""
        self._count += job.slices > 0
        now, watching = time.monotonic(), job.watched_by()
        self._without_trial = self._without_trial + 1 if watching else 0
        for visit in watching:
            self._last[visit] = now
        if len(self._last) > MAX_REMEMBERED:
            self._last = {visit: at for visit, at in self._last.items() if now - at < FORGOTTEN_AFTER}

    def order(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs that want a slice, in the order in which they get it."""
        wanted = [(job, *_who_wants(job)) for job in jobs if not job.finished]  # the most are
        under_way: list[Whose] = []
        left: dict[str, float] = defaultdict(float)  # seconds of work that each visit has before it
        for job, rank, visits in wanted:
            for visit in visits:
                left[visit] += job.seconds_left
            if job.working and rank is not None:
                under_way += {self._whose(visit) for visit in visits}
        waiting = [
            ((rank, *self._urgency(job, visits, left)), {self._whose(visit) for visit in visits}, job)
            for job, rank, visits in wanted
            if rank is not None and not job.working
        ]
        waiting.sort(key=lambda entry: entry[0])
        ordered: list[Job] = []
        for rank, some in groupby(waiting, key=lambda entry: entry[0][0]):
            dealt = in_turns(list(some), lambda entry: entry[1], under_way)
            under_way += [each for _key, whose, _job in dealt for each in whose]
            jobs = [job for _key, _whose, job in dealt]
            if rank == TESTED and self._is_a_trials_turn(ordered):
                ordered.insert(0, jobs.pop(0))
            ordered += jobs
        return ordered

    def _is_a_trials_turn(self, before: list[Job]) -> bool:
        """Whether a trial overtakes those before it; no first picture waits for one."""
        return self._without_trial + 1 >= TRIAL_EVERY and bool(before) and before[0].slices > 0

    def _urgency(self, job: Job, visits: list[str], left: Mapping[str, float]) -> tuple[int, float, float]:
        if job.slices == 0:
            return 0, job.asked, 0.0
        now = time.monotonic()
        last = min((self._last.get(visit, 0.0) for visit in visits), default=now)
        if now - last > LATE_AFTER and self._count % SOONEST_EVERY:
            return 1, last, job.seconds_left
        return 2, min((left[visit] for visit in visits), default=0.0), job.seconds_left


def _who_wants(job: Job) -> tuple[int | None, list[str]]:
    """Why a job is to be worked on, and for which visits; None if it is not."""
    if job.finished or job.error:
        return None, []
    if visits := job.watched_by():
        return WATCHED, visits
    if not job.run.finished and (visits := job.tested_by()):  # a trial needs no pictures
        return TESTED, visits
    return (KEPT, []) if job.keep else (None, [])


def look(jobs: Iterable[Job], job: Job, visit: str, trial: bool = False) -> None:
    """A visit looks at a job; where it has more unfinished ones than it may, those that it looked at longest ago are dropped."""
    seen = _seen(job, trial)
    new = visit not in seen
    if new:
        job.watched_by()  # forgets those who are gone
        job.tested_by()
    _seen(job, trial)[visit] = time.monotonic()
    if not new or job.finished:
        return
    others = [other for other in jobs if other is not job and not other.finished and visit in _seen(other, trial)]
    others.sort(key=lambda other: _seen(other, trial)[visit])
    size = job.size + sum(other.size for other in others)
    for i, other in enumerate(others):
        if len(others) + 1 - i <= MAX_OF_ONE_VISIT and size <= MAX_BYTES_OF_ONE_VISIT:
            break
        size -= other.size
        del _seen(other, trial)[visit]


def _seen(job: Job, trial: bool) -> dict[str, float]:
    return job.testers if trial else job.watchers


def turn_page(jobs: Iterable[Job], visit: str) -> None:
    """A page of this visit runs anew: what it does not look at again in a moment, it no longer watches."""
    soon = time.monotonic() - FORGOTTEN_AFTER + GRACE
    for job in jobs:
        for seen in (job.watchers, job.testers):
            if not job.finished and visit in seen:
                seen[visit] = min(seen[visit], soon)
