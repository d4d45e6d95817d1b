"""The run service: pages ask it for the run of some settings, and it has the worker processes train it.

It deals work in short slices, in turns (`jobs.Turns`), so that each student soon sees a picture, and then the next.
A slice paints where the run is; the other pictures of its replay are painted when the training is done.
Equal settings are trained once. A run that nobody watches rests after its slice. A worker that dies costs its slice.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from streamlit.runtime.scriptrunner import get_script_run_ctx

from server import log
from server.training import job as jobs
from server.training import worker
from server.training.job import Job, Turns
from spiral_core.settings import Settings
from spiral_core.training import Run, data_of

SLICE_SECONDS = 0.25  # alone; shared by all runs that wait, down to the shortest
SHORTEST_SLICE = 0.04
FIRST_SLICE = 0.005  # of a run that others wait beside: long enough for a first picture
SHORT_REST = 0.1  # seconds of training that are done at once rather than in two slices
MEMORY = 128_000_000  # bytes of runs that are kept
PATIENCE = 0.2  # seconds by which the guess of a run's end may be too late for waiting
TRIES = 3  # how often a slice is done again before the run is given up


@dataclass(frozen=True, eq=False)
class View:
    """A run as far as it is, for a page to show."""

    run: Run
    pictures: dict[int, str]  # iteration → data URI, for each snapshot
    ahead: int  # runs that come first in the queue
    sharing: int  # runs that wait for a slice or have one
    workers: int

    @property
    def started(self) -> bool:
        return len(self.run.history) > 0

    @property
    def load(self) -> float:
        """Runs that share a worker, at least 1."""
        return max(1.0, self.sharing / self.workers)

    @property
    def seconds_left(self) -> float:
        """A guess from the pace so far and from how many share the workers."""
        run = self.run
        return self.load * run.seconds / max(run.iteration, 1) * (run.settings.iterations - run.iteration)


@dataclass(frozen=True)
class Load:
    """What the service has to do."""

    visits: int  # that watch a run
    runs: int  # in memory
    waiting: int  # runs that wait for a slice
    working: int  # runs that a worker has
    workers: int
    megabytes: float  # of runs in memory
    begun: int  # runs since the server started
    finished: int
    deaths: int  # of workers


class RunService:
    """Runs by their settings, trained in worker processes (or, with workers=0, in a thread)."""

    def __init__(self, workers: int, visit: Callable[[], str] = lambda: "") -> None:
        self._workers = workers
        self._visit = visit  # names the visit that is asking
        self._turns = Turns()
        self._counts: Counter[str] = Counter()
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
            visit = self._visit()
            while True:
                jobs.look(self._jobs.values(), job, visit)
                if job.error:
                    error, job.error, job.failures = job.error, None, 0  # the next look tries again
                    raise error
                waiting = self._deal()
                left = deadline - time.monotonic()
                ahead = waiting.index(job) if job in waiting else 0
                view = View(job.shown, dict(job.pictures), ahead, len(waiting) + self._working(), max(self._workers, 1))
                hopeless = for_picture and view.started and view.seconds_left > left + PATIENCE
                if job.finished or left <= 0 or self._closed or hopeless:
                    return view
                job.changed.wait(min(left, jobs.FORGOTTEN_AFTER / 2))  # who waits has not forgotten

    def watch_trial(self, settings: Settings) -> Run | None:
        """The finished run of these settings, or None while it is not there yet; trained behind all that is watched.

        Ask again every second or so: a trial that nobody has asked for lately is dropped. Equal settings are trained once,
        whoever asks. Raises SettingError for settings that fit no data, and the error that ended the work, if one did.
        """
        with self._lock:
            job = self._job(settings)
            self._jobs[settings] = self._jobs.pop(settings)
            if job.error:
                error, job.error, job.failures = job.error, None, 0
                raise error
            if job.run.finished:
                return job.run
            job.testers[self._visit()] = time.monotonic()
            self._deal()
            return None

    def iterations_to_begin(self, settings: Settings) -> int:
        """How many iterations of these settings are neither done, be it in a shorter run, nor in work; asks for no work."""
        with self._lock:
            job = self._jobs.get(settings)
            if job and (job.finished or job.slices):
                return 0
            before = job or self._shorter(settings)
            return settings.iterations - (before.run.iteration if before else 0)

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
            job.watchers.clear()  # others who watch it wake it with their next look
            return shorter

    def turn_page(self) -> None:
        """The visit's page runs anew: runs that it no longer shows rest."""
        with self._lock:
            jobs.turn_page(self._jobs.values(), self._visit())

    def load(self) -> Load:
        """What there is to do now."""
        with self._lock:
            waiting = self._turns.order(self._jobs.values())
            return Load(
                visits=len({visit for job in self._jobs.values() for visit in job.watched_by()}),
                runs=len(self._jobs),
                waiting=len(waiting),
                working=self._working(),
                workers=max(self._workers, 1),
                megabytes=sum(job.size for job in self._jobs.values()) / 1e6,
                begun=self._counts["begun"],
                finished=self._counts["finished"],
                deaths=self._counts["deaths"],
            )

    def _job(self, settings: Settings) -> Job:
        """The job of these settings: as it is, or new, from the longest run that it can go on from."""
        if settings not in self._jobs:
            before = self._shorter(settings)
            if before:
                job = self._new(before.run.reopened(settings), before.pictures)
            else:
                job = self._new(Run.unstarted(settings, data_of(settings.data)), {})
            self._jobs[settings] = job
            self._forget()
        return self._jobs[settings]

    def _shorter(self, settings: Settings) -> Job | None:
        """The longest finished run of the same settings with fewer iterations."""
        line = jobs.line_of(settings)
        same = [
            job
            for job in self._jobs.values()
            if job.line == line and job.run.finished and not job.run.divergence and job.run.iteration < settings.iterations
        ]
        return max(same, key=lambda job: job.run.iteration, default=None)

    def _new(self, run: Run, pictures: dict[int, str]) -> Job:
        return Job(run, threading.Condition(self._lock), dict(pictures))

    def _forget(self) -> None:
        """Let the least lately seen finished runs go when memory is full."""
        total = sum(job.size for job in self._jobs.values())
        for settings, job in list(self._jobs.items()):
            if total <= MEMORY:
                break
            if not job.working and not job.keep and not job.watched_by() and not job.tested_by():
                total -= job.size
                del self._jobs[settings]

    def _working(self) -> int:
        return sum(job.working for job in self._jobs.values())

    def _deal(self) -> list[Job]:
        """Give each free worker a slice; returns the jobs that still wait for theirs, in their order."""
        waiting = self._turns.order(self._jobs.values())
        if self._closed:
            return waiting
        free = max(self._workers, 1) - self._working()
        usual = max(SHORTEST_SLICE, SLICE_SECONDS / (1 + len(waiting) / 4))
        crowded = len(waiting) > 2 * max(self._workers, 1)
        size = worker.SMALL_PICTURE_SIZE if crowded else worker.PICTURE_SIZE
        for job in waiting[: max(free, 0)]:
            if job.working or job.finished:  # a slice that ended at once has dealt already
                continue
            if job.run.iteration == 0 and crowded:
                seconds = FIRST_SLICE
            else:
                seconds = max(usual, job.seconds_left) if job.seconds_left < SHORT_REST else usual
            try:
                future = self._submit(job, seconds, size)
            except BrokenProcessPool:  # a worker died since the last slice
                self._pool = None
                future = self._submit(job, seconds, size)
            job.working = True
            self._note_begin(job)
            self._turns.taken(job)
            future.add_done_callback(self._done(job, self._executor()))
        return [job for job in waiting if not job.working and not job.finished]

    def _submit(self, job: Job, seconds: float, size: int) -> Future[worker.Slice]:
        """Give a slice to the workers: of training, or of painting where the training is done."""
        run = job.run
        if run.finished:
            rows = job.unpainted
            return self._executor().submit(
                worker.paint, run.settings, run.snapshot_iterations[rows], run.snapshots[rows], seconds, size
            )
        return self._executor().submit(worker.work, run.settings, run.checkpoint, seconds, size)

    def _done(self, job: Job, pool: Executor) -> Callable[[Future[worker.Slice]], None]:
        def done(future: Future[worker.Slice]) -> None:
            with self._lock:
                job.working = False
                error = None if future.cancelled() else future.exception()
                if error is None and not future.cancelled():
                    job.add(*future.result())
                    self._note_end(job)
                elif isinstance(error, Exception):
                    job.failures += 1
                    if isinstance(error, BrokenProcessPool):
                        self._counts["deaths"] += 1
                        log.warn("a worker died; its slice is done again", run=job.name)
                        if self._pool is pool:
                            self._pool = None
                    if job.failures >= TRIES or not isinstance(error, BrokenProcessPool):
                        log.fail("a run failed", error, run=job.name, settings=job.run.settings.to_dict())
                        job.error = error
                self._deal()
                job.changed.notify_all()

        return done

    def _note_begin(self, job: Job) -> None:
        if job.slices == 0:
            self._counts["begun"] += 1
            if not log.are_told():
                return
            settings = job.run.settings
            log.tell(
                "a run begins", run=job.name, iterations=settings.iterations, points=settings.data.point_count,
                weights=settings.parameter_count, goes_on_from=job.run.iteration,
            )  # fmt: skip

    def _note_end(self, job: Job) -> None:
        if job.finished:
            self._counts["finished"] += 1
            if not log.are_told():
                return
            log.tell(
                "a run is finished", run=job.name, seconds=round(job.run.seconds, 3),
                waited=round(time.monotonic() - job.asked, 3), slices=job.slices, diverged=bool(job.run.divergence),
            )  # fmt: skip

    def _executor(self) -> Executor:
        if self._pool is None:
            if self._workers:
                spawn = multiprocessing.get_context("spawn")  # a fork of a server with threads can hang
                self._pool = ProcessPoolExecutor(self._workers, spawn, initializer=worker.begin, initargs=(worker.NICE,))
            else:
                self._pool = ThreadPoolExecutor(1, "training")
        return self._pool


def visit() -> str:
    """The name of the visit whose page is asking; outside of any, an empty one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


_service: RunService | None = None
_lock = threading.Lock()


def open_service(workers: int) -> RunService:
    """Make the server's one service; app.py does so when the server starts."""
    global _service
    with _lock:
        _service = RunService(workers, visit)
    return _service


def service() -> RunService:
    """The server's service; without a server (in tests, say) one that trains in a thread."""
    global _service
    with _lock:
        if _service is None:
            _service = RunService(0, visit)
        return _service
