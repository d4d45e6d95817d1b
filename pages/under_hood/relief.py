"""The charts of the landscape: contour lines or a surface of the loss over a plane, with the path of the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import Figure, Trace, base_layout, curve_axis, encoded, legend, line, number
from pages.ui.charts.palette import Look
from pages.ui.text import _, thousands
from spiral_core.analysis.landscape import Landscape
from spiral_core.arrays import FloatArray, IntArray

LEVELS = 14  # contour lines, about
LOWEST = 1e-12  # a loss that a log axis still shows
STEPS = (1.0, 2.0, 5.0)  # of a decade, that the scale of losses names
FEW_TICKS, MOST_TICKS = 3, 8
MANY_DECADES = 3  # from which the scale names powers of ten alone

Places = Sequence[float]


def contours(
    found: Landscape, height: FloatArray, along: FloatArray, iterations: IntArray, at: int, chosen: Places | None, look: Look
) -> Figure:
    """Contour lines at equal ratios of the loss, with the path from a ring to a star, the snapshot on show and the place chosen.

    height (n, n), along (S,): the losses of the places and of the path. What is clicked says (a, b, loss), and on the path the
    iteration too.
    """
    z = _log(height)
    ticks, texts = scale(z)
    ground: Trace = {
        "type": "contour", "x": encoded(found.a), "y": encoded(found.b), "z": encoded(z), "customdata": _told(found, height),
        "colorscale": _colours(look), "contours": _levels(z), "line": {"width": 0.6, "color": look.muted},
        "hovertemplate": "(%{x:.3g}, %{y:.3g})<br>" + _("loss") + " %{customdata[2]:.4g}<extra></extra>", "showlegend": False,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickvals": ticks, "ticktext": texts, "title": {"text": _("loss")},
                     "x": 1.01, "xpad": 0},
    }  # fmt: skip
    path = found.paths[0]
    told = [
        [*_rounded(place), float(f"{loss:.5g}"), int(i)] if np.isfinite(loss) else None
        for place, loss, i in zip(path, along, iterations, strict=True)
    ]
    walk = line(
        path[:, 0], path[:, 1], mode="lines+markers", customdata=told, showlegend=False,
        line={"color": look.test, "width": 2.2}, marker={"color": look.test, "size": 5, "line": {"width": 0}},
        hovertemplate=_("iteration {iteration}").format(iteration="%{customdata[3]}") + "<br>" + _("loss") + " %{customdata[2]:.4g}<extra></extra>",
    )  # fmt: skip
    traces = [ground, walk]
    for name, row, marker in _marks(path, iterations, at, look):
        traces.append(_mark(path[row], name, marker))
    if chosen is not None:
        own = {"symbol": "x", "size": 13, "color": look.ink, "line": {"width": 1.5, "color": look.paper}}
        traces.append(_mark(chosen, _("the place you chose"), own))
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("first direction")}, range=[found.area.left, found.area.right], constrain="domain"),
        "yaxis": curve_axis(
            look, title={"text": _("second direction")}, range=[found.area.bottom, found.area.top], scaleanchor="x", constrain="domain"
        ),
        "legend": legend(y=1.0),
        "margin": {"l": 54, "r": 8, "t": 6, "b": 44},
        "height": 470,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def surface(found: Landscape, height: FloatArray, along: FloatArray, iterations: IntArray, at: int, look: Look) -> Figure:
    """The same in three dimensions, the height on a log scale."""
    z, walked = _log(height), _log(along)
    ticks, texts = scale(z)
    path = found.paths[0]
    lifted = walked + 0.025 * max(float(np.nanmax(z) - np.nanmin(z)), 1e-6)  # so that the ground does not hide it
    flat = {"type": "scatter3d", "hoverinfo": "skip"}
    traces: list[Trace] = [
        {
            "type": "surface", "x": encoded(found.a), "y": encoded(found.b), "z": encoded(z), "showscale": False, "opacity": 0.95,
            "colorscale": _colours(look), "hoverinfo": "skip",
            "contours": {"z": {"show": True, "color": look.muted, "width": 1, **_levels(z)}},
        },
        {
            **flat, "mode": "lines", "x": encoded(path[:, 0]), "y": encoded(path[:, 1]), "z": encoded(lifted), "showlegend": False,
            "line": {"color": look.test, "width": 6},
        },
    ]  # fmt: skip
    for name, row, marker in _marks(path, iterations, at, look):
        small = {
            "symbol": {"circle-open": "circle-open", "star": "diamond"}.get(marker["symbol"], "circle"),
            "size": 6,
            "color": marker["color"],
        }
        place = {
            "x": [float(path[row, 0])],
            "y": [float(path[row, 1])],
            "z": [float(lifted[row])] if np.isfinite(lifted[row]) else [None],
        }
        traces.append({**flat, **place, "mode": "markers", "name": name, "marker": small})
    axis: dict[str, Any] = {"gridcolor": look.grid, "color": look.ink, "backgroundcolor": "rgba(0,0,0,0)", "showspikes": False}
    layout = base_layout(look) | {
        "scene": {
            "xaxis": axis | {"title": {"text": _("first direction")}},
            "yaxis": axis | {"title": {"text": _("second direction")}},
            "zaxis": axis | {"title": {"text": _("loss")}, "tickvals": ticks, "ticktext": texts},
            "aspectmode": "manual", "aspectratio": {"x": 1, "y": 1, "z": 0.6}, "dragmode": "turntable",
            "camera": {"eye": {"x": -0.9, "y": -1.32, "z": 0.9}, "center": {"x": 0, "y": 0, "z": -0.2}},
        },
        "legend": legend(y=1.0), "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "height": 470, "uirevision": "camera",
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def scale(z: FloatArray) -> tuple[list[float], list[str]]:
    """Where a scale of log10 losses has ticks, and their texts: round numbers where its range has some, else five evenly."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    steps = STEPS if high - low < MANY_DECADES else STEPS[:1]
    every = max(1, round((high - low) / MOST_TICKS))  # decades from tick to tick
    decades = [k for k in range(int(np.floor(low)), int(np.ceil(high)) + 1) if k % every == 0]
    ticks = [tick for k in decades for step in steps if low <= (tick := float(k + np.log10(step))) <= high]
    if len(ticks) >= FEW_TICKS or high <= low:
        ticks = ticks or [low]
        return ticks, [f"{10**tick:.0e}" if abs(tick) > 4 else f"{10**tick:.4g}" for tick in ticks]
    ticks = np.linspace(low, high, 5).tolist()
    digits = max(3, 1 + int(np.ceil(-np.log10(ticks[1] - ticks[0]))))  # enough to tell them apart
    return ticks, [f"{10**tick:.{min(digits, 9)}g}" for tick in ticks]


