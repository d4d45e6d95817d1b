"""Hyperparameter search: many trials, random, on a grid, or by successive halving, over any executor, with the same results.

A trial is a run of its own settings, and a promoted trial is the same run with more iterations: nothing is trained twice, and no
digit depends on the executor, its number of workers, or workers that die.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import NamedTuple

from spiral_core.datasets import data_of
from spiral_core.records import Record
from spiral_core.rules import SettingError
from spiral_core.run import Checkpoint, Progress, Run
from spiral_core.search.plan import ETA, MAX_CHECKPOINTS, Method, Plan
from spiral_core.search.space import Dimension
from spiral_core.settings import Settings
from spiral_core.training import Training

SLICE_SECONDS = 1.0
TRIES = 3  # how often a trial is begun again whose worker died


@dataclass(frozen=True, eq=False)
class Trial:
    """The result of one trial so far: a finished run of its rung's iterations, or the reason why there is none."""

    number: int
    rung: int
    settings: Settings  # with the rung's iterations
    score: float  # less is better
    record: Record | None
    checkpoint: Checkpoint | None  # to resume from
    failure: str = ""


@dataclass(eq=False)
class _Task:
    """A trial in progress."""

    number: int
    rung: int
    run: Run
    alone: bool = False  # in progress, so that a worker's death is its own doing
    deaths: int = 0  # of workers that had it alone


