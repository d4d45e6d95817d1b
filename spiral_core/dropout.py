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

from spiral_core.arrays import FloatArray

if TYPE_CHECKING:
    from spiral_core.settings import Settings

STREAM = 1  # the last number of the generator's seed, which the order of mini-batches has not


def drops(settings: Settings) -> bool:
    """Whether updates leave out any units."""
    return settings.dropout > 0 and settings.hidden != ()


def masks(settings: Settings, iteration: int, n: int) -> list[FloatArray]:
    """By what update `iteration` multiplies the outputs of each hidden layer for its n samples: (H, n) a layer."""
    rng = np.random.default_rng([settings.seed, iteration, STREAM])
    kept = [rng.random((n, units)) >= settings.dropout for units in settings.hidden]  # (n, H), as exported scripts draw them
    return [np.ascontiguousarray(each.T) / (1 - settings.dropout) for each in kept]
