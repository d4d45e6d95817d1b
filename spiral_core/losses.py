"""What scores cost: the cross-entropy of the softmax, or the hinge of the multiclass SVM (CS231n, "Linear classification").

For scores s of a sample of class y

    softmax   L = -log p_y, p = e^s / Σe^s              dL/ds = p - 1[y]
    hinge     L = Σ_{j≠y} max(0, s_j - s_y + 1)         dL/ds_j = 1[s_j - s_y + 1 > 0], dL/ds_y = -(how many of those are 1)

The classes below compute both in the buffers of the training pass, with samples along the contiguous axis: scores (K, n), and
correct (n,), where in the flat scores the score of each sample's own class stands. Each gradient stands directly under its loss.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from spiral_core.arrays import FloatArray, IntArray
from spiral_core.marking import N_

MARGIN = 1.0  # by which the own class's score must lie above another for that one to cost nothing in the hinge
SURE, TINY = 600.0, 1e-280  # a summed loss below which no p, and a share of p below which its logarithm, is inexact


class Loss(Protocol):
    """A loss of n samples at a time."""

    def summed(self, scores: FloatArray, correct: IntArray) -> float:
        """The loss of all samples together; the scores are overwritten."""

    def gradient(self, scores: FloatArray, correct: IntArray, share: float, with_loss: bool) -> float:
        """Turn scores into dscores in place, where the loss of each sample counts `share` (1/N).

        Returns the summed loss if `with_loss`; NaN without, or where it would not be accurate.
        """


class Softmax:
    """The cross-entropy, in nats."""

    def __init__(self, n: int) -> None:
        self._row, self._own, self._ones = np.empty(n), np.empty(n), np.ones(n)

    def summed(self, scores: FloatArray, correct: IntArray) -> float:
        shifted = scores.reshape(-1)[correct].sum() - scores.max(axis=0).sum()
        sums = self._exp_shifted(scores)  # (n,)
        return float(np.log(sums, out=sums).sum() - shifted)  # -log p = log Σe^s - s_y

    def gradient(self, scores: FloatArray, correct: IntArray, share: float, with_loss: bool) -> float:
        sums = self._exp_shifted(scores)  # (n,)
        scores *= np.divide(share, sums, out=sums)  # share · probs
        own = self._own
        scores.reshape(-1).take(correct, out=own, mode="clip")  # (n,)  share · the probability of the correct class
        loss = self._summed(own, share) if with_loss else math.nan
        own -= share
        scores.reshape(-1)[correct] = own  # share · (probs - onehot(y))
        return loss

    def _summed(self, own: FloatArray, share: float) -> float:
        """-Σ log p from share · p of each sample (n,); a product with ones is the fastest sum."""
        loss = -float(np.log(own, out=self._row).dot(self._ones)) + len(own) * math.log(share)
        if loss < SURE or own.min() > TINY:  # each term is at least 0: none is above SURE where their sum is not
            return loss
        return math.nan

    def _exp_shifted(self, scores: FloatArray) -> FloatArray:
        """Turn scores (K, n) into e^(s - max) in place, so that exp cannot overflow; return their sums (n,)."""
        np.maximum.reduce(scores, axis=0, out=self._row)
        scores -= self._row
        np.exp(scores, out=scores)
        return np.add.reduce(scores, axis=0, out=self._row)


class Hinge:
    """The loss of the multiclass SVM, in units of the scores."""

    def __init__(self, n: int) -> None:
        self._own = np.empty(n)

    def summed(self, scores: FloatArray, correct: IntArray) -> float:
        self._to_margins(scores, correct)
        return float(scores.sum())

    def gradient(self, scores: FloatArray, correct: IntArray, share: float, with_loss: bool) -> float:
        self._to_margins(scores, correct)  # (K, n)
        loss = float(scores.sum()) if with_loss else math.nan
        np.sign(scores, out=scores)  # 1[margin > 0]; NaN stays NaN
        scores *= share
        scores.reshape(-1)[correct] = -scores.sum(axis=0)  # the own class answers for each of the others
        return loss

    def _to_margins(self, scores: FloatArray, correct: IntArray) -> None:
        """Turn scores (K, n) into max(0, s_j - s_y + 1) in place, 0 for the own class."""
        flat = scores.reshape(-1)
        flat.take(correct, out=self._own, mode="clip")
        scores -= self._own
        scores += MARGIN
        np.maximum(scores, 0, out=scores)
        flat[correct] = 0


LOSSES: dict[str, type[Softmax] | type[Hinge]] = {"softmax": Softmax, "hinge": Hinge}
LABELS = {"softmax": N_("Cross-entropy (softmax)"), "hinge": N_("Hinge (SVM)")}


def shifted(scores: FloatArray) -> FloatArray:
    """Scores (N, K) without the largest of each row, so that exp cannot overflow."""
    found: FloatArray = scores - scores.max(axis=1, keepdims=True)
    return found


def probabilities(scores: FloatArray) -> FloatArray:
    """The softmax of scores (N, K): each row sums to 1."""
    p: FloatArray = np.exp(shifted(scores))
    p /= p.sum(axis=1, keepdims=True)
    return p


def margins(scores: FloatArray, y: IntArray) -> FloatArray:
    """max(0, s_j - s_y + 1) for each class of scores (N, K); 0 for the own class."""
    rows = np.arange(len(y))
    found: FloatArray = np.maximum(0, scores - scores[rows, y][:, None] + MARGIN)
    found[rows, y] = 0
    return found


def losses(name: str, scores: FloatArray, y: IntArray) -> FloatArray:
    """The loss (N,) of each row of scores (N, K)."""
    found: FloatArray
    if name == "hinge":
        found = margins(scores, y).sum(axis=1)
    else:
        below = shifted(scores)
        found = np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(y)), y]  # -log p[y]
    return found


def chance(name: str, classes: int) -> float:
    """What equal scores for all classes cost: ln K, or K - 1."""
    return (classes - 1) * MARGIN if name == "hinge" else math.log(classes)


def lead(scores: FloatArray) -> FloatArray:
    """By how much the best score of each sample lies above the second: (K, N) → (N,)."""
    two = np.partition(scores, len(scores) - 2, axis=0)[-2:]
    found: FloatArray = two[1] - two[0]
    return found
