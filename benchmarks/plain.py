"""The yardstick: the case study's algorithm written plainly in NumPy, float64, full batch, its loss at every iteration."""

from __future__ import annotations

import numpy as np

from spiral_core.arrays import FloatArray, IntArray


def train_plain(
    X: FloatArray, y: IntArray, W: FloatArray, W2: FloatArray, iterations: int, step: float = 1.0, reg: float = 1e-3
) -> float:
    """Train the two-layer net from W (D, H) and W2 (H, K), zero biases; return the loss of the last iteration."""
    W, W2 = W.copy(), W2.copy()
    b, b2 = np.zeros((1, W.shape[1])), np.zeros((1, W2.shape[1]))
    N, loss = len(X), float("nan")
    for _ in range(iterations):
        hidden = np.maximum(0, X @ W + b)
        scores = hidden @ W2 + b2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        data_loss = -np.log(probs[range(N), y]).sum() / N
        loss = data_loss + 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)

        dscores = probs
        dscores[range(N), y] -= 1
        dscores /= N
        dW2 = hidden.T @ dscores
        db2 = dscores.sum(axis=0, keepdims=True)
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        dW = X.T @ dhidden
        db = dhidden.sum(axis=0, keepdims=True)
        dW2 += reg * W2
        dW += reg * W

        W -= step * dW
        b -= step * db
        W2 -= step * dW2
        b2 -= step * db2
    return float(loss)
