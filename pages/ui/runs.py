"""The run service: pages ask it for the run of some settings, and it has the worker processes train it.

It deals work in short slices, a new run first and then in turn, so that each student soon sees a picture, and then the next.
A slice paints where the run is; the other pictures of its replay are painted when the training is done.
Equal settings are trained once. A run that nobody watches rests after its slice. A worker that dies costs its slice.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from pages.ui import worker
from spiral_core.settings import Settings
from spiral_core.training import Progress, Run, data_of

log = logging.getLogger("spiral_lab")

SLICE_SECONDS = 0.25  # alone; shared by all runs that wait, down to the shortest
SHORTEST_SLICE = 0.04
FIRST_SLICE = 0.005  # of a run that others wait beside: long enough for a first picture
FORGOTTEN_AFTER = 3.0  # seconds without a look until a run rests
MEMORY = 256_000_000  # bytes of runs that are kept
PATIENCE = 0.2  # seconds by which the guess of a run's end may be too late for waiting
TRIES = 3  # how often a slice is done again before the run is given up


@dataclass(eq=False)
class Job:
    """A run in the service's hands."""

    run: Run
    changed: threading.Condition
    pictures: dict[int, str] = field(default_factory=dict)
    slices: int = 0
    dealt: float = 0.0  # when it got its last slice; a new run comes before all others
    failures: int = 0
    working: bool = False
    keep: bool = False  # goes on without anybody watching
    seen: float = field(default_factory=time.monotonic)
    error: Exception | None = None
    shown: Run = field(init=False)  # the run as far as it can be shown: not finished before its pictures are

    def __post_init__(self) -> None:
        self.shown = self.run

    @property
    def finished(self) -> bool:
        return self.shown.finished

    @property
    def unpainted(self) -> list[int]:
        """The rows of the snapshots that have no picture yet."""
        return [row for row, i in enumerate(self.run.snapshot_iterations.tolist()) if i not in self.pictures]

    def add(self, progress: Progress | None, pictures: dict[int, str]) -> None:
        """What came of a slice."""
        if progress is not None:
            self.run = self.run.extended(progress)
        known = self.run.snapshot_iterations.tolist()
        found = self.pictures | pictures
        self.pictures = {i: found[i] for i in known if i in found}
        if not self.run.finished or len(self.pictures) == len(known):
            self.shown = self.run
        self.slices, self.failures = self.slices + 1, 0

    @property
    def size(self) -> int:
        return self.run.snapshots.nbytes + sum(map(len, self.pictures.values()))


@dataclass(frozen=True, eq=False)
class View:
    """A run as far as it is, for a page to show."""

    run: Run
    pictures: dict[int, str]  # iteration → data URI, for each snapshot
    ahead: int  # runs that come first in the queue
    load: float  # runs that share a worker, at least 1

    @property
    def started(self) -> bool:
        return len(self.run.history) > 0

    @property
    def seconds_left(self) -> float:
        """A guess from the pace so far and from how many share the workers."""
        run = self.run
        return self.load * run.seconds / max(run.iteration, 1) * (run.settings.iterations - run.iteration)


