"""The charts of Under the hood that show the plane and the hidden space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.ui.charts.figure import (
    MAX_DRAWN,
    Figure,
    Trace,
    base_layout,
    class_title,
    curve_axis,
    encoded,
    legend,
    plane_figure,
    points,
)
from pages.ui.charts.palette import CLASS_SHAPES, Look, standing_out
from pages.ui.charts.run_charts import LEFT
from pages.ui.text import _
from pages.under_hood.moment import Moment
from server.training.colours import CLASS_COLOURS
from spiral_core.analysis.units import BoolArray, Segments
from spiral_core.arrays import FloatArray
from spiral_core.boundary import Area
from spiral_core.datasets import Dataset

POINT_HEIGHT = 440  # pixels of the plane with the net beside it
CLICK_CELLS = 28  # a side of the invisible grid that takes clicks beside the points
FOLD_POINTS, FEW_FOLD_POINTS, MANY_UNITS = 13, 4, 200  # along a straight fold, so that the mouse finds it anywhere
GRID_LINES, GRID_POINTS = 15, 60
MAX_FOLDS = 200  # drawn, those with the largest effect
WIDTHS = (0.8, 1.7, 3.0)  # of folds with a small, a middling and a large effect


def point_chart(moment: Moment, x: FloatArray, label: int, look: Look) -> Figure:
    """The boundary and all points, each of which can be clicked, as can the plane between them; the chosen one is ringed.

    It stands on the left, so that the net has room beside it.
    """
    figure = plane_figure(moment.plane, moment.picture, look, POINT_HEIGHT)
    figure["layout"]["xaxis"]["domain"] = LEFT
    plane, n = moment.plane, CLICK_CELLS
    across = plane.left + (plane.right - plane.left) * (np.arange(n) + 0.5) / n
    up = plane.bottom + (plane.top - plane.bottom) * (np.arange(n) + 0.5) / n
    xs, ys = np.tile(across, n), np.repeat(up, n)
    digits = 3 - round(float(np.log10((plane.right - plane.left) / 2)))  # as fine on data of any size
    places = np.round(np.column_stack([xs, ys]), digits).tolist()
    net: Trace = {
        "type": "scatter", "mode": "markers", "x": encoded(xs), "y": encoded(ys), "customdata": places, "showlegend": False,
        "marker": {"size": 14, "opacity": 0}, "hovertemplate": "(%{x:.3f}, %{y:.3f})<extra></extra>",
    }  # fmt: skip
    ring: Trace = {
        "type": "scatter", "mode": "markers", "x": [float(x[0])], "y": [float(x[1])], "showlegend": False, "hoverinfo": "skip",
        "marker": {"size": 20, "symbol": CLASS_SHAPES[label] + "-open", "color": look.ink, "line": {"width": 3}},
    }  # fmt: skip
    inner: Trace = {
        "type": "scatter", "mode": "markers", "x": [float(x[0])], "y": [float(x[1])], "showlegend": False, "hoverinfo": "skip",
        "marker": {"size": 10, "symbol": CLASS_SHAPES[label], "color": CLASS_COLOURS[label], "line": {"width": 1, "color": look.edge}},
    }  # fmt: skip
    figure["data"] = [net, *_numbered(moment, look), inner, ring]
    return figure


def _numbered(moment: Moment, look: Look) -> list[Trace]:
    """The points of the data with their numbers among all points, so that a click says which it was."""
    traces = points(moment.run.data, look)
    first = 0
    for part, hollow in ((moment.run.data.train, False), (moment.run.data.test, True)):
        if part is None:
            continue
        step = -(-len(part) // MAX_DRAWN)
        numbers = np.arange(0, len(part), step)
        for label in range(part.classes):
            own = numbers[part.y[numbers] == label] + first
            for trace in traces:
                if trace.get("legendgroup") == str(label) and trace["showlegend"] is not hollow:
                    trace["customdata"] = own.tolist()
        first += len(part)
    return traces


def map_chart(moment: Moment, picture: str, look: Look, firing: BoolArray | None = None) -> Figure:
    """A picture of the plane with the training points; with `firing`, the few's, those on which a unit is on are filled, others hollow."""
    figure = plane_figure(moment.plane, picture, look, 300)
    figure["layout"]["showlegend"] = False
    figure["layout"]["margin"]["t"] = 4
    data = moment.sample if firing is None else moment.few
    step = -(-len(data) // 600)
    X, y = data.X[::step], data.y[::step]
    on = np.ones(len(y), dtype=bool) if firing is None else firing[::step]
    for label in range(data.classes):
        for filled in (True, False):
            own = (y == label) & (on == filled)
            colour = CLASS_COLOURS[label]
            figure["data"].append(
                {
                    "type": "scatter", "mode": "markers", "x": encoded(X[own, 0]), "y": encoded(X[own, 1]), "hoverinfo": "skip",
                    "marker": {"symbol": CLASS_SHAPES[label], "size": 6, "color": colour if filled else look.hollow,
                               "line": {"width": 1 if filled else 1.6, "color": look.edge if filled else colour}},
                }
            )  # fmt: skip
    return figure


def fold_chart(moment: Moment, lines: Sequence[Segments], effect: FloatArray, k: int, chosen: int, look: Look) -> Figure:
    """All units' folds over the boundary: solid in the class's colour where they speak for it, dashed where against."""
    figure = plane_figure(moment.plane, moment.picture, look, 440)
    figure["layout"]["images"][0]["opacity"] = 0.45  # so that a class's lines stand out on its own ground
    largest = float(np.abs(effect).max()) or 1.0
    drawn = drawn_folds(effect)
    for sign, name, colour, dash in (
        (1, _("for class {label}"), standing_out(CLASS_COLOURS[k], look), "solid"),
        (-1, _("against"), look.ink, "dot"),
    ):
        for size, width in enumerate(WIDTHS):
            share = np.abs(effect) / largest
            inside = (share >= size / 3) & ((share < (size + 1) / 3) | (size == 2)) & ((effect > 0) == (sign > 0))
            units = [unit for unit in np.flatnonzero(inside & drawn).tolist() if len(lines[unit]) and unit != chosen]
            trace = _fold_trace(lines, units)
            figure["data"].append(
                trace | {"line": {"color": colour, "width": width, "dash": dash}, "name": name.format(label=k), "showlegend": size == 1,
                         "legendgroup": name, "opacity": 0.9}
            )  # fmt: skip
    if len(lines[chosen]):
        thick = {"line": {"color": look.ink, "width": 5}, "name": _("unit {number}").format(number=chosen + 1), "showlegend": True}
        figure["data"].append(_fold_trace(lines, [chosen]) | thick)
    return figure


def drawn_folds(effect: FloatArray) -> BoolArray:
    """Which units' folds are drawn: all, or of very many those with the largest effect (units,)."""
    drawn = np.zeros(len(effect), dtype=bool)
    drawn[np.argsort(-np.abs(effect), kind="stable")[:MAX_FOLDS]] = True
    return drawn


def _fold_trace(lines: Sequence[Segments], units: Sequence[int]) -> Trace:
    """Folds as one line with gaps, whose customdata is the number of the unit at each of its points."""
    xs, numbers = [np.empty((0, 2))], [np.empty(0)]
    gap = np.full((1, 2), np.nan)
    for unit in units:
        pieces = lines[unit]
        straight = FOLD_POINTS if len(lines) <= MANY_UNITS else FEW_FOLD_POINTS
        along = np.linspace(0, 1, straight if len(pieces) == 1 else 2)[:, None]
        for a, b in pieces:
            xs += [a + along * (b - a), gap]
            numbers.append(np.full(len(along) + 1, unit + 1))
    path, owner = np.concatenate(xs), np.concatenate(numbers).astype(int)
    return {
        "type": "scatter", "mode": "lines", "x": encoded(path[:, 0]), "y": encoded(path[:, 1]), "customdata": owner.tolist(),
        "hovertemplate": _("unit {number}").format(number="%{customdata}") + "<extra></extra>", "connectgaps": False,
    }  # fmt: skip


def grid_lines(plane: Area) -> list[FloatArray]:
    """Horizontal and vertical lines of the plane, each as points (GRID_POINTS, 2)."""
    x, y = np.linspace(plane.left, plane.right, GRID_POINTS), np.linspace(plane.bottom, plane.top, GRID_POINTS)
    steps = np.linspace(0, GRID_POINTS - 1, GRID_LINES).round().astype(int)
    lines = [np.column_stack([x, np.full(GRID_POINTS, y[i])]) for i in steps]
    return lines + [np.column_stack([np.full(GRID_POINTS, x[i]), y]) for i in steps]


def space_chart(data: Dataset, places: FloatArray, warped: Sequence[FloatArray], names: Sequence[str], look: Look) -> Figure:
    """Points (N, 2) of a hidden space over the warped grid of the plane."""
    gap = np.full((1, 2), np.nan)
    path = np.concatenate([part for line in warped for part in (line, gap)])
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines", "x": encoded(path[:, 0]), "y": encoded(path[:, 1]), "hoverinfo": "skip",
            "line": {"color": look.muted, "width": 0.7}, "opacity": 0.7, "name": _("the plane's grid"),
        }
    ]  # fmt: skip
    for label in range(data.classes):
        own = data.y == label
        traces.append(
            {
                "type": "scatter", "mode": "markers", "x": encoded(places[own, 0]), "y": encoded(places[own, 1]),
                "name": class_title(data.names, label), "hoverinfo": "skip",
                "marker": {"symbol": CLASS_SHAPES[label], "size": 7, "color": CLASS_COLOURS[label], "line": {"width": 1, "color": look.edge}},
            }
        )  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": names[0]}, zeroline=True),
        "yaxis": curve_axis(look, title={"text": names[1]}, zeroline=True),
        "legend": legend(y=1.0),
        "margin": {"l": 52, "r": 10, "t": 28, "b": 44},
        "height": 420,
    }
    return {"data": traces, "layout": layout}
