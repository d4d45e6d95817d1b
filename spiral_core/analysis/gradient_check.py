"""The analytic gradient against central differences, entry by entry, with what rounding, truncation and kinks leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiral_core.analysis.differences import data_differences
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.network import Network

BoolArray = NDArray[np.bool_]
SHARP = 1e-2  # share of an entry up to which noise may reach where it is said to agree


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Both gradients, one entry a parameter, in the order of `Network.parameters`.

    An entry *disagrees* where the two lie further apart than `noise` allows, *agrees* where they do not and the noise is at
    most a hundredth of them, and is *open* otherwise: at this h and precision nothing can be said of it.
    """

    analytic: FloatArray
    numeric: FloatArray
    crosses_kink: BoolArray  # a unit switches on or off between w - h and w + h, so the quotient means little
    noise: FloatArray  # a bound of |a - n| for a right gradient away from kinks: truncation and rounding
    X: FloatArray  # the points at which both were taken
    y: IntArray

    @property
    def nbytes(self) -> int:
        arrays = self.analytic, self.numeric, self.crosses_kink, self.noise, self.X, self.y
        return sum(array.nbytes for array in arrays)

    @property
    def relative_error(self) -> FloatArray:
        """|a - n| / max(|a|, |n|) for each entry, 0 where both are 0 (CS231n, "Neural networks 3")."""
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        with np.errstate(all="ignore"):
            return np.abs(self.analytic - self.numeric) / np.where(largest == 0, 1, largest)

    @property
    def disagrees(self) -> BoolArray:
        with np.errstate(all="ignore"):
            apart = np.abs(self.analytic - self.numeric) > self.noise  # false where a number is missing
        return (apart & ~self.crosses_kink & np.isfinite(self.numeric)) | ~np.isfinite(self.analytic)

    @property
    def agrees(self) -> BoolArray:
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        with np.errstate(all="ignore"):
            sharp = self.noise <= SHARP * largest
        exact = (self.analytic == 0) & (self.numeric == 0)  # such as all that a dead unit reads
        found: BoolArray = (sharp | exact) & np.isfinite(self.numeric) & ~self.crosses_kink & ~self.disagrees
        return found

    @property
    def worst(self) -> float:
        """The largest |a - n| away from kinks, relative to the largest entry of the gradient."""
        smooth = ~self.crosses_kink
        scale = max(float(np.abs(self.analytic).max()), float(np.abs(self.numeric).max()), 1e-300)
        return float(np.abs(self.analytic - self.numeric)[smooth].max(initial=0.0)) / scale


def gradient_check(
    network: Network,
    X: FloatArray,
    y: IntArray,
    reg: float = 0.0,
    reg_l1: float = 0.0,
    h: float = 1e-5,
    analytic: FloatArray | None = None,
    single: bool = False,
    every: int = 1,
) -> GradientCheck:
    """Compare the gradient at X (N, D), y (N,) with (loss(w + h) - loss(w - h)) / 2h for every parameter w.

    analytic: another gradient than the network's own, to be put to the test; single: the losses in float32, penalty included.
    every: of each hidden layer only each so many-th unit is looked at; the numeric entries of the others are NaN.
    """
    if not (isinstance(h, int | float) and 0 < h < 1):
        raise ValueError(f"h must be a finite number between 0 and 1, got {h!r}")
    kind = np.float32 if single else np.float64
    if analytic is None:
        _, analytic = network.loss_and_gradient(X, y, reg, reg_l1)
    found = data_differences(network, X, y, h, kind, every)
    numeric, noise, kinks = found.slope, found.truncation + found.rounding, found.kinks
    if reg or reg_l1:
        slope, rounding, kinked = _penalty_differences(network, reg, reg_l1, h, kind)
        numeric, noise, kinks = numeric + slope, noise + rounding, kinks | kinked
    with np.errstate(all="ignore"):
        noise = noise + 8 * np.finfo(np.float64).eps * (np.abs(analytic) + np.abs(numeric)) + 1e-300
    return GradientCheck(analytic, numeric, kinks, noise, np.asarray(X, dtype=np.float64), y)


def _penalty_differences(
    network: Network, reg: float, reg_l1: float, h: float, kind: type[np.floating[Any]]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The central difference of ½·reg·w² + reg_l1·|w| for every weight, a bound of its rounding, and which cross w = 0.

    The square has no truncation: its third derivative is 0.
    """
    eps, weights = float(np.finfo(kind).eps), network.weight_mask()
    w = network.parameters.astype(kind)
    above, below = w + kind(h), w - kind(h)
    difference = kind(0.5 * reg) * (above * above - below * below) + kind(reg_l1) * (np.abs(above) - np.abs(below))
    far = np.abs(network.parameters) + h
    rounding = (4 * eps * reg * far * far + 4 * eps * reg_l1 * far) / h
    kinks = (weights > 0) & (np.abs(network.parameters) <= h * (1 + 4 * eps) + 2 * eps * far) & (reg_l1 > 0)
    return weights * difference.astype(float) / (2 * h), weights * rounding, kinks
