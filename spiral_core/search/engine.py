"""Hyperparameter search: many trials, random, on a grid, or by successive halving, over any executor, with the same results.

A trial is a run of its own settings, and a trial that goes on is the same run with more iterations: nothing is trained twice, and
neither the executor, nor the number of its workers, nor a worker that dies changes a digit.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any, Literal

import numpy as np

from spiral_core.marking import N_
from spiral_core.records import Record
from spiral_core.search.space import Dimension, grid_levels, with_values
from spiral_core.settings import Field, SettingError, Settings
from spiral_core.training import Checkpoint, Progress, Run, Training, data_of

MAX_TRIALS = 1000
ETA = 4  # halving: one trial in ETA goes on, with ETA times the iterations
RUNGS = 3
SHORTEST_RUNG = 100  # iterations: what a net shows earlier says little of its end
SLICE_SECONDS = 1.0
MEMORY = 400_000_000  # bytes of all trials' checkpoints; a trial whose own does not fit begins again
TRIES = 3  # how often a trial is begun again whose worker died

Method = Literal["random", "grid", "halving"]

# What a trial is judged by, at its last iteration, and whether more is better.
OBJECTIVES = {"test_loss": False, "test_accuracy": True, "loss": False, "train_accuracy": True, "seconds": False}

PLAN_FIELDS = {
    "method": Field("choice", "How trials are chosen.", choices=("random", "grid", "halving")),
    "trials": Field("integer", "How many different settings are tried.", 1, MAX_TRIALS),
    "objective": Field("choice", "What a trial is judged by, at its end.", choices=tuple(OBJECTIVES)),
    "search_seed": Field("integer", "Which random trials are drawn.", 0, 2**32 - 1),
}


@dataclass(frozen=True)
class Plan:
    """All that says which trials there are and how they are judged; `base` holds what is not varied and the iterations.

    Raises SettingError that names what is not allowed.
    """

    space: tuple[Dimension, ...]
    base: Settings = field(default_factory=Settings)
    method: Method = "random"
    trials: int = 64
    objective: str = "test_loss"
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", tuple(self.space))
        given = {"method": self.method, "trials": self.trials, "objective": self.objective, "search_seed": self.seed}
        for name, value in given.items():
            PLAN_FIELDS[name].check(name, value)
        names = [dimension.name for dimension in self.space]
        if not names or len(set(names)) < len(names):
            raise SettingError("space", N_("one or more settings, each once"), names)
        if "hidden" in names and not {"units", "layers"}.isdisjoint(names):
            raise SettingError("hidden", "searched alone, or by units and layers", names)
        if self.objective.startswith("test_") and self._lowest_share() == 0:
            raise SettingError("objective", N_("loss, train_accuracy or seconds where no points are held out"), self.objective)
        if self.method == "halving" and "iterations" in names:
            raise SettingError("iterations", N_("left out of a search by halving, which varies them itself"), "iterations")
        _ = self._settings  # all of them are allowed

    def _lowest_share(self) -> float:
        for dimension in self.space:
            if dimension.name == "test_fraction":
                return float(min(dimension.choices) if dimension.scale == "choice" else dimension.low)
        return self.base.data.test_fraction

    @cached_property
    def _grid(self) -> list[tuple[Any, ...]]:
        return list(product(*grid_levels(self.space, self.trials)))

    @property
    def count(self) -> int:
        """How many trials there are: a grid has no more than fit evenly."""
        return len(self._grid) if self.method == "grid" else self.trials

    @property
    def higher_is_better(self) -> bool:
        return OBJECTIVES[self.objective]

    @cached_property
    def _values(self) -> list[dict[str, Any]]:
        rows: list[Sequence[Any]]
        if self.method == "grid":
            rows = list(self._grid)
        else:  # each from a generator of its own, so that a longer search begins with the trials of a shorter one
            shares = [np.random.default_rng([self.seed, number]).random(len(self.space)) for number in range(self.count)]
            rows = [[dimension.at(share) for dimension, share in zip(self.space, row, strict=True)] for row in shares]
        return [{dimension.name: value for dimension, value in zip(self.space, row, strict=True)} for row in rows]

    @cached_property
    def _settings(self) -> list[Settings]:
        return [with_values(self.base, values) for values in self._values]

    def values(self, number: int) -> Mapping[str, Any]:
        """What trial `number` has in place of the base's: it follows from the plan and the number alone."""
        return self._values[number]

    def settings(self, number: int, rung: int | None = None) -> Settings:
        """The settings of a trial, with the iterations of a rung; None is the last."""
        settings = self._settings[number]
        if rung is None or self.method != "halving":
            return settings
        return settings.replace(iterations=self.rungs[rung])

    @property
    def rungs(self) -> tuple[int, ...]:
        """The iterations after which trials are compared: the last for all, or with halving several on the way."""
        full = self.base.iterations
        if self.method != "halving":
            return (full,)
        return (*(n for n in (full // ETA**k for k in range(RUNGS - 1, 0, -1)) if n >= SHORTEST_RUNG), full)

    def score(self, record: Record | None) -> float:
        """What a trial is sorted by: the objective, its sign turned so that less is better; inf where it failed or diverged."""
        if record is None or record.divergence:
            return math.inf
        value: float = getattr(record.summary, self.objective)
        return math.inf if math.isnan(value) else -value if self.higher_is_better else value

    def updates(self) -> int:
        """How many updates all trials take together, if none diverges."""
        if self.method != "halving":
            return sum(settings.iterations for settings in self._settings)
        total, before, count = 0, 0, self.count
        for rung in self.rungs:
            total, before, count = total + count * (rung - before), rung, -(-count // ETA)
        return total

    def to_dict(self) -> dict[str, Any]:
        return {
            "space": [dimension.to_dict() for dimension in self.space],
            "base": self.base.to_dict(),
            "method": self.method,
            "trials": self.trials,
            "objective": self.objective,
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Plan:
        """Raises SettingError for what `to_dict` did not make."""
        known = {"space", "base", "method", "trials", "objective", "seed"}
        if not isinstance(plain, Mapping) or set(plain) != known or not isinstance(plain["space"], list):
            raise SettingError("plan", "an object with " + ", ".join(sorted(known)), plain)
        space = tuple(Dimension.from_dict(dimension) for dimension in plain["space"])
        rest = {name: plain[name] for name in known - {"space", "base"}}
        return cls(space, Settings.from_dict(plain["base"]), **rest)


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of one trial so far: a finished run of its rung's iterations, or the reason why there is none."""

    number: int
    rung: int
    settings: Settings  # with the rung's iterations
    score: float  # less is better
    record: Record | None
    checkpoint: Checkpoint | None  # to go on from
    failure: str = ""


@dataclass(eq=False)
class _Task:
    """A trial in work."""

    number: int
    rung: int
    run: Run
    deaths: int = 0


class Search:
    """A plan being carried out: hands out tasks, and takes in what came of them in whatever order."""

    def __init__(self, plan: Plan, known: Iterable[Trial] = ()) -> None:
        self.plan = plan
        self._rungs: list[dict[int, Trial]] = [{} for _ in plan.rungs]
        for trial in known:
            self._rungs[trial.rung][trial.number] = trial
        self._fields: list[list[int]] = []  # of the rungs that are open: the trials that reach them
        self._todo: deque[tuple[int, int]] = deque()
        self._open_rungs()

    def _open_rungs(self) -> None:
        """Open each rung whose predecessor is complete: the best of that one go on."""
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
        """Each trial as far as it is, in the order of their numbers."""
        latest: dict[int, Trial] = {}
        for rung in self._rungs:
            latest |= rung
        return [latest[number] for number in sorted(latest)]

    @property
    def finished(self) -> bool:
        return len(self._fields) == len(self._rungs) and len(self._rungs[-1]) == len(self._fields[-1])

    @property
    def updates_done(self) -> int:
        """How many of the plan's updates need not be made any more; what diverges early counts whole."""
        lengths = zip(self._rungs, self.plan.rungs, (0, *self.plan.rungs), strict=False)
        if self.plan.method == "halving":
            return sum(len(rung) * (n - before) for rung, n, before in lengths)
        return sum(trial.settings.iterations for trial in self._rungs[0].values())

    def next_task(self) -> _Task | Trial | None:
        """The next trial to work on, with what is known of its run; a Trial if it cannot be begun; None if there is none now."""
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
        """Take in the finished run of a task."""
        record = Record.of(task.run)
        checkpoint = task.run.checkpoint
        last = task.rung == len(self._rungs) - 1
        if last or record.divergence or (checkpoint and checkpoint.nbytes > MEMORY // self.plan.count):
            checkpoint = None
        return self._take(Trial(task.number, task.rung, task.run.settings, self.plan.score(record), record, checkpoint))

    def failed(self, number: int, rung: int, reason: str) -> Trial:
        """Take in that a trial cannot be trained."""
        return self._take(Trial(number, rung, self.plan.settings(number, rung), math.inf, None, None, reason))

    def _take(self, trial: Trial) -> Trial:
        self._rungs[trial.rung][trial.number] = trial
        self._open_rungs()
        return trial


def train_slice(settings: Settings, checkpoint: Checkpoint | None, seconds: float) -> Progress:
    """What a worker is asked to do: go on with a trial for about `seconds`; only its last snapshot comes back."""
    progress = Training(settings, data_of(settings.data), checkpoint).advance(seconds)
    last = slice(-1, None)
    return replace(
        progress,
        snapshot_iterations=progress.snapshot_iterations[last], snapshots=progress.snapshots[last], moves=progress.moves[last],
    )  # fmt: skip


def carry_out(
    search: Search,
    executor: Callable[[], Executor],
    at_once: int,
    on_result: Callable[[Trial], object] | None = None,
    on_death: Callable[[], object] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Do a search's tasks until it is finished or stopped.

    executor: gives the executor, and a new one after it broke (as a process pool does when a worker dies; the trials that
    were in work are done again, and `on_death` is called); at_once: how many tasks it gets at a time; on_result: called with each
    trial; stopped: asked often, and when it says yes what is in work is dropped.
    """
    waiting: deque[_Task] = deque()
    working: dict[Future[Progress], _Task] = {}
    pool = executor()
    while not stopped():
        while len(working) < at_once:
            task = waiting.popleft() if waiting else search.next_task()
            if task is None:
                break
            if isinstance(task, Trial):
                if on_result:
                    on_result(task)
                continue
            try:
                working[pool.submit(train_slice, task.run.settings, task.run.checkpoint, SLICE_SECONDS)] = task
            except BrokenExecutor:
                waiting.appendleft(task)
                break
        if not working and not waiting:
            return
        done = wait(working, timeout=0.1, return_when=FIRST_COMPLETED).done
        broken = not working
        for future in done:
            task = working.pop(future)
            error = None if future.cancelled() else future.exception()
            if future.cancelled() or isinstance(error, BrokenExecutor):
                broken = True
                task.deaths += 1
                if task.deaths < TRIES:
                    waiting.append(task)
                else:
                    _report(search.failed(task.number, task.rung, "its worker died each time"), on_result)
            elif error is not None:
                _report(search.failed(task.number, task.rung, f"{type(error).__name__}: {error}"), on_result)
            else:
                task.run = task.run.extended(future.result())
                if task.run.finished:
                    _report(search.done(task), on_result)
                else:
                    waiting.appendleft(task)
        if broken:
            pool = executor()
            if on_death:
                on_death()
    for future in working:
        future.cancel()


def _report(trial: Trial, on_result: Callable[[Trial], object] | None) -> None:
    if on_result:
        on_result(trial)


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
