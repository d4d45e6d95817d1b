"""The charts of the landscape: contour lines or a surface of the loss over a plane, with the path of the training."""

from __future__ import annotations

from typing import Any

import numpy as np

from pages.ui.charts import relief
from pages.ui.charts.figure import Figure, Trace, base_layout, encoded, legend, number
from pages.ui.charts.palette import Look
from pages.ui.charts.relief import Places
from pages.ui.text import _, thousands
from spiral_core.analysis.landscape import Landscape
from spiral_core.arrays import FloatArray, IntArray


def contours(
    found: Landscape, height: FloatArray, along: FloatArray, iterations: IntArray, at: int, chosen: Places | None, look: Look
) -> Figure:
    """Contour lines with the path from a ring to a star, the snapshot on show and the place chosen.

    height (n, n), along (S,): the losses of the places and of the path.
    """
    path = found.paths[0]
    traces = [relief.ground(found, height, look), relief.walk(path, along, iterations, look.test)]
    traces += [relief.mark(path[row], name, marker) for name, row, marker in _marks(path, iterations, at, look)]
    if chosen is not None:
        own = {"symbol": "x", "size": 13, "color": look.ink, "line": {"width": 1.5, "color": look.paper}}
        traces.append(relief.mark(chosen, _("the place you chose"), own))
    return {"data": traces, "layout": relief.plane_layout(found, look)}


def surface(found: Landscape, height: FloatArray, along: FloatArray, iterations: IntArray, at: int, look: Look) -> Figure:
    """The same in three dimensions, the height on a log scale."""
    z, walked = relief.log_of(height), relief.log_of(along)
    ticks, texts = relief.scale(z)
    path = found.paths[0]
    lifted = walked + 0.025 * max(float(np.nanmax(z) - np.nanmin(z)), 1e-6)  # so that the ground does not hide it
    flat = {"type": "scatter3d", "hoverinfo": "skip"}
    traces: list[Trace] = [
        {
            "type": "surface", "x": encoded(found.a), "y": encoded(found.b), "z": encoded(z), "showscale": False, "opacity": 0.95,
            "colorscale": relief.colours(look), "hoverinfo": "skip",
            "contours": {"z": {"show": True, "color": look.muted, "width": 1, **relief.levels(z)}},
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
            "camera": {"eye": {"x": -0.65, "y": -1.15, "z": 1.3}, "center": {"x": 0, "y": 0, "z": -0.15}},
        },
        "legend": legend(y=1.0), "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "height": 470, "uirevision": "camera",
    }  # fmt: skip
    return {"data": traces, "layout": layout}


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


def _marks(path: FloatArray, iterations: IntArray, at: int, look: Look) -> list[tuple[str, int, dict[str, Any]]]:
    """Start, end and the snapshot on show: name, row of the path, and marker."""
    first, last = relief.ends(path)
    shown = int(np.searchsorted(iterations, at))
    marks = [
        (_("start"), first, relief.start_marker(look.test)),
        (_("end"), last, relief.end_marker(look.test, look)),
    ]
    if shown not in (first, last) and np.isfinite(path[shown]).all():
        here = {"symbol": "circle", "size": 12, "color": look.ink, "line": {"width": 2, "color": look.paper}}
        marks.append((_("iteration {iteration}").format(iteration=thousands(at)), shown, here))
    return marks
