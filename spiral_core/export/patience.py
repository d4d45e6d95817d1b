"""Stopping early (`spiral_core.stopping`) as an exported script writes it."""

from __future__ import annotations

from spiral_core.settings import Settings
from spiral_core.stopping import ROUNDING


def stops(settings: Settings) -> bool:
    """Whether the last phase may stop early."""
    return settings.patience > 0 and settings.data.test_fraction > 0


def before(settings: Settings, data_loss: str) -> list[str]:
    """What stands before the loop. data_loss: the indented lines that compute it from the scores."""
    outputs = "*_, scores" if settings.hidden else "scores"
    return [
        f"patience, lowest, lowest_at = {settings.patience}, np.inf, {settings.begin}\n\n",
        f"def data_loss_of(X, y):\n    {outputs} = forward(X)\n{data_loss}\n    return data_loss\n\n",
    ]


def at_each(settings: Settings) -> list[str]:
    """What stands first in the loop: whether the run stops here."""
    first = f"i == {settings.begin} or " if settings.begin else ""
    return [
        "stops = False",
        f"if {first}i % 10 ** max(0, len(str(i)) - 2) == 0:  # looked at now and then: where the app logs the loss",
        "    held_out = data_loss_of(X_test, y_test)",
        f"    if held_out < lowest * (1 - {ROUNDING!r}):  # a fall within rounding is none",
        "        lowest, lowest_at = held_out, i",
        "    stops = i - lowest_at >= patience",
    ]
