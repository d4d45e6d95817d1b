"""What is done to the coordinates before training: centred, standardised, turned onto the principal axes, whitened.

Everything is measured on the training points alone. Exported scripts contain `mean_and_deviation` and `principal_axes` verbatim,
so they may use nothing but NumPy as `np`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_

if TYPE_CHECKING:
    from spiral_core.datasets import Dataset

SCALES = {
    "none": N_("Unscaled"),
    "centre": N_("Centred"),
    "standardise": N_("Standardised"),
    "pca": N_("Principal axes"),
    "whiten": N_("Whitened"),
}
TURNED = ("pca", "whiten")  # whose coordinates are no longer those of the data
UNIT_FREE = ("standardise", "whiten")  # whose coordinates have standard deviation 1


class Scaling(NamedTuple):
    """An affine map: minus the mean (D,), turned onto the axes (D, D), one a row, if there are any, over the deviation (D,)."""

    mean: FloatArray
    axes: FloatArray | None
    deviation: FloatArray

    def of(self, X: FloatArray) -> FloatArray:
        """The new coordinates (N, D) of points (N, D)."""
        Z = X - self.mean
        return (Z if self.axes is None else Z @ self.axes.T) / self.deviation

    def __call__(self, dataset: Dataset) -> Dataset:
        return dataset.with_points(self.of(dataset.X))


def mean_and_deviation(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What standardising subtracts from each column of X and divides it by; a column that does not vary is only shifted.

    It does not vary where all its values agree but for rounding, or differ by less than numbers can be squared.
    """
    spread = X.max(axis=0) - X.min(axis=0)
    rounding = 64 * np.finfo(float).eps * np.abs(X).max(axis=0)
    constant = spread <= np.maximum(rounding, 1e-150)
    return X.mean(axis=0), np.where(constant, 1.0, X.std(axis=0))


def principal_axes(X: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The mean of X (N, D), its principal axes, one a row, and the standard deviation of X along each, the largest first.

    An axis along which X does not vary but for rounding gets 1, so that whitening only turns it. Without any principal direction
    (all deviations agree to 1e-9) the axes stay as they are. An axis' first component that is not 0 is positive, but the last
    axis' sign is such that nothing is mirrored: in the plane the first points to the right, the second a quarter turn to its left.
    """
    D, mean = X.shape[1], X.mean(axis=0)
    _U, values, axes = np.linalg.svd(np.linalg.qr(X - mean, mode="r"))
    deviation = np.zeros(D)
    deviation[: len(values)] = values / np.sqrt(len(X))
    if deviation[0] - deviation[-1] <= 1e-9 * deviation[0]:
        axes = np.eye(D)
    for axis in axes:
        axis *= np.sign(axis[np.abs(axis) > 1e-9][0])
    axes[-1] *= np.sign(np.linalg.det(axes))
    rounding = 64 * np.finfo(float).eps * np.abs(X).max()
    return mean, axes, np.where(deviation <= max(rounding, 1e-150), 1.0, deviation)


def scaling(X: FloatArray, scale: str) -> Scaling:
    """The map of one of SCALES, measured on X (N, D). Raises ValueError where the numbers are too large to be squared."""
    ones, axes = np.ones(X.shape[1]), None
    with np.errstate(over="ignore", invalid="ignore"):
        if scale == "none":
            return Scaling(np.zeros(X.shape[1]), None, ones)
        if scale in TURNED and np.abs(X).max() <= 1e150:
            mean, axes, deviation = principal_axes(X)
        else:
            mean, deviation = mean_and_deviation(X)
    if not (np.isfinite(mean) & np.isfinite(deviation)).all() or (scale in TURNED and axes is None):
        raise ValueError(f"X must lie within 1e150 of 0 to be scaled, got {np.abs(X).max():g}")
    return Scaling(mean, axes, deviation if scale in UNIT_FREE else ones)
