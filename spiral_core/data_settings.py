"""Which data an experiment has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spiral_core.fields import MAX_SEED, Choice, Condition, Field, Integer, Number, PackedPoints, fields_of, setting, validate
from spiral_core.generators import GENERATORS
from spiral_core.marking import N_
from spiral_core.measured import MEASURED, points_of
from spiral_core.points import Points, counts, unpack
from spiral_core.rules import Rule, SettingError
from spiral_core.scaling import SCALES

OWN_POINTS = Rule("own points", N_("given for the data set “own”, and for no other"))

OWN = "own"  # the data set that is no generator: custom points
GENERATED = tuple(GENERATORS)
_ANY_CLASSES = tuple(name for name, each in GENERATORS.items() if each.takes_classes)


@dataclass(frozen=True)
class DataSettings:
    """Which data: a generator with its parameters, or given points, and a seed. Raises SettingError (a ValueError)."""

    name: str = setting(
        "spiral",
        Choice(
            {name: each.label for name, each in GENERATORS.items()}
            | {name: each.label for name, each in MEASURED.items()}
            | {OWN: N_("Custom points")}
        ),
        N_("Data set"),
        N_("The shape of the data, or a set of measurements."),
        link="data",
    )
    points_per_class: int = setting(
        100,
        Integer(2, 10_000),
        N_("Points in each class"),
        N_("How many points each class has."),
        steps=[5, 10, 20, 30, 40, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000],
        log_scale=True,
        search_range=(20, 300),
        used_when=Condition("name", GENERATED),
    )
    classes: int = setting(
        3,
        Integer(2, 8),
        N_("Classes"),
        N_("How many classes: the arms of the spiral."),
        steps=range(2, 9),
        used_when=Condition("name", _ANY_CLASSES),
    )
    noise: float = setting(
        0.2,
        Number(0, 2),
        N_("Noise"),
        N_("Standard deviation of the random shift of each point."),
        steps=[0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0],
        search_range=(0.0, 1.0),
        used_when=Condition("name", GENERATED),
    )
    seed: int = setting(0, Integer(0, MAX_SEED), N_("Data seed"), N_("Which random points are drawn."), link="data_seed")
    test_fraction: float = setting(
        0.0,  # the article trains on all points
        Number(0, 0.9),
        N_("Held out"),
        N_("The share of the points that training never sees."),
        steps=[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        search_range=(0.1, 0.5),
    )
    scale: str = setting(
        "none",  # the article's points lie within 1 of 0 as they are
        Choice(SCALES),
        N_("Scaling"),
        N_(
            "What is done to the coordinates before training. Centred: shifted to mean 0. Standardised: then divided by their "
            "standard deviations. Principal axes: centred, then turned so that the points spread most along the first axis. "
            "Whitened: then divided by the standard deviations. All of it is measured on the training points."
        ),
        added_later=True,
    )
    label_noise: float = setting(
        0.0,
        Number(0, 1),
        N_("Wrong labels"),
        N_(
            "The share of the training points whose class is replaced by another one, drawn at random. The points stay where they "
            "are, and held-out points keep their true classes."
        ),
        steps=[0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5],
        search_range=(0.0, 0.4),
        used_when=Condition("name", (OWN,), negated=True),  # of custom points each label is what somebody gave it
        added_later=True,
    )
    points: str = setting(
        "",
        PackedPoints(),
        N_("Custom points"),
        N_("Points that you uploaded, typed or drew."),
        used_when=Condition("name", (OWN,)),
        added_later=True,
    )

    def __post_init__(self) -> None:
        validate(self, DATA_FIELDS, prefix="data.")
        if (self.name == OWN) != bool(self.points):
            raise SettingError("data.points", OWN_POINTS, self.points)

    @property
    def given(self) -> Points | None:
        """The points of custom and of measured data, of which there are no more; None where a generator draws them."""
        if self.name in MEASURED:
            return points_of(self.name)
        return unpack(self.points) if self.name == OWN else None

    @property
    def class_count(self) -> int:
        """How many classes the data has: the shapes with two classes ignore `classes`."""
        if self._counts:
            return self._counts[1]
        return self.classes if self.name in _ANY_CLASSES else 2

    @property
    def point_count(self) -> int:
        """How many points there are, those held out among them."""
        return self._counts[0] if self._counts else self.points_per_class * self.class_count

    @cached_property
    def _counts(self) -> tuple[int, int] | None:
        """How many points and classes custom and measured data have; asked for again and again, of each work of a class."""
        if self.name == OWN:
            return counts(self.points)
        return (len(self.given), len(self.given.names)) if self.given else None

    @property
    def wrong_labels(self) -> float:
        """The share of training points whose class is replaced; none of custom points."""
        return 0.0 if self.name == OWN else self.label_noise

    def replace(self, **changes: Any) -> DataSettings:
        return dataclasses.replace(self, **changes)


DATA_FIELDS: dict[str, Field] = fields_of(DataSettings)
