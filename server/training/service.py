"""The run service: pages ask it for the run of some settings, and it has the worker processes train it.

It deals work in short slices, in turns (`scheduler`), so that each student soon sees a picture, and then the next. A slice paints
where the run is; the other pictures of its replay are painted when the training is done. Equal settings are trained once. A run
that nobody watches rests after its slice. A worker that dies costs its slice, and a run whose workers die again and again is given
up; neither concerns other runs. What takes long (making points, joining slices) happens outside the service's lock.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from server import log
from server.training import cost, scheduler, worker
from server.training.job import Job, State
from server.training.jobs import Jobs
from server.training.pool import Lanes, Pool, WorkerDied
from server.training.scheduler import Scheduler
from server.training.view import Load, View
from server.turns import Whose, own
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.settings import Settings

SLICE_SECONDS = 0.25  # alone; shared by all runs that wait, down to the shortest
SHORTEST_SLICE = 0.04
FIRST_SLICE, SHORTEST_FIRST = 0.05, 0.005  # for a first picture; the shorter one where others wait beside it
SHORT_REST = 0.1  # seconds of training that are done at once rather than in two slices
PATIENCE = 0.2  # seconds by which the estimate of a run's end may be too late for waiting
NEAR = 0.08  # seconds before the end of a run for which no picture is worth its way to the screen
LOOK_AGAIN = 1.0  # seconds after which who waits says again that the run is wanted, sooner than it is forgotten
TRIES = 3  # how many workers may die of a run before it is given up
NICENESS = 10  # how far the workers give way to the server where cores are short
RETRY_AFTER = 10.0  # seconds until a look at a run that failed has it tried again
DIED = N_("each of three workers that trained this run died or hung; it may need more memory than this machine has")


class RunFailedError(RuntimeError):
    """A run was given up; its text is a sentence for users."""


class RunService:
    """Runs by their settings, trained in worker processes (or, with workers=0, in a thread)."""

    def __init__(self, workers: int, visit: Callable[[], str] = lambda: "", whose: Callable[[str], Whose] = own) -> None:
        """visit: names the visit that is asking; whose: says whose a visit is."""
        self._visit = visit
        self._lanes = Lanes(workers, NICENESS, "runs")
        self._schedulers = {self._lanes.light: Scheduler(whose), self._lanes.heavy: Scheduler(whose)}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._jobs = Jobs(self._lock)
        self._closed = False

    def start(self) -> None:
        """Start the workers now, so that the first run does not wait for them."""
        self._lanes.light.start()

    def close(self) -> None:
        """Drop what is in progress and kill the workers, in whatever state they are."""
        with self._lock:
            self._closed = True
            for job in self._jobs.values():
                job.changed.notify_all()
        self._lanes.close()

    def prepare(self, settings: Settings) -> None:
        """Train a run that somebody will soon ask for, behind those that are watched."""
        with self._held(settings) as job:
            job.keep = True
            self._deal(self._pool_of(job))

    def watch(self, settings: Settings, wait: float = 0.0, for_picture: bool = False, at_once: bool = False) -> View:
        """The run as far as it is, and a word that somebody wants it.

        Waits up to some seconds for its end; `for_picture`: not longer than for a picture where it will hardly end in time;
        `at_once`: nor where nobody waits for another run, unless the end is near. Raises SettingError for settings that fit no
        data, and the error that ended the work, if one did.
        """
        deadline = time.monotonic() + wait
        visit = self._visit()
        while True:
            with self._held(settings) as job:
                scheduler.look(self._jobs.values(), job, visit)
                self._raise(job)
                waiting = self._deal(self._pool_of(job))
                left = deadline - time.monotonic()
                view = self._view(job, waiting)
                hopeless = for_picture and view.seconds_left > left + PATIENCE
                alone = at_once and not any(other.watched_by() for other in waiting if other is not job)
                shows = view.started and (hopeless or (alone and view.seconds_left > NEAR))
                if job.finished or left <= 0 or self._closed or shows:
                    return view
                job.changed.wait(min(left, LOOK_AGAIN))

    def watch_trial(self, settings: Settings) -> Run | None:
        """The finished run of these settings, or None while it is not there yet; trained behind all that is watched.

        Ask again every second or so: a trial that nobody has asked for lately is dropped. Equal settings are trained once,
        whoever asks. Raises SettingError for settings that fit no data, and the error that ended the work, if one did.
        """
        visit = self._visit()
        with self._held(settings) as job:
            if job.run.finished:
                return job.run
            scheduler.look(self._jobs.values(), job, visit, trial=True)
            self._raise(job)
            self._deal(self._pool_of(job))
            return None

    def missing(self, settings: Settings) -> float:
        """Estimated seconds of work that asking for these settings would begin: 0 where the run is done or begun."""
        with self._lock:
            job = self._jobs.get(settings)
            if job and (job.finished or job.slices):
                return 0.0
            before = job or self._jobs.shorter(settings)
            first = before.run.iteration if before else 0
        return cost.seconds(settings, first)

    def spent(self, settings: Settings) -> float:
        """Seconds of computing that went into these settings' run so far."""
        with self._lock:
            job = self._jobs.get(settings)
            return job.run.seconds if job else 0.0

    def finished(self, settings: Settings) -> View | None:
        """The run of these settings if it is here and done; asks for no work."""
        with self._lock:
            job = self._jobs.get(settings)
            return self._view(job, []) if job and job.finished else None

    def cut(self, settings: Settings) -> Settings:
        """End a run where it is: the settings of what was computed so far, whose run is then there at once."""
        with self._held(settings) as job:
            state = job.state
            if state.finished:
                return settings
            shorter = settings.cut(max(state.run.iteration, 1))
            if shorter not in self._jobs:
                self._jobs.add(State.first(state.run.reopened(shorter), state.pictures))
            job.watchers.clear()  # others who watch it wake it with their next look
            return shorter

    def turn_page(self) -> None:
        """The visit's page runs anew: runs that it no longer shows rest."""
        visit = self._visit()
        with self._lock:
            scheduler.turn_page(self._jobs.values(), visit)

    def watchers(self) -> int:
        """How many visits watch a run."""
        with self._lock:
            return len({visit for job in self._jobs.values() for visit in job.watched_by()})

    def load(self) -> Load:
        """What there is to do now."""
        with self._lock:
            waiting = [job for pool in self._schedulers for job in self._order(pool)]
            return Load(
                visits=len({visit for job in self._jobs.values() for visit in job.watched_by()}),
                runs=len(self._jobs),
                waiting=len(waiting),
                working=sum(job.working for job in self._jobs.values()),
                workers=self._lanes.light.size,
                megabytes=self._jobs.size / 1e6,
                begun=self._counts["begun"],
                finished=self._counts["finished"],
                deaths=self._lanes.deaths,
            )

    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return self._lanes.processes()

    @contextmanager
    def _held(self, settings: Settings) -> Iterator[Job]:
        """The job of these settings, under the lock; points that it needs are made before the lock is taken."""
        with self._lock:
            begins = self._jobs.must_begin(settings)
        unstarted = State.unstarted(settings) if begins else None
        with self._lock:
            job = self._jobs.take(settings, unstarted)
            yield job
            self._jobs.forget()

    def _raise(self, job: Job) -> None:
        """Tell whoever looks why a run failed; a look some time later has it tried again."""
        if job.error:
            if job.told_at and time.monotonic() - job.told_at > RETRY_AFTER:
                job.error = None
                return
            job.told_at = job.told_at or time.monotonic()
            raise job.error

    def _view(self, job: Job, waiting: list[Job]) -> View:
        pool = self._pool_of(job)
        ahead = waiting.index(job) if job in waiting else 0
        return View(job.state.shown, job.state.pictures, ahead, len(waiting) + self._working(pool), pool.size)

    def _pool_of(self, job: Job) -> Pool:
        return self._lanes.heavy if job.heavy else self._lanes.light

    def _in(self, pool: Pool) -> list[Job]:
        return [job for job in self._jobs.values() if self._pool_of(job) is pool]

    def _order(self, pool: Pool) -> list[Job]:
        return self._schedulers[pool].order(self._in(pool))

    def _working(self, pool: Pool) -> int:
        return sum(job.working for job in self._in(pool))

    def _deal(self, pool: Pool) -> list[Job]:
        """Give each free worker of a pool a slice; returns the jobs that still wait for theirs, in their order."""
        waiting = self._order(pool)
        if self._closed:
            return waiting
        free = max(pool.size - self._working(pool), 0)
        usual = max(SHORTEST_SLICE, SLICE_SECONDS / (1 + len(waiting) / 4))
        crowded = len(waiting) > 2 * pool.size
        for job in waiting[:free]:
            if job.run.iteration == 0 and (crowded or job.watched_by()):
                seconds = SHORTEST_FIRST if crowded else FIRST_SLICE
            else:
                seconds = max(usual, job.seconds_left) if job.seconds_left < SHORT_REST else usual
            self._submit(job, pool, seconds, crowded)
            self._schedulers[pool].taken(job)
        return waiting[free:]

    def _submit(self, job: Job, pool: Pool, seconds: float, crowded: bool) -> None:
        """Give a slice to a worker: of training, or of painting where the training is done."""
        run, size = job.run, cost.SMALL_PICTURE_SIZE if crowded else cost.PICTURE_SIZE
        future: Future[worker.Slice] = Future()
        future.add_done_callback(lambda done: self._take(job, done, seconds))
        job.working = True
        if job.slices == 0:
            self._counts["begun"] += 1
            _log_begin(job)
        if run.finished:
            rows = job.state.unpainted
            pool.call(future, worker.paint, run.settings, run.snapshot_iterations[rows], run.snapshots[rows], seconds, size)
        else:
            wants_picture = job.keep or job.watched_by()
            pool.call(future, worker.work, run.settings, run.checkpoint, seconds, size if wants_picture else 0)

    def _take(self, job: Job, future: Future[worker.Slice], seconds: float) -> None:
        """Take in what came of a slice that was given `seconds`; runs in the worker's own thread here, and holds the lock for
        moments alone."""
        state, error, beyond = None, None, 0.0
        if not future.cancelled():
            error = future.exception()
            if error is None:
                try:
                    state = job.state.after(future.result())
                    beyond = future.result().seconds - seconds
                except MemoryError as full:
                    error = full
        with self._lock:
            job.working, pool = False, self._pool_of(job)
            job.heavy |= beyond > cost.TOO_LONG  # however light it was taken to be
            if state:
                job.state, job.slices, job.deaths = state, job.slices + 1, 0
                self._note_end(job)
            elif isinstance(error, Exception) and not self._closed:
                self._note_failure(job, error)
            self._jobs.forget()
            for each in {pool, self._pool_of(job)}:
                self._deal(each)
            job.changed.notify_all()

    def _note_failure(self, job: Job, error: Exception) -> None:
        if isinstance(error, WorkerDied):
            job.deaths += 1
            log.warning("a run's worker died", run=job.name, why=error, death=job.deaths)
            if job.deaths < TRIES:
                return  # it is dealt again, with a worker of its own as ever
            error = RunFailedError(DIED)
        log.error("a run failed", error, run=job.name, settings=job.run.settings.to_dict())
        job.fail(error)

    def _note_end(self, job: Job) -> None:
        if job.run.finished and not job.counted:
            job.counted = True
            self._counts["finished"] += 1
            if log.is_enabled():
                log.info(
                    "a run is finished", run=job.name, seconds=round(job.run.seconds, 3),
                    waited=round(time.monotonic() - job.asked, 3), slices=job.slices, diverged=bool(job.run.divergence),
                )  # fmt: skip


def _log_begin(job: Job) -> None:
    if log.is_enabled():
        settings = job.run.settings
        log.info(
            "a run begins", run=job.name, iterations=settings.last_iteration, points=settings.data.point_count,
            weights=settings.parameter_count, goes_on_from=job.run.iteration,
        )  # fmt: skip
