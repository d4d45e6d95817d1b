"""What an experiment is: frozen, validated values, and the one table of what each may be."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from spiral_core.marking import N_
from spiral_core.points import canonical, unpack

MAX_LAYERS = 6
MAX_UNITS = 1000
POINTS_RULE = N_("the text of points that were packed here: 2 to 8 classes, at most 10 000 points")
MAX_WEIGHTS = 1_100_000  # two layers of 1000; more would not be trained in a lesson, nor its snapshots kept

WORK_RULE = N_("so few that points × weights × iterations stay below 20 trillion")
MOST_WORK = 20_000_000_000_000  # points × weights × iterations of one run: about an hour of one core


class SettingError(ValueError):
    """A value that is not allowed. `field` names the setting, `rule` says what is allowed, `given` is what came."""

    def __init__(self, field: str, rule: str, given: object) -> None:
        self.field, self.rule, self.given = field, rule, given
        super().__init__(f"{field} must be {rule}, got {_shown(given)}")

    def __reduce__(self) -> tuple[Any, ...]:  # an exception that crosses processes is rebuilt from these
        return type(self), (self.field, self.rule, self.given)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Condition(NamedTuple):
    """A setting counts only while another one has one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """What one setting may be. Validation, widgets, the URL and the documentation all read this."""

    kind: Literal["integer", "number", "choice", "layers", "points"]
    help: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False  # None is allowed
    used_when: Condition | None = None

    @property
    def rule(self) -> str:
        """What is allowed, as the end of the sentence "x must be …"."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "layers":
            return f"0 to {MAX_LAYERS} whole numbers, each in 1..{MAX_UNITS}"
        if self.kind == "points":
            return POINTS_RULE
        number = "a whole number" if self.kind == "integer" else "a finite number"
        return f"{number} in {self.low:g}..{self.high:g}" + (" or None" if self.optional else "")

    def check(self, name: str, value: Any) -> Any:
        """Return the value as its plain Python type, or raise SettingError."""
        if value is None and self.optional:
            return None
        if self.kind == "choice":
            if isinstance(value, str) and value in self.choices:
                return str(value)
            raise SettingError(name, self.rule, value)
        if self.kind == "points":
            try:
                return canonical(value) if value != "" else ""
            except (ValueError, TypeError):
                raise SettingError(name, self.rule, value) from None
        if self.kind == "layers":
            if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
                raise SettingError(name, self.rule, value)
            units = tuple(value)
            if len(units) > MAX_LAYERS or not all(_is_integer(u) and 1 <= u <= MAX_UNITS for u in units):
                raise SettingError(name, self.rule, value)
            return tuple(int(u) for u in units)
        if self.kind == "integer":
            if not _is_integer(value) or not self.low <= value <= self.high:
                raise SettingError(name, self.rule, value)
            return int(value)
        if not _is_number(value) or not self.low <= value <= self.high:  # NaN fails the comparison
            raise SettingError(name, self.rule, value)
        return float(value)

    def parse(self, name: str, text: str) -> Any:
        """Read the value from text, as `format_value` writes it; raise SettingError where it is not allowed."""
        text = text.strip()
        if self.kind in ("choice", "points"):
            return self.check(name, text)
        try:
            value: Any
            if self.optional and text == "":
                value = None
            elif self.kind == "layers":
                value = [int(part) for part in text.split("-")] if text else ()
            else:
                value = int(text) if self.kind == "integer" else float(text)
            return self.check(name, value)
        except ValueError:
            raise SettingError(name, self.rule, text) from None


def format_value(value: Any) -> str:
    """Write a setting as short text that `Field.parse` reads back exactly."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


OWN = "own"  # the data set that is no generator
GENERATED = ("spiral", "moons", "circles", "blobs", "xor", "checkerboard")
_GROUPED = ("spiral", "circles", "blobs")  # the data sets that take any number of classes
_SEED_LIMIT = 2**32 - 1  # what NumPy's RandomState takes