def describe(height: FloatArray, along: FloatArray, name: str, at: int) -> str:
    """What the charts show, in a sentence with numbers."""
    walked = along[np.isfinite(along)]
    text = _(
        "{name} over the plane, from {low} to {high}; the path of the training goes from {first} to {last}. Marked: "
        "iteration {iteration}."
    )
    ends = (walked[0], walked[-1]) if len(walked) else (np.nan, np.nan)
    low, high, first, last = (number(float(v)) for v in (np.nanmin(height), np.nanmax(height), *ends))
    return text.format(name=name, low=low, high=high, first=first, last=last, iteration=thousands(at))


def _log(losses: FloatArray) -> FloatArray:
    found: FloatArray = np.log10(np.maximum(losses, LOWEST))
    return found


def _levels(z: FloatArray) -> dict[str, float]:
    """Contour lines at equal steps of log10 of the loss, from the lowest to the highest."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    step = max(high - low, 1e-6) / LEVELS
    return {"start": low + step / 2, "end": high, "size": step}


def _colours(look: Look) -> list[list[Any]]:
    """Low ground is deep in colour, high ground like the page."""
    return [[0, look.heat], [1, look.paper]]


def _told(found: Landscape, height: FloatArray) -> list[list[list[float] | None]]:
    """What each place says when it is clicked: a, b and its loss; nothing where that is not finite."""
    a, b = ([float(f"{value:.5g}") for value in axis] for axis in (found.a, found.b))
    return [
        [[x, y, float(f"{loss:.5g}")] if np.isfinite(loss) else None for x, loss in zip(a, row, strict=True)]
        for y, row in zip(b, height, strict=True)
    ]


def _rounded(place: Places) -> list[float]:
    return [float(f"{value:.5g}") for value in place]


def _marks(path: FloatArray, iterations: IntArray, at: int, look: Look) -> list[tuple[str, int, dict[str, Any]]]:
    """Start, end and the snapshot on show: name, row of the path, and marker."""
    own = np.flatnonzero(np.isfinite(path).all(axis=1))
    first, last, shown = int(own[0]), int(own[-1]), int(np.searchsorted(iterations, at))
    marks = [
        (_("start"), first, {"symbol": "circle-open", "size": 13, "color": look.test, "line": {"width": 2.5}}),
        (_("end"), last, {"symbol": "star", "size": 15, "color": look.test, "line": {"width": 1, "color": look.paper}}),
    ]
    if shown not in (first, last) and np.isfinite(path[shown]).all():
        here = {"symbol": "circle", "size": 12, "color": look.ink, "line": {"width": 2, "color": look.paper}}
        marks.append((_("iteration {iteration}").format(iteration=thousands(at)), shown, here))
    return marks


def _mark(place: Places, name: str, marker: dict[str, Any]) -> Trace:
    return {
        "type": "scatter", "mode": "markers", "x": [float(place[0])], "y": [float(place[1])], "name": name, "marker": marker,
        "showlegend": True, "hoverinfo": "skip",
    }  # fmt: skip
