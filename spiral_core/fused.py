"""Updates by the compiled loops: many in one call, for the linear classifier and for nets of one hidden layer.

In deeper nets they do what is narrow, at both ends, and what goes through an activation; the products between are BLAS's.
"""

from __future__ import annotations

import math

import numpy as np

from spiral_core import fast
from spiral_core.activations import LEAK
from spiral_core.arrays import AnyArray, FloatArray, IntArray
from spiral_core.backprop import Masks, Workspace, product
from spiral_core.losses import LOSSES
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS, Optimizer
from spiral_core.settings import Settings

MAX_NARROW = 8  # inputs, and classes, beyond which matrix products are faster than loops
ROOM = 131_072  # numbers of a block's hidden outputs, so that they stay in a core's cache
SHORTEST, LONGEST = 256, 512  # samples in a block
STRIDE = 32  # as in `kernels`
AT_ONCE = 10_000_000  # weights × samples × updates in one call: some milliseconds

KINDS = {"relu": (0, 0.0), "leaky_relu": (0, LEAK), "linear": (0, 1.0), "tanh": (1, 0.0), "sigmoid": (2, 0.0)}  # as in `kernels`
COSTS = {name: number for number, name in enumerate(LOSSES)}  # as in `kernels`
RULES = {name: number for number, name in enumerate(OPTIMIZERS)}


def is_narrow(network: Network) -> bool:
    """Whether the loops can train the net, and are faster than matrix products at both of its ends."""
    D, *hidden, K = network.sizes
    if network.activation == "linear" and hidden:  # an activation costs NumPy nothing here, so that there is less to gain
        return len(hidden) == 1 and D <= 2 and K <= 3
    return D <= MAX_NARROW and K <= MAX_NARROW


def _constants(phase: Settings, leak: float) -> FloatArray:
    numbers = [leak, phase.reg, phase.reg_l1, phase.momentum, phase.decay, phase.beta1, phase.beta2, phase.epsilon]
    return np.array(numbers, dtype=np.float64)


class Step:
    """What follows the gradient in an update of one phase of a run: the penalties, and the optimizer."""

    def __init__(self, phase: Settings, network: Network, gradient: FloatArray, optimizer: Optimizer, mask: FloatArray) -> None:
        self._function = fast.function("finish")
        self._loss = np.empty(1)
        self._arrays = network.parameters, gradient, optimizer.memory, mask, _constants(phase, 0.0), self._loss
        self._places = [_place(array) for array in self._arrays]
        self._rule, self._count = RULES[phase.optimizer], network.parameters.size

    def make(self, loss: float, rate: float, t: int) -> float | None:
        """Make update t, counted from 1; returns the loss with its penalties.

        None, and the weights as they were, where the gradient is not finite.
        """
        self._loss[0] = loss
        made = self._function(*self._places, rate, t, self._rule, self._count)
        return float(self._loss[0]) if made else None


