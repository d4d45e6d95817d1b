"""Points that somebody measured, beside the data sets that are drawn."""

from spiral_core.measured.sets import MEASURED, Measured, points_of

__all__ = ["MEASURED", "Measured", "points_of"]
