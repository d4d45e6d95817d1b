"""The charts of the Search page, and the sentences that say what they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import (
    Figure,
    Trace,
    base_layout,
    curve_axis,
    iteration_axis,
    iteration_places,
    legend,
    line,
    number,
    panel_title,
)
from pages.ui.charts.palette import DARK, Look
from pages.ui.text import _, ngettext, objective_label, parameter_label, value_text
from spiral_core.records import Record
from spiral_core.search import Plan, Trial
from spiral_core.search.importance import Importance
from spiral_core.search.space import Dimension

SCALE = "Viridis"  # from dark to light, so that colour-blind readers tell its steps apart


def value_of(plan: Plan, trial: Trial) -> float:
    """A trial's objective as a reader knows it, without the turned sign."""
    return -trial.score if plan.higher_is_better else trial.score


def objective_text(plan: Plan, value: float) -> str:
    if plan.objective.endswith("accuracy"):
        return f"{value:.1%}"
    return f"{value:.2f} s" if plan.objective == "seconds" else number(value)


def finite(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if math.isfinite(trial.score)]


def _shown(plan: Plan, trials: Sequence[Trial]) -> np.ndarray:
    """The objective as charts place it: losses by orders of magnitude."""
    values = np.array([value_of(plan, trial) for trial in trials])
    return values if plan.objective.endswith("accuracy") else np.log10(np.maximum(values, 1e-12))


def _colours(plan: Plan, trials: Sequence[Trial], look: Look) -> tuple[np.ndarray, dict[str, Any]]:
    """Numbers to colour trials by, and the scale that explains them: the best stand out most from the background."""
    log, shown = not plan.objective.endswith("accuracy"), _shown(plan, trials)
    low, high = float(shown.min()), float(max(shown.max(), shown.min() + 1e-9))
    places = np.linspace(low, high, 4)
    texts = [objective_text(plan, float(10**place if log else place)) for place in places]
    bar = {"title": {"text": objective_label(plan.objective), "side": "right"}, "tickvals": places.tolist(), "ticktext": texts,
           "thickness": 12, "len": 0.9}  # fmt: skip
    best_is_light = look == DARK
    scale = {
        "colorscale": SCALE,
        "reversescale": best_is_light != plan.higher_is_better,
        "cmin": low,
        "cmax": high,
        "colorbar": bar,
    }
    return shown, scale


def parallel(plan: Plan, trials: Sequence[Trial], look: Look) -> Figure:
    """One line a trial across an axis for each varied setting and the objective; ranges drawn on the axes choose trials."""
    shown, scale = _colours(plan, trials, look)
    dimensions = [_line_axis(plan, dimension, trials) for dimension in plan.space]
    low, high = scale["cmin"], scale["cmax"]
    dimensions.append({"label": _objective_axis(plan), "values": shown.tolist(), "range": [low, high]})
    trace = {
        "type": "parcoords", "dimensions": dimensions, "labelfont": {"color": look.ink, "size": 13},
        "tickfont": {"color": look.ink, "size": 12}, "rangefont": {"color": "rgba(0,0,0,0)", "size": 1},
        "line": {"color": shown.tolist(), "colorscale": SCALE, "reversescale": scale["reversescale"], "cmin": low, "cmax": high},
        "unselected": {"line": {"color": look.muted, "opacity": 0.08}},
    }  # fmt: skip
    return {"data": [trace], "layout": base_layout(look) | {"margin": {"l": 60, "r": 60, "t": 44, "b": 16}, "height": 310}}


def _line_axis(plan: Plan, dimension: Dimension, trials: Sequence[Trial]) -> dict[str, Any]:
    """An axis of `parallel`; a log scale shows powers of ten: an axis with ticks of its own can be brushed at them alone."""
    label = parameter_label(dimension.name)
    if dimension.scale == "choice":
        places, ticks, texts = _axis(plan, dimension, trials)
        return {"label": label, "values": places, "range": [-0.05, 1.05], "tickvals": ticks, "ticktext": texts}
    values = [float(plan.values(trial.number)[dimension.name]) for trial in trials]
    ends = [float(dimension.low), float(dimension.high)]
    if dimension.scale == "linear":
        return {"label": label, "values": values, "range": ends}
    return {"label": label + " (10ˣ)", "values": np.log10(values).tolist(), "range": np.log10(ends).tolist()}


