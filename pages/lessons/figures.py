"""The pictures of the lessons beside boundaries: first losses, loss curves, and the places that searches tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.lessons.measures import chance, first_loss, loss
from pages.lessons.trials import PENALTIES, RATES, by_search, lowest, rates
from pages.ui.charts.figure import Figure, Trace, base_layout, curve_axis, legend, line, number, panel_title
from pages.ui.charts.gallery import gallery
from pages.ui.charts.overlay import describe_overlay, overlay
from pages.ui.charts.palette import Look
from pages.ui.charts.replay import Gallery
from pages.ui.text import _
from server.training.view import View
from spiral_core.records import Record
from spiral_core.run import Run

_ROW = 0.86  # of the height of a row of boundaries is theirs; the rest is for their titles, two lines each
_HEIGHT = 0.4  # of a row of boundaries at most, as a share of its width, so that text and pictures are on one screen
_WIDE_LOSSES = 20.0  # a ratio of losses beyond which only a log axis shows them all


def boundaries(views: Sequence[View], names: Sequence[str], look: Look) -> Gallery:
    """The boundaries of a lesson in one row, with room for a title of two lines above each."""
    shown = gallery(views, names, look)
    layout, narrow, count = shown["figure"]["layout"], shown["narrow"]["layout"], len(views)
    for i in range(count):
        axis = "" if i == 0 else str(i + 1)
        layout["xaxis" + axis]["domain"] = [i / count + 0.01, (i + 1) / count - 0.01]
        layout["yaxis" + axis]["domain"] = [0, _ROW]
        start = (count - 1 - i) / count
        narrow["yaxis" + axis]["domain"] = [start, start + _ROW / count]
    shown["rows"], shown["aspect"] = 1, min(_HEIGHT, 1 / count / _ROW)
    return shown


def curves(runs: Sequence[tuple[str, Run]], look: Look) -> Figure:
    """Loss and accuracy of each run over its iterations; losses that differ widely on a log axis."""
    shown = overlay(_records(runs), False, look)
    losses = np.concatenate([run.history.loss for _name, run in runs])
    if losses.max() > _WIDE_LOSSES * losses.min():
        shown["layout"]["yaxis"] |= {"type": "log", "exponentformat": "power", "dtick": 1}
    return shown


def describe_curves(runs: Sequence[tuple[str, Run]]) -> str:
    return describe_overlay(_records(runs), False)


def _records(runs: Sequence[tuple[str, Run]]) -> list[tuple[str, Record]]:
    return [(name, Record.of(run)) for name, run in runs]


def first_losses(runs: Sequence[Run], look: Look) -> Figure:
    """The loss of each run before its first update, over its number of classes, and the curve ln K."""
    classes = [run.data.train.classes for run in runs]
    ks = np.linspace(1, max(classes) + 1, 60)
    dots: Trace = {
        "type": "scatter", "mode": "markers+text", "name": _(
            "Initial data loss"
        ), "x": classes, "y": [first_loss(run) for run in runs],
        "text": [number(first_loss(run)) for run in runs], "textposition": "bottom right", "hoverinfo": "skip",
        "marker": {"size": 12, "color": look.runs[0], "line": {"width": 1, "color": look.edge}},
    }  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("Classes")}, dtick=1, range=[0.9, max(classes) + 1.1]),
        "yaxis": curve_axis(look, title={"text": _("Loss")}, rangemode="tozero"),
        "legend": legend(y=1.0),
        "margin": {"l": 56, "r": 12, "t": 30, "b": 48},
        "height": 320,
    }
    return {
        "data": [line(ks, np.log(ks), name=_("ln K"), line={"color": look.muted, "width": 2}, hoverinfo="skip"), dots],
        "layout": layout,
    }


def describe_first_losses(runs: Sequence[Run]) -> str:
    part = _("{classes} classes: initial loss {loss}, ln K {chance}")
    return "; ".join(
        part.format(classes=run.data.train.classes, loss=number(first_loss(run)), chance=number(chance(run))) for run in runs
    )


# The searches.


def trials(runs: Sequence[Run], look: Look) -> Gallery:
    """The trials of each search by learning rate and λ, each with its loss; a line at each rate that was tried."""
    searches = by_search(runs)
    layout: dict[str, Any] = base_layout(look) | {
        "annotations": [], "shapes": [], "showlegend": False, "margin": {"l": 64, "r": 12, "t": 28, "b": 48},
    }  # fmt: skip
    narrow: dict[str, Any] = {}
    traces: list[Trace] = []
    count = len(searches)
    for i, (name, part) in enumerate(searches.items()):
        axis = "" if i == 0 else str(i + 1)
        start = (count - 1 - i) / count
        layout["xaxis" + axis] = curve_axis(
            look, type="log", range=_padded(RATES.low, RATES.high), domain=[i / count + 0.01, (i + 1) / count - 0.01],
            anchor="y" + axis, showgrid=False, exponentformat="power", dtick=1, title={"text": _("Learning rate"), "standoff": 4},
        )  # fmt: skip
        layout["yaxis" + axis] = curve_axis(
            look, type="log", range=_padded(PENALTIES.low, PENALTIES.high), domain=[0, 0.88], anchor="x" + axis, showgrid=False,
            exponentformat="power", dtick=1, showticklabels=i == 0, title={"text": "" if i else "λ"},
        )  # fmt: skip
        narrow["xaxis" + axis] = {"domain": [0, 1]}
        narrow["yaxis" + axis] = {"domain": [start + 0.07, start + 0.29], "showticklabels": True, "title": {"text": "λ"}}
        colour = look.runs[i]
        layout["annotations"].append(panel_title(f"<b>{_(name)}</b>", f"x{axis} domain", f"y{axis} domain"))
        layout["shapes"] += [_rate_line(rate, axis, colour) for rate in sorted({run.settings.learning_rate for run in part})]
        traces.append(_places(part, axis, colour, look))
    return {
        "figure": {"data": traces, "layout": layout},
        "narrow": {"layout": narrow, "aspect": 2.6},
        "aspect": _HEIGHT,
        "rows": 1,
        "alt": describe_trials(runs),
    }


def _padded(low: float, high: float) -> list[float]:
    """The range of a log axis, with room for marks and their losses at its ends."""
    room = 0.14 * math.log10(high / low)
    return [math.log10(low) - room, math.log10(high) + room]


def _rate_line(rate: float, axis: str, colour: str) -> dict[str, Any]:
    return {
        "type": "line", "layer": "below", "xref": "x" + axis, "yref": f"y{axis} domain", "x0": rate, "x1": rate, "y0": 0, "y1": 1,
        "opacity": 0.5, "line": {"color": colour, "width": 1.5, "dash": "dot"},
    }  # fmt: skip


def _places(runs: Sequence[Run], axis: str, colour: str, look: Look) -> Trace:
    """A mark for each trial, with its loss."""
    texts = [number(loss(run))[:4] if math.isfinite(loss(run)) else "∞" for run in runs]
    return {
        "type": "scatter", "mode": "markers+text", "xaxis": "x" + axis, "yaxis": "y" + axis,
        "x": [run.settings.learning_rate for run in runs], "y": [run.settings.reg for run in runs],
        "text": texts, "textposition": "top center", "textfont": {"color": look.ink},
        "marker": {"size": 10, "color": colour, "line": {"width": 1, "color": look.edge}},
        "hovertemplate": _("rate {rate}, λ {reg}: loss {loss}").format(rate="%{x:.3g}", reg="%{y:.2g}", loss="%{text}") + "<extra></extra>",
    }  # fmt: skip


def describe_trials(runs: Sequence[Run]) -> str:
    """For each search, how many learning rates it tried and the lowest loss it found."""
    part = _("{search}: {count} different learning rates, lowest loss {loss}")
    best, tried = lowest(runs), rates(runs)
    return "; ".join(part.format(search=_(name), count=tried[name], loss=number(best[name])) for name in best) + "."
