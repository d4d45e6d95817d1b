"""The lowest loss of a softmax linear classifier on some points: convex, so that Newton's method finds it."""

from __future__ import annotations

import numpy as np

from spiral_core.datasets import Dataset

STEPS = 40
RIDGE = 1e-9  # the softmax does not change if all scores move together, so the Hessian alone is singular


def lowest_loss(data: Dataset, reg: float) -> float:
    """Of mean cross-entropy + ½·reg·ΣW², in nats; where it has no lowest value (points that a line separates), near its limit."""
    n, k, d = len(data), data.classes, data.X.shape[1]
    scale = np.append(np.maximum(np.abs(data.X).max(axis=0), 1e-300), 1.0)  # W/scale keeps the Hessian well conditioned
    A = np.column_stack([data.X, np.ones(n)]) / scale  # (N, D + 1)
    onehot = np.eye(k)[data.y]
    decay = reg / np.append(scale[:-1] ** 2, np.inf)  # (D + 1,), none for the bias
    theta = np.zeros((d + 1, k))

    def loss(theta: np.ndarray) -> float:
        scores = A @ theta
        top = scores.max(axis=1)
        data_loss = (np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top - (scores * onehot).sum(axis=1)).mean()
        return float(data_loss + 0.5 * (decay[:, None] * theta**2).sum())

    best = loss(theta)
    for _ in range(STEPS):
        scores = A @ theta
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)  # (N, K)
        gradient = A.T @ (p - onehot) / n + decay[:, None] * theta
        weights = p[:, :, None] * (np.eye(k) - p[:, None, :]) / n  # (N, K, K)
        hessian = np.einsum("nkl,ni,nj->ikjl", weights, A, A).reshape((d + 1) * k, -1)
        hessian += np.diag(np.repeat(decay, k) + RIDGE)
        step = np.linalg.solve(hessian, gradient.ravel()).reshape(theta.shape)
        length = 1.0
        while length > 1e-6 and not loss(theta - length * step) < best:
            length /= 2
        before, theta = best, theta - length * step
        best = min(best, loss(theta))
        if before - best < 1e-9:
            break
    return best
