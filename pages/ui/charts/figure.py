"""What figures are made of: layout, axes, lines, the points of a data set."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.ui.charts.palette import CLASS_SHAPES, Look
from pages.ui.text import _, own_name, thousands
from server.training.colours import CLASS_COLOURS
from spiral_core.boundary import Area
from spiral_core.datasets import Dataset, Split
from spiral_core.losses import losses, probabilities
from spiral_core.network import Network

Figure = dict[str, Any]
Trace = dict[str, Any]

MAX_DRAWN = 3000  # points of a data set


def base_layout(look: Look) -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": look.ink},
        "hoverlabel": {"bgcolor": look.paper, "font": {"color": look.ink}},
    }


def legend(y: float = 1.0) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": y, "xanchor": "left", "yanchor": "bottom", "itemsizing": "constant"}


def plane_axis(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"range": [low, high], "visible": False, "constrain": "domain", **more}


def curve_axis(look: Look, **more: Any) -> dict[str, Any]:
    return {"gridcolor": look.grid, "zeroline": False, "linecolor": look.grid, **more}


def iteration_axis(last: int) -> dict[str, Any]:
    """A log axis of iterations, on which 0 stands half a step before 1."""
    ticks = [0.5] + [float(10**k) for k in range(len(str(last)))]
    return {
        "type": "log", "range": [np.log10(0.5), np.log10(max(last, 2)) + 0.05], "tickmode": "array", "tickvals": ticks,
        "ticktext": ["0", *(thousands(tick) for tick in ticks[1:])],
    }  # fmt: skip


def iteration_places(iteration: NDArray[Any]) -> NDArray[Any]:
    """Where iterations stand on `iteration_axis`."""
    places: NDArray[Any] = np.maximum(iteration, 0.5)
    return places


def image(plane: Area, picture: str, axis: str = "") -> dict[str, Any]:
    """A picture of the plane behind the points of an axis ("" is the first)."""
    return {
        "source": picture, "xref": "x" + axis, "yref": "y" + axis, "x": plane.left, "y": plane.top,
        "sizex": plane.right - plane.left, "sizey": plane.top - plane.bottom, "sizing": "stretch", "layer": "below",
    }  # fmt: skip


def plane_figure(plane: Area, picture: str | None, look: Look, height: int) -> Figure:
    """The plane alone, with a picture behind what is drawn on it."""
    layout = base_layout(look) | {
        "images": [image(plane, picture)] if picture else [],
        "xaxis": plane_axis(plane.left, plane.right, domain=[0, 1]),
        "yaxis": plane_axis(plane.bottom, plane.top, domain=[0, 1], scaleanchor="x"),
        "legend": legend(y=1.0),
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "height": height,
    }
    return {"data": [], "layout": layout}


def panel_title(text: str, xref: str, yref: str) -> dict[str, Any]:
    return {
        "text": text, "xref": xref, "yref": yref, "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom",
        "align": "left", "showarrow": False, "font": {"size": 13},
    }  # fmt: skip


def line(x: Any, y: NDArray[Any], **more: Any) -> Trace:
    """A line through (x, y)."""
    return {"type": "scatter", "x": x if isinstance(x, list) else encoded(x), "y": encoded(y), "mode": "lines", **more}


def encoded(values: NDArray[Any]) -> dict[str, str]:
    """An array as plotly.js reads it from JSON: its bytes, in single precision where the sizes of its numbers allow."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    single = sizes.max(initial=0.0) < 1e30 and sizes.min(initial=1.0) > 1e-30
    values = values.astype("<f4" if single else "<f8")
    shape = {"shape": ", ".join(map(str, values.shape))} if values.ndim > 1 else {}
    return {"dtype": values.dtype.str[1:], "bdata": base64.b64encode(values.tobytes()).decode(), **shape}


