"""What somebody expects of a loss curve, drawn before it is seen: how far it is from the run's, and many drawings as a cloud.

A drawing has a loss at each of a fixed number of places. These are evenly apart on a log axis of iterations, on which 0 stands
half a step before 1.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.classroom.votes import LEAST
from spiral_core.fields import Number
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError
from spiral_core.run import History
from spiral_core.settings import Settings

PLACES = 48
MAX_LOSS = 1000.0
PACKED_LENGTH = PLACES * 2 * 4 // 3  # characters: two bytes a loss
MAX_GIVEN = 64  # points from which a drawing is made
_POINTS = Rule(
    "points of a drawing",
    N_("1 to {count} points, each an iteration and a loss between 0 and {most}"),
    {"count": MAX_GIVEN, "most": MAX_LOSS},
)
_DRAWING = Rule("drawing", N_("{places} losses between 0 and {most}"), {"places": PLACES, "most": MAX_LOSS})
_TOP = Number(0.01, MAX_LOSS)
_FIRST = 0.5  # where iteration 0 stands on a log axis


@dataclass(frozen=True)
class Drawing:
    """A drawn curve: its loss at each place, in half precision, as it is packed. Raises SettingError."""

    losses: tuple[float, ...]

    def __post_init__(self) -> None:
        given = self.losses
        fits = len(given) == PLACES and all(_is_number(loss, MAX_LOSS) for loss in given)
        if not fits:
            raise SettingError("drawing", _DRAWING, given)
        object.__setattr__(self, "losses", tuple(np.array(given, dtype=np.float16).tolist()))

    def packed(self) -> str:
        """The drawing as a short text."""
        return base64.urlsafe_b64encode(np.array(self.losses, dtype="<f2").tobytes()).decode("ascii")

    @classmethod
    def unpacked(cls, text: str) -> Drawing:
        """The drawing in a text that `packed` made. Raises SettingError for any other."""
        if len(text) != PACKED_LENGTH or not text.isascii():
            raise SettingError("drawing", _DRAWING, text)
        try:
            packed = base64.b64decode(text, altchars=b"-_", validate=True)
        except binascii.Error:
            raise SettingError("drawing", _DRAWING, text) from None
        return cls(tuple(np.frombuffer(packed, dtype="<f2").astype(np.float64).tolist()))


def places(last: int) -> FloatArray:
    """The iterations at which a drawing of a run of `last` iterations has its losses; the first stands for iteration 0."""
    found: FloatArray = np.geomspace(_FIRST, max(last, 1), PLACES)
    return found


def resampled(points: object, last: int) -> Drawing:
    """The drawing through points [iteration, loss], straight between them on a log axis and level beyond. Raises SettingError."""
    given = points if isinstance(points, list) else []
    fits = 0 < len(given) <= MAX_GIVEN and all(isinstance(point, list) and len(point) == 2 for point in given)
    if not fits or not all(_is_number(at, last) and _is_number(loss, MAX_LOSS) for at, loss in given):
        raise SettingError("drawing", _POINTS, points)
    iterations, losses = np.array(sorted(given, key=lambda point: point[0]), dtype=np.float64).T
    return Drawing(tuple(_at_places(iterations, losses, last).tolist()))


def _is_number(value: object, most: float) -> bool:
    return type(value) in (int, float) and 0 <= value <= most  # type: ignore[operator]


def _at_places(iterations: Any, losses: FloatArray, last: int) -> FloatArray:
    values: FloatArray = np.interp(np.log(places(last)), np.log(np.maximum(iterations, _FIRST)), losses)
    return values


# How far a drawing is from the run.


class Gap(NamedTuple):
    """How far a drawing is from a run's loss, in the units of the loss."""

    mean: float  # of the absolute differences at all places
    iteration: int  # a logged one, where the difference is largest
    drawn: float  # the losses there
    real: float
    above: float  # the share of the places where the drawing is above the run


def gap(drawing: Drawing, history: History, last: int) -> Gap:
    """The gap between a drawing and what happened in a run of `last` iterations.

    A loss beyond all bounds counts as MAX_LOSS; where a run ended early, the loss that it had then counts on.
    """
    losses = np.nan_to_num(history.loss, nan=MAX_LOSS, posinf=MAX_LOSS).clip(max=MAX_LOSS)
    at_places = np.array(drawing.losses)
    real = _at_places(history.iteration, losses, last)
    drawn = np.interp(np.log(np.maximum(history.iteration, _FIRST)), np.log(places(last)), at_places)
    most = int(np.abs(drawn - losses).argmax())
    return Gap(
        float(np.abs(at_places - real).mean()),
        int(history.iteration[most]),
        float(drawn[most]),
        float(losses[most]),
        float((at_places > real).mean()),
    )


# Many drawings.


class Cloud(NamedTuple):
    """Drawings over each other, and at each place their median and quartiles."""

    lines: FloatArray  # (number of drawings, PLACES)
    low: FloatArray  # the lower quartile
    median: FloatArray
    high: FloatArray


def cloud(drawings: Sequence[Drawing]) -> Cloud | None:
    """The cloud of a class's drawings; None where there are too few: it would tell who drew what."""
    if len(drawings) < LEAST:
        return None
    lines = np.array([drawing.losses for drawing in drawings])
    low, median, high = np.quantile(lines, (0.25, 0.5, 0.75), axis=0)
    return Cloud(lines, low, median, high)


# What a class is asked to draw.


@dataclass(frozen=True)
class Curve:
    """A run whose loss is to be drawn, on an axis up to `top`; lesson: the name of the one that it is from. Raises SettingError."""

    settings: Settings
    top: float
    lesson: str = ""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "top", _TOP.taken(self.top))
        except ValueError:
            raise SettingError("top", _TOP.rule, self.top) from None

    def read(self, answer: object) -> str:
        """A drawing as it is kept. Raises SettingError."""
        return resampled(answer, self.settings.last_iteration).packed()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"settings": self.settings.to_dict(), "top": self.top, "lesson": self.lesson}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Curve:
        return cls(Settings.from_dict(plain["settings"]), plain["top"], plain["lesson"])


def usual_top(chance: float) -> float:
    """An axis on which a usual run has room: up to twice the loss of guessing, in a round number."""
    return math.ceil(4 * chance) / 2
