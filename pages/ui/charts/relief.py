"""What charts of a loss landscape are made of: the plane with its contour lines, paths on it, places that are marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import Trace, base_layout, curve_axis, encoded, legend, line
from pages.ui.charts.palette import Look
from pages.ui.text import _
from spiral_core.analysis.landscape import Landscape
from spiral_core.arrays import FloatArray, IntArray

LEVELS = 14  # contour lines, about
LOWEST = 1e-12  # a loss that a log axis still shows
STEPS = (1.0, 2.0, 5.0)  # of a decade, that the scale of losses names
FEW_TICKS, MOST_TICKS = 3, 8
MANY_DECADES = 3  # from which the scale names powers of ten alone

Places = Sequence[float]


def ground(found: Landscape, height: FloatArray, look: Look) -> Trace:
    """Contour lines at equal ratios of the loss (n, n); what is clicked says [a, b, loss]."""
    z = log_of(height)
    ticks, texts = scale(z)
    return {
        "type": "contour", "x": encoded(found.a), "y": encoded(found.b), "z": encoded(z), "customdata": _told(found, height),
        "colorscale": colours(look), "contours": levels(z), "line": {"width": 0.6, "color": look.muted},
        "hovertemplate": "(%{x:.3g}, %{y:.3g})<br>" + _("loss") + " %{customdata[2]:.4g}<extra></extra>", "showlegend": False,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickvals": ticks, "ticktext": texts, "title": {"text": _("loss")},
                     "x": 1.01, "xpad": 0},
    }  # fmt: skip


def walk(path: FloatArray, along: FloatArray, iterations: IntArray, colour: str, name: str = "") -> Trace:
    """A path (S, 2) of a training, whose heights are `along` (S,); what is clicked says [a, b, loss, iteration]."""
    told = [
        [*_rounded(place), float(f"{loss:.5g}"), int(i)] if np.isfinite(loss) else None
        for place, loss, i in zip(path, along, iterations, strict=True)
    ]
    title = _("iteration {iteration}").format(iteration="%{customdata[3]}")
    return line(
        path[:, 0], path[:, 1], mode="lines+markers", customdata=told, name=name, showlegend=bool(name),
        line={"color": colour, "width": 2.2}, marker={"color": colour, "size": 5, "line": {"width": 0}},
        hovertemplate=f"{name}<br>" * bool(name) + title + "<br>" + _("loss") + " %{customdata[2]:.4g}<extra></extra>",
    )  # fmt: skip


def mark(place: Places, name: str, marker: dict[str, Any]) -> Trace:
    """A place that is marked; with a name in the legend too."""
    return {
        "type": "scatter", "mode": "markers", "x": [float(place[0])], "y": [float(place[1])], "name": name, "marker": marker,
        "showlegend": bool(name), "hoverinfo": "skip",
    }  # fmt: skip


def start_marker(colour: str) -> dict[str, Any]:
    return {"symbol": "circle-open", "size": 13, "color": colour, "line": {"width": 2.5}}


def end_marker(colour: str, look: Look) -> dict[str, Any]:
    return {"symbol": "star", "size": 15, "color": colour, "line": {"width": 1, "color": look.paper}}


def ends(path: FloatArray) -> tuple[int, int]:
    """The rows of the first and the last snapshot of a path that lie on the plane."""
    own = np.flatnonzero(np.isfinite(path).all(axis=1))
    return int(own[0]), int(own[-1])


def plane_layout(found: Landscape, look: Look) -> dict[str, Any]:
    """The plane, a unit as long in one direction as in the other."""
    area = found.area
    across = curve_axis(look, title={"text": _("first direction")}, range=[area.left, area.right])
    across |= {"constrain": "domain", "constraintoward": "right"}  # beside the scale of the losses
    up = curve_axis(look, title={"text": _("second direction")}, range=[area.bottom, area.top], scaleanchor="x", constrain="domain")
    margin = {"l": 54, "r": 8, "t": 6, "b": 44}
    return base_layout(look) | {"xaxis": across, "yaxis": up, "legend": legend(y=1.0), "margin": margin, "height": 470}


def scale(z: FloatArray) -> tuple[list[float], list[str]]:
    """Where a scale of log10 losses has ticks, and their texts: round numbers where its range has some, else five evenly."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    steps = STEPS if high - low < MANY_DECADES else STEPS[:1]
    every = max(1, round((high - low) / MOST_TICKS))  # decades from tick to tick
    decades = [k for k in range(int(np.floor(low)), int(np.ceil(high)) + 1) if k % every == 0]
    ticks = [tick for k in decades for step in steps if low <= (tick := float(k + np.log10(step))) <= high]
    even = np.linspace(low, high, 5).tolist()
    if len(ticks) >= FEW_TICKS or even[1] <= even[0]:  # no two numbers between, though one may be a little below the other
        ticks = ticks or [low]
        return ticks, [f"{10**tick:.0e}" if abs(tick) > 4 else f"{10**tick:.4g}" for tick in ticks]
    digits = max(3, 1 + int(np.ceil(-np.log10(even[1] - even[0]))))  # enough to tell them apart
    return even, [f"{10**tick:.{min(digits, 9)}g}" for tick in even]


def log_of(losses: FloatArray) -> FloatArray:
    found: FloatArray = np.log10(np.maximum(losses, LOWEST))
    return found


def levels(z: FloatArray) -> dict[str, float]:
    """Contour lines at equal steps of log10 of the loss, from the lowest to the highest."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    step = max(high - low, 1e-6) / LEVELS
    return {"start": low + step / 2, "end": high, "size": step}


def colours(look: Look) -> list[list[Any]]:
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
