"""The learning rate range test (Smith 2017, "Cyclical learning rates for training neural networks"): one run whose rate grows from
far too small to far too large, and the loss over the rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.run import Run
from spiral_core.schedules import learning_rate_at
from spiral_core.settings import Settings

FIRST, TENFOLD, DECADES = 1e-4, 100, 6  # the first rate, the iterations in which it grows tenfold, and how often it does
RISE = 1.1  # times the lowest loss so far: beyond, the loss has risen
CAUTION = 3.0  # a rate so many times smaller than the one where the loss first rises is proposed


@dataclass(frozen=True, eq=False)
class RateTest:
    """One row a logged iteration (R)."""

    rate: FloatArray  # (R,)
    loss: FloatArray  # (R,)
    highest: FloatArray  # (R,) of the loss since the last row; the loss itself where that is not known
    first_rise: float | None  # the last rate before the loss rose by a tenth above its lowest so far; None: it never did

    @property
    def cautious(self) -> float | None:
        """A third of the rate where the loss first rises, to two digits.

        That rate itself is too large for most runs: the test passes it within a few iterations, a run stays at it.
        """
        return None if self.first_rise is None else float(f"{self.first_rise / CAUTION:.2g}")


def ranging(base: Settings) -> Settings:
    """The range test of an experiment: its net, data and optimizer, from random weights, with a rate that grows."""
    return base.alone().replace(
        learning_rate=FIRST, schedule="growing", schedule_every=TENFOLD, iterations=TENFOLD * DECADES
    )  # fmt: skip


def rate_test(run: Run) -> RateTest:
    """What a run with a growing rate says."""
    h = run.history
    rate = np.array([learning_rate_at(run.settings, i) for i in h.iteration.tolist()])
    highest = np.fmax(h.loss, h.highest)
    before = np.minimum.accumulate(h.loss)[:-1]
    rises = np.flatnonzero(highest[1:] > RISE * before)
    last = int(rises[0]) if len(rises) else len(rate) - 1 if run.divergence else None
    return RateTest(rate, h.loss, highest, None if last is None else float(rate[last]))
