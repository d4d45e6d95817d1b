"""A fully connected softmax classifier of any depth, with its gradient derived by hand.

Inside, samples lie along the contiguous axis and a layer is one matrix (n_out, n_in + 1) whose last column is the bias:
one product then gives W·x + b for all samples, and one product gives the gradients of W and b together.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spiral_core.arrays import AnyArray, FloatArray, IntArray
from spiral_core.settings import FIELDS, SettingError

LEAK = 0.01  # the slope of the leaky ReLU below zero


def _has_small_kernels() -> bool:
    """Whether OpenBLAS runs its AVX-512 kernels, as the environment says or else as the processor can."""
    kernels = os.environ.get("OPENBLAS_CORETYPE", "").lower()
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return kernels in ("skylakex", "cooperlake", "sapphirerapids") if kernels else bool({"X86_V4", "AVX512_SKX"} & set(found))


# Where a skinny matrix product is better taken row by row: twice as fast with the AVX2 kernels, half as fast with the AVX-512
# ones, which know small matrices.
BY_ROWS = not _has_small_kernels()
FEW_ROWS, SMALL = 3, 10_000
WIDE = 256  # columns of a transposed matrix, beyond which the AVX-512 kernels for small matrices give way to slower ones
BLOCK_NUMBERS = 100_000  # values of the widest layer in a block of samples: so it stays in a core's cache
SURE, TINY = 600.0, 1e-280  # a summed loss below which no p, and a share of p below which its logarithm, is inexact
_NO_CLASSES = np.empty(0, dtype=np.int64)


class Activation(NamedTuple):
    """forward turns z into h in place; backward turns dh into dz in place, reads dh/dz off h and uses h up."""

    forward: Callable[[FloatArray], object]
    backward: Callable[[FloatArray, FloatArray], object]


def _relu(z: FloatArray) -> None:
    z.clip(0, np.inf, out=z)  # max(0, z), twice as fast as np.maximum against a scalar


def _relu_backward(dh: FloatArray, h: FloatArray) -> None:
    dh *= np.greater(h, 0, out=h)  # 1 where z > 0, else 0


def _leaky_relu(z: FloatArray) -> None:
    np.maximum(z, LEAK * z, out=z)


def _leaky_relu_backward(dh: FloatArray, h: FloatArray) -> None:
    np.greater(h, 0, out=h)
    h *= 1 - LEAK
    h += LEAK
    dh *= h


def _tanh(z: FloatArray) -> None:
    np.tanh(z, out=z)


def _tanh_backward(dh: FloatArray, h: FloatArray) -> None:
    h *= h
    dh *= np.subtract(1, h, out=h)  # 1 - h²


def _sigmoid(z: FloatArray) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)  # inf for very negative z, whose reciprocal is the right 0
    z += 1
    np.reciprocal(z, out=z)


def _sigmoid_backward(dh: FloatArray, h: FloatArray) -> None:
    dh *= h
    dh *= np.subtract(1, h, out=h)  # h·(1 - h)


ACTIVATIONS = {
    "relu": Activation(_relu, _relu_backward),
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_backward),
    "tanh": Activation(_tanh, _tanh_backward),
    "sigmoid": Activation(_sigmoid, _sigmoid_backward),
}

# Standard deviation of a layer's first weights, from n_in and n_out (CS231n; He et al. 2015; Glorot & Bengio 2010).
INITIALISATIONS: dict[str, Callable[[int, int], float]] = {
    "zero": lambda n_in, n_out: 0.0,
    "small": lambda n_in, n_out: 0.01,
    "inverse_sqrt": lambda n_in, n_out: 1 / np.sqrt(n_in),
    "he": lambda n_in, n_out: np.sqrt(2 / n_in),
    "glorot": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
}


class Network:
    """Layers of the given sizes, [D, hidden …, K]; `Network([D, K])` is the softmax linear classifier.

    `parameters` is one flat float64 vector; `weights[i]` (n_in, n_out) and `biases[i]` (n_out,) are writable views on it.
    Starts at zero: `initialise` draws weights.
    """

    def __init__(self, sizes: Sequence[int], activation: str = "relu", parameters: FloatArray | None = None) -> None:
        if len(sizes) < 2 or any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in sizes):
            raise SettingError("sizes", "at least two whole numbers from 1", list(sizes))
        self.sizes = tuple(int(n) for n in sizes)
        self.activation = FIELDS["activation"].check("activation", activation)
        self._shapes = [(n_out, n_in + 1) for n_in, n_out in pairwise(self.sizes)]
        count = sum(rows * columns for rows, columns in self._shapes)
        if parameters is None:
            parameters = np.zeros(count)
        elif parameters.shape != (count,):
            raise ValueError(f"parameters must have shape ({count},) for sizes {self.sizes}, got {parameters.shape}")
        self.parameters = np.ascontiguousarray(parameters, dtype=np.float64)
        self.layers = self.split_layers(self.parameters)
        self.weights, self.biases = self.split(self.parameters)

    def split_layers(self, vector: AnyArray) -> list[AnyArray]:
        """Views of a flat vector as one matrix a layer, (n_out, n_in + 1), the bias in its last column."""
        ends = np.cumsum([rows * columns for rows, columns in self._shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(vector, ends), self._shapes, strict=True)]

    def split(self, vector: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Views of a flat vector, such as a gradient, as weights (n_in, n_out) and biases (n_out,)."""
        layers = self.split_layers(vector)
        return [layer[:, :-1].T for layer in layers], [layer[:, -1] for layer in layers]

    def initialise(self, init: str, rng: np.random.RandomState) -> Network:
        """Draw all weights from rng, layer by layer in the order of (n_in, n_out); biases become 0. Returns itself."""
        scale = INITIALISATIONS[FIELDS["init"].check("init", init)]
        for W, b in zip(self.weights, self.biases, strict=True):
            W[:] = scale(*W.shape) * rng.randn(*W.shape)
            b[:] = 0
        return self

    def copy(self) -> Network:
        return Network(self.sizes, self.activation, self.parameters.copy())

    def weight_mask(self) -> FloatArray:
        """1 for each weight and 0 for each bias, in the order of `parameters`."""
        mask = np.zeros_like(self.parameters)
        for W in self.split(mask)[0]:
            W[:] = 1
        return mask

    def feature_major(self, X: FloatArray) -> FloatArray:
        """X (N, D) as the first layer reads it: (D + 1, N), with a last row of ones that meets the bias."""
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.sizes[0]:
            raise ValueError(f"X must have shape (N, {self.sizes[0]}), got {X.shape}")
        inputs = np.ones((X.shape[1] + 1, len(X)))
        inputs[:-1] = X.T
        return inputs

    def scores(self, X: FloatArray) -> FloatArray:
        """The scores before the softmax. X: (N, D) → (N, K)."""
        return Backprop(self, self.feature_major(X)).scores().T

    def probabilities(self, X: FloatArray) -> FloatArray:
        """The softmax of the scores. X: (N, D) → (N, K); each row sums to 1."""
        scores = self.scores(X)
        p: FloatArray = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p

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
        """Mean cross-entropy of X (N, D) with classes y (N,), in nats, plus the regularisation."""
        data_loss, _ = Backprop(self, self.feature_major(X), y).evaluate()
        return data_loss + self.regularisation(reg, reg_l1)

    def loss_and_gradient(self, X: FloatArray, y: IntArray, reg: float = 0.0, reg_l1: float = 0.0) -> tuple[float, FloatArray]:
        """The loss, and its gradient as one flat vector in the order of `parameters`."""
        backprop = Backprop(self, self.feature_major(X), y)
        gradient = Gradient(self)
        backprop.gradient(gradient)
        gradient.vector += self.weight_mask() * (reg * self.parameters + reg_l1 * np.sign(self.parameters))
        return backprop.evaluate()[0] + self.regularisation(reg, reg_l1), gradient.vector


