"""Central differences of the data loss, and for each how far it may lie from the derivative: by truncation and by rounding.

The bounds are derived, not fitted. A parameter moved by t in [-h, h] moves the
quantities that follow it along smooth curves. `Motion` bounds their first three derivatives, layer by layer, by the chain
rule with absolute values. The third derivative of the loss then bounds the truncation, h²/6·max|φ'''|. In the same pass it
bounds what rounding does to the two values of the loss (running error analysis: Higham, Accuracy and Stability of Numerical
Algorithms, ch. 3), and what the rounding of the unmoved pass does to the slope itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiral_core.activations import ACTIVATIONS
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.losses import MARGIN
from spiral_core.network import Network

BoolArray = NDArray[np.bool_]
BLOCK_NUMBERS = 2_000_000  # of the widest array: 16 MB
KINKED = ("relu", "leaky_relu")

# c of each activation: |a''| ≤ c·a' and |a'''| ≤ c²·a', so a' changes by a factor of at most e^(c·m) over a distance m.
_CURVATURE = {"relu": 0.0, "leaky_relu": 0.0, "linear": 0.0, "tanh": 2.0, "sigmoid": 1.0}
_STEEPEST = {"relu": 1.0, "leaky_relu": 1.0, "linear": 1.0, "tanh": 1.0, "sigmoid": 0.25}
UNLIKELY = 4.0  # the rounding of N losses adds up like √N random signs; so many standard deviations of it are allowed for
_ACTIVATION_ROUNDING = 4  # units in the last place by which an activation's value, or an e^x, may be off


class Differences(NamedTuple):
    """One entry a parameter, in the order of `Network.parameters`."""

    slope: FloatArray  # (data_loss(w + h) - data_loss(w - h)) / 2h
    kinks: BoolArray  # whether a unit, or a term of the hinge, may switch on or off between the two
    truncation: FloatArray  # bounds of |slope - derivative|
    rounding: FloatArray


@dataclass(frozen=True, eq=False)
class Motion:
    """Bounds of what a moved parameter does to some quantities, arrays (perturbation, unit, sample).

    d1, d2, d3: the derivatives by the parameter; error: rounding of the moved values; blur: of d1, by the unmoved pass.
    """

    d1: FloatArray
    d2: FloatArray
    d3: FloatArray
    error: FloatArray
    blur: FloatArray

    def through(self, layer: FloatArray) -> Motion:
        """The same of layer·quantities."""
        size = np.abs(layer)
        return Motion(*(size @ part for part in (self.d1, self.d2, self.d3, self.error, self.blur)))


class _Pass:
    """The unmoved pass in one precision: what each layer reads and computes, and bounds `drift` of its rounding."""

    def __init__(self, network: Network, X: FloatArray, kind: type[np.floating[Any]]) -> None:
        self.kind, self.eps = kind, float(np.finfo(kind).eps)
        self.name, self.c, self.steepest = network.activation, _CURVATURE[network.activation], _STEEPEST[network.activation]
        self.activation = ACTIVATIONS[network.activation]
        self.layers = [layer.astype(kind) for layer in network.layers]
        inputs = network.feature_major(X).astype(kind)
        drift = np.abs(inputs[:-1] - network.feature_major(X)[:-1])  # 0 in double precision
        self.inputs, self.z, self.slopes, self.drift, self.input_drift = [inputs], [], [], [], [_with_zeros(drift)]
        for layer in self.layers:
            size, reads = np.abs(layer.astype(float)), np.abs(self.inputs[-1].astype(float))
            self.z.append(layer @ self.inputs[-1])
            self.drift.append(size @ self.input_drift[-1] + (layer.shape[1] + 2) * self.eps * (size @ reads))
            h = self.applied(self.z[-1])
            slope = np.ones_like(h)
            self.activation.backward(slope, h.copy())
            self.slopes.append(slope.astype(float))
            drift = self.slope_within(self.slopes[-1], self.drift[-1]) * self.drift[-1]
            self.input_drift.append(_with_zeros(drift + _ACTIVATION_ROUNDING * self.eps * np.abs(h.astype(float))))
            self.inputs.append(np.vstack([h, np.ones(h.shape[1], dtype=kind)]))

    def applied(self, z: FloatArray) -> FloatArray:
        h = z.copy()
        self.activation.forward(h)
        return h

    def slope_within(self, slope: FloatArray, distance: FloatArray) -> FloatArray:
        """The largest slope of the activation within a distance of where it has this one; kinks aside."""
        if self.c == 0:
            return slope
        return np.minimum((slope + 4 * self.eps) * np.exp(self.c * distance), self.steepest)  # read off h, it is rounded itself

    def bend(self, motion: Motion, depth: int, unit: slice | int, h: float, size: FloatArray) -> Motion:
        """The motion of the outputs of a layer's units from that of their z (chain rule); size: |h| of their outputs."""
        c, slope, drift = self.c, self.slopes[depth][unit], self.drift[depth][unit]
        steep = self.slope_within(slope, h * motion.d1 + drift)
        d1 = steep * motion.d1
        return Motion(
            d1,
            steep * (c * motion.d1**2 + motion.d2),
            steep * (c * c * motion.d1**3 + 3 * c * motion.d1 * motion.d2 + motion.d3),
            steep * motion.error + _ACTIVATION_ROUNDING * self.eps * (size + h * d1),
            steep * motion.blur + d1 * (np.expm1(c * drift) + 4 * self.eps),
        )


