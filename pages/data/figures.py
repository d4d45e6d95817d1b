"""The picture of the points that can be changed, and the sentence that says what it shows."""

from __future__ import annotations

import numpy as np

from pages.data.draft import Draft
from pages.ui.charts.figure import Figure, curve_axis, plain, plane_figure, points
from pages.ui.charts.palette import CLASS_SHAPES, Look
from pages.ui.text import ngettext, thousands
from server.training.colours import CLASS_COLOURS
from spiral_core.boundary import Area, area_of
from spiral_core.datasets import Split

MAX_RATIO = 4.0  # of how far the axes reach, up to which they have the same scale
MARGIN = 0.08  # of an axis's reach, at each end
MIN_FILLED = 0.4  # of the plane on show
FEW = 20  # points, which may stand anywhere on it


def plane_chart(draft: Draft, parts: Split | None, plane: Area, look: Look, changing: bool) -> Figure:
    """All points with their classes; held-out ones hollow where the split is known. changing: no panning, clicks mean something."""
    figure = plane_figure(plane, None, look, 440)
    layout = figure["layout"]
    for axis, name in zip(("xaxis", "yaxis"), draft.axes, strict=True):
        layout[axis] |= curve_axis(look) | {"visible": True, "title": {"text": plain(name), "standoff": 4}}
    if scaled_apart(draft):
        del layout["yaxis"]["scaleanchor"]
    layout["margin"] = {"l": 44, "r": 8, "t": 28, "b": 44}
    if changing:
        layout["dragmode"] = False
    figure["data"] = points(parts, look) if parts else _unfinished(draft, look)
    return figure


def _unfinished(draft: Draft, look: Look) -> list[dict[str, object]]:
    """The points of a set that cannot be split yet."""
    traces: list[dict[str, object]] = []
    for label, name in enumerate(draft.names):
        own = draft.X[draft.y == label]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "x": own[:, 0].tolist() or [None], "y": own[:, 1].tolist() or [None],
                "name": plain(name), "showlegend": True,
                "marker": {"symbol": CLASS_SHAPES[label], "size": 8, "color": CLASS_COLOURS[label], "line": {"width": 1, "color": look.edge}},
                "hovertemplate": "(%{x:.3f}, %{y:.3f})<extra></extra>",
            }
        )  # fmt: skip
    return traces


def describe(draft: Draft, parts: Split | None) -> str:
    """`plane_chart` in a sentence with numbers."""
    classes = ", ".join(f"{name}: {count}" for name, count in zip(draft.names, draft.counts(), strict=True))
    text = ngettext("{count} point ({list}).", "{count} points ({list}).", len(draft.y)).format(
        count=thousands(len(draft.y)), list=classes
    )
    if parts and parts.test is not None:
        text += " " + ngettext("{count} of them is held out.", "{count} of them are held out.", len(parts.test)).format(
            count=thousands(len(parts.test))
        )
    return text


def scaled_apart(draft: Draft) -> bool:
    """Whether one axis reaches so much farther than the other that on equal scales the points would lie on a line."""
    if len(draft.y) < 2:
        return False
    reach = draft.X.max(axis=0) - draft.X.min(axis=0)
    return bool(reach.min() > 0 and reach.max() > MAX_RATIO * reach.min())


def plane_of(draft: Draft, held: Area | None) -> Area:
    """The part of the plane to show: the one that was shown before, as long as it fits, so that nothing jumps at a click."""
    if held is not None and _fits(draft, held):
        return held
    if len(draft.y) < 2:
        return Area(-1.1, 1.1, -1.1, 1.1)
    return _area_apart(draft) if scaled_apart(draft) else area_of(draft.X)


def _area_apart(draft: Draft) -> Area:
    """The rectangle round all points, each axis with a margin of its own."""
    low, high = draft.X.min(axis=0), draft.X.max(axis=0)
    margin = MARGIN * (high - low)
    return Area(*(float(v) for pair in zip(low - margin, high + margin, strict=True) for v in pair))


def _fits(draft: Draft, plane: Area) -> bool:
    """Whether all points lie inside, and fill enough of the wider axis not to look lost."""
    if not len(draft.y):
        return False
    size = np.array([plane.right - plane.left, plane.top - plane.bottom])
    low, high = draft.X.min(axis=0), draft.X.max(axis=0)
    inside = np.all(low >= (plane.left, plane.bottom)) and np.all(high <= (plane.right, plane.top))
    filled = (high - low) / size
    enough = filled.min() if scaled_apart(draft) else filled.max()
    return bool(inside and (enough > MIN_FILLED or len(draft.y) < FEW))
