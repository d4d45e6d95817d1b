"""The hidden layers as two numbers, for controls and searches."""

from __future__ import annotations

from spiral_core.fields import MAX_LAYERS, MAX_UNITS, Field, Integer
from spiral_core.marking import N_

LAYERS: dict[str, Field] = {
    "units": Field(
        Integer(1, MAX_UNITS),
        N_("Hidden units"),
        "Units in each hidden layer.",
        (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000),
        log_scale=True,
        search_range=(3, 200),
    ),
    "layers": Field(Integer(0, MAX_LAYERS), N_("Layers"), "How many hidden layers.", range(1, MAX_LAYERS + 1), search_range=(1, 3)),
}