DATA_FIELDS: dict[str, Field] = {
    "name": Field(
        "choice",
        N_("The shape of the data."),
        choices=(*GENERATED, OWN),
    ),
    "points_per_class": Field("integer", "How many points each class has.", 2, 10_000, used_when=Condition("name", GENERATED)),
    "classes": Field("integer", N_("How many classes: the arms of the spiral."), 2, 8, used_when=Condition("name", _GROUPED)),
    "noise": Field(
        "number", N_("Standard deviation of the random shift of each point."), 0, 2, used_when=Condition("name", GENERATED)
    ),
    "seed": Field("integer", N_("Which random points are drawn."), 0, _SEED_LIMIT),
    "test_fraction": Field("number", N_("The share of the points that training never sees."), 0, 0.9),
    "scale": Field(
        "choice",
        N_("Whether each coordinate is shifted to mean 0 and scaled to standard deviation 1 before training."),
        choices=("none", "standardise"),
    ),
    "points": Field("points", N_("Points of your own."), used_when=Condition("name", (OWN,))),
}
_LATER = {
    "scale": "none",
    "points": "",
}  # data settings that came later: left out of plain JSON, so that older runs keep their names

FIELDS: dict[str, Field] = {
    "hidden": Field("layers", N_("Units in each hidden layer. None: the linear classifier.")),
    "activation": Field(
        "choice", N_("The function that bends: without it, layers stay linear."), choices=("relu", "leaky_relu", "tanh", "sigmoid")
    ),
    "init": Field(
        "choice", N_("How large the first random weights are."), choices=("zero", "small", "inverse_sqrt", "he", "glorot")
    ),
    "optimizer": Field(
        "choice",
        N_("How a gradient becomes a step."),
        choices=("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"),
    ),
    "learning_rate": Field("number", N_("The length of a step: too low crawls, too high explodes."), 1e-6, 100),
    "momentum": Field(
        "number",
        N_("The share of the last step that is kept."),
        0,
        0.999,
        used_when=Condition("optimizer", ("momentum", "nesterov")),
    ),
    "decay": Field(
        "number",
        N_("How long RMSprop remembers squared gradients."),
        0,
        0.9999,
        used_when=Condition("optimizer", ("rmsprop",)),
    ),
    "beta1": Field("number", N_("How long Adam remembers gradients."), 0, 0.9999, used_when=Condition("optimizer", ("adam",))),
    "beta2": Field(
        "number",
        N_("How long Adam remembers squared gradients."),
        0,
        0.99999,
        used_when=Condition("optimizer", ("adam",)),
    ),
    "epsilon": Field(
        "number",
        N_("Keeps the division by a tiny gradient finite."),
        1e-12,
        1,
        used_when=Condition("optimizer", ("adagrad", "rmsprop", "adam")),
    ),
    "schedule": Field(
        "choice",
        N_("How the learning rate falls over time."),
        choices=("constant", "step", "exponential", "inverse"),
    ),
    "schedule_rate": Field(
        "number",
        N_("k in exp(-k·t) or 1/(1 + k·t), where t counts iterations."),
        0,
        1,
        used_when=Condition("schedule", ("exponential", "inverse")),
    ),
    "schedule_factor": Field(
        "number",
        N_("What the rate is multiplied by at each drop."),
        0.01,
        1,
        used_when=Condition("schedule", ("step",)),
    ),
    "schedule_every": Field(
        "integer",
        N_("Iterations between two drops."),
        1,
        100_000,
        used_when=Condition("schedule", ("step",)),
    ),
    "reg": Field("number", N_("Weight of ½·ΣW² in the loss: keeps weights small."), 0, 10),
    "reg_l1": Field("number", N_("Weight of Σ|W| in the loss: drives weights to zero."), 0, 10),
    "iterations": Field("integer", N_("How many updates."), 1, 100_000),
    "batch_size": Field(
        "integer", N_("Points in each update. None, or more than there are: all of them."), 1, 10_000, optional=True
    ),
    "seed": Field("integer", N_("Which random first weights and batches are drawn."), 0, _SEED_LIMIT),
}


