"""Forward and backward through a network, as in the article, in buffers that are allocated once.

The article's program, for a batch of N samples, D inputs, H hidden units and K classes:

    hidden = np.maximum(0, X @ W + b)      # (N, H)   forward
    scores = hidden @ W2 + b2              # (N, K)
    dscores = (probs - onehot(y)) / N      # (N, K)   backward
    dW2, db2 = hidden.T @ dscores, dscores.sum(axis=0)
    dhidden = dscores @ W2.T               # (N, H)
    dhidden[hidden <= 0] = 0
    dW, db = X.T @ dhidden, dhidden.sum(axis=0)

`Workspace.forward` and `Workspace.backward` do the same in the same order, for any depth and activation, with all arrays
transposed: samples lie along the contiguous axis. A layer is one matrix (n_out, n_in + 1) whose last column is the bias, and
each input has a last row of ones to meet it: one product gives W·x + b for all samples, one product gives dW and db together.
"""

from __future__ import annotations

import math
import os
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spiral_core.activations import ACTIVATIONS
from spiral_core.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from spiral_core.network import Network


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


class Gradient:
    """One flat vector in the order of a network's parameters, and its views as (n_out, n_in + 1) a layer."""

    def __init__(self, network: Network) -> None:
        self.vector = np.zeros_like(network.parameters)
        self.layers = network.split_layers(self.vector)


