"""What values a setting may take, and everything else that is known about it.

A constraint owns its check, its text form and its rule; a `Field` is a constraint with a label, help and the rest. `setting`
declares a field together with the setting, in `spiral_core.settings` and `spiral_core.data_settings`.
"""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from spiral_core.marking import N_
from spiral_core.points import MAX_CLASSES, MAX_POINTS, canonical
from spiral_core.rules import Rule, SettingError, numeral, one_of

MAX_LAYERS = 6
MAX_UNITS = 1000
MAX_SEED = 2**32 - 1  # what NumPy's RandomState takes

POINTS = Rule(
    "points",
    N_("points as text encoded by this program: 2 to {classes} classes, at most {points} points"),
    {"classes": MAX_CLASSES, "points": f"{MAX_POINTS:,}".replace(",", " ")},
)


class Constraint:
    """The values that are allowed. `kind` says what sort they are, for whoever needs a control or random values of that sort."""

    kind: ClassVar[str]

    @property
    def rule(self) -> Rule:
        raise NotImplementedError

    def taken(self, value: Any) -> Any:
        """The value as its plain Python type. Raises ValueError or TypeError where it is not allowed."""
        raise NotImplementedError

    def read(self, text: str) -> Any:
        """The value that `format_value` wrote as `text`. Raises ValueError where it is not allowed."""
        return self.taken(text)


@dataclass(frozen=True)
class Number(Constraint):
    """A finite number in low..high."""

    low: float
    high: float
    kind: ClassVar[str] = "number"

    @property
    def rule(self) -> Rule:
        limits = {"low": self.low, "high": self.high}
        return Rule("number", "a finite number in {low}..{high}", limits, screen=N_("a number in {low}..{high}"))

    def taken(self, value: Any) -> float:
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not self.low <= float(value) <= self.high:  # nor NaN
            raise ValueError
        return float(value) + 0.0  # -0.0 is 0.0: equal settings have equal texts

    def read(self, text: str) -> float:
        return self.taken(float(numeral(text)))


@dataclass(frozen=True)
class Integer(Constraint):
    """A whole number in low..high; None too if it is optional."""

    low: int
    high: int
    optional: bool = False
    kind: ClassVar[str] = "integer"

    @property
    def rule(self) -> Rule:
        limits = {"low": self.low, "high": self.high}
        if self.optional:
            text, screen = "a whole number in {low}..{high} or None", N_("a whole number in {low}..{high}, or empty")
            return Rule("optional integer", text, limits, screen)
        return Rule("integer", N_("a whole number in {low}..{high}"), limits)

    def taken(self, value: Any) -> int | None:
        if value is None and self.optional:
            return None
        if not _is_integer(value) or not self.low <= value <= self.high:
            raise ValueError
        return int(value)

    def read(self, text: str) -> int | None:
        return self.taken(None if self.optional and text == "" else int(numeral(text)))


