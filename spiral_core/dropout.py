"""Dropout: each update leaves out a random share of the hidden units (Srivastava et al. 2014; CS231n, "Neural networks 2").

Inverted: what is kept is divided by the share that is kept, so that a unit's output is the same on average, and the whole net,
of which the loss, the accuracy and the boundary are taken, needs no scaling.

    keep = (U >= dropout) / (1 - dropout)     U uniform in [0, 1), anew for each sample, unit and update
    h' = h * keep                              forward
    dh = dh' * keep                            backward

The masks of an update depend on the seed and the iteration of the whole chain alone, like the order of mini-batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spiral_core.arrays import BoolArray, FloatArray

if TYPE_CHECKING:
    from spiral_core.settings import Settings

AT_ONCE = 1_000_000  # random numbers
STREAM = 1  # the last number of the generator's seed, which the order of mini-batches has not


def drops(settings: Settings) -> bool:
    """Whether updates leave out any units."""
    return settings.dropout > 0 and settings.hidden != ()


class Kept:
    """Which outputs of each hidden layer update `iteration` keeps for its n samples."""

    def __init__(self, settings: Settings, iteration: int, n: int) -> None:
        rng = np.random.default_rng([settings.seed, iteration, STREAM])
        self._share = 1 - settings.dropout
        self._kept = [_drawn(rng, n, units, settings.dropout) for units in settings.hidden]  # (n, H), as exported scripts draw them

    def masks(self, start: int, end: int) -> list[FloatArray]:
        """By what the outputs of each hidden layer are multiplied for samples start to end - 1: (H, end - start) a layer."""
        return [np.ascontiguousarray(each[start:end].T) / self._share for each in self._kept]


def _drawn(rng: np.random.Generator, n: int, units: int, dropout: float) -> BoolArray:
    """(n, units): whether a random number is at least `dropout`; drawn piece by piece, so that the numbers take little memory."""
    kept = np.empty((n, units), dtype=bool)
    for piece in np.array_split(kept, max(1, n * units // AT_ONCE)):  # views
        np.greater_equal(rng.random(piece.shape), dropout, out=piece)
    return kept