def faint(colour: str) -> str:
    """A colour as the ground of an area."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def between(x: Any, low: NDArray[Any], high: NDArray[Any], colour: str, name: str, **more: Any) -> list[Trace]:
    """A pale area between two curves: the first invisible, the second with the filling."""
    quiet = {"line": {"width": 0, "color": colour}, "hoverinfo": "skip", "showlegend": False, **more}
    return [
        line(x, low, name=name, **quiet),
        line(x, high, name=name, fill="tonexty", fillcolor=faint(colour), **quiet),
    ]


def number(value: float) -> str:
    """A loss as the screen shows it: four decimals, or a power of ten where that says nothing."""
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.4f}"
    return f"{value:.2e}"


def points(data: Split, look: Look, network: Network | None = None) -> list[Trace]:
    """One trace a class: training points filled, held-out points hollow; of very many points a share is drawn.

    network: says in a point's tooltip what it makes of it.
    """
    train, test = thinned(data.train), data.test and thinned(data.test)
    traces = _part(train, look, network, "train")
    if len(train) < len(data.train):
        note = _("{drawn} of {all} points drawn").format(drawn=thousands(len(train)), all=thousands(len(data.train)))
        traces.append(_legend_note(note, {"size": 1, "opacity": 0}))
    if network is not None and network.loss_name == "hinge":
        traces.append(_legend_note(_("full colour: ahead by 1 or more"), {"size": 1, "opacity": 0}))
    if test is not None:
        traces += _part(test, look, network, "test")
        ring = {"symbol": "circle", "size": 8, "color": look.hollow, "line": {"width": 2, "color": look.muted}}
        traces.append(_legend_note(_("hollow: held out"), ring))
    return traces


def _part(data: Dataset, look: Look, network: Network | None, part: str) -> list[Trace]:
    traces = [_class_points(data, label, look, hollow=part == "test") for label in range(data.classes)]
    for label, trace in enumerate(traces):
        own = data.y == label
        if network is None or not own.any():
            continue
        hinge = network.loss_name == "hinge"  # it has scores, and no probabilities
        scores = network.scores(data.X[own])
        sure = scores if hinge else probabilities(scores)
        cost = losses(network.loss_name, scores, data.y[own])
        trace["customdata"] = encoded(np.column_stack([np.minimum(cost, 999.0), sure]))
        trace["meta"] |= {"predicted": sure.argmax(axis=1).tolist()}
        form = [f"%{{customdata[{k + 1}]:{'.2f' if hinge else '.1%'}}}" for k in range(data.classes)]
        values = [_("score {score}").format(score=each) for each in form] if hinge else form
        told_classes = "".join(f"<br>{class_title(data.names, k)}: {value}" for k, value in enumerate(values))
        ending = f"<br><b>{_('at the end')}</b>: {_('loss')} %{{customdata[0]:.3f}}{told_classes}<extra></extra>"
        trace["hovertemplate"] = trace["hovertemplate"].replace("<extra></extra>", ending)
    return traces


def class_title(names: Sequence[str], label: int) -> str:
    """A class in a chart: its own name, harmless inside Plotly's markup, else "class 0"."""
    return plain(own_name(names[label])) if names else _("class {label}").format(label=label)


def plain(text: str) -> str:
    """A user's text inside Plotly's own markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "%&#123;")


def _legend_note(text: str, marker: dict[str, Any]) -> Trace:
    """An entry of the legend without points."""
    return {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "name": text, "marker": marker}


def ground(text: str, colour: str) -> Trace:
    """An entry of the legend for a colour of the picture behind the points."""
    return {
        "type": "scatter", "x": [None], "y": [None], "mode": "lines", "line": {"width": 0}, "fill": "toself",
        "fillcolor": colour, "name": text,
    }  # fmt: skip


def thinned(data: Dataset) -> Dataset:
    """At most MAX_DRAWN points, evenly from all classes: a browser draws each as an element of its own."""
    step = -(-len(data) // MAX_DRAWN)
    return data if step == 1 else data.chosen(slice(None, None, step))


def _class_points(data: Dataset, label: int, look: Look, hollow: bool) -> Trace:
    own = data.y == label
    colour = CLASS_COLOURS[label]
    few = len(data) <= 1200
    part = _("held out") if hollow else _("training")
    name = class_title(data.names, label)
    return {
        "type": "scatter",
        "x": encoded(data.X[own, 0]),
        "y": encoded(data.X[own, 1]),
        "xaxis": "x",
        "yaxis": "y",
        "mode": "markers",
        "meta": {"part": "test" if hollow else "train", "label": label},
        "name": name if data.classes <= 4 or data.names else str(label),
        "legendgroup": str(label),
        "showlegend": not hollow,
        "marker": {
            "symbol": CLASS_SHAPES[label],
            "size": 8 if few else 4,
            "color": look.hollow if hollow else colour,
            "line": {"width": 2.2 if hollow else 1 if few else 0, "color": colour if hollow else look.edge},
        },
        "hovertemplate": f"{part}, {name}<br>(%{{x:.3f}}, %{{y:.3f}})<extra></extra>",
    }
