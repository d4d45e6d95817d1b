"""The picture of the points that can be changed, and the sentence that says what it shows."""

from __future__ import annotations

import numpy as np

from pages.data.draft import Draft
from pages.ui.charts.figure import Figure, curve_axis, encoded, plain, plane_figure, points
from pages.ui.charts.palette import CLASS_SHAPES, Look
from pages.ui.text import _, choice_label, ngettext, thousands
from server.training.colours import CLASS_COLOURS
from spiral_core.arrays import FloatArray
from spiral_core.boundary import Area, area_of
from spiral_core.datasets import Split
from spiral_core.scaling import principal_axes, scaling

MAX_RATIO = 4.0  # of how far the axes reach, up to which they have the same scale
MARGIN = 0.08  # of an axis's reach, at each end
MIN_FILLED = 0.4  # of the plane on show
FEW = 20  # points, which may stand anywhere on it


def plane_chart(draft: Draft, parts: Split | None, plane: Area, look: Look, changing: bool, wrong: FloatArray) -> Figure:
    """All points with their classes; held-out ones hollow where the split is known, those at `wrong` (n, 2) ringed.

    changing: no panning, clicks mean something.
    """
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
    if parts and len(wrong):
        rings = {"symbol": "circle-open", "size": 15, "color": look.ink, "line": {"width": 1.5}}
        figure["data"].append(
            {"type": "scatter", "mode": "markers", "x": encoded(wrong[:, 0]), "y": encoded(wrong[:, 1]), "name": _("wrong label"),
             "marker": rings, "hoverinfo": "skip"}
        )  # fmt: skip
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


def scaled_chart(parts: Split, scale: str, titles: tuple[str, str], look: Look) -> Figure:
    """The points as training sees them, and their principal axes in training, each two standard deviations long."""
    mapped = scaling(parts.train.X, scale)
    scaled = Split(mapped(parts.train), parts.test and mapped(parts.test))
    figure = plane_figure(area_of(np.vstack([part.X for part in scaled if part is not None])), None, look, 400)
    layout = figure["layout"]
    for axis, name in zip(("xaxis", "yaxis"), titles, strict=True):
        layout[axis] |= curve_axis(look) | {"visible": True, "title": {"text": plain(name), "standoff": 4}}
    layout["margin"] = {"l": 44, "r": 8, "t": 28, "b": 44}
    figure["data"] = points(scaled, look)
    centre = scaled.train.X.mean(axis=0)
    for i, (direction, deviation) in enumerate(spread_along_axes(scaled.train.X)):
        ends = np.array([centre, centre + 2 * deviation * direction])
        figure["data"].append(
            {
                "type": "scatter", "mode": "lines", "x": ends[:, 0].tolist(), "y": ends[:, 1].tolist(),
                "line": {"color": look.ink, "width": 3}, "name": _("principal axes"), "legendgroup": "axes", "showlegend": i == 0,
                "hovertemplate": _("two standard deviations along the axis") + "<extra></extra>",
            }
        )  # fmt: skip
    return figure


def spread_along_axes(X: FloatArray) -> list[tuple[FloatArray, float]]:
    """The principal axes of the points with the standard deviation along each, the largest first."""
    mean, axes, _one_where_none = principal_axes(X)
    return [(axis, float(((X - mean) @ axis).std())) for axis in axes]


def describe_scaled(parts: Split, scale: str) -> str:
    """`scaled_chart` in a sentence with numbers."""
    (_first, longer), (_second, shorter) = spread_along_axes(scaling(parts.train.X, scale).of(parts.train.X))
    text = _("The points ({scale}); along their principal axes the standard deviations are {longer} and {shorter}.")
    return text.format(scale=choice_label(scale), longer=f"{longer:.3g}", shorter=f"{shorter:.3g}")


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
