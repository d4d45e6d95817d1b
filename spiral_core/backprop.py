"""Forward and backward through a network, as in the article, in buffers that are allocated once.

The article's program, for a batch of N samples, D inputs, H hidden units and K classes:

    hidden = np.maximum(0, X @ W + b)      # (N, H)   forward
    scores = hidden @ W2 + b2              # (N, K)
    dscores = (probs - onehot(y)) / N      # (N, K)   backward
    dW2, db2 = hidden.T @ dscores, dscores.sum(axis=0)
    dhidden = dscores @ W2.T               # (N, H)
    dhidden[hidden <= 0] = 0
    dW, db = X.T @ dhidden, dhidden.sum(axis=0)

`Workspace.forward` and `Workspace.backward` do the same in the same order, for any depth, activation and loss, with all arrays
transposed: samples lie along the contiguous axis. A layer is one matrix (n_out, n_in + 1) whose last column is the bias, and
each input has a last row of ones to meet it: one product gives W·x + b for all samples, one product gives dW and db together.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spiral_core.activations import ACTIVATIONS
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.losses import LOSSES, Loss

if TYPE_CHECKING:
    from spiral_core.dropout import Kept
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
_NO_CLASSES = np.empty(0, dtype=np.int64)


Masks = list[FloatArray]  # of an update with dropout, (H, n) a hidden layer: see `spiral_core.dropout`


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
        hidden, dtype = network.sizes[1:-1], network.parameters.dtype
        self._hidden = [np.ones((units + 1, n), dtype) for units in hidden]  # each with a last row of ones, which meets the bias
        self._dhidden = [np.empty((units, n), dtype) for units in hidden]
        self._kept: list[FloatArray] = []  # what the next layer reads of a hidden one, with dropout
        self._scores = np.empty((network.sizes[-1], n), dtype)
        self._loss: Loss = LOSSES[network.loss_name](n)

    def forward(self, X: FloatArray, keep: Masks | None = None) -> FloatArray:
        """X (D + 1, n) → scores (K, n), in a buffer that the next call overwrites. keep: by what each layer's h is multiplied."""
        for i, (W, hidden) in enumerate(zip(self._layers[:-1], self._hidden, strict=True)):
            np.matmul(W, X, out=hidden[:-1])  # (H, n)  z = W·x + b
            self._activation.forward(hidden[:-1])  # (H, n)  h = max(0, z), say
            X = self._after_dropout(i, keep)  # (H + 1, n)
        return product(self._layers[-1], X, self._scores)  # (K, n)

    def backward(
        self, X: FloatArray, correct: IntArray, share: float, out: list[FloatArray], with_loss: bool = False,
        keep: Masks | None = None,
    ) -> float:  # fmt: skip
        """Write dW and db of each layer, (n_out, n_in + 1), where the loss of each sample counts `share` (1/N).

        Returns the summed loss if `with_loss`; NaN without, or where it would not be accurate.
        """
        dscores = self.forward(X, keep)  # (K, n), the scores
        loss = self._loss.gradient(dscores, correct, share, with_loss)

        dz = dscores
        for i in range(len(self._hidden), 0, -1):
            W, hidden, dhidden = self._layers[i], self._hidden[i - 1], self._dhidden[i - 1]
            read = hidden if keep is None else self._kept[i - 1]
            product(dz, read.T, out[i])  # (n_out, n_in + 1)  dW, and db from the row of ones
            np.matmul(W[:, :-1].T, dz, out=dhidden)  # (H, n)
            if keep is not None:
                dhidden *= keep[i - 1]  # (H, n)  through dropout
            self._activation.backward(dhidden, hidden[:-1])  # (H, n)  through the activation
            dz = dhidden
        product(X, dz.T, out[0].T)  # (D + 1, n_out), the transpose of dz·Xᵀ: few rows where D is small
        return loss

    def _after_dropout(self, i: int, keep: Masks | None) -> FloatArray:
        """What the next layer reads of hidden layer i, (H + 1, n)."""
        if keep is None:
            return self._hidden[i]
        if not self._kept:
            self._kept = [np.ones_like(hidden) for hidden in self._hidden]
        np.multiply(self._hidden[i][:-1], keep[i], out=self._kept[i][:-1])
        return self._kept[i]

    def loss_and_hits(self, X: FloatArray, correct: IntArray) -> tuple[float, int]:
        """The summed loss of n samples, and how many have their own class on top."""
        scores = self.forward(X)  # (K, n)
        hits = np.count_nonzero(scores.argmax(axis=0) == correct // scores.shape[1])
        return self._loss.summed(scores, correct), int(hits)


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


def longest_block(widest: int) -> int:
    """How many samples are passed through a network at a time, at most, whose widest layer has so many units or scores."""
    return max(1, BLOCK_NUMBERS // widest)


class Workspaces:
    """Workspaces by their number of samples, for batches of one network that share them. kind: the class that computes."""

    def __init__(self, network: Network, kind: type[Workspace] = Workspace) -> None:
        self._network, self._kind = network, kind
        self._by_length: dict[int, Workspace] = {}
        self.longest = longest_block(max(network.sizes[1:]))
        self.spare = Gradient(network)

    def __getitem__(self, n: int) -> Workspace:
        if n not in self._by_length:
            self._by_length[n] = self._kind(self._network, n)
        return self._by_length[n]


class Backprop:
    """The mean loss of a network over given samples, without penalties, and its gradient, block by block.

    X: (D + 1, N) as `Network.feature_major` makes it; y: (N,), not needed for scores alone.
    The network's parameters are read anew at each call.
    """

    def __init__(self, network: Network, X: FloatArray, y: IntArray | None = None, workspaces: Workspaces | None = None) -> None:
        self._workspaces = workspaces or Workspaces(network)
        self._shape, self._dtype = (network.sizes[-1], X.shape[1]), network.parameters.dtype
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
        scores, start = np.empty(self._shape, self._dtype), 0
        with np.errstate(all="ignore"):
            for workspace, X, _ in self._blocks:
                scores[:, start : start + X.shape[1]] = workspace.forward(X)
                start += X.shape[1]
        return scores

    def evaluate(self) -> tuple[float, float]:
        """The mean loss, and the accuracy."""
        with np.errstate(all="ignore"):
            parts = [workspace.loss_and_hits(X, correct) for workspace, X, correct in self._blocks]
        N = self._shape[1]
        return sum(loss for loss, _ in parts) / N, sum(hits for _, hits in parts) / N

    def gradient(self, out: Gradient, with_loss: bool = False, kept: Kept | None = None) -> float:
        """Write the gradient of the mean loss into `out`; return its value if `with_loss`, else NaN.

        The value costs a fiftieth of the gradient. It is also NaN where a probability is too small; `evaluate` works even then.
        kept: what dropout leaves; the value is then that of the thinned net.
        """
        spare, share, loss, start = self._workspaces.spare, 1 / self._shape[1], 0.0, 0
        for i, (workspace, X, correct) in enumerate(self._blocks):
            own = kept.masks(start, start + len(correct)) if kept else None
            if i == 0:
                loss += workspace.backward(X, correct, share, out.layers, with_loss, own)
            else:
                loss += workspace.backward(X, correct, share, spare.layers, with_loss, own)
                out.vector += spare.vector
            start += len(correct)
        return float(loss * share)

    @property
    def samples(self) -> int:
        return int(self._shape[1])
