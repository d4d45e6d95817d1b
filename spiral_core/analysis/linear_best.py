"""The lowest loss of a linear classifier on some points: convex, so that Newton's method finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset
from spiral_core.losses import losses, margins, probabilities

STEPS = 40
RIDGE = 1e-9  # the losses do not change if all scores move together, so the Hessian alone is singular
DAMPED = 1e-4  # the same for the hinge, whose Hessian is 0 away from its kinks
ROUNDED = (3.0, 1.0, 0.3, 0.1, 0.03)  # over how much of a margin the hinge's kink is rounded, ever less

Bends = Callable[[FloatArray, IntArray], tuple[FloatArray, FloatArray, FloatArray]]


def lowest_loss(data: Dataset, reg: float, loss: str = "softmax") -> float:
    """Of mean loss + ½·reg·ΣW²; where it has no lowest value (points that a line separates), near its limit.

    The hinge has kinks, on which Newton's method fails: it is rounded near them, step by step less.
    """
    n, k, d = len(data), data.classes, data.X.shape[1]
    scale = np.append(np.maximum(np.abs(data.X).max(axis=0), 1e-300), 1.0)  # W/scale keeps the Hessian well conditioned
    A = np.column_stack([data.X, np.ones(n)]) / scale  # (N, D + 1)
    decay = reg / np.append(scale[:-1] ** 2, np.inf)  # (D + 1,), none for the bias
    theta, best = np.zeros((d + 1, k)), np.inf
    for bends in [_softmax] if loss == "softmax" else [_hinge(width) for width in ROUNDED]:
        theta = _lowest(A, data.y, decay, theta, bends, RIDGE if loss == "softmax" else DAMPED)
        penalty = 0.5 * float((decay[:, None] * theta**2).sum())
        best = min(best, float(losses(loss, A @ theta, data.y).mean()) + penalty)
    return best


def _lowest(A: FloatArray, y: IntArray, decay: FloatArray, theta: FloatArray, bends: Bends, ridge: float) -> FloatArray:
    """Newton's method with halved steps, from theta (D + 1, K) on."""
    n, k = len(y), theta.shape[1]
    squares = (A[:, :, None] * A[:, None, :]).reshape(n, -1)  # (N, (D + 1)²)

    def loss(theta: FloatArray) -> float:
        return float(bends(A @ theta, y)[0].mean() + 0.5 * (decay[:, None] * theta**2).sum())

    best = loss(theta)
    for _ in range(STEPS):
        _losses, dscores, curvature = bends(A @ theta, y)
        gradient = A.T @ dscores / n + decay[:, None] * theta
        products = (squares.T @ curvature.reshape(n, -1) / n).reshape(len(theta), len(theta), k, k)
        hessian = products.transpose(0, 2, 1, 3).reshape(theta.size, -1)
        hessian += np.diag(np.repeat(decay, k) + ridge)
        step = np.linalg.solve(hessian, gradient.ravel()).reshape(theta.shape)
        length = 1.0
        while length > 1e-6 and not loss(theta - length * step) < best:
            length /= 2
        before, theta = best, theta - length * step
        best = min(best, loss(theta))
        if before - best < 1e-9:
            break
    return theta


def _softmax(scores: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The loss of each sample (N,), its derivative by the scores (N, K), and the second (N, K, K)."""
    p = probabilities(scores)  # (N, K)
    onehot = np.eye(scores.shape[1])
    return losses("softmax", scores, y), p - onehot[y], p[:, :, None] * (onehot - p[:, None, :])


def _hinge(width: float) -> Bends:
    """The same of a hinge that begins as a parabola: m²/(2·width) for a margin m of up to width, then m - width/2."""

    def bends(scores: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        m, rows = margins(scores, y), np.arange(len(y))
        each = np.where(m < width, m**2 / (2 * width), m - width / 2)
        dscores = np.minimum(m / width, 1.0)
        bent = ((m > 0) & (m < width)) / width  # (N, K)
        apart = np.eye(scores.shape[1])[None] - np.eye(scores.shape[1])[y][:, None]  # (N, K, K): ∂m_j/∂s
        dscores[rows, y] = -dscores.sum(axis=1)
        return each.sum(axis=1), dscores, (bent[:, :, None] * apart).transpose(0, 2, 1) @ apart

    return bends
