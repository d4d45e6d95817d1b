"""The charts of Under the hood that are curves: over training, over h."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.ui.charts.figure import Figure, Trace, base_layout, curve_axis, encoded, iteration_axis, iteration_places, legend, line
from pages.ui.charts.palette import RUN_SHAPES, Look
from pages.ui.text import _
from spiral_core.analysis.gradient_lab import VERDICTS
from spiral_core.analysis.sharpness import Sharpness
from spiral_core.arrays import FloatArray, IntArray

HEIGHT = 260


def over_training(
    iteration: IntArray,
    values: FloatArray,
    names: Sequence[str],
    look: Look,
    *,
    log: bool = False,
    share: bool = False,
    rule: tuple[float, float, str] | None = None,
    dashed_from: int | None = None,
    begins: Sequence[int] = (),
) -> Figure:
    """A line a column of values (S, n) over iterations (S,). rule: a band of the course, and its name; begins: of further phases."""
    traces: list[Trace] = []
    count = dashed_from or len(names)
    for i, name in enumerate(names):
        column = np.where(np.isfinite(values[:, i]) & ((values[:, i] > 0) | (not log)), values[:, i], np.nan)
        colour = look.runs[i % count % len(look.runs)]
        dashed = dashed_from is not None and i >= dashed_from
        traces.append(
            line(
                iteration_places(iteration), column, name=name, mode="lines+markers",
                line={"color": colour, "width": 2, "dash": "dash" if dashed else "solid"},
                marker={"symbol": RUN_SHAPES[i % count % len(RUN_SHAPES)], "size": 7, "color": colour, "maxdisplayed": 10},
                hovertemplate="%{y:.0%}" if share else "%{y:.3g}",
            )
        )  # fmt: skip
    shown = values[np.isfinite(values) & (values > 0)]
    side: dict[str, object] = {"range": [-0.02, 1.02], "tickformat": ".0%"} if share else {}
    if log:
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (1e-4, 1.0)
        if rule:
            low, high = min(low, rule[0]), max(high, rule[1])
        side = {"type": "log", "range": [np.log10(max(low, 1e-12)) - 0.2, np.log10(high) + 0.2], "exponentformat": "power"}
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, **iteration_axis(int(iteration[-1]))) | {"title": {"text": _("iteration"), "standoff": 4}},
        "yaxis": curve_axis(look, **side),
        "legend": legend(y=1.0),
        "hovermode": "x unified",
        "shapes": ([_band(rule, look)] if rule else []) + [_beginning(at, look) for at in begins],
        "annotations": [_band_name(rule, look, log)] if rule else [],
        "margin": {"l": 56, "r": 8, "t": 26, "b": 42},
        "height": HEIGHT,
    }
    return {"data": traces, "layout": layout}


def _beginning(iteration: int, look: Look) -> dict[str, object]:
    (x,) = iteration_places(np.array([iteration]))
    ends = {"x0": float(x), "x1": float(x), "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "line": {"color": look.muted, "width": 1, "dash": "dot"}}


def _band_name(rule: tuple[float, float, str], look: Look, log: bool) -> dict[str, object]:
    middle = np.sqrt(rule[0] * rule[1]) if log else (rule[0] + rule[1]) / 2
    return {
        "text": rule[2], "xref": "paper", "x": 0.01, "y": float(np.log10(middle) if log else middle), "showarrow": False,
        "xanchor": "left", "font": {"color": look.muted, "size": 12},
    }  # fmt: skip


def _band(rule: tuple[float, float, str], look: Look) -> dict[str, object]:
    return {
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": rule[0], "y1": rule[1], "layer": "below", "fillcolor": look.heat,
        "opacity": 0.25, "line": {"width": 0},
    }  # fmt: skip


def sharpness_chart(found: Sharpness, iteration: IntArray, bound: FloatArray, look: Look, begins: Sequence[int]) -> Figure:
    """The sharpness at the snapshots, and the bound of stability (n,) at iterations (n,) as a dashed line; NaN where there is none."""
    colour = look.runs[0]
    shown = np.where(found.value > 0, found.value, np.nan)
    traces: list[Trace] = [
        line(
            iteration_places(found.iteration), shown, name=_("sharpness"), mode="lines+markers", line={"color": colour, "width": 2},
            marker={"symbol": RUN_SHAPES[0], "size": 7, "color": colour}, hovertemplate="%{y:.3g}",
        )
    ]  # fmt: skip
    heights = shown[np.isfinite(shown)]
    if np.isfinite(bound).any():
        drawn = {"color": look.test, "width": 2, "dash": "dash", "shape": "hv"}
        traces.append(line(iteration_places(iteration), bound, name=_("bound of stability"), line=drawn, hovertemplate="%{y:.3g}"))
        heights = np.append(heights, np.nanmin(bound))  # a schedule may send it to any height
    low, high = np.log10(max(float(heights.min()), 1e-12)) - 0.2, np.log10(float(heights.max())) + 0.2
    ticks = {"tickvals": _ticks(low, high)} if high - low < 3 else {"dtick": 1, "exponentformat": "power"}
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, **iteration_axis(int(found.iteration[-1]))) | {"title": {"text": _("iteration"), "standoff": 4}},
        "yaxis": curve_axis(look, type="log", range=[low, high], **ticks),
        "legend": legend(y=1.0),
        "hovermode": "x unified",
        "shapes": [_beginning(at, look) for at in begins],
        "margin": {"l": 56, "r": 8, "t": 26, "b": 42},
        "height": HEIGHT,
    }
    return {"data": traces, "layout": layout}


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times each power of ten, from 10^low to 10^high."""
    powers = range(int(np.floor(low)), int(np.ceil(high)))
    return [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]


