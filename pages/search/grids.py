"""What a grid shows at a glance: two settings as a heat map, and one setting over seeds as median and spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from pages.search.figures import colours, objective_text, value_of
from pages.ui.charts.figure import Figure, Trace, base_layout, between, curve_axis, legend, line
from pages.ui.charts.palette import Look
from pages.ui.text import _, objective_label, parameter_label, value_text
from spiral_core.arrays import FloatArray
from spiral_core.search import Plan, Trial
from spiral_core.search.space import Dimension, grid_levels

SEEDS = ("seed", "data_seed")
Shape = Literal["heat", "spread", ""]


def shape_of(plan: Plan) -> Shape:
    """How a grid is best drawn; "" for anything else."""
    if plan.method != "grid" or len(plan.space) != 2:
        return ""
    seeds = [dimension.name in SEEDS for dimension in plan.space]
    numeric = [dimension.scale != "choice" for dimension in plan.space]
    if not any(seeds):
        return "heat"
    return "spread" if sum(seeds) == 1 and numeric[seeds.index(False)] else ""


def _levels(plan: Plan) -> dict[str, list[Any]]:
    return {each.name: list(levels) for each, levels in zip(plan.space, grid_levels(plan.space, plan.trials), strict=True)}


def heat(plan: Plan, trials: Sequence[Trial], look: Look) -> Figure:
    """A cell for each pair of values, coloured by the objective; trials without a finite result leave theirs empty."""
    x, y = plan.space
    levels = _levels(plan)
    shape = (len(levels[y.name]), len(levels[x.name]))
    z: list[list[float | None]] = [[None] * shape[1] for _row in range(shape[0])]
    numbers = [[-1] * shape[1] for _row in range(shape[0])]
    texts = [[""] * shape[1] for _row in range(shape[0])]
    shown, scale = colours(plan, trials, look)
    for trial, value in zip(trials, shown.tolist(), strict=True):
        values = plan.values(trial.number)
        row, column = levels[y.name].index(values[y.name]), levels[x.name].index(values[x.name])
        z[row][column], numbers[row][column] = value, trial.number
        texts[row][column] = f"#{trial.number + 1}: {objective_text(plan, value_of(plan, trial))}"
    trace: Trace = {
        "type": "heatmap", "z": z, "customdata": numbers, "text": texts, "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
        "xgap": 1, "ygap": 1, "zmin": scale["cmin"], "zmax": scale["cmax"],
        **{name: scale[name] for name in ("colorscale", "reversescale", "colorbar")},
    }  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": _cells(x, levels[x.name], look), "yaxis": _cells(y, levels[y.name], look),
        "margin": {"l": 70, "r": 10, "t": 10, "b": 48}, "height": 310,
    }  # fmt: skip
    return {"data": [trace], "layout": layout}


def _cells(dimension: Dimension, levels: Sequence[Any], look: Look) -> dict[str, Any]:
    """An axis with equal cells, each second of many named."""
    step = 1 if len(levels) <= 6 or dimension.scale == "choice" else 2
    places = list(range(0, len(levels), step))
    words = [value_text(dimension.name, levels[place]) for place in places]
    return curve_axis(look, title={"text": parameter_label(dimension.name)}, tickvals=places, ticktext=words, showgrid=False)


def median_and_quartiles(plan: Plan, trials: Sequence[Trial]) -> tuple[FloatArray, FloatArray]:
    """The values (n,) of the setting that is no seed, and of the objective over the seeds the quartiles (n, 3), the median between.

    A trial that diverged counts as the worst; where a quartile is one of those it is NaN.
    """
    (dimension,) = (each for each in plan.space if each.name not in SEEDS)
    found: dict[float, list[float]] = {}
    for trial in trials:
        found.setdefault(float(plan.values(trial.number)[dimension.name]), []).append(value_of(plan, trial))
    x = sorted(found)
    rows = [np.percentile(found[at], [25, 50, 75], method="linear" if np.isfinite(found[at]).all() else "nearest") for at in x]
    quartiles = np.array(rows).reshape(len(x), 3)
    quartiles[~np.isfinite(quartiles)] = np.nan
    return np.array(x), quartiles


def spread(plan: Plan, trials: Sequence[Trial], look: Look) -> Figure:
    """The objective over one setting: the median over the seeds, the middle half as a band, each trial as a dot."""
    (dimension,) = (each for each in plan.space if each.name not in SEEDS)
    x, quartiles = median_and_quartiles(plan, trials)
    good = [trial for trial in trials if np.isfinite(trial.score)]
    side = {"tickformat": ".0%"} if plan.objective.endswith("accuracy") else {"rangemode": "tozero"}
    dots: Trace = {
        "type": "scatter", "mode": "markers", "name": _("trials"),
        "x": [plan.values(trial.number)[dimension.name] for trial in good],
        "y": [value_of(plan, trial) for trial in good], "customdata": [trial.number for trial in good],
        "text": [f"#{trial.number + 1}: {objective_text(plan, value_of(plan, trial))}" for trial in good],
        "marker": {"size": 8, "color": look.muted}, "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    traces = [
        *between(x, quartiles[:, 0], quartiles[:, 2], look.test, _("middle half")),
        line(x, quartiles[:, 1], name=_("median"), line={"color": look.test, "width": 2.5}, hoverinfo="skip"),
        dots,
    ]
    levels = _levels(plan)[dimension.name]
    axis = {"type": "log"} if dimension.scale == "log" else {}
    layout = base_layout(look) | {
        "xaxis": curve_axis(
            look, title={"text": parameter_label(dimension.name)}, tickvals=levels,
            ticktext=[value_text(dimension.name, level) for level in levels], tickangle=0, **axis,
        ),
        "yaxis": curve_axis(look, title={"text": objective_label(plan.objective)}, **side),
        "legend": legend(),
        "margin": {"l": 60, "r": 10, "t": 8, "b": 48},
        "height": 310,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def reading(plan: Plan, shape: Shape) -> str:
    """How to read the figure."""
    if shape == "heat":
        return _(
            "Look for a whole area of good cells rather than for the single best one: inside it neither setting is delicate. An "
            "empty cell is not trained yet, or diverged."
        )
    text = _("Line: the median over the seeds; band: the middle half of them. A change smaller than the band may be luck.")
    names = {dimension.name for dimension in plan.space}
    if "points_per_class" in names:
        text += " " + _("Where the line still improves at the right end, more points may help further; where it is level, hardly.")
    elif "units" in names:
        text += " " + _("Held-out results may get worse again in large nets, or just stay level: the line says which it is here.")
    return text
