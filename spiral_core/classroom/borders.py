"""Where somebody expects the borders between the classes, drawn on the plane before they are seen, and how far a net's are from it.

Places on the plane are shares of its sides, from 0 at the left and the bottom to 1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.boundary import Area, grid
from spiral_core.classroom.votes import LEAST
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.rules import Rule, SettingError
from spiral_core.settings import Settings

MAX_LINES, MAX_GIVEN = 12, 3000  # lines of a drawing, and points of all of them as they come from the hand
MAX_POINTS = 160  # that are kept: corners of the lines
STEPS = 254  # of a side: so fine are points kept
_END = 255  # in place of a point where a line ends
_TOLERANCE = 0.004  # shares of the side by which a point may lie beside the line that is kept
NEAR = 0.05  # of the side: a border that lies no farther from a drawn line was expected there
_CELLS = 120  # a side of the grid on which borders are found
_DENSE = 0.005  # of the side, between two places at which a drawn line is measured

_RULE = Rule("lines", N_("1 to {lines} lines of places on the plane, {points} in all"), {"lines": MAX_LINES, "points": MAX_GIVEN})


@dataclass(frozen=True)
class Lines:
    """Lines drawn on the plane, each of places (x, y), as fine as they are packed. Raises SettingError."""

    lines: tuple[tuple[tuple[float, float], ...], ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.lines) <= MAX_LINES or sum(map(len, self.lines)) > MAX_POINTS or not all(self.lines):
            raise SettingError("drawing", _RULE, len(self.lines))
        object.__setattr__(self, "lines", tuple(tuple((_snapped(x), _snapped(y)) for x, y in line) for line in self.lines))

    def packed(self) -> str:
        """The drawing as a short text."""
        numbers: list[int] = []
        for line in self.lines:
            numbers += [round(value * STEPS) for place in line for value in place] + [_END]
        return base64.urlsafe_b64encode(bytes(numbers)).decode("ascii")

    @classmethod
    def unpacked(cls, text: str) -> Lines:
        """The drawing in a text that `packed` made. Raises SettingError for any other."""
        try:
            packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise SettingError("drawing", _RULE, text) from None
        parts = packed.split(bytes([_END]))
        if parts.pop() or any(len(part) % 2 for part in parts):
            raise SettingError("drawing", _RULE, text)
        return cls(tuple(tuple((x / STEPS, y / STEPS) for x, y in zip(part[::2], part[1::2], strict=True)) for part in parts))

    def places(self) -> FloatArray:
        """Places close together along all lines, (N, 2)."""
        return np.concatenate([_dense(np.array(line)) for line in self.lines])


def _snapped(value: float) -> float:
    return round(value * STEPS) / STEPS


def _dense(line: FloatArray) -> FloatArray:
    """A line of corners (n, 2) as places at most _DENSE apart."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, along[-1], max(2, int(along[-1] / _DENSE) + 1))
    return np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])


def from_hand(given: object) -> Lines:
    """The lines that a hand drew, as lists of [x, y], by as few corners as tell them. Raises SettingError."""
    lines = given if isinstance(given, list) else []
    sizes = [len(line) if isinstance(line, list) else 0 for line in lines]
    if (
        not 0 < len(lines) <= MAX_LINES
        or 0 in sizes
        or sum(sizes) > MAX_GIVEN
        or not all(_is_place(p) for line in lines for p in line)
    ):
        raise SettingError("drawing", _RULE, given)
    drawn, tolerance = [np.array(line, dtype=np.float64) for line in lines], _TOLERANCE
    while True:  # ends: beyond the diagonal two corners of each line are left
        kept = [_corners(line, tolerance) for line in drawn]
        if sum(map(len, kept)) <= MAX_POINTS:
            return Lines(tuple(tuple((x, y) for x, y in line.tolist()) for line in kept))
        tolerance *= 1.5


def _is_place(place: object) -> bool:
    return isinstance(place, list) and len(place) == 2 and all(type(value) in (int, float) and 0 <= value <= 1 for value in place)


def _corners(line: FloatArray, tolerance: float) -> FloatArray:
    """The corners (m, 2) of a line (n, 2) from which no place of it is farther than the tolerance (Douglas and Peucker 1973)."""
    kept = np.zeros(len(line), dtype=bool)
    kept[[0, -1]] = True
    parts = [(0, len(line) - 1)]
    while parts:  # each part is shorter than the one that it comes from
        first, last = parts.pop()
        inner = line[first + 1 : last]
        if not len(inner):
            continue
        far = np.hypot(*(inner - _nearest_between(line[first], line[last], inner)).T)
        worst = int(far.argmax())
        if far[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            parts += [(first, middle), (middle, last)]
    return line[kept]


def _nearest_between(a: FloatArray, b: FloatArray, places: FloatArray) -> FloatArray:
    """For each place (n, 2) the nearest one between a and b."""
    way = b - a
    share = np.clip((places - a) @ way / max(float(way @ way), 1e-12), 0, 1)
    return a + share[:, None] * way


# How far a net's borders are from it.


class Miss(NamedTuple):
    """How far drawn lines and a net's borders are from each other."""

    away: float  # of the drawn lines from the nearest border, on average, as a share of the plane's side
    met: float  # the share of the borders near which a line was drawn


def borders(network: Network, area: Area) -> FloatArray:
    """Places (N, 2) in the middle between neighbouring cells for which a net gives different classes."""
    classes = network.predict(grid(area, _CELLS)).reshape(_CELLS, _CELLS)  # rows from the bottom, columns from the left
    up, right = np.nonzero(classes[:-1] != classes[1:]), np.nonzero(classes[:, :-1] != classes[:, 1:])
    found: FloatArray = np.concatenate(
        [
            np.column_stack([(up[1] + 0.5) / _CELLS, (up[0] + 1.0) / _CELLS]),
            np.column_stack([(right[1] + 1.0) / _CELLS, (right[0] + 0.5) / _CELLS]),
        ]
    )
    return found


def miss(drawing: Lines, network: Network, area: Area) -> Miss | None:
    """How far a drawing is from a net's borders over an area; None where the net gives one class everywhere."""
    real, drawn = borders(network, area), drawing.places()
    if not len(real):
        return None
    away, nearest = np.empty(len(drawn)), np.full(len(real), np.inf)
    for first in range(0, len(drawn), 256):
        part = slice(first, first + 256)
        far = np.hypot(*(drawn[part, None] - real[None]).transpose(2, 0, 1))  # (places, borders)
        away[part] = far.min(axis=1)
        np.minimum(nearest, far.min(axis=0), out=nearest)
    return Miss(float(away.mean()), float((nearest <= NEAR).mean()))


def all_of(drawings: Sequence[Lines]) -> tuple[Lines, ...] | None:
    """A class's drawings; None where there are too few: it would tell who drew what."""
    return tuple(drawings) if len(drawings) >= LEAST else None


# What a class is asked to draw.


@dataclass(frozen=True)
class Plane:
    """A run whose borders are to be drawn; lesson: the name of the one that it is from."""

    settings: Settings
    lesson: str = ""

    def read(self, answer: object) -> str:
        """A drawing as it is kept. Raises SettingError."""
        return from_hand(answer).packed()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"settings": self.settings.to_dict(), "lesson": self.lesson}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Plane:
        return cls(Settings.from_dict(plain["settings"]), plain["lesson"])
