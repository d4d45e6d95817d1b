"""Where an iteration of the article's net spends its time, call by call: `python -m benchmarks.profile`.

Each line is one NumPy call of the training path on its own, in buffers of the right size, beside the time that a copy of a
hidden layer takes: the floor for any call that must read or write one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import timeit
from collections.abc import Callable

import numpy as np

from spiral_core import Settings
from spiral_core.activations import ACTIVATIONS
from spiral_core.backprop import BY_ROWS, product
from spiral_core.datasets import data_of
from spiral_core.training import Training


def microseconds(call: Callable[[], object], number: int = 3000) -> float:
    call()
    return min(timeit.repeat(call, number=number, repeat=7)) / number * 1e6


def main() -> None:
    settings = Settings(iterations=100_000)
    training = Training(settings, data_of(settings.data))
    for i in range(1000):  # a net in the middle of its training
        training._update(i, None)
    N, H, K = 300, 100, 3
    W1, W2 = (layer.copy() for layer in training.network.layers)
    X, h, z = training._train._blocks[0][1], np.ones((H + 1, N)), np.empty((H, N))
    dh, scores, row = np.empty((H, N)), np.empty((K, N)), np.empty(N)
    dW1, dW2, own = np.empty_like(W1), np.empty_like(W2), training._train._blocks[0][2]
    np.matmul(W1, X, out=z)
    relu = ACTIVATIONS["relu"]
    share = np.full((K, N), 1 / 3)

    def softmax() -> None:
        scores[:] = share
        np.maximum.reduce(scores, axis=0, out=row)
        np.subtract(scores, row, out=scores)
        np.exp(scores, out=scores)
        np.add.reduce(scores, axis=0, out=row)
        np.multiply(scores, np.divide(1 / N, row, out=row), out=scores)
        scores.reshape(-1)[own] -= 1 / N

    calls: dict[str, Callable[[], object]] = {
        "z = W1·x + b1": lambda: np.matmul(W1, X, out=h[:-1]),
        "h = max(0, z)": lambda: relu.forward(h[:-1]),
        "scores = W2·h + b2": lambda: product(W2, h, scores),
        "softmax, p - 1[y]": softmax,
        "dW2, db2": lambda: product(scores, h.T, dW2),
        "dh = W2ᵀ·dscores": lambda: np.matmul(W2[:, :-1].T, scores, out=dh),
        "dz = dh·1[h > 0]": lambda: relu.backward(dh, h[:-1]),
        "dW1, db1": lambda: product(X, dh.T, dW1.T),
    }
    times = {name: microseconds(call) for name, call in calls.items()}
    whole = microseconds(lambda: training._update(1001, None))
    times["regularisation, check, step, Python"] = whole - sum(times.values())
    print(f"BLAS kernels: {os.environ.get('OPENBLAS_CORETYPE', 'chosen by OpenBLAS')}; skinny products by rows: {BY_ROWS}")
    for name, time in times.items():
        print(f"  {name:<38}{time:6.1f} µs {time / whole:5.0%}")
    print(f"  {'one iteration':<38}{whole:6.1f} µs")
    copies = microseconds(lambda: np.copyto(dh, z))
    print(f"  a copy of one hidden layer, 240 KB read and written: {copies:.1f} µs; the path reads or writes one 12 times")


if __name__ == "__main__":
    main()
