"""One setting under several seeds: the median and the quartiles of its curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.ui.charts.figure import Figure, Trace, base_layout, between, curve_axis, iteration_axis, iteration_places, legend, line
from pages.ui.charts.palette import Look
from pages.ui.text import _
from spiral_core.arrays import FloatArray
from spiral_core.run import Run


def band(family: Sequence[Run], look: Look) -> Figure:
    """Median and quartiles over several runs: loss above accuracy, and held-out accuracy where there is one."""
    iteration, columns = _stacked(family)
    x = iteration_places(iteration)
    traces: list[Trace] = []
    parts = [("y", columns["loss"], look.train, _("loss")), ("y2", columns["train_accuracy"], look.train, _("accuracy"))]
    if family[0].data.test is not None:
        parts += [
            ("y", columns["test_loss"], look.test, _("held-out data loss")),
            ("y2", columns["test_accuracy"], look.test, _("held-out accuracy")),
        ]
    for axis, values, colour, name in parts:
        low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
        traces += [
            *between(x, low, high, colour, name, yaxis=axis),
            line(x, middle, name=name, yaxis=axis, line={"color": colour, "width": 2.5},
                 hovertemplate="%{y:.1%}" if axis == "y2" else "%{y:.5g}"),
        ]  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, anchor="y2", **iteration_axis(int(iteration[-1]))) | {"title": {"text": _("iteration")}},
        "yaxis": curve_axis(look, domain=[0.5, 1], anchor="x", rangemode="tozero"),
        "yaxis2": curve_axis(look, domain=[0.0, 0.42], anchor="x", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "legend": legend(),
        "hovermode": "x unified",
        "margin": {"l": 48, "r": 12, "t": 8, "b": 44},
        "height": 400,
    }
    return {"data": traces, "layout": layout}


def _stacked(family: Sequence[Run]) -> tuple[FloatArray, dict[str, FloatArray]]:
    """The columns of all histories, (runs, rows) each, as far as all of them go: one that diverged ends early."""
    rows = min(len(run.history) for run in family)
    names = ("loss", "train_accuracy", "test_loss", "test_accuracy")
    columns = {name: np.array([getattr(run.history, name)[:rows] for run in family]) for name in names}
    return family[0].history.iteration[:rows].astype(float), columns


def describe_band(family: Sequence[Run]) -> str:
    """`band` in a sentence with numbers."""
    held_out = family[0].data.test is not None
    last = np.array([(run.history.test_accuracy if held_out else run.history.train_accuracy)[-1] for run in family])
    low, middle, high = (f"{value:.1%}" for value in np.percentile(last, [25, 50, 75]))
    text = _("Over {count} seeds the median held-out accuracy is {middle}; half of the seeds lie between {low} and {high}.")
    if not held_out:
        text = _("Over {count} seeds the median accuracy is {middle}; half of the seeds lie between {low} and {high}.")
    text = text.format(count=len(family), middle=middle, low=low, high=high)
    diverged = sum(run.divergence is not None for run in family)
    return text + (" " + _("{count} of them diverged.").format(count=diverged) if diverged else "")
