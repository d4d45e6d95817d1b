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
    between,
    curve_axis,
    iteration_axis,
    iteration_places,
    legend,
    line,
    number,
    panel_title,
)
from pages.ui.charts.palette import DARK, Look
from pages.ui.charts.run_charts import has_extremes
from pages.ui.text import _, ngettext, objective_label, parameter_label, value_text
from spiral_core.records import Record
from spiral_core.search import Plan, Trial
from spiral_core.search.importance import Importance
from spiral_core.search.space import Dimension

SCALE = "Viridis"  # from dark to light, so that colour-blind readers tell its steps apart
VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
SHADES = 20  # in which `parallel` draws


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


def colours(plan: Plan, trials: Sequence[Trial], look: Look) -> tuple[np.ndarray, dict[str, Any]]:
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
    """One line a trial across an axis for each varied setting and the objective; ranges drawn on the axes choose trials.

    Drawn as plain lines, those of one shade as one trace with gaps: the best stand out most, and lie on top.
    """
    shown, scale = colours(plan, trials, look)
    heights = _heights(plan, trials)
    axes = range(len(heights[0]))
    share = (shown - scale["cmin"]) / (scale["cmax"] - scale["cmin"])
    shade = np.minimum((share * SHADES).astype(int), SHADES - 1)
    traces: list[Trace] = []
    for each in sorted(set(shade.tolist()), reverse=not plan.higher_is_better):
        lines = [row for row, own in zip(heights, shade, strict=True) if own == each]
        traces.append(
            {
                "type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, "opacity": 0.8,
                "x": [place for _line in lines for place in (*axes, None)],
                "y": [height for line in lines for height in (*line, None)],
                "line": {"width": 1.6, "color": _shade((each + 0.5) / SHADES, scale["reversescale"])},
            }
        )  # fmt: skip
    labels = [*(parameter_label(dimension.name) for dimension in plan.space), objective_label(plan.objective)]
    layout = base_layout(look) | {
        "xaxis": {
            "range": [-0.3, len(labels) - 0.8], "side": "top",
            "tickvals": list(axes), "ticktext": [_stacked(label) for label in labels],
            "tickangle": 0, "fixedrange": True, "showgrid": True, "gridcolor": look.muted, "zeroline": False,
        },
        "yaxis": {"range": [-0.04, 1.04], "visible": False, "fixedrange": True},
        "annotations": _axis_words(plan, trials, look),
        "margin": {"l": 10, "r": 10, "t": 48, "b": 8},
        "height": 310,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _stacked(label: str) -> str:
    """A label of several words in lines of at most about twelve letters, so that those of neighbours do not meet."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) > 12:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _shade(share: float, reverse: bool) -> str:
    """A colour of Viridis at 0..1, between its five main ones."""
    place = (1 - share if reverse else share) * (len(VIRIDIS) - 1)
    low = min(int(place), len(VIRIDIS) - 2)
    ends = [[int(VIRIDIS[k][i : i + 2], 16) for i in (1, 3, 5)] for k in (low, low + 1)]
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in zip(*ends, strict=True))


def _heights(plan: Plan, trials: Sequence[Trial]) -> list[list[float]]:
    """Where each trial stands on each axis of `parallel`, 0..1."""
    shown = _shown(plan, trials)
    low, high = float(shown.min()), float(max(shown.max(), shown.min() + 1e-9))
    columns = [_axis(plan, dimension, trials)[0] for dimension in plan.space] + [((shown - low) / (high - low)).round(4).tolist()]
    return [list(row) for row in zip(*columns, strict=True)]


def _axis_words(plan: Plan, trials: Sequence[Trial], look: Look) -> list[dict[str, Any]]:
    """The ticks of `parallel`'s axes, to the left of each."""
    shown = _shown(plan, trials)
    ends = [float(shown.min()), float(shown.max())]
    log = not plan.objective.endswith("accuracy")
    own = [objective_text(plan, 10**end if log else end) for end in ends]
    axes = [_axis(plan, dimension, trials)[1:] for dimension in plan.space] + [([0.0, 1.0], own if ends[0] < ends[1] else own[:1])]
    return [
        {"text": text, "x": i, "y": place, "xref": "x", "yref": "y", "showarrow": False, "xanchor": "right", "xshift": -5,
         "bgcolor": look.paper, "opacity": 0.9, "font": {"size": 12}}
        for i, (places, texts) in enumerate(axes)
        for place, text in zip(places, texts, strict=False)
    ]  # fmt: skip


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
    """The numbers of the trials that lie in the ranges, 0..1, drawn on `parallel`'s axes."""
    return [
        trial.number
        for trial, heights in zip(trials, _heights(plan, trials), strict=True)
        if all(
            drawn is None or any(low - 1e-6 <= height <= high + 1e-6 for low, high in drawn)
            for height, drawn in zip(heights, ranges, strict=False)
        )
    ]


def scatter(plan: Plan, trials: Sequence[Trial], x: Dimension, y: Dimension | None, look: Look) -> Figure:
    """Each trial as a point over two of its settings, coloured by the objective; over one setting, by height as well."""
    shown, scale = colours(plan, trials, look)
    texts = [f"#{trial.number + 1}: {objective_text(plan, value_of(plan, trial))}" for trial in trials]
    places, ticks, words = _axis(plan, x, trials)
    layout = base_layout(look) | {"margin": {"l": 70, "r": 10, "t": 10, "b": 48}, "height": 310}
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
        "margin": {"l": 60, "r": 10, "t": 8, "b": 44},
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
    area = between(x, h.lowest, h.highest, look.train, _("lowest to highest loss")) if has_extremes(h) else []
    traces = area + [
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
        "margin": {"l": 48, "r": 10, "t": 8, "b": 28},
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