@dataclass(frozen=True)
class DataSettings:
    """Which data: a generator, its parameters and its seed. Raises SettingError (a ValueError) for a bad value."""

    name: str = "spiral"
    points_per_class: int = 100
    classes: int = 3
    noise: float = 0.2
    seed: int = 0
    test_fraction: float = 0.0  # the article trains on all points
    scale: str = "none"  # the article's points lie within 1 of 0 as they are
    points: str = ""  # of one's own, as `points.pack` writes them

    def __post_init__(self) -> None:
        _validate(self, DATA_FIELDS, prefix="data.")
        if (self.name == OWN) != bool(self.points):
            raise SettingError("data.points", N_("given for the data set “own”, and for no other"), self.points)

    @property
    def class_count(self) -> int:
        """How many classes the data has: the shapes with two classes ignore `classes`."""
        if self.name == OWN:
            return len(unpack(self.points).names)
        return self.classes if self.name in _GROUPED else 2

    @property
    def point_count(self) -> int:
        """How many points there are, those held out among them."""
        return len(unpack(self.points)) if self.name == OWN else self.points_per_class * self.class_count

    def replace(self, **changes: Any) -> DataSettings:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True)
class Settings:
    """Everything about an experiment; the default is the article's two-layer net.

    Raises SettingError (a ValueError) that names the field, what is allowed and what came.
    """

    data: DataSettings = field(default_factory=DataSettings)
    hidden: tuple[int, ...] = (100,)  # () is the softmax linear classifier
    activation: str = "relu"
    init: str = "small"  # 0.01·randn, as in the article
    optimizer: str = "sgd"
    learning_rate: float = 1.0
    momentum: float = 0.9
    decay: float = 0.99
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    schedule: str = "constant"
    schedule_rate: float = 1e-3
    schedule_factor: float = 0.5
    schedule_every: int = 1000
    reg: float = 1e-3
    reg_l1: float = 0.0
    iterations: int = 10_000
    batch_size: int | None = None  # full batch
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data, DataSettings):
            raise SettingError("data", "a DataSettings", self.data)
        _validate(self, FIELDS)
        if self.parameter_count > MAX_WEIGHTS:
            raise SettingError("hidden", N_("layers with at most 1 100 000 weights in all"), self.hidden)
        if self.iterations > self.most_iterations:
            raise SettingError("iterations", WORK_RULE, self.iterations)

    @property
    def batch_points(self) -> int:
        """How many points an update sees."""
        points = max(1, round(self.data.point_count * (1 - self.data.test_fraction)))
        return min(points, self.batch_size or points)

    @property
    def most_iterations(self) -> int:
        """As many as one run may have."""
        return min(int(FIELDS["iterations"].high), MOST_WORK // (self.batch_points * self.parameter_count))

    @property
    def parameter_count(self) -> int:
        """How many weights and biases the network has."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise((2, *self.hidden, self.data.class_count)))

    def replace(self, **changes: Any) -> Settings:
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON types; `from_dict` gives them back exactly."""
        plain = dataclasses.asdict(self)
        plain["hidden"] = list(self.hidden)
        plain["data"] = {name: value for name, value in plain["data"].items() if name not in _LATER or value != _LATER[name]}
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Settings:
        """Read settings from plain JSON types. A name that is missing takes its default; one that is unknown is an error."""
        plain = dict(_mapping("settings", plain))
        data = dict(_mapping("data", plain.pop("data", {})))
        _no_unknown(data, DATA_FIELDS, "data.")
        _no_unknown(plain, FIELDS, "")
        return cls(data=DataSettings(**data), **plain)


def _validate(settings: Any, fields: Mapping[str, Field], prefix: str = "") -> None:
    for name, rule in fields.items():
        object.__setattr__(settings, name, rule.check(prefix + name, getattr(settings, name)))


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingError(name, "an object of names and values", value)
    return value


def _no_unknown(given: Mapping[str, Any], known: Mapping[str, Field], prefix: str) -> None:
    for name in given:
        if name not in known:
            raise SettingError(f"{prefix}{name}", "a known name: " + ", ".join(known), given[name])