class RunService:
    """Runs by their settings, trained in worker processes (or, with workers=0, in a thread)."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.RLock()
        self._jobs: dict[Settings, Job] = {}  # the least lately seen first
        self._pool: Executor | None = None
        self._closed = False

    def start(self) -> None:
        """Start the workers now, so that the first run does not wait for them."""
        with self._lock:
            pool = self._executor()
        for _ in range(self._workers):
            pool.submit(os.getpid)

    def stop(self) -> None:
        with self._lock:
            self._closed, pool, self._pool = True, self._pool, None
            for job in self._jobs.values():
                job.changed.notify_all()
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)

    def prepare(self, settings: Settings) -> None:
        """Train a run that somebody will soon ask for, behind those that are watched."""
        with self._lock:
            job = self._job(settings)
            job.keep = True
            self._deal()

    def watch(self, settings: Settings, wait: float = 0.0, for_picture: bool = False) -> View:
        """The run as far as it is, and a word that somebody wants it.

        Waits up to some seconds for its end; `for_picture`: not longer than for a picture where it will hardly end in time.
        Raises the error that ended the work, if one did.
        """
        deadline = time.monotonic() + wait
        with self._lock:
            job = self._job(settings)
            self._jobs[settings] = self._jobs.pop(settings)
            while True:
                job.seen = time.monotonic()
                if job.error:
                    error, job.error, job.failures = job.error, None, 0  # the next look tries again
                    raise error
                self._deal()
                left = deadline - time.monotonic()
                view = View(job.shown, dict(job.pictures), self._ahead(job), self._load())
                hopeless = for_picture and view.started and view.seconds_left > left + PATIENCE
                if job.finished or left <= 0 or self._closed or hopeless:
                    return view
                job.changed.wait(min(left, FORGOTTEN_AFTER / 2))  # who waits has not forgotten

    def finished(self, settings: Settings) -> Run | None:
        """The run of these settings if it is here and done; asks for no work."""
        with self._lock:
            job = self._jobs.get(settings)
            return job.shown if job and job.finished else None

    def cut(self, settings: Settings) -> Settings:
        """End a run where it is: the settings of what was computed so far, whose run is then there at once."""
        with self._lock:
            job = self._job(settings)
            if job.finished:
                return settings
            shorter = settings.replace(iterations=max(job.run.iteration, 1))
            if shorter not in self._jobs:
                self._jobs[shorter] = self._new(job.run.reopened(shorter), job.pictures)
            job.seen = 0.0  # others who watch it wake it with their next look
            return shorter

    def _job(self, settings: Settings) -> Job:
        """The job of these settings: as it is, or new, from the longest run that it can go on from."""
        if settings not in self._jobs:
            job = self._new(Run.unstarted(settings, data_of(settings.data)), {})
            for other in self._jobs.values():
                run = other.run
                if (
                    run.finished
                    and not run.divergence
                    and job.run.iteration < run.iteration < settings.iterations
                    and run.settings.replace(iterations=settings.iterations) == settings
                ):
                    job = self._new(run.reopened(settings), other.pictures)
            self._jobs[settings] = job
            self._forget()
        return self._jobs[settings]

    def _new(self, run: Run, pictures: dict[int, str]) -> Job:
        return Job(run, threading.Condition(self._lock), dict(pictures))

    def _forget(self) -> None:
        """Let the least lately seen finished runs go when memory is full."""
        total = sum(job.size for job in self._jobs.values())
        for settings, job in list(self._jobs.items()):
            if total <= MEMORY:
                break
            if not job.working and not job.keep and not self._is_watched(job):
                total -= job.size
                del self._jobs[settings]

    def _is_watched(self, job: Job) -> bool:
        return time.monotonic() - job.seen < FORGOTTEN_AFTER

    def _waiting(self) -> list[Job]:
        """The jobs that want a slice, in the order in which they get it."""
        jobs = [
            job
            for job in self._jobs.values()
            if not job.finished and not job.working and not job.error and (job.keep or self._is_watched(job))
        ]
        return sorted(jobs, key=lambda job: (not self._is_watched(job), job.dealt))

    def _ahead(self, job: Job) -> int:
        waiting = self._waiting()
        return waiting.index(job) if job in waiting else 0

    def _load(self) -> float:
        busy = len(self._waiting()) + sum(job.working for job in self._jobs.values())
        return max(1.0, busy / max(self._workers, 1))

    def _deal(self) -> None:
        """Give each free worker a slice."""
        if self._closed:
            return
        waiting = self._waiting()
        free = max(self._workers, 1) - sum(job.working for job in self._jobs.values())
        usual = max(SHORTEST_SLICE, SLICE_SECONDS / (1 + len(waiting) / 4))
        for job in waiting[: max(free, 0)]:
            if job.working or job.finished:  # a slice that ended at once has dealt already
                continue
            seconds = FIRST_SLICE if job.run.iteration == 0 and len(waiting) > 2 * max(self._workers, 1) else usual
            try:
                future = self._submit(job, seconds)
            except BrokenProcessPool:  # a worker died since the last slice
                self._pool = None
                future = self._submit(job, seconds)
            job.working, job.dealt = True, time.monotonic()
            future.add_done_callback(self._done(job, self._executor()))

    def _submit(self, job: Job, seconds: float) -> Future[worker.Slice]:
        """Give a slice to the workers: of training, or of painting where the training is done."""
        run = job.run
        if run.finished:
            rows = job.unpainted
            return self._executor().submit(worker.paint, run.settings, run.snapshot_iterations[rows], run.snapshots[rows], seconds)
        return self._executor().submit(worker.work, run.settings, run.checkpoint, seconds)

    def _done(self, job: Job, pool: Executor) -> Callable[[Future[worker.Slice]], None]:
        def done(future: Future[worker.Slice]) -> None:
            with self._lock:
                job.working = False
                error = None if future.cancelled() else future.exception()
                if error is None and not future.cancelled():
                    job.add(*future.result())
                elif isinstance(error, Exception):
                    job.failures += 1
                    if isinstance(error, BrokenProcessPool):
                        log.warning("a worker died; its slice is done again")
                        if self._pool is pool:
                            self._pool = None
                    if job.failures >= TRIES or not isinstance(error, BrokenProcessPool):
                        log.error("a run failed: %s", job.run.settings, exc_info=error)
                        job.error = error
                self._deal()
                job.changed.notify_all()

        return done

    def _executor(self) -> Executor:
        if self._pool is None:
            if self._workers:
                spawn = multiprocessing.get_context("spawn")  # a fork of a server with threads can hang
                self._pool = ProcessPoolExecutor(self._workers, spawn, initializer=worker.begin)
            else:
                self._pool = ThreadPoolExecutor(1, "training")
        return self._pool


_service: RunService | None = None
_lock = threading.Lock()


def open_service(workers: int) -> RunService:
    """Make the server's one service; app.py does so when the server starts."""
    global _service
    with _lock:
        _service = RunService(workers)
    return _service


def service() -> RunService:
    """The server's service; without a server (in tests, say) one that trains in a thread."""
    global _service
    with _lock:
        if _service is None:
            _service = RunService(workers=0)
        return _service
