"""Which hidden units a net needs most: those without which its loss rises most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spiral_core.activations import ACTIVATIONS
from spiral_core.analysis.health import sampled
from spiral_core.analysis.trace import forward_back
from spiral_core.analysis.units import effects, effort_per_point
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset
from spiral_core.losses import losses
from spiral_core.network import Network

MAX_POINTS = 200
MIN_POINTS = 20
MAX_TRIED = 36  # units that are silenced in turn; more are ranked by an estimate first
MAX_PRODUCTS = 2e9  # of points, the effort of each, and units that are silenced


class Needed(NamedTuple):
    """A hidden unit, and by how much the mean loss rises and the accuracy falls where nothing reads it any more."""

    layer: int  # from 0
    unit: int
    loss: float
    accuracy: float


def most_needed(network: Network, data: Dataset, count: int, layers: int | None = None) -> list[Needed]:
    """The hidden units that the loss over the data needs most, the most needed first, at most `count`.

    layers: how many hidden layers are looked at, from the first on; None: all. Of much data a sample is taken, and of many units
    only those are silenced whose effect on the scores times their spread is largest, so that it stays cheap.
    """
    hidden = len(network.sizes) - 2 if layers is None else layers
    if hidden == 0:
        return []
    tried = max(MAX_TRIED, count)
    each = tried * effort_per_point(network.parameters.size, network.unit_count)
    most = int(np.clip(MAX_PRODUCTS / each, MIN_POINTS, MAX_POINTS))
    sample = sampled(data, most)
    outputs = [layer.h for layer in forward_back(network, sample.X, sample.y).layers]
    loss, accuracy = _loss_and_accuracy(network.loss_name, outputs[-1], sample.y)
    found = []
    for layer, unit in _shortlist(network, sample.X, outputs[:hidden], tried):
        without_loss, without_accuracy = _loss_and_accuracy(
            network.loss_name, _scores_without(network, outputs, layer, unit), sample.y
        )
        found.append(Needed(layer, unit, without_loss - loss, accuracy - without_accuracy))
    found.sort(key=lambda each: (-each.loss if np.isfinite(each.loss) else np.inf, each.layer, each.unit))
    return found[:count]


def _shortlist(network: Network, X: FloatArray, outputs: list[FloatArray], count: int) -> list[tuple[int, int]]:
    """Layer and unit of those whose effect on a score times their standard deviation is largest."""
    if sum(h.shape[1] for h in outputs) <= count:
        return [(layer, unit) for layer, h in enumerate(outputs) for unit in range(h.shape[1])]
    with np.errstate(all="ignore"):
        sizes = [np.abs(effects(network, X, layer)).max(axis=1) * h.std(axis=0) for layer, h in enumerate(outputs)]
    places = [(layer, unit) for layer, h in enumerate(outputs) for unit in range(h.shape[1])]
    order = np.argsort(-np.nan_to_num(np.concatenate(sizes)), kind="stable")
    return [places[i] for i in order[:count]]


def _scores_without(network: Network, outputs: list[FloatArray], layer: int, unit: int) -> FloatArray:
    """The scores (N, K) where nothing reads one hidden unit; outputs: (N, units) of each layer."""
    activation, last = ACTIVATIONS[network.activation], len(network.weights) - 1
    h = outputs[layer].copy()
    h[:, unit] = 0
    with np.errstate(all="ignore"):
        for i in range(layer + 1, last + 1):
            h = h @ network.weights[i] + network.biases[i]  # (N, n_out)
            if i < last:
                activation.forward(h)
    return h


def _loss_and_accuracy(loss: str, scores: FloatArray, y: IntArray) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        return float(losses(loss, scores, y).mean()), float((scores.argmax(axis=1) == y).mean())
