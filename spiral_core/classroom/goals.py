"""A goal: what a run has to reach, on what terms, and how a work is judged.

What a run reaches on its own points says little: a work is judged by the mean over five other seeds, on points that none of these
runs has seen. Which seeds these are, nobody who hands in can know: else one could train on the very points, or choose among seeds.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from spiral_core.datasets import fresh
from spiral_core.fields import MAX_SEED, Integer, Number, format_value
from spiral_core.flat import DATA_PARAMETERS, PARAMETERS, is_used, values
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError
from spiral_core.run import Run
from spiral_core.settings import MAX_ITERATIONS, MAX_WEIGHTS, Settings

Measure = Literal["accuracy", "loss"]
SEEDS = 5  # over which a work is judged
_FRESH = 7000  # what is added to a trial's seed for that of its fresh points
MAX_MINUTES = 240
# What can be left free beside the seeds: everything but the data.
FREE = tuple(name for name in PARAMETERS if name not in DATA_PARAMETERS and name != "seed")
_SEEDS = ("seed", "data_seed")
_ALLOWED = {
    "accuracy": Number(0, 1), "loss": Number(0, 100), "weights": Integer(1, MAX_WEIGHTS),
    "iterations": Integer(1, MAX_ITERATIONS), "minutes": Integer(1, MAX_MINUTES),
}  # fmt: skip
_PARTS, _NAME, _LIST = ";", ":", "~"  # as in a teacher's link


@dataclass(frozen=True)
class Goal:
    """Reach an accuracy of at least `target`, or a loss of at most that. None or (): no limit. Raises SettingError."""

    measure: Measure = "accuracy"
    target: float = 0.95
    weights: int | None = None  # at most: weights and biases
    iterations: int | None = None  # at most, over all phases
    minutes: int | None = None  # that a class has for it
    free: tuple[str, ...] = ()  # what alone may differ from `start`, beside the seeds; (): all but what `terms` names
    start: Settings = field(default_factory=Settings)  # where it begins, whose data it is about

    def __post_init__(self) -> None:
        if self.measure not in ("accuracy", "loss"):
            raise SettingError("measure", Rule("choice", "accuracy or loss"), self.measure)
        for name in ("weights", "iterations", "minutes"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _taken(name, value))
        object.__setattr__(self, "target", _taken(self.measure, self.target))
        for name in self.free:
            if name not in FREE:
                raise SettingError("free", Rule("known name", "names of settings: {names}", {"names": ", ".join(FREE)}), name)
        object.__setattr__(self, "free", tuple(self.free))

    def misses(self, value: float) -> float:
        """How far a result is from the target; 0 where it is reached."""
        if not math.isfinite(value):
            return math.inf
        return max(0.0, self.target - value if self.measure == "accuracy" else value - self.target)

    def better(self, value: float, than: float) -> bool:
        return value > than if self.measure == "accuracy" else value < than

    def to_query(self) -> str:
        """The goal as one value in a link, without its start."""
        parts = [self.measure + _NAME + format_value(self.target)]
        parts += [f"{name}{_NAME}{value}" for name in ("weights", "iterations", "minutes") if (value := getattr(self, name))]
        return _PARTS.join(parts + ([f"free{_NAME}{_LIST.join(self.free)}"] if self.free else []))

    @classmethod
    def from_query(cls, text: str, start: Settings) -> Goal:
        """The inverse. Raises SettingError."""
        found: dict[str, Any] = {"start": start}
        for part in text.split(_PARTS):
            name, _, value = part.partition(_NAME)
            if name in ("accuracy", "loss") and "measure" not in found:
                found |= {"measure": name, "target": _parsed(name, value)}
            elif name in ("weights", "iterations", "minutes") and name not in found:
                found[name] = _parsed(name, value)
            elif name == "free" and name not in found:
                found[name] = tuple(value.split(_LIST))
            else:
                raise SettingError("goal", GOAL, text)
        if "measure" not in found:
            raise SettingError("goal", GOAL, text)
        return cls(**found)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"goal": self.to_query(), "start": self.start.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Goal:
        return cls.from_query(plain["goal"], Settings.from_dict(plain["start"]))


GOAL = Rule(
    "goal",
    N_("accuracy:0.95 or loss:0.2, then any of weights:20, iterations:5000, minutes:10, free:hidden~learning_rate, joined by “;”"),
)


def _taken(name: str, value: Any) -> Any:
    try:
        return _ALLOWED[name].taken(value)
    except ValueError:
        raise SettingError(name, _ALLOWED[name].rule, value) from None


def _parsed(name: str, text: str) -> Any:
    try:
        return _ALLOWED[name].taken(_ALLOWED[name].read(text))
    except ValueError:
        raise SettingError(name, _ALLOWED[name].rule, text) from None


class Terms(NamedTuple):
    """How settings keep the limits of a goal."""

    weights_over: int  # how many too many
    iterations_over: int
    changed: tuple[str, ...]  # settings that had to stay as they were, by their names in a link

    @property
    def kept(self) -> bool:
        return not (self.weights_over or self.iterations_over or self.changed)


def terms(goal: Goal, settings: Settings) -> Terms:
    """Whether settings keep to what a goal allows.

    Where it names nothing, all is free but the data, weights set by hand, and, where the loss is the measure, what it is a loss of:
    the values of two loss functions cannot be compared.
    """
    fixed = {"edits"} | ({"loss"} if goal.measure == "loss" else set())
    free = {*(goal.free or set(FREE) - fixed), *_SEEDS}
    now, before = values(settings), values(goal.start)
    matters = (name for name in now if is_used(settings, name) or is_used(goal.start, name))
    changed = tuple(name for name in matters if name != "edits" and now[name] != before[name] and name not in free)
    if "edits" not in free and _set_by_hand(settings) - _set_by_hand(goal.start):
        changed += ("edits",)
    return Terms(
        max(0, settings.parameter_count - goal.weights) if goal.weights else 0,
        max(0, settings.last_iteration - goal.iterations) if goal.iterations else 0,
        changed,
    )


def _set_by_hand(settings: Settings) -> set[tuple[tuple[int, float], ...]]:
    """The weights that were set by hand in any of the phases."""
    return {phase.edits for phase in settings.phases if phase.edits}


def result(goal: Goal, run: Run) -> float:
    """What a run says by itself: on the held-out points, where there are none on the training points."""
    history = run.history
    if goal.measure == "loss":
        held_out = run.data.test
        return float(history.data_loss[-1]) if held_out is None else float(run.network_at().loss(held_out.X, held_out.y))
    return float(history.train_accuracy[-1] if run.data.test is None else history.test_accuracy[-1])


# Judging.


def secret_seed() -> int:
    """For `trials`: one for all works that are handed in for a goal, so that equal settings come to the same."""
    return secrets.randbelow(MAX_SEED + 1)


def trials(settings: Settings, first_seed: int) -> tuple[Settings, ...]:
    """The runs by which a work is judged: the same settings with other points and other random weights."""
    seeds = [_moved(first_seed, number) for number in range(SEEDS)]
    return tuple(settings.throughout(seed=seed, data=settings.data.replace(seed=seed)) for seed in seeds)


def _moved(seed: int, by: int) -> int:
    return (seed + by) % (MAX_SEED + 1)


class Judgement(NamedTuple):
    """What a work comes to: a result for each seed, their mean, and whether it reaches the goal on its terms."""

    results: tuple[float, ...]
    mean: float
    reached: bool


def judge(goal: Goal, settings: Settings, runs: Sequence[Run]) -> Judgement:
    """The judgement of a work by the runs of its trials.

    Each run meets as many fresh points as it has been trained on; of custom and measured points, of which there are no fresh ones,
    those held out.
    """
    results = tuple(_on_fresh_points(goal, run) for run in runs)
    mean = sum(results) / len(results)
    return Judgement(results, mean, not goal.misses(mean) and terms(goal, settings).kept)


def _on_fresh_points(goal: Goal, run: Run) -> float:
    if run.divergence:
        return math.inf if goal.measure == "loss" else 1 / run.settings.data.class_count
    if run.settings.data.given is not None:
        return result(goal, run)
    data, network = fresh(run.settings.data, _moved(run.settings.data.seed, _FRESH)), run.network_at()
    if goal.measure == "loss":
        return float(network.loss(data.X, data.y))
    return float((network.predict(data.X) == data.y).mean())
