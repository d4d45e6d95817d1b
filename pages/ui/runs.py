"""The run service: pages ask it for the run of some settings, and it has the worker processes train it.

It deals work in short slices, a new run first and then in turn, so that each student soon sees a picture, and then the next.
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
from spiral_core.training import Run, data_of

log = logging.getLogger("spiral_lab")

SLICE_SECONDS = 0.25  # alone; shared by all runs that wait, down to the shortest
SHORTEST_SLICE = 0.04
FORGOTTEN_AFTER = 5.0  # seconds without a look until a run rests
MEMORY = 256_000_000  # bytes of runs that are kept
TRIES = 3  # how often a slice is done again before the run is given up


@dataclass(eq=False)
class Job:
    """A run in the service's hands."""

    run: Run
    pictures: dict[int, str] = field(default_factory=dict)
    slices: int = 0
    dealt: float = 0.0  # when it got its last slice; a new run comes before all others
    failures: int = 0
    working: bool = False
    keep: bool = False  # goes on without anybody watching
    seen: float = field(default_factory=time.monotonic)
    error: Exception | None = None

    @property
    def finished(self) -> bool:
        return self.run.finished

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
        self._changed = threading.Condition()
        self._jobs: dict[Settings, Job] = {}  # the least lately seen first
        self._pool: Executor | None = None
        self._closed = False

    def start(self) -> None:
        """Start the workers now, so that the first run does not wait for them."""
        with self._changed:
            pool = self._executor()
        for _ in range(self._workers):
            pool.submit(os.getpid)

    def stop(self) -> None:
        with self._changed:
            self._closed, pool, self._pool = True, self._pool, None
            self._changed.notify_all()
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)

    def prepare(self, settings: Settings) -> None:
        """Train a run that somebody will soon ask for, behind those that are watched."""
        with self._changed:
            job = self._job(settings)
            job.keep = True
            self._deal()

    def watch(self, settings: Settings, wait: float = 0.0) -> View:
        """The run as far as it is, and a word that somebody wants it; wait up to some seconds for its end.

        Raises the error that ended the work, if one did.
        """
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                job = self._job(settings)
                job.seen = time.monotonic()
                self._jobs[settings] = self._jobs.pop(settings)
                if job.error:
                    error, job.error, job.failures = job.error, None, 0  # the next look tries again
                    raise error
                self._deal()
                left = deadline - time.monotonic()
                if job.finished or left <= 0 or self._closed:
                    return View(job.run, dict(job.pictures), self._ahead(job), self._load())
                self._changed.wait(left)

    def finished(self, settings: Settings) -> Run | None:
        """The run of these settings if it is here and done; asks for no work."""
        with self._changed:
            job = self._jobs.get(settings)
            return job.run if job and job.finished else None

    def cut(self, settings: Settings) -> Settings:
        """End a run where it is: the settings of what was computed so far, whose run is then there at once."""
        with self._changed:
            job = self._job(settings)
            if job.finished:
                return settings
            shorter = settings.replace(iterations=max(job.run.iteration, 1))
            if shorter not in self._jobs:
                self._jobs[shorter] = Job(job.run.reopened(shorter), dict(job.pictures))
            job.seen = 0.0  # others who watch it wake it with their next look
            return shorter

    def _job(self, settings: Settings) -> Job:
        """The job of these settings: as it is, or new, from the longest run that it can go on from."""
        if settings not in self._jobs:
            job = Job(Run.unstarted(settings, data_of(settings.data)))
            for other in self._jobs.values():
                run = other.run
                if (
                    run.finished
                    and not run.divergence
                    and job.run.iteration < run.iteration < settings.iterations
                    and run.settings.replace(iterations=settings.iterations) == settings
                ):
                    job = Job(run.reopened(settings), dict(other.pictures))
            self._jobs[settings] = job
            self._forget()
        return self._jobs[settings]

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
        seconds = max(SHORTEST_SLICE, SLICE_SECONDS / (1 + len(waiting) / 4))
        for job in waiting[: max(free, 0)]:
            if job.working or job.finished:  # a slice that ended at once has dealt already
                continue
            try:
                future = self._executor().submit(worker.work, job.run.settings, job.run.checkpoint, seconds)
            except BrokenProcessPool:  # a worker died since the last slice
                self._pool = None
                future = self._executor().submit(worker.work, job.run.settings, job.run.checkpoint, seconds)
            job.working, job.dealt = True, time.monotonic()
            future.add_done_callback(self._done(job, self._executor()))

    def _done(self, job: Job, pool: Executor) -> Callable[[Future[worker.Slice]], None]:
        def done(future: Future[worker.Slice]) -> None:
            with self._changed:
                job.working = False
                error = None if future.cancelled() else future.exception()
                if error is None and not future.cancelled():
                    progress, pictures = future.result()
                    job.run = job.run.extended(progress)
                    known = set(job.run.snapshot_iterations.tolist())
                    job.pictures = {i: p for i, p in (job.pictures | pictures).items() if i in known}
                    job.slices, job.failures = job.slices + 1, 0
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
                self._changed.notify_all()

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
