"""What a net sees of a point: its inputs, as functions of the plane. The one place where points become inputs.

A new input is one function of one `return` here and its line in `FEATURES`: settings, links, controls and exports read the table.
Exported scripts contain the expressions verbatim, so they may use nothing but NumPy as `np`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray


def across(X: FloatArray) -> FloatArray:
    """x"""
    return X[:, 0]


def up(X: FloatArray) -> FloatArray:
    """y"""
    return X[:, 1]


def across_squared(X: FloatArray) -> FloatArray:
    """x²"""
    return X[:, 0] ** 2


def up_squared(X: FloatArray) -> FloatArray:
    """y²"""
    return X[:, 1] ** 2


def product(X: FloatArray) -> FloatArray:
    """x·y"""
    return X[:, 0] * X[:, 1]


def wave_across(X: FloatArray) -> FloatArray:
    """sin(πx)"""
    return np.sin(np.pi * X[:, 0])


def wave_up(X: FloatArray) -> FloatArray:
    """sin(πy)"""
    return np.sin(np.pi * X[:, 1])


def radius(X: FloatArray) -> FloatArray:
    """√(x² + y²)"""
    return np.sqrt(X[:, 0] ** 2 + X[:, 1] ** 2)


class Feature(NamedTuple):
    """column: points (N, 2) → (N,); formula: as the screen writes it."""

    column: Callable[[FloatArray], FloatArray]
    formula: str


FEATURES = {
    "x": Feature(across, "x"),
    "y": Feature(up, "y"),
    "x2": Feature(across_squared, "x²"),
    "y2": Feature(up_squared, "y²"),
    "xy": Feature(product, "x·y"),
    "sinx": Feature(wave_across, "sin(πx)"),
    "siny": Feature(wave_up, "sin(πy)"),
    "r": Feature(radius, "√(x²+y²)"),
}
PLAIN = ("x", "y")  # the coordinates as they are: with these, points of any dimension are their own inputs


def inputs(features: Sequence[str], X: FloatArray) -> FloatArray:
    """What a net with these features reads of points X: (N, 2) → (N, features); with the plain ones X (N, D) itself.

    Raises ValueError where other features than the plain ones meet points that do not lie in a plane.
    """
    if tuple(features) == PLAIN:
        return X
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must have shape (N, 2) for the features {', '.join(features)}, got {X.shape}")
    with np.errstate(over="ignore"):
        return np.column_stack([FEATURES[name].column(X) for name in features])


def count(features: Sequence[str], dimensions: int = 2) -> int:
    """How many inputs points of so many dimensions become."""
    return dimensions if tuple(features) == PLAIN else len(features)


def are_straight(features: Sequence[str]) -> bool:
    """Whether all inputs are coordinates, so that what is linear in them is linear in the plane."""
    return set(features) <= set(PLAIN)
