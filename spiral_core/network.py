"""A fully connected classifier of any depth: its parameters, scores and loss.

The forward and backward pass are in `spiral_core.backprop`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from spiral_core import features as plane
from spiral_core.activations import INITIALISATIONS
from spiral_core.arrays import AnyArray, FloatArray, IntArray
from spiral_core.backprop import Backprop, Gradient
from spiral_core.losses import probabilities
from spiral_core.rules import Rule, SettingError
from spiral_core.settings import FIELDS

SIZES = Rule("sizes", "at least two whole numbers from 1")


def one_input_each(features: Sequence[str]) -> Rule:
    return Rule("one input each", "sizes that begin with {count}, one for each feature", {"count": len(features)})


class Network:
    """Layers of the given sizes, [D, hidden …, K]; `Network([D, K])` is a linear classifier.

    features: what the first layer reads of points in the plane (`spiral_core.features`); with the plain ones, their coordinates.
    All methods take points, and `inputs` turns them into what the first layer reads.
    loss: what the scores cost, "softmax" or "hinge" (`spiral_core.losses`).

    `parameters` is one flat vector of dtype; `weights[i]` (n_in, n_out) and `biases[i]` (n_out,) are writable views on it, and so
    are `layers[i]` (n_out, n_in + 1), the transposed weights with the biases as their last column.
    Starts at zero: `initialise` draws weights. Raises SettingError for sizes, an activation, features or a loss not allowed.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str = "relu", parameters: FloatArray | None = None,
        features: Sequence[str] = plane.PLAIN, loss: str = "softmax", dtype: type[np.floating] = np.float64,
    ) -> None:  # fmt: skip
        if len(sizes) < 2 or any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in sizes):
            raise SettingError("sizes", SIZES, list(sizes))
        self.sizes = tuple(int(n) for n in sizes)
        self.activation = FIELDS["activation"].check("activation", activation)
        self.features: tuple[str, ...] = FIELDS["features"].check("features", features)
        self.loss_name = FIELDS["loss"].check("loss", loss)
        if self.sizes[0] != plane.count(self.features, self.sizes[0]):
            raise SettingError("sizes", one_input_each(self.features), list(sizes))
        self._shapes = [(n_out, n_in + 1) for n_in, n_out in pairwise(self.sizes)]
        count = sum(rows * columns for rows, columns in self._shapes)
        if parameters is None:
            parameters = np.zeros(count)
        elif parameters.shape != (count,):
            raise ValueError(f"parameters must have shape ({count},) for sizes {self.sizes}, got {parameters.shape}")
        self.parameters = np.ascontiguousarray(parameters, dtype=dtype)
        self.layers = self.split_layers(self.parameters)
        self.weights, self.biases = self.split(self.parameters)

    def split_layers(self, vector: AnyArray) -> list[AnyArray]:
        """Views of a flat vector as one matrix per layer, (n_out, n_in + 1), with the bias in its last column."""
        ends = np.cumsum([rows * columns for rows, columns in self._shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(vector, ends), self._shapes, strict=True)]

    def split(self, vector: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Views of a flat vector, such as a gradient, as weights (n_in, n_out) and biases (n_out,)."""
        layers = self.split_layers(vector)
        return [layer[:, :-1].T for layer in layers], [layer[:, -1] for layer in layers]

    def arrays(self, vector: FloatArray) -> list[FloatArray]:
        """The parts of a flat vector that belong to W and b of each layer: W1, b1, W2, b2 …"""
        return [part for pair in zip(*self.split(vector), strict=True) for part in pair]

    def initialise(self, init: str, rng: np.random.RandomState) -> Network:
        """Draw all weights from rng, layer by layer and row by row of (n_in, n_out); biases become 0. Returns itself."""
        scale = INITIALISATIONS[FIELDS["init"].check("init", init)].scale
        for W, b in zip(self.weights, self.biases, strict=True):
            W[:] = scale(*W.shape) * rng.randn(*W.shape)
            b[:] = 0
        return self

    def copy(self, dtype: type[np.floating] = np.float64) -> Network:
        with np.errstate(over="ignore"):  # what single precision cannot hold becomes infinite
            parameters = self.parameters.astype(dtype)
        return Network(self.sizes, self.activation, parameters, self.features, self.loss_name, dtype)

    @property
    def unit_count(self) -> int:
        """Hidden units, of all layers together."""
        return sum(self.sizes[1:-1])

    @property
    def dimensions(self) -> int:
        """Of the points that it takes."""
        return self.sizes[0] if self.features == plane.PLAIN else 2

    def inputs(self, X: FloatArray) -> FloatArray:
        """What the first layer reads of points X: (N, D) → (N, sizes[0])."""
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.dimensions:
            raise ValueError(f"X must have shape (N, {self.dimensions}), got {X.shape}")
        return plane.inputs(self.features, X)

    def weight_mask(self) -> FloatArray:
        """1 for each weight and 0 for each bias, in the order of `parameters`."""
        mask = np.zeros_like(self.parameters)
        for W in self.split(mask)[0]:
            W[:] = 1
        return mask

    def feature_major(self, X: FloatArray) -> FloatArray:
        """Points X (N, D) as the first layer reads them: (inputs + 1, N), with a last row of ones that meets the bias."""
        X = self.inputs(X)
        inputs = np.ones((X.shape[1] + 1, len(X)), dtype=self.parameters.dtype)
        inputs[:-1] = X.T
        return inputs

    def scores(self, X: FloatArray) -> FloatArray:
        """The scores of each class. X: (N, D) → (N, K)."""
        return Backprop(self, self.feature_major(X)).scores().T

    def probabilities(self, X: FloatArray) -> FloatArray:
        """The softmax of the scores. X: (N, D) → (N, K); each row sums to 1. A net trained with the hinge means none."""
        return probabilities(self.scores(X))

    def predict(self, X: FloatArray) -> IntArray:
        """The class with the highest score. X: (N, D) → (N,)."""
        winner: IntArray = self.scores(X).argmax(axis=1)
        return winner

    def regularisation(self, reg: float = 0.0, reg_l1: float = 0.0) -> float:
        """½·reg·ΣW² + reg_l1·Σ|W|, over the weights and not the biases."""
        loss = 0.0
        for W in self.weights:
            if reg:
                loss += 0.5 * reg * float(np.sum(W * W))
            if reg_l1:
                loss += reg_l1 * float(np.sum(np.abs(W)))
        return loss

    def loss(self, X: FloatArray, y: IntArray, reg: float = 0.0, reg_l1: float = 0.0) -> float:
        """Mean loss of X (N, D) with classes y (N,), of the softmax in nats, plus the regularisation."""
        data_loss, _ = Backprop(self, self.feature_major(X), y).evaluate()
        return data_loss + self.regularisation(reg, reg_l1)

    def loss_and_gradient(self, X: FloatArray, y: IntArray, reg: float = 0.0, reg_l1: float = 0.0) -> tuple[float, FloatArray]:
        """The loss, and its gradient as one flat vector in the order of `parameters`."""
        backprop = Backprop(self, self.feature_major(X), y)
        gradient = Gradient(self)
        backprop.gradient(gradient)
        gradient.vector += self.weight_mask() * (reg * self.parameters + reg_l1 * np.sign(self.parameters))
        return backprop.evaluate()[0] + self.regularisation(reg, reg_l1), gradient.vector
