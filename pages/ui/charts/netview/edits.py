"""Weights that a reader set by hand in the diagram, as the browser sends them: checked, for the page to go on from."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeGuard

from spiral_core.run import Run


class Edits(NamedTuple):
    """Weights set by hand at an iteration: the number of each parameter in the flat vector, and its value."""

    iteration: int
    values: tuple[tuple[int, float], ...]


def read(message: Any, run: Run) -> Edits | None:
    """The edits that a browser sent for a run; None for what is none: a browser may send anything."""
    if not isinstance(message, dict):
        return None
    iteration, values = message.get("iteration"), message.get("edits")
    if not _is_whole(iteration) or iteration not in run.snapshot_iterations or not isinstance(values, list):
        return None
    found: dict[int, float] = {}
    for pair in values:
        if not isinstance(pair, list) or len(pair) != 2 or not _is_whole(pair[0]) or not _is_number(pair[1]):
            return None
        if not 0 <= pair[0] < run.snapshots.shape[1]:
            return None
        found[pair[0]] = float(pair[1])
    return Edits(iteration, tuple(sorted(found.items()))) if found else None


def read_unit(message: Any, run: Run) -> tuple[int, int, int] | None:
    """Layer and unit, from 0, and the iteration of the unit that a browser asks to look into; None for what is none."""
    if not isinstance(message, dict):
        return None
    place = tuple(message.get(name) for name in ("layer", "unit", "iteration"))
    if not all(map(_is_whole, place)):
        return None
    layer, unit, iteration = (int(value) for value in place if value is not None)
    hidden = run.settings.hidden
    return (layer, unit, iteration) if 0 <= layer < len(hidden) and 0 <= unit < hidden[layer] else None


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)