def _objective_axis(plan: Plan) -> str:
    return objective_label(plan.objective) + ("" if plan.higher_is_better else " (10ˣ)")


def _axis(plan: Plan, dimension: Dimension, trials: Sequence[Trial]) -> tuple[list[float], list[float], list[str]]:
    """Where trials stand on a dimension's axis, 0..1, and its ticks."""
    values = [plan.values(trial.number)[dimension.name] for trial in trials]
    if dimension.scale == "choice":
        ticks: Sequence[Any] = dimension.choices
    else:
        ticks = dimension.levels(5)
    return (
        [round(dimension.place(value), 4) for value in values],
        [dimension.place(tick) for tick in ticks],
        [value_text(dimension.name, tick) for tick in ticks],
    )


def chosen_by(plan: Plan, trials: Sequence[Trial], ranges: Sequence[Sequence[Sequence[float]] | None]) -> list[int]:
    """The numbers of the trials that lie in the ranges drawn on `parallel`'s axes."""
    shown = _shown(plan, trials)
    axes = [_line_axis(plan, dimension, trials)["values"] for dimension in plan.space] + [shown.tolist()]
    inside = [
        all(
            drawn is None or any(low - 1e-6 <= places[i] <= high + 1e-6 for low, high in drawn)
            for places, drawn in zip(axes, ranges, strict=False)
        )
        for i in range(len(trials))
    ]
    return [trial.number for trial, yes in zip(trials, inside, strict=True) if yes]


def scatter(plan: Plan, trials: Sequence[Trial], x: Dimension, y: Dimension | None, look: Look) -> Figure:
    """Each trial as a point over two of its settings, coloured by the objective; over one setting, by height as well."""
    shown, scale = _colours(plan, trials, look)
    texts = [f"#{trial.number + 1}: {objective_text(plan, value_of(plan, trial))}" for trial in trials]
    places, ticks, words = _axis(plan, x, trials)
    layout = base_layout(look) | {"margin": {"l": 70, "r": 10, "t": 10, "b": 48}, "height": 310, "dragmode": "zoom"}
    layout["xaxis"] = curve_axis(look, title={"text": parameter_label(x.name)}, tickvals=ticks, ticktext=words, range=[-0.05, 1.05])
    if y is None:
        heights, side = shown.tolist(), {"tickvals": scale["colorbar"]["tickvals"], "ticktext": scale["colorbar"]["ticktext"]}
        layout["yaxis"] = curve_axis(look, title={"text": objective_label(plan.objective)}, **side)
    else:
        heights, ticks, words = _axis(plan, y, trials)
        label = {"text": parameter_label(y.name)}
        layout["yaxis"] = curve_axis(look, title=label, tickvals=ticks, ticktext=words, range=[-0.05, 1.05])
    trace = {
        "type": "scatter", "mode": "markers", "x": places, "y": heights, "customdata": [trial.number for trial in trials],
        "text": texts, "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 11, "color": shown.tolist(), "line": {"width": 1, "color": look.edge}, **scale},
    }  # fmt: skip
    return {"data": [trace], "layout": layout}