def _with_zeros(drift: FloatArray) -> FloatArray:
    return np.vstack([drift, np.zeros(drift.shape[1])])


def data_differences(
    network: Network, X: FloatArray, y: IntArray, h: float, kind: type[np.floating[Any]], every: int = 1
) -> Differences:
    """The central differences of the mean loss at X (N, D), y (N,) for every parameter, computed in one precision.

    A perturbed weight or bias changes one unit alone, so for each unit only what follows it is computed again, for all of
    its parameters at once. every: of each hidden layer only each so many-th unit is moved, and
    in the last layer what is read of these many; all other slopes are NaN.
    """
    with np.errstate(all="ignore"):
        base = _Pass(network, X, kind)
        loss = _Hinge(base.z[-1], base.drift[-1], y) if network.loss_name == "hinge" else _Softmax(base.z[-1], base.drift[-1], y)
        found = [np.zeros_like(network.parameters) for _ in range(3)]
        kinks = np.zeros(network.parameters.shape, dtype=bool)
        parts = [network.split_layers(part) for part in (*found, kinks)]
        for depth, rows in enumerate(zip(*parts, strict=True)):
            widest = max(network.sizes[depth + 1 :])
            step = max(1, BLOCK_NUMBERS // (widest * len(y)))  # parameters at a time
            if every > 1:
                rows[0][:] = np.nan
            units, inputs = (every, 1) if depth < len(base.z) - 1 else (1, every)
            columns = range((rows[0].shape[1] - 1) % inputs, rows[0].shape[1], step * inputs)  # the last, the bias, among them
            for unit, start in itertools.product(range(0, len(rows[0]), units), columns):
                some = slice(start, start + step * inputs, inputs)
                values = _block(base, loss, depth, unit, some, h)
                for row, value in zip(rows, values, strict=True):
                    row[unit, some] = value
    return Differences(found[0], kinks, found[1], found[2])


def _block(
    base: _Pass, loss: _Softmax | _Hinge, depth: int, unit: int, some: slice, h: float
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Slope, truncation, rounding and kinks of some parameters of one unit."""
    kind, eps, z = base.kind, base.eps, base.z[depth][unit]
    inputs = base.inputs[depth][some]
    move = kind(h) * inputs  # of this unit's z, by each of these parameters
    moved = z + np.concatenate([move, -move])  # (2·parameters, N)
    d1 = np.abs(inputs.astype(float))
    nothing = np.zeros_like(d1)
    motion = Motion(d1, nothing, nothing, eps * (np.abs(z) + 2 * h * d1), base.input_drift[depth][some] + 2 * eps * d1)
    switched = np.zeros(len(inputs), dtype=bool)
    if depth == len(base.z) - 1:
        scores = np.repeat(base.z[depth][None], len(moved), axis=0)
        scores[:, unit] = moved
        motion = Motion(*(_only(part, unit, base.z[depth].shape) for part in vars(motion).values()))
    else:
        switched |= _crosses(base, moved, motion.error + base.drift[depth][unit])
        motion = base.bend(motion, depth, unit, h, np.abs(base.inputs[depth + 1][unit].astype(float)))
        change = base.applied(moved) - base.inputs[depth + 1][unit]
        column = base.layers[depth + 1][:, unit, None]
        scores = base.z[depth + 1] + column * change[:, None]
        motion = Motion(*(part[:, None] for part in vars(motion).values())).through(column.astype(float))
        size = np.abs(base.z[depth + 1].astype(float)) + h * motion.d1
        motion = Motion(motion.d1, motion.d2, motion.d3, 2 * motion.error + 3 * eps * size, motion.blur)
        for later in range(depth + 1, len(base.z) - 1):
            switched |= _crosses(base, scores, motion.error + base.drift[later])
            outputs = base.applied(scores)
            layer = base.layers[later + 1]
            size = np.abs(outputs.astype(float)).reshape(2, -1, *outputs.shape[1:]).max(axis=0)
            motion = base.bend(motion, later, slice(None), h, size).through(layer[:, :-1].astype(float))
            summed = np.abs(layer[:, :-1].astype(float)) @ size + np.abs(layer[:, -1:].astype(float))
            error = motion.error + (layer.shape[1] + 2) * eps * summed
            motion = Motion(motion.d1, motion.d2, motion.d3, error, motion.blur)
            scores = layer[:, :-1] @ outputs + layer[:, -1:]
    switched |= loss.switches(scores, motion, h)
    above, below = np.split(loss.of(scores), 2)
    slope = (above.mean(axis=1) - below.mean(axis=1)).astype(float) / (2 * h)
    truncation = loss.truncation(motion, h)
    return slope, truncation, loss.rounding(motion, h, np.maximum(above, below), eps, len(base.z)), switched


def _only(part: FloatArray, unit: int, shape: tuple[int, ...]) -> FloatArray:
    """(perturbation, sample) as the row of one of the units, the others' being 0."""
    whole = np.zeros((len(part), *shape))
    whole[:, unit] = part
    return whole


def _crosses(base: _Pass, values: FloatArray, margin: FloatArray) -> BoolArray:
    """For each perturbation, whether a unit is on at one end and off at the other, or may be, by rounding."""
    above, below = np.split(values, 2)
    if base.name not in KINKED:
        return np.zeros(len(above), dtype=bool)
    crossed = (np.maximum(above, below) + margin > 0) & (np.minimum(above, below) - margin <= 0)
    crossed &= (above != below) | (margin > 0)
    found: BoolArray = np.asarray(crossed.reshape(len(above), -1).any(axis=1))
    return found


class _Softmax:
    """The cross-entropy, and how sure the softmax is of each sample, which bounds how the loss bends as its scores move."""

    def __init__(self, scores: FloatArray, drift: FloatArray, y: IntArray) -> None:
        self.y = np.asarray(y)
        shifted = (scores - scores.max(axis=0)).astype(float)
        top, own = shifted.argmax(axis=0), self.y
        self.doubt, self.missing = (_log_share_of_others(shifted, row) for row in (top, own))  # (N,) log(1 - p)
        self.depth = -np.take_along_axis(shifted, own[None], axis=0)[0]  # how far the own score lies below the highest
        self.drift = drift.max(axis=0)

    def of(self, scores: FloatArray) -> FloatArray:
        """scores (perturbation, K, N) → the cross-entropy of each sample (perturbation, N)."""
        scores = scores - scores.max(axis=1, keepdims=True)
        loss: FloatArray = np.log(np.exp(scores).sum(axis=1)) - _own(scores, self.y)[:, 0]
        return loss

    def switches(self, scores: FloatArray, motion: Motion, h: float) -> BoolArray:
        """The cross-entropy has no kinks."""
        return np.zeros(len(scores) // 2, dtype=bool)

    def truncation(self, motion: Motion, h: float) -> FloatArray:
        """h²/6 times the largest third derivative of the mean loss, or the whole range of the first where that is less.

        With f = ds/dt, g = d²s/dt² the loss has φ''' = κ₃(f) + 3·cov(f, g) + E[d³s/dt³] - d³s_y/dt³ under the softmax.
        """
        r1, r2, r3 = (_range(part) for part in (motion.d1, motion.d2, motion.d3))
        grows = 2 * h * r1 + 2 * self.drift  # by how much the logarithm of a probability can
        doubt, missing = (np.exp(np.minimum(0, share + grows)) for share in (self.doubt, self.missing))
        third = r1**3 * np.minimum(0.0963, 6 * doubt) + 3 * r1 * r2 * np.minimum(0.25, 2 * doubt) + 2 * r3 * missing
        found: FloatArray = np.fmin(h * h / 6 * third, 2 * r1 * missing).mean(axis=1)
        return found

    def rounding(self, motion: Motion, h: float, losses: FloatArray, eps: float, layers: int) -> FloatArray:
        """What rounding can do to the difference quotient, and to the gradient that it is compared with."""
        value = 2 * motion.error.max(axis=1) + eps * (2 + 2 * self.depth)
        samples = losses.shape[1]
        summed = value.mean(axis=1) * min(1, UNLIKELY / np.sqrt(samples)) + 4 * eps * np.abs(losses.astype(float)).mean(axis=1)
        r1, blur = _range(motion.d1), _range(motion.blur)
        shaken = np.minimum(1, np.exp(self.doubt) * np.expm1(2 * self.drift)) + (64 + samples) * layers * eps
        found: FloatArray = summed / h + 2 * (r1 * shaken + blur).mean(axis=1)
        return found


class _Hinge:
    """The hinge: away from its kinks a sum of scores, those of each class as often as `weight` says, whatever the sign."""

    def __init__(self, scores: FloatArray, drift: FloatArray, y: IntArray) -> None:
        self.y, self.drift, self.others = np.asarray(y), drift, np.ones(scores.shape, dtype=bool)
        self.others[self.y, np.arange(len(self.y))] = False
        active = (self.margins(scores[None])[0] > 0) & self.others
        self.weight = np.where(self.others, active, active.sum(axis=0)).astype(float)  # (K, N)

    def margins(self, scores: FloatArray) -> FloatArray:
        """s_j - s_y + 1 of scores (perturbation, K, N)."""
        found: FloatArray = scores - _own(scores, self.y) + scores.dtype.type(MARGIN)
        return found

    def of(self, scores: FloatArray) -> FloatArray:
        """scores (perturbation, K, N) → the loss of each sample (perturbation, N)."""
        loss: FloatArray = (np.maximum(self.margins(scores), 0) * self.others).sum(axis=1)
        return loss

    def switches(self, scores: FloatArray, motion: Motion, h: float) -> BoolArray:
        """For each perturbation, whether a margin is above 0 at one end and not at the other, or may be on the way."""
        above, below = np.split(self.margins(scores), 2)
        size = np.abs(scores.astype(float)).reshape(2, *above.shape).max(axis=0)
        unsure = motion.error + h * h / 2 * motion.d2 + self.drift + 2 * np.finfo(scores.dtype).eps * (size + MARGIN)
        unsure += _own(unsure, self.y)
        crossed = (np.maximum(above, below) + unsure > 0) & (np.minimum(above, below) - unsure <= 0) & self.others
        moves = _range(motion.d1)[:, None] > 0  # a margin that stands still switches nothing, wherever it stands
        found: BoolArray = (crossed & moves).any(axis=(1, 2))
        return found

    def truncation(self, motion: Motion, h: float) -> FloatArray:
        """h²/6 times the largest third derivative of the mean loss, or the whole range of the first where that is less."""
        third, first = ((self.weight * part).sum(axis=1) for part in (motion.d3, motion.d1))  # (perturbation, N)
        found: FloatArray = np.fmin(h * h / 6 * third, 2 * first).mean(axis=1)
        return found

    def rounding(self, motion: Motion, h: float, losses: FloatArray, eps: float, layers: int) -> FloatArray:
        """What rounding can do to the difference quotient, and to the gradient that it is compared with."""
        samples, (terms, _) = losses.shape[1], self.weight.shape
        counted = self.weight.sum(axis=0)  # (N,)
        value = (self.weight * motion.error).sum(axis=1) + eps * (terms + 2) * (np.abs(losses.astype(float)) + counted)
        summed = value.mean(axis=1) * min(1, UNLIKELY / np.sqrt(samples)) + 4 * eps * np.abs(losses.astype(float)).mean(axis=1)
        first, blur = ((self.weight * part).sum(axis=1) for part in (motion.d1, motion.blur))
        shaken = (64 + samples) * layers * eps
        found: FloatArray = summed / h + 2 * (first * shaken + blur).mean(axis=1)
        return found


def _own(values: FloatArray, y: IntArray) -> FloatArray:
    """Of values (perturbation, K, N) those of each sample's own class, (perturbation, 1, N)."""
    return np.take_along_axis(values, y[None, None], axis=1)


def _log_share_of_others(shifted: FloatArray, row: IntArray) -> FloatArray:
    """The logarithm of 1 - p of one class a sample, exact where p is all but 1. shifted: (K, N) scores below the highest."""
    others = shifted.copy()
    others[row, np.arange(shifted.shape[1])] = -np.inf
    highest = others.max(axis=0)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    share: FloatArray = highest + np.log(np.exp(others - highest).sum(axis=0)) - np.log(np.exp(shifted).sum(axis=0))
    return share


def _range(part: FloatArray) -> FloatArray:
    """(perturbation, K, N) of bounds of |f_k| → a bound (perturbation, N) of how far apart two of the f_k can lie."""
    if part.shape[1] == 1:
        return np.zeros_like(part[:, 0])
    total: FloatArray = np.minimum(part.sum(axis=1), 2 * part.max(axis=1))
    return total
