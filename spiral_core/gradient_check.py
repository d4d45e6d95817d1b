"""The analytic gradient against central differences, with the ReLU's kinks told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spiral_core.arrays import AnyArray, FloatArray, IntArray
from spiral_core.network import LEAK, Network


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Both gradients, one entry a parameter, in the order of `Network.parameters`."""

    analytic: FloatArray
    numeric: FloatArray
    crosses_kink: AnyArray  # bool: the perturbation switches a unit on or off, so the difference quotient means little

    @property
    def relative_error(self) -> FloatArray:
        """|a - n| / max(|a|, |n|) for each entry, 0 where both are 0."""
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        return np.abs(self.analytic - self.numeric) / np.where(largest == 0, 1, largest)

    @property
    def worst(self) -> float:
        """The largest |a - n| away from kinks, relative to the largest entry of the gradient."""
        smooth = ~self.crosses_kink
        scale = max(float(np.abs(self.analytic).max()), float(np.abs(self.numeric).max()), 1e-300)
        return float(np.abs(self.analytic - self.numeric)[smooth].max(initial=0.0)) / scale


def gradient_check(
    network: Network, X: FloatArray, y: IntArray, reg: float = 0.0, reg_l1: float = 0.0, h: float = 1e-5
) -> GradientCheck:
    """Compare the gradient at X (N, D), y (N,) with (loss(w + h) - loss(w - h)) / 2h for every parameter w."""
    if not (isinstance(h, int | float) and 0 < h < 1):
        raise ValueError(f"h must be a finite number between 0 and 1, got {h!r}")
    _, analytic = network.loss_and_gradient(X, y, reg, reg_l1)
    probe = network.copy()
    numeric = np.empty_like(analytic)
    kinks = np.zeros(analytic.size, dtype=bool)
    weights = network.weight_mask() > 0
    for i, value in enumerate(network.parameters):
        probe.parameters[i] = value + h
        above, signs_above = probe.loss(X, y, reg, reg_l1), _signs(probe, X)
        probe.parameters[i] = value - h
        below, signs_below = probe.loss(X, y, reg, reg_l1), _signs(probe, X)
        probe.parameters[i] = value
        numeric[i] = (above - below) / (2 * h)
        kinks[i] = signs_above != signs_below or bool(reg_l1 and weights[i] and abs(value) <= h)
    return GradientCheck(analytic, numeric, kinks)


def _signs(network: Network, X: FloatArray) -> bytes:
    """Which units are on at which points; empty for activations without a kink."""
    if network.activation not in ("relu", "leaky_relu"):
        return b""
    signs, h = [], np.asarray(X, dtype=np.float64)
    for W, b in zip(network.weights[:-1], network.biases[:-1], strict=True):
        z = h @ W + b
        signs.append(np.packbits(z > 0).tobytes())
        h = np.where(z > 0, z, 0.0 if network.activation == "relu" else LEAK * z)
    return b"".join(signs)