def progress(plan: Plan, trials: Sequence[Trial], look: Look) -> Figure:
    """Each trial in its order, and the best so far."""
    values = np.array([value_of(plan, trial) for trial in trials])
    numbers = np.array([trial.number + 1.0 for trial in trials])
    best = np.maximum.accumulate(values) if plan.higher_is_better else np.minimum.accumulate(values)
    traces: list[Trace] = [
        {"type": "scatter", "mode": "markers", "x": numbers.tolist(), "y": values.tolist(), "name": _("trials"),
         "customdata": [trial.number for trial in trials], "marker": {"size": 7, "color": look.muted},
         "hovertemplate": "#%{x}: %{y:.4g}<extra></extra>"},
        line(numbers, best, name=_("best so far"), line={"color": look.train, "width": 2.5, "shape": "hv"}, hoverinfo="skip"),
    ]  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("trial")}),
        "yaxis": curve_axis(
            look, title={"text": objective_label(plan.objective)}, type=_kind(plan, values), exponentformat="power"
        ),
        "legend": legend(y=1.0),
        "margin": {"l": 60, "r": 10, "t": 26, "b": 44},
        "height": 260,
    }
    return {"data": traces, "layout": layout}


def _kind(plan: Plan, values: np.ndarray) -> str:
    return "log" if not plan.higher_is_better and values.min() > 0 and values.max() > 20 * values.min() else "linear"


def importances(found: Sequence[tuple[str, Importance]], look: Look) -> Figure:
    """How much of the trials' ranks each setting explains alone, with the middle 90 % of resampled trials."""
    found = sorted(found, key=lambda pair: pair[1].share)
    bars = {
        "type": "bar", "orientation": "h", "x": [each.share for _name, each in found],
        "y": [parameter_label(name) for name, _each in found], "marker": {"color": look.heat},
        "error_x": {"type": "data", "symmetric": False, "array": [each.high - each.share for _name, each in found],
                    "arrayminus": [each.share - each.low for _name, each in found], "color": look.ink, "thickness": 1.5},
        "hovertemplate": "%{y}: %{x:.0%}<extra></extra>",
    }  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, range=[0, 1.02], tickformat=".0%"),
        "yaxis": {"automargin": True, "showgrid": False},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 30},
        "height": 260,
    }
    return {"data": [bars], "layout": layout}


def curves(record: Record, look: Look) -> Figure:
    """A trial's losses and accuracies over its iterations."""
    h = record.history
    x = iteration_places(h.iteration)
    parts = [("y", h.loss, look.train, _("loss")), ("y2", h.train_accuracy, look.train, _("accuracy"))]
    if record.settings.data.test_fraction > 0:
        parts += [
            ("y", h.test_loss, look.test, _("held-out data loss")),
            ("y2", h.test_accuracy, look.test, _("held-out accuracy")),
        ]
    traces = [
        line(x, values, name=name, yaxis=axis, line={"color": colour, "width": 2.2}, showlegend=axis == "y",
             hovertemplate="%{y:.1%}" if axis == "y2" else "%{y:.5g}")
        for axis, values, colour, name in parts
    ]  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, anchor="y2", **iteration_axis(int(h.iteration[-1]))),
        "yaxis": curve_axis(look, domain=[0.52, 0.93], anchor="x", rangemode="tozero"),
        "yaxis2": curve_axis(look, domain=[0.0, 0.38], anchor="x", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "annotations": [
            panel_title(f"<b>{_('loss')}</b>", "x domain", "y domain"),
            panel_title(f"<b>{_('accuracy')}</b>", "x domain", "y2 domain"),
        ],
        "legend": legend(y=1.0),
        "hovermode": "x unified",
        "margin": {"l": 48, "r": 10, "t": 28, "b": 28},
        "height": 380,
    }
    return {"data": traces, "layout": layout}


def describe(plan: Plan, trials: Sequence[Trial]) -> str:
    """All trials in a sentence with numbers."""
    best = min(trials, key=lambda trial: trial.score)
    values = ", ".join(f"{parameter_label(name)} {value_text(name, value)}" for name, value in plan.values(best.number).items())
    text = ngettext(
        "{count} trial, number {number}: {objective} {value} with {values}.",
        "{count} trials; the best, number {number}: {objective} {value} with {values}.",
        len(trials),
    )
    return text.format(
        count=len(trials), number=best.number + 1, objective=objective_label(plan.objective),
        value=objective_text(plan, value_of(plan, best)), values=values,
    )  # fmt: skip
