"""Loss curves that readers drew before they saw the run's: the axes to draw on, and what they drew beside what happened."""

from __future__ import annotations

from typing import Any

import numpy as np

from pages.ui.charts.figure import (
    Figure,
    Trace,
    base_layout,
    between,
    curve_axis,
    iteration_axis,
    iteration_places,
    legend,
    line,
)
from pages.ui.charts.palette import Look
from pages.ui.text import _, ngettext, thousands
from spiral_core.classroom.drawings import Cloud, Curve, Drawing, Gap, places
from spiral_core.losses import chance
from spiral_core.run import Run

_MOST_LINES = 200  # of a cloud that are drawn
# Shares of the axis below which the mean gap is small.
_VERY_CLOSE, _CLOSE = 0.03, 0.1
_MOSTLY = 0.8  # of the places on one side


def axes(curve: Curve, look: Look, large: bool = False) -> Figure:
    """Empty axes for the loss of a run, with the loss of guessing as a hold."""
    settings = curve.settings
    guess = chance(settings.loss, settings.data.class_count)
    guessing: Trace = {
        "type": "scatter", "mode": "lines", "x": [0.5, settings.last_iteration], "y": [guess, guess], "hoverinfo": "skip",
        "name": _("guessing: {loss}").format(loss=f"{guess:.2f}"), "line": {"color": look.muted, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    layout = _layout(curve, look, large) | {"height": 400 if large else 270}
    layout["yaxis"] |= {"range": [0, curve.top]}
    return {"data": [guessing] if guess < curve.top else [], "layout": layout}


def _layout(curve: Curve, look: Look, large: bool) -> dict[str, Any]:
    """large: for a screen that a class looks at."""
    across = iteration_axis(curve.settings.last_iteration)
    type_ = {"tickfont": {"size": 22}} if large else {}
    font = {"font": {"size": 22}} if large else {}
    return base_layout(look) | {
        "xaxis": curve_axis(look, fixedrange=True, **across, **type_) | {"title": {"text": _("iteration"), "standoff": 6, **font}},
        "yaxis": curve_axis(look, title={"text": _("loss"), **font}, rangemode="tozero", fixedrange=True, **type_),
        "legend": legend(),
        "margin": {"l": 88, "r": 12, "t": 8, "b": 72} if large else {"l": 52, "r": 12, "t": 8, "b": 44},
    }


def describe_axes(curve: Curve) -> str:
    text = _("Axes to draw on: iterations 0 to {last} on a log axis, losses 0 to {top}.")
    return text.format(last=thousands(curve.settings.last_iteration), top=f"{curve.top:g}")


def drawn_line(drawing: Drawing, last: int, look: Look, **more: Any) -> Trace:
    """What a reader drew, as a line of a figure of losses."""
    losses = np.maximum(drawing.losses, 1e-3)  # a log axis has no zero
    style = {"color": look.ink, "width": 3, "dash": "dash"}
    return line(places(last), losses, name=_("your drawing"), line=style, hovertemplate="%{y:.3g}", **more)


def shown(curve: Curve, run: Run, own: Drawing | None, all_drawn: Cloud | None, look: Look, large: bool = False) -> Figure:
    """The run's loss over a class's drawings, faint, with their median and quartiles, and the reader's own."""
    last, at = curve.settings.last_iteration, places(curve.settings.last_iteration)
    traces: list[Trace] = []
    if all_drawn:
        lines = all_drawn.lines[:: -(-len(all_drawn.lines) // _MOST_LINES)]
        gaps = np.full((len(lines), 1), np.nan)
        across = np.tile(np.append(at, np.nan), len(lines))
        traces.append(
            line(
                across, np.hstack([lines, gaps]).ravel(), name=_("all drawings"), hoverinfo="skip", opacity=0.45,
                line={"color": look.muted, "width": 1.2},
            )
        )  # fmt: skip
        traces += between(at, all_drawn.low, all_drawn.high, look.test, _("middle half"))
        median = {"color": look.test, "width": 3}
        traces.append(line(at, all_drawn.median, name=_("median and middle half"), line=median, hovertemplate="%{y:.3g}"))
    h = run.history
    real = {"color": look.train, "width": 3.5}
    traces.append(line(iteration_places(h.iteration), h.loss, name=_("the run"), line=real, hovertemplate="%{y:.3g}"))
    if own:
        traces.append(drawn_line(own, last, look))
    layout = _layout(curve, look, large) | {"height": 400 if large else 360}
    finite = h.loss[np.isfinite(h.loss)]
    layout["yaxis"] |= {"range": [0, min(max(curve.top, float(finite.max(initial=0.0)) * 1.04), 4 * curve.top)]}
    return {"data": traces, "layout": layout}


def describe_shown(run: Run, all_drawn: Cloud | None) -> str:
    """The same in words."""
    said = _("The run's loss goes from {first} to {last}.").format(
        first=f"{run.history.loss[0]:.2f}", last=f"{run.history.loss[-1]:.2f}"
    )
    if all_drawn is None:
        return said
    text = ngettext(
        "The median of {count} drawing goes from {first} to {last}.",
        "The median of {count} drawings goes from {first} to {last}.",
        len(all_drawn.lines),
    )
    first, last = all_drawn.median[0], all_drawn.median[-1]
    return said + " " + text.format(count=len(all_drawn.lines), first=f"{first:.2f}", last=f"{last:.2f}")


def describe_gap(gap: Gap, top: float) -> str:
    """How far a drawing is from the run, in words and numbers."""
    share = gap.mean / top
    verdict = _("Very close.") if share < _VERY_CLOSE else _("Close.") if share < _CLOSE else _("Far from what happened.")
    text = _(
        "On average your line is {mean} away from the run's loss; the largest gap is at iteration {iteration}: {drawn} "
        "instead of {real}."
    )
    said = [verdict, text.format(
        mean=f"{gap.mean:.2f}", iteration=thousands(gap.iteration), drawn=f"{gap.drawn:.2f}", real=f"{gap.real:.2f}"
    )]  # fmt: skip
    if share >= _VERY_CLOSE and gap.above >= _MOSTLY:
        said.append(_("You expected a higher loss nearly everywhere."))
    elif share >= _VERY_CLOSE and gap.above <= 1 - _MOSTLY:
        said.append(_("You expected a lower loss nearly everywhere."))
    return " ".join(said)