class Workspace:
    """The forward and backward pass of n samples at a time.

    correct (n,): where in the flat scores (K·n) the score of each sample's own class stands.
    """

    def __init__(self, network: Network, n: int) -> None:
        self._layers = network.layers
        self._activation = ACTIVATIONS[network.activation]
        hidden = network.sizes[1:-1]
        self._hidden = [np.ones((units + 1, n)) for units in hidden]  # each with a last row of ones, which meets the bias
        self._dhidden = [np.empty((units, n)) for units in hidden]
        self._scores = np.empty((network.sizes[-1], n))
        self._row, self._own, self._ones = np.empty(n), np.empty(n), np.ones(n)

    def forward(self, X: FloatArray) -> FloatArray:
        """X (D + 1, n) → scores (K, n), in a buffer that the next call overwrites."""
        for W, hidden in zip(self._layers[:-1], self._hidden, strict=True):
            np.matmul(W, X, out=hidden[:-1])  # (H, n)  z = W·x + b
            self._activation.forward(hidden[:-1])  # (H, n)  h = max(0, z), say
            X = hidden  # (H + 1, n)
        return product(self._layers[-1], X, self._scores)  # (K, n)

    def backward(self, X: FloatArray, correct: IntArray, share: float, out: list[FloatArray], with_loss: bool = False) -> float:
        """Write dW and db of each layer, (n_out, n_in + 1), where the loss of each sample counts `share` (1/N).

        dscores = share · (probs - onehot(y))  (CS231n, case study). Returns the summed cross-entropy if `with_loss`; NaN
        without, or where a probability is too small for an accurate logarithm.
        """
        dscores = self.forward(X)  # (K, n), the scores
        sums = self._exp_shifted(dscores)  # (n,)
        dscores *= np.divide(share, sums, out=sums)  # share · probs
        own = self._own
        dscores.reshape(-1).take(correct, out=own, mode="clip")  # (n,)  share · the probability of the correct class
        loss = self._summed_loss(own, share) if with_loss else math.nan
        own -= share
        dscores.reshape(-1)[correct] = own

        dz = dscores
        for i in range(len(self._hidden), 0, -1):
            W, hidden, dhidden = self._layers[i], self._hidden[i - 1], self._dhidden[i - 1]
            product(dz, hidden.T, out[i])  # (n_out, n_in + 1)  dW, and db from the row of ones
            np.matmul(W[:, :-1].T, dz, out=dhidden)  # (H, n)
            self._activation.backward(dhidden, hidden[:-1])  # (H, n)  through the activation
            dz = dhidden
        product(X, dz.T, out[0].T)  # (D + 1, n_out), the transpose of dz·Xᵀ: few rows where D is small
        return loss

    def _summed_loss(self, own: FloatArray, share: float) -> float:
        """-Σ log p from share · p of each sample (n,); a product with ones is the fastest sum."""
        loss = -float(np.log(own, out=self._row).dot(self._ones)) + len(own) * math.log(share)
        if loss < SURE or own.min() > TINY:  # each term is at least 0: none is above SURE where their sum is not
            return loss
        return math.nan

    def loss_and_hits(self, X: FloatArray, correct: IntArray) -> tuple[float, int]:
        """The summed cross-entropy of n samples in nats, and how many have their own class on top."""
        scores = self.forward(X)  # (K, n)
        hits = np.count_nonzero(scores.argmax(axis=0) == correct // scores.shape[1])
        shifted = scores.reshape(-1)[correct].sum() - scores.max(axis=0).sum()
        sums = self._exp_shifted(scores)  # (n,)
        return float(np.log(sums, out=sums).sum() - shifted), int(hits)  # -log p = log Σe^s - s_y

    def _exp_shifted(self, scores: FloatArray) -> FloatArray:
        """Turn scores (K, n) into e^(s - max) in place, so that exp cannot overflow; return their sums (n,)."""
        np.maximum.reduce(scores, axis=0, out=self._row)
        scores -= self._row
        np.exp(scores, out=scores)
        return np.add.reduce(scores, axis=0, out=self._row)


def product(A: FloatArray, B: FloatArray, out: FloatArray) -> FloatArray:
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
    """Workspaces by their number of samples, for batches of one network that share them. kind: the class that computes."""

    def __init__(self, network: Network, kind: type[Workspace] = Workspace) -> None:
        self._network, self._kind = network, kind
        self._by_length: dict[int, Workspace] = {}
        self.longest = max(1, BLOCK_NUMBERS // max(network.sizes[1:]))
        self.spare = Gradient(network)

    def __getitem__(self, n: int) -> Workspace:
        if n not in self._by_length:
            self._by_length[n] = self._kind(self._network, n)
        return self._by_length[n]


class Backprop:
    """The mean cross-entropy of a network over given samples, and its gradient, block by block.

    X: (D + 1, N) as `Network.feature_major` makes it; y: (N,), not needed for scores alone.
    The network's parameters are read anew at each call.
    """

    def __init__(self, network: Network, X: FloatArray, y: IntArray | None = None, workspaces: Workspaces | None = None) -> None:
        self._workspaces = workspaces or Workspaces(network)
        self._shape = (network.sizes[-1], X.shape[1])
        self._blocks = []
        for a, b in self._edges(X.shape[1]):
            correct = _NO_CLASSES if y is None else y[a:b] * (b - a) + np.arange(b - a)
            self._blocks.append((self._workspaces[b - a], X[:, a:b], correct))

    def _edges(self, n: int) -> list[tuple[int, int]]:
        """The samples cut into blocks of nearly equal length."""
        count = -(-n // self._workspaces.longest)
        return list(pairwise(n * i // count for i in range(count + 1)))

    def scores(self) -> FloatArray:
        """The scores (K, N)."""
        scores, start = np.empty(self._shape), 0
        with np.errstate(all="ignore"):
            for workspace, X, _ in self._blocks:
                scores[:, start : start + X.shape[1]] = workspace.forward(X)
                start += X.shape[1]
        return scores

    def evaluate(self) -> tuple[float, float]:
        """The mean cross-entropy in nats, and the accuracy."""
        with np.errstate(all="ignore"):
            parts = [workspace.loss_and_hits(X, correct) for workspace, X, correct in self._blocks]
        N = self._shape[1]
        return sum(loss for loss, _ in parts) / N, sum(hits for _, hits in parts) / N

    def gradient(self, out: Gradient, with_loss: bool = False) -> float:
        """Write the gradient of the mean cross-entropy into `out`; return its value if `with_loss`, else NaN.

        The value costs a fiftieth of the gradient. It is also NaN where a probability is too small; `evaluate` works even then.
        """
        spare, share, loss = self._workspaces.spare, 1 / self._shape[1], 0.0
        for i, (workspace, X, correct) in enumerate(self._blocks):
            if i == 0:
                loss += workspace.backward(X, correct, share, out.layers, with_loss)
            else:
                loss += workspace.backward(X, correct, share, spare.layers, with_loss)
                out.vector += spare.vector
        return float(loss * share)