class Fused:
    """The updates of one phase of a run."""

    def __init__(self, phase: Settings, network: Network, optimizer: Optimizer, mask: FloatArray, batch: int) -> None:
        self._function = fast.function("updates")
        D, *hidden, K = network.sizes
        H = hidden[0] if hidden else 0
        kind, leak = KINDS[network.activation]
        block = min(max(ROOM // max(H, 1), SHORTEST), LONGEST) // STRIDE * STRIDE
        self._batch, count = batch, network.parameters.size
        self._shape = np.array([count, D, H, K, 0, kind, block, RULES[phase.optimizer], batch, COSTS[phase.loss]])
        gradient, first, p = np.empty(count), H * (D + 1), network.parameters
        self.gradient = gradient  # of the last update
        self._state = [p, p[first:], gradient, gradient[first:], optimizer.memory]
        self._rest = [mask, np.empty((H, block)), np.empty((K, block)), _constants(phase, leak), self._shape]
        self._places = [_place(array) for array in self._state], [_place(array) for array in self._rest]
        self.most = max(1, AT_ONCE // (count * batch))
        self._seen: FloatArray | None = None

    def make(self, X: FloatArray, y: IntArray, number: int, rates: FloatArray, extremes: FloatArray, t: int) -> int:
        """Make an update for each of the rates, on one batch after the other from a number on; returns how many were made.

        The first that is missing has a gradient that is not finite. X: (D + 1, N) and y (N,); extremes: (2,), takes in the
        losses; t: how many updates the optimizer has made.
        """
        if self._seen is not X:
            self._seen, self._shape[4] = X, len(y)
            self._data = laid_out(X, y, self._batch)
            self._inputs = [_place(array) for array in self._data]
        state, rest = self._places
        return int(self._function(*state, *self._inputs, *rest, _place(rates), _place(extremes), number, t + 1, len(rates)))


class FusedEnds(Workspace):
    """The backward pass of a net of two hidden layers or more."""

    def __init__(self, network: Network, n: int) -> None:
        super().__init__(network, n)
        self._n, self._sizes = n, network.sizes
        self._kind, self._leak = KINDS[network.activation]
        self._cost = COSTS[network.loss_name]
        self._summed = np.empty(1)
        self._enter, self._activate, self._head = (fast.function(name) for name in ("enter", "activate", "head"))
        self._through, self._leave = fast.function("through"), fast.function("leave")
        self._ends = _place(self._layers[0]), _place(self._layers[-1])
        self._places = [_place(h) for h in self._hidden], [_place(dh) for dh in self._dhidden]
        self._rest = _place(self._scores), _place(self._summed)
        self._out: tuple[list[FloatArray], int, int] | None = None

    def backward(
        self, X: FloatArray, correct: IntArray, share: float, out: list[FloatArray], with_loss: bool = False,
        keep: Masks | None = None,
    ) -> float:  # fmt: skip
        if keep is not None:  # the loops know no dropout
            return super().backward(X, correct, share, out, with_loss, keep)
        n, kind, leak, (D, *units, K), last = self._n, self._kind, self._leak, self._sizes, len(self._hidden) - 1
        inputs, y = np.ascontiguousarray(X), correct // n
        h, dh = self._places
        (W, V), (scores, loss), (dW, dV) = self._ends, self._rest, self._places_of(out)

        self._enter(W, _place(inputs), h[0], leak, kind, D, units[0], n)
        for i in range(1, last + 1):
            np.matmul(self._layers[i], self._hidden[i - 1], out=self._hidden[i][:-1])  # (H, n)  z
            if i < last:
                self._activate(h[i], leak, kind, units[i], n)
        self._head(V, h[last], scores, dV, loss, _place(y), share, leak, kind, self._cost, units[last], K, n)  # z becomes dz
        for i in range(last, 0, -1):
            dz = self._hidden[i][:-1]
            product(dz, self._hidden[i - 1].T, out[i])  # (n_out, n_in + 1)  dW, and db from the row of ones
            np.matmul(self._layers[i][:, :-1].T, dz, out=self._dhidden[i - 1])  # (H, n)
            if i > 1:
                self._through(h[i - 1], dh[i - 1], leak, kind, units[i - 1], n)  # h becomes dz
        self._leave(h[0], dh[0], _place(inputs), dW, leak, kind, D, units[0], n)
        found = float(self._summed[0])
        return found if math.isfinite(found) else super().backward(X, correct, share, out, with_loss)

    def _places_of(self, out: list[FloatArray]) -> tuple[int, int]:
        if self._out is None or self._out[0] is not out:
            self._out = (out, _place(out[0]), _place(out[-1]))
        return self._out[1:]


def laid_out(X: FloatArray, y: IntArray, batch: int) -> tuple[FloatArray, IntArray]:
    """X (D + 1, N) and y (N,) with columns of zeros after each batch, up to a multiple of `STRIDE`."""
    stride = -(-batch // STRIDE) * STRIDE
    count = -(-len(y) // batch)
    inputs, classes = np.zeros((len(X), count * stride)), np.zeros(count * stride, dtype=np.int64)
    for number in range(count):
        a, b = number * batch, min((number + 1) * batch, len(y))
        place = slice(number * stride, number * stride + b - a)
        inputs[:, place], classes[place] = X[:, a:b], y[a:b]
    return inputs, classes


def _place(array: AnyArray) -> int:
    return int(array.ctypes.data)
