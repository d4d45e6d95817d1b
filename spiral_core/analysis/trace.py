"""The way of points through a network and back, layer by layer, in plain arrays: what the pictures and the worked page read.

The training path in `network` computes the same in recycled buffers; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spiral_core.activations import ACTIVATIONS
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.losses import margins, shifted
from spiral_core.network import Network


@dataclass(frozen=True, eq=False)
class LayerPass:
    """One layer of a pass: inputs (N, n_in), z = inputs·W + b (N, n_out), and h (N, n_out), which is z in the last layer.

    dz (N, n_out) is the gradient of each point's own loss, without the 1/N of the mean.
    """

    inputs: FloatArray
    z: FloatArray
    h: FloatArray
    dz: FloatArray


@dataclass(frozen=True, eq=False)
class Pass:
    """Forward and back: what the softmax and the hinge make of the scores, (N, K) each, and the network's own losses (N,)."""

    layers: tuple[LayerPass, ...]
    shifted: FloatArray
    exps: FloatArray  # e^(shifted)
    probs: FloatArray
    margins: FloatArray  # max(0, s_j - s_y + 1), 0 for the own class
    losses: FloatArray

    @property
    def scores(self) -> FloatArray:
        return self.layers[-1].z

    @property
    def dscores(self) -> FloatArray:
        """p - 1[y], or for the hinge 1[margin > 0] and for the own class minus their number, (N, K)."""
        return self.layers[-1].dz

    def gradient(self, network: Network) -> FloatArray:
        """The gradient of the mean loss, flat, in the order of `Network.parameters`."""
        flat = np.empty_like(network.parameters)
        for layer, dW, db in zip(self.layers, *network.split(flat), strict=True):
            dW[:] = layer.inputs.T @ layer.dz / len(layer.dz)  # (n_in, n_out)
            db[:] = layer.dz.mean(axis=0)
        return flat

    def sizes_of_gradients(self) -> list[tuple[FloatArray, FloatArray]]:
        """‖dW‖ and ‖db‖ of each point's own loss, (N,) each, a pair a layer: dW is the outer product of inputs and dz."""
        return [
            (np.linalg.norm(layer.inputs, axis=1) * np.linalg.norm(layer.dz, axis=1), np.linalg.norm(layer.dz, axis=1))
            for layer in self.layers
        ]


def forward_back(network: Network, X: FloatArray, y: IntArray, shift: bool = True, mask: bool = True) -> Pass:
    """Points X (N, D) with classes y (N,) through the network and back; the first layer's inputs are what it reads of them.

    shift=False leaves the scores as they are before exp, mask=False sends the gradient through the activation unchanged:
    two of the classic mistakes, for the gradient-check lab.
    """
    activation = ACTIVATIONS[network.activation]
    inputs, zs, hs = [network.inputs(X)], [], []
    with np.errstate(all="ignore"):
        for i, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            z = inputs[-1] @ W + b  # (N, n_out)
            h = z.copy()
            if i < len(network.weights) - 1:
                activation.forward(h)
            zs.append(z)
            hs.append(h)
            inputs.append(h)

        scores = zs[-1]
        below = shifted(scores) if shift else scores
        exps = np.exp(below)
        probs = exps / exps.sum(axis=1, keepdims=True)
        above, rows = margins(scores, y), np.arange(len(y))
        if network.loss_name == "hinge":
            own = above.sum(axis=1)
            dz = np.sign(above)  # (N, K)  1[margin > 0]; NaN stays NaN
            dz[rows, y] = -dz.sum(axis=1)
        else:
            own = np.log(exps.sum(axis=1)) - below[rows, y]  # -log p[y]
            dz = probs.copy()  # (N, K), becomes p - 1[y]
            dz[rows, y] -= 1
        back = [dz]
        for i in range(len(zs) - 1, 0, -1):
            dz = dz @ network.weights[i].T  # dh (N, n_in)
            if mask:
                activation.backward(dz, hs[i - 1].copy())
            back.append(dz)
    layers = tuple(LayerPass(*parts) for parts in zip(inputs[:-1], zs, hs, reversed(back), strict=True))
    return Pass(layers, below, exps, probs, above, own)


def slopes(network: Network, h: FloatArray) -> FloatArray:
    """dh/dz of hidden units, read off their outputs h (any shape)."""
    slope = np.ones_like(h)
    ACTIVATIONS[network.activation].backward(slope, h.copy())
    return slope


def loss_after_update(network: Network, gradient: FloatArray, step: float, x: FloatArray, label: int) -> float:
    """A point's own loss once the network has moved by -step·gradient; the network itself stays as it is."""
    moved = network.copy()
    moved.parameters -= step * gradient
    return float(forward_back(moved, x[None], np.array([label])).losses[0])


@dataclass(frozen=True)
class Push:
    """What one unit of the last hidden layer (or one input of a linear classifier) adds to one score beside another."""

    unit: int
    amount: float  # h·(W[unit, a] - W[unit, b]): above 0 it pushes towards class a


def pushes(network: Network, h: FloatArray, a: int, b: int) -> tuple[list[Push], float]:
    """How much each unit pushes score a above score b, the strongest first, and what the biases add.

    h: (n,) what the last layer reads. The amounts and the bias add up to score a - score b.
    """
    W, bias = network.weights[-1], network.biases[-1]
    amounts = h * (W[:, a] - W[:, b])
    order: Sequence[int] = np.argsort(-np.abs(amounts), kind="stable").tolist()
    return [Push(unit, float(amounts[unit])) for unit in order], float(bias[a] - bias[b])
