"""What a search varies: a range or a few choices for each setting, and how random and grid trials are drawn from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal, get_args

from spiral_core.data_settings import DATA_FIELDS, GENERATED
from spiral_core.fields import Choice, Field
from spiral_core.flat import DATA_PARAMETERS, PARAMETERS
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError, one_of
from spiral_core.settings import FIELDS, LAYERS, Settings

UNSEARCHED = ("points", "several", "edits", "phases")  # kinds whose values are neither a number nor one of a few
SEARCHED: dict[str, Field] = {name: field for name, field in (PARAMETERS | LAYERS).items() if field.kind not in UNSEARCHED}
_SHAPES = Choice({name: DATA_FIELDS["name"].labels[name] for name in GENERATED})  # custom points are not one of several
SEARCHED["data"] = replace(SEARCHED["data"], allowed=_SHAPES)

MAX_EXTRA_LEVELS = 30  # that a dimension of a grid may get beyond an even share
MIN_LOG = 1e-12  # where a log scale may begin

DIFFERENT_CHOICES = Rule("different choices", "searched over one or more different choices")
BY_CHOICE = Rule("by choice", "searched by choice")
RISING = Rule("rising", "searched from a lower to a higher value")
ON_LOG_SCALE = Rule("on a log scale", "searched from {low} or more on a log scale", {"low": MIN_LOG})
SPACE = Rule("space", "a list of objects with name, scale, and low and high or choices")
LIST = Rule("list", "a list")
ENOUGH_TRIALS = Rule("enough trials", N_("enough for two levels of each range and all choices"))

Scale = Literal["log", "linear", "choice"]


@dataclass(frozen=True)
class Dimension:
    """One setting and the values to search: low..high on a log or a linear scale, or one of `choices`.

    Raises SettingError for a name that is not searched and for values that the setting does not allow.
    """

    name: str
    scale: Scale
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in SEARCHED:
            raise SettingError("name", one_of(SEARCHED), self.name)
        if self.scale == "choice":
            checked = tuple(self._field.check(self.name, value) for value in self.choices)
            if not checked or len(set(checked)) < len(checked):
                raise SettingError(self.name, DIFFERENT_CHOICES, self.choices)
            object.__setattr__(self, "choices", checked)
            return
        if self.scale not in ("log", "linear"):
            raise SettingError("scale", one_of(get_args(Scale)), self.scale)
        if self._field.kind not in ("integer", "number"):
            raise SettingError(self.name, BY_CHOICE, self.scale)
        low, high = (self._field.check(self.name, value) for value in (self.low, self.high))
        if low is None or high is None or low >= high:
            raise SettingError(self.name, RISING, (self.low, self.high))
        if self.scale == "log" and low < MIN_LOG:
            raise SettingError(self.name, ON_LOG_SCALE, low)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def _field(self) -> Field:
        return SEARCHED[self.name]

    def at(self, share: float) -> Any:
        """The value at a share 0..1 of the way, a number to three significant digits."""
        if self.scale == "choice":
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        if self._field.kind == "integer":  # each whole number gets an equal cell
            value: float = math.floor(self._between(self.low, self.high + 1, share))
        else:
            value = float(f"{self._between(self.low, self.high, share):.3g}")
        return type(self.low)(min(max(value, self.low), self.high))

    def place(self, value: Any) -> float:
        """Where a value stands between low and high, 0..1; a choice by its number."""
        if self.scale == "choice":
            return self.choices.index(value) / max(len(self.choices) - 1, 1)
        if self.scale == "log":
            return float(math.log(value / self.low) / math.log(self.high / self.low))
        return float((value - self.low) / (self.high - self.low))

    def levels(self, count: int) -> tuple[Any, ...]:
        """`count` values from low to high, fewer where whole numbers run out; all choices."""
        if self.scale == "choice":
            return self.choices
        shares = [i / (count - 1) for i in range(count)] if count > 1 else [0.5]
        values = [self._between(self.low, self.high, share) for share in shares]
        if self._field.kind == "integer":
            return tuple(dict.fromkeys(round(value) for value in values))
        return tuple(dict.fromkeys(min(max(float(f"{value:.3g}"), self.low), self.high) for value in values))

    def _between(self, low: float, high: float, share: float) -> float:
        if self.scale == "log":
            return math.exp(math.log(low) + share * math.log(high / low))
        return low + share * (high - low)

    def near(self, value: Any, reach: float) -> Dimension:
        """This range around a value, `reach` of its length to both sides, as far as the setting allows; choices stay."""
        if self.scale == "choice":
            return self
        place = self.place(value)
        return self._ranging(place - reach, place + reach)

    def _ranging(self, start: float, stop: float) -> Dimension:
        """The range between two places of this one, which may lie beyond its ends."""
        ends = [self._between(self.low, self.high, place) for place in (start, stop)]
        if self._field.kind == "integer":
            ends = [math.floor(ends[0]), math.ceil(ends[1])]
        floor = self._field.low
        if self.scale == "log" and floor <= 0:
            floor = 1 if self._field.kind == "integer" else MIN_LOG
        low, high = (min(max(float(f"{end:.2g}"), floor), self._field.high) for end in ends)
        if low >= high:
            return self
        kind = type(self.low)
        return Dimension(self.name, self.scale, kind(low), kind(high))

    def widened(self, end: Literal["low", "high"]) -> Dimension:
        """This range with half of its length added at one end, as far as the setting allows."""
        if self.scale == "choice":
            return self
        low, high = (-0.5, 1.0) if end == "low" else (0.0, 1.5)
        return self._ranging(low, high)

    def edge(self, value: Any, share: float = 0.05) -> Literal["low", "high"] | None:
        """The end of the range that a value lies near, if the setting allows values beyond it."""
        if self.scale == "choice":
            return None
        place = self.place(value)
        if place <= share and self.low > self._field.low:
            return "low"
        if place >= 1 - share and self.high < self._field.high:
            return "high"
        return None

    def to_dict(self) -> dict[str, Any]:
        if self.scale == "choice":
            choices = [list(value) if isinstance(value, tuple) else value for value in self.choices]
            return {"name": self.name, "scale": self.scale, "choices": choices}
        return {"name": self.name, "scale": self.scale, "low": self.low, "high": self.high}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Dimension:
        """The inverse of `to_dict`. Raises SettingError for anything else."""
        known = {"name", "scale", "low", "high", "choices"}
        if not isinstance(plain, Mapping) or not {"name", "scale"} <= set(plain) <= known:
            raise SettingError("space", SPACE, plain)
        choices = plain.get("choices", ())
        if isinstance(choices, str) or not isinstance(choices, list | tuple):
            raise SettingError("choices", LIST, choices)
        values = tuple(tuple(value) if isinstance(value, list) else value for value in choices)
        return cls(str(plain["name"]), plain["scale"], plain.get("low", 0.0), plain.get("high", 0.0), values)


def searched_value(settings: Settings, name: str) -> Any:
    """The value of a searched setting in these settings."""
    if name == "units":
        return settings.hidden[0] if settings.hidden else None
    if name == "layers":
        return len(settings.hidden)
    return getattr(settings.data, DATA_PARAMETERS[name]) if name in DATA_PARAMETERS else getattr(settings, name)


def with_values(base: Settings, values: Mapping[str, Any]) -> Settings:
    """The base with searched settings replaced. Raises SettingError where they do not go together."""
    data = {DATA_PARAMETERS[name]: value for name, value in values.items() if name in DATA_PARAMETERS}
    if data.get("name") in GENERATED:
        data["points"] = ""
    own = {name: value for name, value in values.items() if name in FIELDS}
    if not LAYERS.keys().isdisjoint(values):
        hidden = own.get("hidden", base.hidden)
        units = values.get("units") or (hidden[0] if hidden else 100)
        own["hidden"] = (units,) * values.get("layers", max(len(hidden), 1))
    return base.replace(data=base.data.replace(**data), **own)


def grid_levels(space: tuple[Dimension, ...], most: int) -> list[tuple[Any, ...]]:
    """The levels of each dimension of the finest even grid with at most `most` trials.

    Raises SettingError where even two levels of each range are too many.
    """
    numbers = sum(dimension.scale != "choice" for dimension in space)
    count = max(2, int((most / _size([d.levels(1) for d in space])) ** (1 / max(numbers, 1))))
    for _more in range(MAX_EXTRA_LEVELS):  # where whole numbers run out in some dimensions, the others have room for more
        if not numbers or _size([d.levels(count + 1) for d in space]) > most:
            break
        count += 1
    levels = [dimension.levels(count) for dimension in space]
    if _size(levels) > most:
        raise SettingError("trials", ENOUGH_TRIALS, most)
    return levels


def _size(levels: list[tuple[Any, ...]]) -> int:
    return reduce(lambda product, values: product * len(values), levels, 1)
