"""Surfaces over two numbers, each with its exact gradient, on which the core's own optimizers can be watched."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.boundary import Area
from spiral_core.marking import N_
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.settings import Settings

STEPS = 100
STEEP = 25.0  # how many times as much the ravine bends across as along
TILT = 0.15  # of the two valleys, down to the left
PLAIN = ("sgd", "momentum", "nesterov")  # whose steps grow with the gradient; the others divide it by its usual size


@dataclass(frozen=True)
class Toy:
    """value and gradient take x and y, numbers or arrays of one shape; rate is for the plain rules, scaled_rate for the others.

    see: what the paths from `start` show.
    """

    label: str
    see: str
    value: Callable[[FloatArray, FloatArray], FloatArray]
    gradient: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
    start: tuple[float, float]
    rate: float
    scaled_rate: float
    area: Area

    def rate_of(self, optimizer: str) -> float:
        return self.rate if optimizer in PLAIN else self.scaled_rate


def bowl(x: FloatArray, y: FloatArray) -> FloatArray:
    """½x² + ½y²"""
    return 0.5 * x**2 + 0.5 * y**2


def bowl_gradient(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x, y


def ravine(x: FloatArray, y: FloatArray) -> FloatArray:
    """½x² + ½·25·y²"""
    return 0.5 * x**2 + 0.5 * STEEP * y**2


def ravine_gradient(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x, STEEP * y


def saddle(x: FloatArray, y: FloatArray) -> FloatArray:
    """½x² - ½y² + ¼y⁴: level at 0, with a valley at y = -1 and one at y = 1."""
    return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4


def saddle_gradient(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x, y**3 - y


def valleys(x: FloatArray, y: FloatArray) -> FloatArray:
    """¼(x² - 1)² + 0.15·x + ½y²: valleys near x = -1 and x = 1, the left one deeper."""
    return 0.25 * (x**2 - 1) ** 2 + TILT * x + 0.5 * y**2


def valleys_gradient(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x * (x**2 - 1) + TILT, y


_AREA = Area(-2.0, 2.0, -2.0, 2.0)

TOYS = {
    "bowl": Toy(
        N_("Bowl"),
        N_("It bends alike in every direction: SGD walks straight to the bottom. Momentum, Nesterov and Adam run past it first."),
        bowl, bowl_gradient, (-1.6, 1.2), 0.1, 0.1, _AREA,
    ),
    "ravine": Toy(
        N_("Ravine"),
        N_(
            "It bends 25 times as much across as along: at a rate that the steep direction bears, SGD creeps along the floor. "
            "Adagrad, RMSprop and Adam divide each direction by its usual gradient, so they take the very paths that they take in "
            "the bowl."
        ),
        ravine, ravine_gradient, (-1.6, 1.2), 0.05, 0.1, _AREA,
    ),
    "saddle": Toy(
        N_("Saddle"),
        N_(
            "In the middle hardly any slope leads away to the valleys above and below. SGD stays longest; momentum gathers speed; "
            "Adagrad, RMSprop and Adam enlarge the small gradient and leave first."
        ),
        saddle, saddle_gradient, (-1.6, 0.01), 0.1, 0.1, _AREA,
    ),
    "valleys": Toy(
        N_("Two valleys"),
        N_("The left valley is deeper. From the start on the right, momentum and Nesterov roll over the ridge; the others do not."),
        valleys, valleys_gradient, (1.8, 1.2), 0.1, 0.1, _AREA,
    ),
}  # fmt: skip


def path(toy: Toy, optimizer: str, start: tuple[float, float], steps: int = STEPS) -> FloatArray:
    """Where an optimizer goes from a start, which is the first row: (steps + 1, 2).

    Its own settings are the defaults. Raises ValueError for a start that does not lie on the toy's area.
    """
    area = toy.area
    x, y = start
    inside = math.isfinite(x) and math.isfinite(y) and area.left <= x <= area.right and area.bottom <= y <= area.top
    if not inside:
        raise ValueError(f"start must lie in {area.left:g}..{area.right:g} by {area.bottom:g}..{area.top:g}, got {x:g}, {y:g}")
    rule = OPTIMIZERS[optimizer](Settings(optimizer=optimizer), 2)
    place = np.array([x, y])
    walked = np.empty((steps + 1, 2))
    walked[0] = place
    for t in range(1, steps + 1):
        rule.step(place, np.array(toy.gradient(place[0], place[1]), dtype=np.float64), toy.rate_of(optimizer), t)
        walked[t] = place
    return walked