class Gradient:
    """One flat vector in the order of a network's parameters, and its views as (n_out, n_in + 1) a layer."""

    def __init__(self, network: Network) -> None:
        self.vector = np.zeros_like(network.parameters)
        self.layers = network.split_layers(self.vector)


class Workspace:
    """The forward and backward pass of n samples at a time, in buffers that are made once."""

    def __init__(self, network: Network, n: int) -> None:
        self._layers = network.layers
        self._activation = ACTIVATIONS[network.activation]
        hidden = network.sizes[1:-1]
        self._h = [np.ones((units + 1, n)) for units in hidden]  # each with a last row of ones, which meets the bias
        self._dh = [np.empty((units, n)) for units in hidden]
        self._scores = np.empty((network.sizes[-1], n))
        self._row, self._own, self._ones = np.empty(n), np.empty(n), np.ones(n)

    def forward(self, inputs: FloatArray) -> FloatArray:
        """inputs (D + 1, n) → scores (K, n), in a buffer that the next call overwrites."""
        for layer, h in zip(self._layers[:-1], self._h, strict=True):
            np.matmul(layer, inputs, out=h[:-1])  # z = W·x + b
            self._activation.forward(h[:-1])
            inputs = h
        return _product(self._layers[-1], inputs, self._scores)

    def _exp_shifted(self, scores: FloatArray) -> FloatArray:
        """Turn scores into e^(s - max) in place, so that exp cannot overflow; return their sums (n,)."""
        np.maximum.reduce(scores, axis=0, out=self._row)
        scores -= self._row
        np.exp(scores, out=scores)
        return np.add.reduce(scores, axis=0, out=self._row)

    def loss_and_correct(self, inputs: FloatArray, own: IntArray) -> tuple[float, int]:
        """The summed cross-entropy of n samples, and how many have their own class on top.

        own (n,): where in the flat scores each sample's own class stands.
        """
        scores = self.forward(inputs)
        flat = scores.reshape(-1)
        correct = np.count_nonzero(scores.argmax(axis=0) == own // scores.shape[1])
        own_score = flat[own].sum() - scores.max(axis=0).sum()
        sums = self._exp_shifted(scores)
        return float(np.log(sums, out=sums).sum() - own_score), int(correct)  # -log p = log Σe^s - s_y

    def gradient(self, inputs: FloatArray, own: IntArray, share: float, out: list[FloatArray], with_loss: bool = False) -> float:
        """Write dloss/dlayer, (n_out, n_in + 1) each, where the loss of each sample counts `share`.

        Returns the summed cross-entropy if it is asked for; NaN where it is not, or where some p is too small to tell.
        """
        dscores = self.forward(inputs)  # (K, n), becomes share·(p - 1[y])
        sums = self._exp_shifted(dscores)
        dscores *= np.divide(share, sums, out=sums)
        flat, own_p = dscores.reshape(-1), self._own
        flat.take(own, out=own_p, mode="clip")  # share·p of each sample's own class
        loss = self._summed_loss(own_p, share) if with_loss else math.nan
        own_p -= share
        flat[own] = own_p

        upstream = dscores
        for i in range(len(self._h), 0, -1):
            h, dh = self._h[i - 1], self._dh[i - 1]
            _product(upstream, h.T, out[i])  # dW, and db from the row of ones
            np.matmul(self._layers[i][:, :-1].T, upstream, out=dh)
            self._activation.backward(dh, h[:-1])  # now dz, the gradient before the activation
            upstream = dh
        _product(inputs, upstream.T, out[0].T)  # the transpose of upstream·inputsᵀ: few rows where D is small
        return loss

    def _summed_loss(self, own_p: FloatArray, share: float) -> float:
        """-Σ log p, from share·p of each sample; a product with ones is the fastest sum."""
        loss = -float(np.log(own_p, out=self._row).dot(self._ones)) + len(own_p) * math.log(share)
        if loss < SURE or own_p.min() > TINY:  # each term is at least 0: none is above SURE where their sum is not
            return loss
        return math.nan


def _product(A: FloatArray, B: FloatArray, out: FloatArray) -> FloatArray:
    """A·B; for few rows as a matrix-vector product each, or in strips of B, whichever suits this machine's kernels."""
    few = len(A) <= FEW_ROWS and B.size >= SMALL
    if few and BY_ROWS:
        for row, result in zip(A, out, strict=True):
            if result.flags.c_contiguous:
                np.dot(row, B, out=result)
            else:
                result[:] = row @ B
    elif few and B.shape[1] > WIDE and B.flags.f_contiguous:
        for j in range(0, B.shape[1], WIDE):
            np.matmul(A, B[:, j : j + WIDE], out=out[:, j : j + WIDE])
    else:
        np.matmul(A, B, out=out)
    return out


class Workspaces:
    """Workspaces by their number of samples, for batches of one network that share them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._by_length: dict[int, Workspace] = {}
        self.longest = max(1, BLOCK_NUMBERS // max(network.sizes[1:]))
        self.spare = Gradient(network)

    def __getitem__(self, n: int) -> Workspace:
        if n not in self._by_length:
            self._by_length[n] = Workspace(self._network, n)
        return self._by_length[n]


class Backprop:
    """The mean cross-entropy of a network over given samples, and its gradient, block by block.

    inputs: (D + 1, N) as `Network.feature_major` makes them; y: (N,), not needed for scores alone.
    The network's parameters are read anew at each call.
    """

    def __init__(
        self, network: Network, inputs: FloatArray, y: IntArray | None = None, workspaces: Workspaces | None = None
    ) -> None:
        self._workspaces = workspaces or Workspaces(network)
        self._shape = (network.sizes[-1], inputs.shape[1])
        self._blocks = []
        for a, b in self._edges(inputs.shape[1]):
            own = _NO_CLASSES if y is None else y[a:b] * (b - a) + np.arange(b - a)
            self._blocks.append((self._workspaces[b - a], inputs[:, a:b], own))

    def _edges(self, n: int) -> list[tuple[int, int]]:
        """The samples cut into blocks of nearly equal length."""
        count = -(-n // self._workspaces.longest)
        return list(pairwise(n * i // count for i in range(count + 1)))

    def scores(self) -> FloatArray:
        """The scores (K, N)."""
        scores, start = np.empty(self._shape), 0
        with np.errstate(all="ignore"):
            for workspace, inputs, _ in self._blocks:
                scores[:, start : start + inputs.shape[1]] = workspace.forward(inputs)
                start += inputs.shape[1]
        return scores

    def evaluate(self) -> tuple[float, float]:
        """The mean cross-entropy in nats, and the accuracy."""
        with np.errstate(all="ignore"):
            parts = [workspace.loss_and_correct(inputs, own) for workspace, inputs, own in self._blocks]
        n = self._shape[1]
        return sum(loss for loss, _ in parts) / n, sum(correct for _, correct in parts) / n

    def gradient(self, out: Gradient, with_loss: bool = False) -> float:
        """Write the gradient of the mean cross-entropy into `out`; return its value if it is asked for, else NaN.

        The value costs a fiftieth of the gradient. It is NaN as well where a probability is too small to tell: `evaluate` does.
        """
        spare, share, loss = self._workspaces.spare, 1 / self._shape[1], 0.0
        for i, (workspace, inputs, own) in enumerate(self._blocks):
            if i == 0:
                loss += workspace.gradient(inputs, own, share, out.layers, with_loss)
            else:
                loss += workspace.gradient(inputs, own, share, spare.layers, with_loss)
                out.vector += spare.vector
        return loss * share
