"""The shapes of the data: each generator draws the points of one class.

A new data set is one function here with its line of `@generator`: settings, controls, links and exports read `GENERATORS`. Exported
scripts contain these functions verbatim, so they may use nothing but NumPy as `np`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_

Draw: TypeAlias = "Callable[[np.random.RandomState, int, int, int, float], FloatArray]"


@dataclass(frozen=True)
class Generator:
    """draw(rng, n, j, K, noise) gives the n points of class j of K, (n, 2)."""

    draw: Draw
    label: str
    takes_classes: bool  # else there are two classes


GENERATORS: dict[str, Generator] = {}


def generator(label: str, takes_classes: bool = False) -> Callable[[Draw], Draw]:
    """Register a function in `GENERATORS` under its own name."""

    def enter(draw: Draw) -> Draw:
        GENERATORS[draw.__name__] = Generator(draw, label, takes_classes)
        return draw

    return enter


@generator(N_("Spiral"), takes_classes=True)
def spiral(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """One arm: the radius grows from 0 to 1 while the angle turns by 4 radians, with noise on the angle (CS231n, case study)."""
    r = np.linspace(0.0, 1, n)  # radius
    t = np.linspace(j * 4, (j + 1) * 4, n) + rng.randn(n) * noise  # angle
    return np.column_stack([r * np.sin(t), r * np.cos(t)])


@generator(N_("Two moons"))
def moons(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Two interlocking half circles, scaled to fit -1..1."""
    t = np.linspace(0, np.pi, n)
    moon = np.column_stack([np.cos(t) - 0.5, np.sin(t) - 0.25])
    return 0.6 * ((moon if j == 0 else -moon) + noise * rng.randn(n, 2))


@generator(N_("Circles"), takes_classes=True)
def circles(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Concentric rings; the noise is a share of the gap between two rings."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = (j + 0.5 + noise * rng.randn(n)) / K
    return np.column_stack([r * np.cos(t), r * np.sin(t)])


@generator(N_("Blobs"), takes_classes=True)
def blobs(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Round clouds whose centres lie on a circle of radius 0.7."""
    angle = 2 * np.pi * j / K + np.pi / 2
    x = 0.7 * np.cos(angle) + noise * rng.randn(n)
    y = 0.7 * np.sin(angle) + noise * rng.randn(n)
    return np.column_stack([x, y])


@generator(N_("XOR"))
def xor(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Class 0 where both coordinates have the same sign, class 1 where they differ."""
    size = rng.uniform(0, 1, (n, 2))
    sign = rng.choice([-1.0, 1.0], n)
    size *= np.column_stack([sign, sign if j == 0 else -sign])
    return size + 0.5 * noise * rng.randn(n, 2)


@generator(N_("Checkerboard"))
def checkerboard(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """The black and the white squares of a 4 x 4 board."""
    column = rng.randint(0, 4, n)
    row = 2 * rng.randint(0, 2, n) + (column + j) % 2
    within = rng.uniform(0, 1, (n, 2)) + 0.5 * noise * rng.randn(n, 2)
    return (np.column_stack([column, row]) + within) / 2 - 1


@generator(N_("Sine curve"))
def sine(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Class 0 below the curve y = sin(πx)/2, class 1 above it, as far as the square -1..1."""
    x = rng.uniform(-1, 1, n)
    curve = np.sin(np.pi * x) / 2
    frame = 1.0 if j else -1.0  # the edge of the square on the side of class j
    y = curve + (frame - curve) * rng.uniform(0, 1, n)
    return np.column_stack([x, y]) + 0.5 * noise * rng.randn(n, 2)


@generator(N_("Parabola"))
def parabola(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Class 0 below the curve y = 1.2x² - 0.6, class 1 above it, as far as the square -1..1."""
    x = rng.uniform(-1, 1, n)
    curve = 1.2 * x**2 - 0.6
    frame = 1.0 if j else -1.0  # the edge of the square on the side of class j
    y = curve + (frame - curve) * rng.uniform(0, 1, n)
    return np.column_stack([x, y]) + 0.5 * noise * rng.randn(n, 2)


@generator(N_("Absolute value"))
def absolute(rng: np.random.RandomState, n: int, j: int, K: int, noise: float) -> FloatArray:
    """Class 0 below the curve y = 1.2|x| - 0.6, class 1 above it, as far as the square -1..1."""
    x = rng.uniform(-1, 1, n)
    curve = 1.2 * np.abs(x) - 0.6
    frame = 1.0 if j else -1.0  # the edge of the square on the side of class j
    y = curve + (frame - curve) * rng.uniform(0, 1, n)
    return np.column_stack([x, y]) + 0.5 * noise * rng.randn(n, 2)
