"""How long a training takes, guessed before it begins."""

from __future__ import annotations

from spiral_core.settings import Settings

LONG = 30.0  # seconds from which a run is not begun unasked


def seconds_per_update(settings: Settings) -> float:
    """From `make bench`: some calls of NumPy for each layer, and each point meets each parameter."""
    return (1 + len(settings.hidden)) * 8e-6 + settings.batch_points * settings.parameter_count * 0.15e-9
