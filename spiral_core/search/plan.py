"""A search as a value: which trials there are, and how they are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, Literal

import numpy as np

from spiral_core.fields import MAX_SEED, Choice, Field, Integer
from spiral_core.marking import N_
from spiral_core.records import Record, stored_bytes
from spiral_core.rules import Rule, SettingError
from spiral_core.search.space import Dimension, grid_levels, with_values
from spiral_core.settings import Settings

MAX_TRIALS = 1000
MAX_CHECKPOINTS = 100_000_000  # bytes of all trials' checkpoints; a trial whose checkpoint does not fit restarts on each rung
ETA = 4  # halving: one trial in ETA is promoted, to ETA times the iterations
RUNGS = 3
MIN_RUNG = 100  # iterations: earlier results say little about the final ones

Method = Literal["random", "grid", "halving"]

# What a trial is judged by, at its last iteration, and whether more is better.
OBJECTIVES = {"test_loss": False, "test_accuracy": True, "loss": False, "train_accuracy": True, "seconds": False}

PLAN_FIELDS = {
    "method": Field(
        Choice({"random": N_("Random"), "grid": N_("Grid"), "halving": N_("Halving")}), N_("Method"), "How trials are chosen."
    ),
    "trials": Field(Integer(1, MAX_TRIALS), N_("Trials"), "How many different settings are tried."),
    "objective": Field(
        Choice(
            {
                "test_loss": N_("Held-out loss"),
                "test_accuracy": N_("Held-out accuracy"),
                "loss": N_("Loss"),
                "train_accuracy": N_("Accuracy"),
                "seconds": N_("Seconds of training"),
            }
        ),
        N_("Objective"),
        "What a trial is judged by, at its end.",
    ),
    "search_seed": Field(Integer(0, MAX_SEED), N_("Search seed"), "Which random trials are drawn."),
}

EACH_ONCE = Rule("each once", N_("one or more settings, each once"))
ONE_PHASE = Rule("one phase", "left out of a search, whose trials begin with random weights")
ALONE = Rule("alone", "searched alone, or by units and layers")
NOTHING_HELD_OUT = Rule(
    "nothing held out",
    N_("one of {objectives} where no points are held out"),
    {"objectives": ("loss", "train_accuracy", "seconds")},
)
ONE_LOSS = Rule(
    "one loss",
    N_("one of {objectives} where the loss function varies"),
    {"objectives": ("train_accuracy", "test_accuracy", "seconds")},
)
HALVING_VARIES = Rule("halving varies", N_("left out of a search by halving, which varies them itself"))


@dataclass(frozen=True)
class Plan:
    """Which trials there are and how they are judged; `base` holds the settings that are not varied, and the iterations; it
    has no earlier phases and no edits.

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
        for name, without in (("after", None), ("edits", ())):
            if getattr(self.base, name) != without:
                raise SettingError(name, ONE_PHASE, getattr(self.base, name))
        names = [dimension.name for dimension in self.space]
        if not names or len(set(names)) < len(names):
            raise SettingError("space", EACH_ONCE, names)
        if "hidden" in names and not {"units", "layers"}.isdisjoint(names):
            raise SettingError("hidden", ALONE, names)
        if self.objective.startswith("test_") and self._lowest_share() == 0:
            raise SettingError("objective", NOTHING_HELD_OUT, self.objective)
        if "loss" in names and self.objective in ("loss", "test_loss"):
            raise SettingError("objective", ONE_LOSS, self.objective)
        if self.method == "halving" and "iterations" in names:
            raise SettingError("iterations", HALVING_VARIES, "iterations")
        _ = self._settings  # all of them are allowed

    def stored_bytes(self) -> int:
        """About how much room its trials take where they are stored."""
        return sum(stored_bytes(self.settings(number)) for number in range(self.count))

    def held_bytes(self) -> int:
        """About how much memory a search of this plan takes, in which halving keeps where its trials are."""
        checkpoints = sum(4 * 8 * self.settings(number).parameter_count for number in range(self.count))
        return self.stored_bytes() + (min(checkpoints, MAX_CHECKPOINTS) if self.method == "halving" else 0)

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
        else:  # a separate generator for each, so that a longer search begins with the trials of a shorter one
            shares = [np.random.default_rng([self.seed, number]).random(len(self.space)) for number in range(self.count)]
            rows = [[dimension.at(share) for dimension, share in zip(self.space, row, strict=True)] for row in shares]
        return [{dimension.name: value for dimension, value in zip(self.space, row, strict=True)} for row in rows]

    @cached_property
    def _settings(self) -> list[Settings]:
        return [with_values(self.base, values) for values in self._values]

    def values(self, number: int) -> Mapping[str, Any]:
        """The values that trial `number` varies; they depend on the plan and the number alone."""
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
        return (*(n for n in (full // ETA**k for k in range(RUNGS - 1, 0, -1)) if n >= MIN_RUNG), full)

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
        """The inverse of `to_dict`. Raises SettingError for anything else."""
        known = {"space", "base", "method", "trials", "objective", "seed"}
        if not isinstance(plain, Mapping) or set(plain) != known or not isinstance(plain["space"], list):
            rule = Rule("plan", "an object with {names}", {"names": ", ".join(sorted(known))})
            raise SettingError("plan", rule, plain)
        space = tuple(Dimension.from_dict(dimension) for dimension in plain["space"])
        rest = {name: plain[name] for name in known - {"space", "base"}}
        return cls(space, Settings.from_dict(plain["base"]), **rest)
