"""The lowest and the highest loss between two logged iterations, so that curves hide no peak."""

from __future__ import annotations

import math


class Extremes:
    """The lowest and highest training loss of the iterations since the last logged one; (inf, -inf) where there is none.

    Losses that are not finite are left out. NaN, of a run resumed where its extremes were not kept, stays until `clear`.
    """

    def __init__(self, lowest: float, highest: float) -> None:
        self.lowest, self.highest = lowest, highest

    def add(self, loss: float) -> None:
        if loss < self.lowest and loss > -math.inf:
            self.lowest = loss
        if loss > self.highest and loss < math.inf:
            self.highest = loss

    def with_loss(self, loss: float) -> tuple[float, float]:
        """The lowest and the highest, a further loss among them."""
        unknown = math.isnan(self.lowest)
        return (math.nan, math.nan) if unknown else (min(self.lowest, loss), max(self.highest, loss))

    def clear(self) -> None:
        self.lowest, self.highest = math.inf, -math.inf
