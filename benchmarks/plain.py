"""The yardstick: the case study's algorithm written plainly in NumPy, float64, full batch, its loss at every iteration.

Extended by the same plain means to any depth, the other activations and the other update rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spiral_core.arrays import FloatArray, IntArray

ACTIVATIONS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "relu": lambda z: np.maximum(0, z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


def through_activation(name: str, dh: FloatArray, h: FloatArray) -> FloatArray:
    """The gradient before the activation."""
    if name == "relu":
        dh[h <= 0] = 0
        return dh
    return dh * (1 - h**2) if name == "tanh" else dh * h * (1 - h)


def update(rule: str, x: FloatArray, dx: FloatArray, step: float, memory: dict[str, Any], t: int) -> None:
    """One update in place; `memory` belongs to this array alone."""
    if rule == "sgd":
        x -= step * dx
    elif rule in ("momentum", "nesterov"):
        v = memory.get("v", 0.0)
        memory["v"] = 0.9 * v - step * dx
        x += memory["v"] if rule == "momentum" else -0.9 * v + 1.9 * memory["v"]
    elif rule == "adagrad":
        memory["c"] = memory.get("c", 0.0) + dx**2
        x -= step * dx / (np.sqrt(memory["c"]) + 1e-8)
    elif rule == "rmsprop":
        memory["c"] = 0.99 * memory.get("c", 0.0) + 0.01 * dx**2
        x -= step * dx / (np.sqrt(memory["c"]) + 1e-8)
    elif rule == "adam":
        memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * dx
        memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * dx**2
        x -= step * (memory["m"] / (1 - 0.9**t)) / (np.sqrt(memory["v"] / (1 - 0.999**t)) + 1e-8)


def train_plain(
    X: FloatArray,
    y: IntArray,
    weights: Sequence[FloatArray],
    iterations: int,
    activation: str = "relu",
    rule: str = "sgd",
    step: float = 1.0,
    reg: float = 1e-3,
) -> float:
    """Train from the weights (n_in, n_out) of each layer and zero biases; return the loss of the last iteration."""
    Ws = [W.copy() for W in weights]
    bs = [np.zeros((1, W.shape[1])) for W in Ws]
    memories: list[dict[str, Any]] = [{} for _ in range(2 * len(Ws))]
    N, loss = len(X), float("nan")
    for t in range(1, iterations + 1):
        inputs = [X]
        for W, b in zip(Ws[:-1], bs[:-1], strict=True):
            inputs.append(ACTIVATIONS[activation](inputs[-1] @ W + b))
        scores = inputs[-1] @ Ws[-1] + bs[-1]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[range(N), y]).sum() / N + sum(0.5 * reg * np.sum(W * W) for W in Ws)

        upstream = probs
        upstream[range(N), y] -= 1
        upstream /= N
        gradients = []
        for i in range(len(Ws) - 1, -1, -1):
            gradients.append((i, inputs[i].T @ upstream + reg * Ws[i], upstream.sum(axis=0, keepdims=True)))
            if i > 0:
                upstream = through_activation(activation, upstream @ Ws[i].T, inputs[i])
        for i, dW, db in gradients:
            update(rule, Ws[i], dW, step, memories[2 * i], t)
            update(rule, bs[i], db, step, memories[2 * i + 1], t)
    return float(loss)
