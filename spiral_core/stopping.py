"""Stopping early (Prechelt 1998, "Early stopping — but when?"): a run ends where its held-out loss has not fallen for long enough.

The loss is looked at where it is logged, and those iterations are the same for every run. What was seen so far goes with the
checkpoint, so that slices, and runs that go on, stop where a run in one go does. Only a run's last phase may stop early: a phase
that others follow has the iterations that it says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spiral_core.settings import Settings


ROUNDING = 1e-12  # of a loss: a fall by less is none, as another way to add the same numbers may not see it


class Best(NamedTuple):
    """The lowest held-out loss since the last phase began but for rounding, and the first logged iteration that had it."""

    loss: float = math.inf
    iteration: int = 0

    def seen(self, iteration: int, loss: float) -> Best:
        """This, or the loss of a logged iteration if that is lower."""
        return Best(loss, iteration) if loss < self.loss * (1 - ROUNDING) else self


UNSEEN = Best()


def is_over(settings: Settings, best: Best, iteration: int) -> bool:
    """Whether a run ends at a logged iteration, whose loss `best` has seen, though the settings have more.

    Never where nothing is held out: no loss was seen then.
    """
    return 0 < settings.patience <= iteration - best.iteration and best.loss < math.inf
