"""The picture of a lesson that compares two searches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.lessons.lessons import TRIALS, best_of
from pages.lessons.lessons import loss as loss_of
from pages.ui.charts.figure import Figure, base_layout, curve_axis, legend, number
from pages.ui.charts.palette import Look
from pages.ui.text import _
from spiral_core.run import Run


def rates(runs: Sequence[Run], look: Look) -> Figure:
    """The loss of each trial over its learning rate: those of the grid and those of the random search."""
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, type="log", title={"text": _("Learning rate")}),
        "yaxis": curve_axis(look, title={"text": _("Loss")}, rangemode="tozero"),
        "legend": legend(y=1.0),
        "margin": {"l": 56, "r": 12, "t": 30, "b": 48},
        "height": 330,
    }
    traces = []
    for name, part, symbol, colour in (
        (_("grid"), runs[:TRIALS], "square", look.runs[1]),
        (_("random"), runs[TRIALS:], "circle", look.runs[0]),
    ):
        shown = [run for run in part if np.isfinite(loss_of(run))]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": name, "x": [run.settings.learning_rate for run in shown],
                "y": [loss_of(run) for run in shown], "text": [f"{run.settings.reg:.1e}" for run in shown],
                "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 1, "color": look.edge}},
                "hovertemplate": _("rate {rate}, λ {reg}: loss {loss}").format(rate="%{x:.3g}", reg="%{text}", loss="%{y:.4f}")
                + "<extra></extra>",
            }
        )  # fmt: skip
    return {"data": traces, "layout": layout}


def describe_rates(runs: Sequence[Run]) -> str:
    grid, random = best_of(runs)
    return _("The lowest loss of the grid is {grid}, that of the random trials {random}.").format(
        grid=number(grid), random=number(random)
    )