class Search:
    """A plan in progress: hands out tasks and accepts their results in any order."""

    def __init__(self, plan: Plan, known: Iterable[Trial] = ()) -> None:
        self.plan = plan
        self._rungs: list[dict[int, Trial]] = [{} for _ in plan.rungs]
        self._iterations_done = 0  # without halving; counted, because other threads ask while the rungs grow
        for trial in known:
            self._rungs[trial.rung][trial.number] = trial
            self._iterations_done += trial.settings.iterations
        self._fields: list[list[int]] = []  # of the rungs that are open: the trials that reach them
        self._todo: deque[tuple[int, int]] = deque()
        self._open_rungs()

    def _open_rungs(self) -> None:
        """Open each rung whose predecessor is complete: its best trials are promoted."""
        while len(self._fields) < len(self._rungs):
            rung = len(self._fields)
            if rung == 0:
                reach = list(range(self.plan.count))
            else:
                done = self._rungs[rung - 1]
                if len(done) < len(self._fields[-1]):
                    return
                ranked = sorted(done.values(), key=lambda trial: (trial.score, trial.number))
                reach = sorted(trial.number for trial in ranked[: -(-len(ranked) // ETA)] if trial.score < math.inf)
            self._fields.append(reach)
            self._todo.extend((number, rung) for number in reach if number not in self._rungs[rung])

    @property
    def trials(self) -> list[Trial]:
        """The latest result of each trial, in the order of their numbers."""
        latest: dict[int, Trial] = {}
        for rung in self._rungs:
            latest |= rung
        return [latest[number] for number in sorted(latest)]

    @property
    def known(self) -> list[Trial]:
        """Everything needed to resume the search: the result of each trial on each rung."""
        return [trial for rung in self._rungs for trial in list(rung.values())]

    @property
    def finished(self) -> bool:
        return len(self._fields) == len(self._rungs) and len(self._rungs[-1]) == len(self._fields[-1])

    @property
    def updates_done(self) -> int:
        """How many of the plan's updates are done; a trial that diverges early counts as complete."""
        lengths = zip(self._rungs, self.plan.rungs, (0, *self.plan.rungs), strict=False)
        if self.plan.method == "halving":
            return sum(len(rung) * (n - before) for rung, n, before in lengths)
        return self._iterations_done

    def next_task(self) -> _Task | Trial | None:
        """The next trial to train, with its run so far; a failed Trial if it cannot start; None if there is none now."""
        if not self._todo:
            return None
        number, rung = self._todo.popleft()
        settings = self.plan.settings(number, rung)
        before = self._rungs[rung - 1][number] if rung else None
        try:
            run = Run.unstarted(settings, data_of(settings.data))
        except SettingError as error:  # too few points to hold any out, say
            return self.failed(number, rung, str(error))
        if before and before.record and before.checkpoint:
            seconds = before.record.summary.seconds
            run = replace(run, history=before.record.history, checkpoint=before.checkpoint, seconds=seconds)
        return _Task(number, rung, run)

    def done(self, task: _Task) -> Trial:
        """Accept the finished run of a task."""
        record = Record.of(task.run)
        checkpoint = task.run.checkpoint
        last = task.rung == len(self._rungs) - 1
        if last or record.divergence or (checkpoint and checkpoint.nbytes > MAX_CHECKPOINTS // self.plan.count):
            checkpoint = None
        return self._take(Trial(task.number, task.rung, task.run.settings, self.plan.score(record), record, checkpoint))

    def failed(self, number: int, rung: int, reason: str) -> Trial:
        """Take in that a trial cannot be trained."""
        return self._take(Trial(number, rung, self.plan.settings(number, rung), math.inf, None, None, reason))

    def _take(self, trial: Trial) -> Trial:
        self._rungs[trial.rung][trial.number] = trial
        self._iterations_done += trial.settings.iterations
        self._open_rungs()
        return trial


class TrialSlice(NamedTuple):
    """What a slice of training adds to a trial."""

    progress: Progress
    seconds: float  # of the processor, its data included


def train_slice(settings: Settings, checkpoint: Checkpoint | None, seconds: float) -> TrialSlice:
    """What a worker is asked to do: go on with a trial for about `seconds`; only its last snapshot comes back."""
    began = time.thread_time()
    progress = Training(settings, data_of(settings.data), checkpoint).advance(seconds)
    last = slice(-1, None)
    short = replace(
        progress,
        snapshot_iterations=progress.snapshot_iterations[last], snapshots=progress.snapshots[last], moves=progress.moves[last],
    )  # fmt: skip
    return TrialSlice(short, time.thread_time() - began)


def carry_out(
    search: Search,
    executor: Callable[[], Executor],
    at_once: int,
    on_result: Callable[[Trial], object] | None = None,
    on_death: Callable[[], object] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    slice_seconds: Callable[[], float] = lambda: SLICE_SECONDS,
) -> None:
    """Do a search's tasks until it is finished or stopped.

    executor: gives the executor, and a new one after it broke, as a process pool does when a worker dies; `on_death` is then
    called. Which of the tasks in progress killed it is not known, so each of them is tried again alone, and given up if it kills
    workers then too. at_once: how many tasks the executor gets at a time; on_result: called with each trial; stopped: asked often,
    and when it says yes what is in progress is dropped; slice_seconds: about how long a task may take.
    """
    work = _Work(search, executor, on_result or (lambda trial: None))
    while not stopped():
        work.submit(at_once, slice_seconds())
        if work.idle:
            return
        if work.take_done(0.1) and on_death:
            on_death()
    work.cancel()


class _Work:
    """The tasks of a search in progress."""

    def __init__(self, search: Search, executor: Callable[[], Executor], report: Callable[[Trial], object]) -> None:
        self._search, self._executor, self._report = search, executor, report
        self._pool = executor()
        self._working: dict[Future[TrialSlice], tuple[_Task, Executor]] = {}
        self._waiting: deque[_Task] = deque()
        self._suspects: deque[_Task] = deque()  # of having killed a worker
        self._broken = False

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not (self._working or self._waiting or self._suspects or self._broken)

    def submit(self, at_once: int, seconds: float) -> None:
        """Give the executor tasks: a suspect alone, else as many as it may have."""
        if any(task.alone for task, _pool in self._working.values()):
            return
        while not self._broken and len(self._working) < (1 if self._suspects else at_once):
            alone = bool(self._suspects)
            task = self._suspects.popleft() if alone else self._waiting.popleft() if self._waiting else self._search.next_task()
            if task is None:
                return
            if isinstance(task, Trial):
                self._report(task)
                continue
            task.alone = alone
            try:
                future = self._pool.submit(train_slice, task.run.settings, task.run.checkpoint, seconds)
            except BrokenExecutor:
                (self._suspects if alone else self._waiting).appendleft(task)
                self._broken = True
                return
            self._working[future] = task, self._pool
            if alone:
                return

    def take_done(self, timeout: float) -> bool:
        """Wait for what is done and take it in; whether a worker died."""
        for future in wait(self._working, timeout=timeout, return_when=FIRST_COMPLETED).done:
            task, pool = self._working.pop(future)
            error = CancelledError() if future.cancelled() else future.exception()
            if isinstance(error, BrokenExecutor | CancelledError):
                self._broken = self._broken or pool is self._pool
                self._suspect(task)
            elif error is not None:
                self._report(self._search.failed(task.number, task.rung, f"{type(error).__name__}: {error}"))
            else:
                task.run = task.run.extended(future.result().progress)
                if task.run.finished:
                    self._report(self._search.done(task))
                else:
                    self._waiting.appendleft(task)
        died, self._broken = self._broken, False
        if died:
            self._pool = self._executor()
        return died

    def _suspect(self, task: _Task) -> None:
        task.deaths += task.alone
        if task.deaths < TRIES:
            self._suspects.append(task)
        else:
            self._report(self._search.failed(task.number, task.rung, "its worker died each time"))

    def cancel(self) -> None:
        for future in self._working:
            future.cancel()


def search(
    space: Iterable[Dimension],
    base: Settings | None = None,
    *,
    method: Method = "random",
    trials: int = 64,
    objective: str = "test_loss",
    seed: int = 0,
    executor: Executor | None = None,
    at_once: int = 4,
    on_result: Callable[[Trial], object] | None = None,
    known: Iterable[Trial] = (),
) -> list[Trial]:
    """Search a space of settings; returns all trials in the order of their numbers.

    space: what varies; base: everything else (default: the article's net with a fifth of the points held out, which the
    default objective needs); executor: any concurrent.futures.Executor, default a process pool with one worker a core;
    at_once: tasks that it gets at a time; on_result: called with each trial as it finishes, in any order; known: trials of the same
    plan from before, which are not done again. Raises SettingError for a bad plan, BrokenExecutor where a given executor breaks.
    """
    base = base or Settings().replace(data=Settings().data.replace(test_fraction=0.2))
    found = Search(Plan(tuple(space), base, method, trials, objective, seed), known)
    pools: list[Executor] = []

    def next_executor() -> Executor:
        if executor and pools:
            raise BrokenExecutor("the executor that was given to search is broken")
        pools.append(executor or ProcessPoolExecutor())
        return pools[-1]

    try:
        carry_out(found, next_executor, at_once, on_result)
    finally:
        if executor is None:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
    return found.trials