def histogram_chart(iteration: IntArray, edges: FloatArray, counts: FloatArray, look: Look) -> Figure:
    """Histograms (S, bins) of a layer's outputs as columns over iterations, darker where more outputs lie."""
    middles = (edges[:-1] + edges[1:]) / 2
    heat: Trace = {
        "type": "heatmap", "x": [f"{i}" for i in iteration.tolist()], "y": encoded(middles), "z": np.sqrt(counts.T).round(3).tolist(),
        "colorscale": [[0, look.paper], [1, look.train]], "showscale": False, "hovertemplate": "%{y:.3g}<extra></extra>",
    }  # fmt: skip
    ticks = [str(i) for i in iteration.tolist()][:: max(1, len(iteration) // 6)]
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, type="category", tickvals=ticks, tickangle=0)
        | {"title": {"text": _("iteration"), "standoff": 4}},
        "yaxis": curve_axis(look, title={"text": "h"}),
        "margin": {"l": 56, "r": 8, "t": 8, "b": 42},
        "height": HEIGHT,
    }
    return {"data": [heat], "layout": layout}


def error_chart(curve: Sequence[tuple[float, float]], h: float, look: Look) -> Figure:
    """The relative error over h, both on log axes, with the course's thresholds and the h on show."""
    steps, errors = (np.array(column) for column in zip(*curve, strict=True))
    finite = np.isfinite(errors)
    errors = np.clip(errors, 1e-13, 10.0)
    traces = [
        line(steps[finite], errors[finite], mode="lines+markers", line={"color": look.train, "width": 2.5}, showlegend=False,
             hovertemplate="h = %{x:.0e}: %{y:.1e}<extra></extra>"),
    ]  # fmt: skip
    limits = [limit for limit in VERDICTS.values() if limit > 0]
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit, "y1": limit, "line": {"color": look.muted, "dash": "dot", "width": 1}}
        for limit in limits
    ]  # fmt: skip
    shapes.append({"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": h, "x1": h, "line": {"color": look.test, "width": 2}})
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": "h"}, type="log", range=[-12.3, -0.7], exponentformat="power", dtick=2),
        "yaxis": curve_axis(
            look, title={"text": _("relative error")}, type="log", range=[-12, 1.2], exponentformat="power", dtick=2
        ),
        "shapes": shapes,
        "margin": {"l": 64, "r": 8, "t": 8, "b": 46},
        "height": 300,
    }
    return {"data": traces, "layout": layout}


def spread_chart(spreads: Sequence[tuple[str, FloatArray]], look: Look) -> Figure:
    """The standard deviation of each hidden layer's outputs, a line for each initialisation."""
    traces = []
    for i, (name, values) in enumerate(spreads):
        layers = np.arange(1, len(values) + 1, dtype=float)
        shown = np.where(values > 0, values, np.nan)
        colour = look.runs[i % len(look.runs)]
        traces.append(
            line(layers, shown, name=name, mode="lines+markers", line={"color": colour, "width": 2.2},
                 marker={"symbol": RUN_SHAPES[i % len(RUN_SHAPES)], "size": 9, "color": colour}, hovertemplate="%{y:.3g}")
        )  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("hidden layer")}, dtick=1),
        "yaxis": curve_axis(look, title={"text": _("standard deviation")}, type="log", exponentformat="power"),
        "legend": legend(y=1.0),
        "hovermode": "x unified",
        "margin": {"l": 64, "r": 8, "t": 44, "b": 46},
        "height": 330,
    }
    return {"data": traces, "layout": layout}
