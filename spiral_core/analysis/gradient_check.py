"""The analytic gradient against central differences, with the ReLU's kinks told apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiral_core.activations import ACTIVATIONS
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.network import Network

BoolArray = NDArray[np.bool_]
BLOCK_NUMBERS = 2_000_000  # of the widest array: 16 MB


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Both gradients, one entry a parameter, in the order of `Network.parameters`."""

    analytic: FloatArray
    numeric: FloatArray
    crosses_kink: BoolArray  # the perturbation switches a unit on or off, so the difference quotient means little

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
    network: Network,
    X: FloatArray,
    y: IntArray,
    reg: float = 0.0,
    reg_l1: float = 0.0,
    h: float = 1e-5,
    analytic: FloatArray | None = None,
    single: bool = False,
) -> GradientCheck:
    """Compare the gradient at X (N, D), y (N,) with (loss(w + h) - loss(w - h)) / 2h for every parameter w.

    analytic: another gradient than the network's own, to be put to the test; single: all in float32, which rounds at 1e-7.
    """
    if not (isinstance(h, int | float) and 0 < h < 1):
        raise ValueError(f"h must be a finite number between 0 and 1, got {h!r}")
    if analytic is None:
        _, analytic = network.loss_and_gradient(X, y, reg, reg_l1)
    difference, kinks = _data_differences(network, X, y, h, np.float32 if single else np.float64)
    weights, above, below = network.weight_mask(), network.parameters + h, network.parameters - h
    difference += weights * 0.5 * reg * (above**2 - below**2)
    difference += weights * reg_l1 * (np.abs(above) - np.abs(below))
    if reg_l1:
        kinks |= (weights > 0) & (np.abs(network.parameters) <= h)
    return GradientCheck(analytic, difference / (2 * h), kinks)


def _data_differences(
    network: Network, X: FloatArray, y: IntArray, h: float, kind: type[np.floating[Any]]
) -> tuple[FloatArray, BoolArray]:
    """data_loss(w + h) - data_loss(w - h) for every parameter w, and whether a unit switches between the two.

    A perturbed weight or bias changes one unit alone, so for each unit only what follows it is computed again, for all of
    its parameters at once. Arrays are (perturbation, unit, sample).
    """
    activation = ACTIVATIONS[network.activation].forward
    has_kink = network.activation in ("relu", "leaky_relu")
    network_layers = [layer.astype(kind) for layer in network.layers]
    inputs, z = [network.feature_major(X).astype(kind)], []  # what each layer reads (n_in + 1, N) and computes (n_out, N)
    for layer in network_layers:
        z.append(layer @ inputs[-1])
        inputs.append(np.vstack([_applied(activation, z[-1]), np.ones(len(y), dtype=kind)]))

    difference, kinks = np.empty_like(network.parameters), np.zeros(network.parameters.shape, dtype=bool)
    layers = zip(network.split_layers(difference), network.split_layers(kinks), strict=True)
    for depth, (rows, switched) in enumerate(layers):
        widest = max(network.sizes[depth + 1 :])
        step = max(1, BLOCK_NUMBERS // (widest * len(y)))  # parameters at a time
        for unit, start in itertools.product(range(len(rows)), range(0, rows.shape[1], step)):
            some = slice(start, start + step)
            move = kind(h) * inputs[depth][some]  # of this unit's z, by each of these parameters
            moved = z[depth][unit] + np.concatenate([move, -move])  # (2·parameters, N)
            if depth == len(z) - 1:
                after = np.repeat(z[depth][None], len(moved), axis=0)
                after[:, unit] = moved
            else:
                change = _applied(activation, moved) - inputs[depth + 1][unit]
                after = z[depth + 1] + network_layers[depth + 1][:, unit, None] * change[:, None]
                kinked = [moved[:, None]]
                for layer in network_layers[depth + 2 :]:
                    kinked.append(after)
                    after = layer[:, :-1] @ _applied(activation, after) + layer[:, -1:]
                for part in kinked if has_kink else []:
                    above, below = np.split(part > 0, 2)
                    switched[unit, some] |= (above != below).any(axis=(1, 2))
            above, below = np.split(_mean_cross_entropy(after, y), 2)
            rows[unit, some] = above - below
    return difference, kinks


def _applied(activation: Callable[[FloatArray], object], z: FloatArray) -> FloatArray:
    h = z.copy()
    activation(h)
    return h


def _mean_cross_entropy(scores: FloatArray, y: IntArray) -> FloatArray:
    """scores (perturbation, K, N) → the mean over the samples (perturbation,)."""
    scores = scores - scores.max(axis=1, keepdims=True)
    own = np.take_along_axis(scores, y[None, None], axis=1)[:, 0]
    loss: FloatArray = (np.log(np.exp(scores).sum(axis=1)) - own).mean(axis=1)
    return loss