@dataclass(frozen=True)
class Choice(Constraint):
    """One of a few names; labels: what each is called on the screen, in the order of the control."""

    labels: Mapping[str, str]
    kind: ClassVar[str] = "choice"

    @property
    def rule(self) -> Rule:
        return one_of(self.labels)

    def taken(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.labels:
            raise ValueError
        return str(value)


@dataclass(frozen=True)
class Several(Constraint):
    """One or more different ones of a few names, kept in the order of `labels`: what each is called on the screen."""

    labels: Mapping[str, str]
    kind: ClassVar[str] = "several"

    @property
    def rule(self) -> Rule:
        return Rule("several", N_("one or more of {choices}, each at most once"), {"choices": ", ".join(self.labels)})

    def taken(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise ValueError
        names = tuple(value)
        if not names or not all(isinstance(name, str) and name in self.labels for name in names) or len({*names}) < len(names):
            raise ValueError
        return tuple(name for name in self.labels if name in names)

    def read(self, text: str) -> tuple[str, ...]:
        return self.taken(text.split("-"))


@dataclass(frozen=True)
class Layers(Constraint):
    """The units of each hidden layer."""

    kind: ClassVar[str] = "layers"

    @property
    def rule(self) -> Rule:
        return Rule(
            "layers",
            "0 to {layers} whole numbers, each in 1..{units}",
            {"layers": MAX_LAYERS, "units": MAX_UNITS},
            screen=N_("0 to {layers} whole numbers in 1..{units}, joined by “-”"),
        )

    def taken(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise ValueError
        units = tuple(value)
        if len(units) > MAX_LAYERS or not all(_is_integer(u) and 1 <= u <= MAX_UNITS for u in units):
            raise ValueError
        return tuple(int(u) for u in units)

    def read(self, text: str) -> tuple[int, ...]:
        return self.taken([int(part) for part in numeral(text).split("-")] if text else ())


@dataclass(frozen=True)
class PackedPoints(Constraint):
    """Custom points as `points.pack` writes them, or nothing."""

    kind: ClassVar[str] = "points"

    @property
    def rule(self) -> Rule:
        return POINTS

    def taken(self, value: Any) -> str:
        return "" if isinstance(value, str) and value == "" else canonical(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


@dataclass(frozen=True)
class Condition:
    """A setting counts only while another one of the same dataclass has one of these values, or (negated) none of them.

    field: its name; of settings "data.…" too.
    """

    field: str
    values: tuple[Any, ...]
    negated: bool = False

    def holds(self, owner: object) -> bool:
        return (attrgetter(self.field)(owner) in self.values) != self.negated


@dataclass(frozen=True)
class Field:
    """Everything that is known about one setting. Validation, controls, links, searches and exports read it."""

    allowed: Constraint
    label: str  # on the screen, in English
    help: str
    steps: Sequence[Any] = ()  # of its slider
    used_when: Condition | None = None
    link: str = ""  # its name in a link, where that is not its own
    log_scale: bool = False  # searched by orders of magnitude, unless somebody chooses otherwise
    search_range: tuple[float, float] | None = None  # that a search begins with; else from the first step to the last
    added_later: bool = False  # left out of plain JSON at its default, so that older runs keep their keys

    @property
    def kind(self) -> str:
        return self.allowed.kind

    @property
    def rule(self) -> Rule:
        return self.allowed.rule

    @property
    def low(self) -> Any:
        """The lowest value of a number."""
        return self.allowed.low if isinstance(self.allowed, Number | Integer) else None

    @property
    def high(self) -> Any:
        """The highest value of a number."""
        return self.allowed.high if isinstance(self.allowed, Number | Integer) else None

    @property
    def optional(self) -> bool:
        """Whether None is allowed."""
        return isinstance(self.allowed, Integer) and self.allowed.optional

    @property
    def labels(self) -> Mapping[str, str]:
        """The choices, if it is one or several of some, with what they are called on the screen."""
        return self.allowed.labels if isinstance(self.allowed, Choice | Several) else {}

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(self.labels)

    def check(self, name: str, value: Any) -> Any:
        """Return the value as its plain Python type, or raise SettingError."""
        try:
            return self.allowed.taken(value)
        except (ValueError, TypeError, OverflowError):  # the last: a whole number that is no float
            raise SettingError(name, self.rule, value) from None

    def parse(self, name: str, text: str) -> Any:
        """Read the value from text, as `format_value` writes it; raise SettingError where it is not allowed."""
        try:
            return self.allowed.read(text.strip())
        except ValueError:
            raise SettingError(name, self.rule, text.strip()) from None


def setting(
    default: Any, allowed: Constraint, label: str, help: str, steps: Sequence[Any] = (), used_when: Condition | None = None,
    link: str = "", log_scale: bool = False, search_range: tuple[float, float] | None = None, added_later: bool = False,
) -> Any:  # fmt: skip
    """A field of a settings dataclass, described for all its uses."""
    known = Field(allowed, label, help, tuple(steps), used_when, link, log_scale, search_range, added_later)
    return dataclasses.field(default=default, metadata={"field": known})


def fields_of(settings_class: type) -> dict[str, Field]:
    """The fields that `setting` declared in a dataclass, by name."""
    return {each.name: each.metadata["field"] for each in dataclasses.fields(settings_class) if "field" in each.metadata}


def validate(settings: Any, fields: Mapping[str, Field], prefix: str = "") -> None:
    """Turn the values of a settings dataclass into their plain types, in place. Raises SettingError for one that is not allowed."""
    for name, field in fields.items():
        object.__setattr__(settings, name, field.check(prefix + name, getattr(settings, name)))


def plain_values(settings: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The values of a settings dataclass as plain JSON types, without those that came later and have their default."""
    plain = {}
    for name, field in fields.items():
        value = getattr(settings, name)
        default = getattr(type(settings), name)  # a dataclass keeps a default as its class's attribute
        if not field.added_later or value != default:
            plain[name] = _listed(value)
    return plain


def _listed(value: Any) -> Any:
    return [_listed(part) for part in value] if isinstance(value, tuple) else value


def format_value(value: Any) -> str:
    """Write a setting as short text that `Field.parse` reads back exactly."""
    if value is None:
        return ""
    if isinstance(value, tuple):  # units, names, or pairs
        pairs = value and isinstance(value[0], tuple)
        return ",".join(":".join(map(format_value, pair)) for pair in value) if pairs else "-".join(map(str, value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
