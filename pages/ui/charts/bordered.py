"""Borders that readers drew before they saw the run's: the plane to draw on, and what they drew over what happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.ui.charts.figure import Figure, Trace, legend, line, plane_figure, points
from pages.ui.charts.palette import Look
from pages.ui.text import _, ngettext
from server.training.pictures import area
from server.training.view import View
from spiral_core.boundary import Area
from spiral_core.classroom.borders import NEAR, Lines, Miss, Plane
from spiral_core.datasets import data_of

_LARGE = 400  # pixels of a plane that a class looks at, whose type is larger: so that all is on its screen
_MOST_DRAWINGS = 200  # of a class's that are shown
# Shares of the side by which drawn lines lie beside the borders, and of the borders that were met, for the words.
_VERY_CLOSE, _CLOSE = (0.03, 0.8), (0.06, 0.6)


def axes(plane: Plane, look: Look, large: bool = False) -> Figure:
    """The points alone, to draw borders among."""
    shown = area(plane.settings.data)
    figure = plane_figure(shown, None, look, _LARGE if large else 380)
    figure["layout"]["shapes"] = [{
        "type": "rect", "x0": shown.left, "x1": shown.right, "y0": shown.bottom, "y1": shown.top,
        "line": {"color": look.muted, "width": 1}, "layer": "below",
    }]  # fmt: skip
    figure["data"] = points(data_of(plane.settings.data), look)
    return figure


def describe_axes() -> str:
    return _("The plane with the points, to draw decision boundaries on.")


def shown(view: View, own: Lines | None, all_drawn: Sequence[Lines] | None, look: Look, large: bool = False) -> Figure:
    """What a run's net says over the plane, with a class's lines, faint, and the reader's own."""
    run = view.run
    plane = area(run.settings.data)
    figure = plane_figure(plane, view.pictures[int(run.snapshot_iterations[-1])], look, _LARGE if large else 400)
    figure["layout"]["legend"] = legend()
    traces: list[Trace] = []
    if all_drawn:
        every = [each for drawing in all_drawn[:_MOST_DRAWINGS] for each in drawing.lines]
        style = {"color": look.ink, "width": 2 if large else 1.5}
        traces.append(_on_plane(every, plane, name=_("all drawings"), opacity=0.35, line=style))
    if own:
        traces.append(_on_plane(own.lines, plane, name=_("your drawing"), line={"color": look.ink, "width": 3, "dash": "dash"}))
    figure["data"] = points(run.data, look)
    for trace in figure["data"]:
        trace["opacity"] = 0.45
    figure["data"] += traces
    return figure


def _on_plane(lines: Sequence[Sequence[tuple[float, float]]], plane: Area, **more: object) -> Trace:
    """Lines of shares of the sides as one trace with gaps."""
    gap = np.full((1, 2), np.nan)
    places = np.concatenate([part for each in lines for part in (np.array(each), gap)])
    x = plane.left + places[:, 0] * (plane.right - plane.left)
    y = plane.bottom + places[:, 1] * (plane.top - plane.bottom)
    return line(x, y, hoverinfo="skip", **more)


def describe_shown(all_drawn: Sequence[Lines] | None) -> str:
    """The same in words."""
    said = _("What the net says over the plane at the end of the run.")
    if all_drawn is None:
        return said
    text = ngettext("{count} drawing lies over it.", "{count} drawings lie over it.", len(all_drawn))
    return said + " " + text.format(count=len(all_drawn))


def describe_miss(found: Miss | None) -> str:
    """How far a drawing is from the net's borders, in words and numbers."""
    if found is None:
        return _("The net gives one class everywhere: there is no boundary.")
    verdict = _("Far from what happened.")
    for (away, met), words in ((_CLOSE, _("Close.")), (_VERY_CLOSE, _("Very close."))):
        if found.away < away and found.met > met:
            verdict = words
    text = _(
        "On average your lines are {away} of the plane's width away from the nearest boundary; {met} of the boundaries run within "
        "{near} of a line of yours."
    )
    return verdict + " " + text.format(away=f"{found.away:.1%}", met=f"{found.met:.0%}", near=f"{NEAR:.0%}")
