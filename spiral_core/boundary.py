"""Decision boundaries: the class that a network predicts at each point of a grid, and its confidence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spiral_core.arrays import ByteArray, FloatArray, IntArray
from spiral_core.backprop import Backprop
from spiral_core.losses import MARGIN, lead
from spiral_core.network import Network

SAMPLED = 101  # each such point of a map shows whether single precision will do; no multiple of a picture's side


def levels(classes: int) -> int:
    """The number of confidence levels in a map, from an even guess to certainty: class and level together fit in a byte."""
    return min(40, 256 // classes)


class Area(NamedTuple):
    """A rectangle of the plane."""

    left: float
    right: float
    bottom: float
    top: float


def area_of(X: FloatArray, margin: float = 0.08) -> Area:
    """The square around all points X (N, 2); margin is a share of its side."""
    low, high = X.min(axis=0), X.max(axis=0)
    centre = (low + high) / 2
    half = max(float((high - low).max()) / 2, 1e-9) * (1 + 2 * margin)
    return Area(*(float(v) for v in (centre[0] - half, centre[0] + half, centre[1] - half, centre[1] + half)))


def grid(area: Area, size: int) -> FloatArray:
    """The centres of size x size cells, (size², 2), row by row from the bottom left."""
    middle = (np.arange(size) + 0.5) / size
    x = area.left + (area.right - area.left) * middle
    y = area.bottom + (area.top - area.bottom) * middle
    return np.column_stack([np.tile(x, size), np.repeat(y, size)])


def class_maps(network: Network, snapshots: FloatArray, X: FloatArray) -> ByteArray:
    """The predictions of a network at the points X (N, D), with each row of snapshots (S, P) as its parameters.

    Returns (S, N) bytes, class·levels(K) + level; level 0..levels(K)-1 is the probability of the predicted class, from
    1/K (an even guess) to 1. The hinge makes no probabilities: there the level is the lead of the best score over the second, from
    0 to 1, the margin that this loss asks for. The network is not changed.

    Computed in single precision, which takes half the time, where an even sample of the points comes out the same in double
    precision; else in double precision.
    """
    single, sample = _Probe(network, X, np.float32), _Probe(network, X[::SAMPLED])
    double: _Probe | None = None
    maps = np.empty((len(snapshots), len(X)), dtype=np.uint8)
    for parameters, out in zip(snapshots, maps, strict=True):
        out[:] = single.map(parameters)
        if not _alike(out[::SAMPLED], sample.map(parameters), network.sizes[-1]):
            double = double or _Probe(network, X)
            out[:] = double.map(parameters)
    return maps


class _Probe:
    """A copy of a network that maps the points X (N, D) with one row of parameters after the other."""

    def __init__(self, network: Network, X: FloatArray, dtype: type[np.floating] = np.float64) -> None:
        self._network = network.copy(dtype)
        self._backprop = Backprop(self._network, self._network.feature_major(X))

    def map(self, parameters: FloatArray) -> ByteArray:
        with np.errstate(all="ignore"):  # what is too large for single precision is seen in the sample
            self._network.parameters[:] = parameters
            scores = self._backprop.scores()  # (K, N)
            winner = scores.argmax(axis=0)
            return levels_of(winner, _certainty(scores, self._network.loss_name), len(scores))


def _alike(one: ByteArray, other: ByteArray, classes: int) -> bool:
    """Whether two maps have the same classes, and levels that are one apart at most: a value at the edge of two."""
    steps = levels(classes)
    same = one // steps == other // steps
    return bool(np.all(same & (np.abs(one.astype(int) - other) <= 1)))


def levels_of(winner: IntArray, certainty: FloatArray, classes: int) -> ByteArray:
    """Classes (N,) and how sure they are, 0..1 (N,), as the bytes of a map."""
    steps = levels(classes)
    level = np.clip(certainty * steps, 0, steps - 1)
    found: ByteArray = (winner * steps + level.astype(np.int64)).astype(np.uint8)
    return found


def _certainty(scores: FloatArray, loss: str) -> FloatArray:
    """How sure a net is of the class with the highest of its scores (K, N), from 0 to 1; the scores are overwritten."""
    found: FloatArray
    if loss == "hinge":
        found = np.nan_to_num(lead(scores) / MARGIN)
    else:
        scores -= scores.max(axis=0)
        confidence = 1 / np.exp(scores, out=scores).sum(axis=0)  # the softmax of the highest score
        even = 1 / len(scores)
        found = (confidence - even) / (1 - even)
    return found
