"""The charts: functions of a run or of arrays that return a figure, and the sentences that say what they show.

A figure is plain JSON, {"data": …, "layout": …}, as Plotly's own `Figure.to_plotly_json` gives it: building it so takes a tenth
of the time of Plotly's classes, which check each value again for each visitor. The tests let those classes check them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pages.ui.charts.figure import (
    Figure,
    Trace,
    base_layout,
    between,
    curve_axis,
    faint,
    image,
    legend,
    line,
    number,
    panel_title,
    plane_axis,
    plane_figure,
    points,
)
from pages.ui.charts.palette import Look
from pages.ui.charts.replay import loss_limits
from pages.ui.text import _, ngettext, parameter_label, thousands
from server.training.pictures import area
from server.training.view import View
from spiral_core.boundary import Area
from spiral_core.datasets import Split
from spiral_core.run import History, Run

# Where the three panels stand, as shares of the figure: side by side, or on a narrow screen one above the other.
LEFT, _RIGHT = [0.0, 0.47], [0.55, 1.0]
_NARROW_HEIGHT = 900
MAX_PRODUCTS = 3e8  # of points and weights: beyond, tooltips say nothing of probabilities


def training(view: View, look: Look) -> Figure:
    """Boundary and points, loss curves, accuracy curves. The replay bar moves its picture and its cursor."""
    run = view.run
    plane = area(run.settings.data)
    layout = base_layout(look) | {
        "images": [image(plane, _last_picture(view))],
        "xaxis": plane_axis(plane.left, plane.right, domain=LEFT, anchor="y"),
        "yaxis": plane_axis(plane.bottom, plane.top, domain=[0, 1], anchor="x", scaleanchor="x"),
        "xaxis2": curve_axis(look, domain=_RIGHT, anchor="y2", showticklabels=False),
        "yaxis2": curve_axis(look, domain=[0.44, 0.94], anchor="x2", exponentformat="power", nticks=6),
        "xaxis3": curve_axis(look, domain=_RIGHT, anchor="y3", matches="x2"),
        "yaxis3": curve_axis(look, domain=[0.03, 0.35], anchor="x3", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "annotations": [
            panel_title(_loss_title(run, look), "x2 domain", "y2 domain"),
            panel_title(_accuracy_title(run, look), "x3 domain", "y3 domain"),
        ],
        "legend": legend(),
        "margin": {"l": 8, "r": 12, "t": 4, "b": 24},
    }
    network = run.network_at() if run.finished and run.snapshots.shape[1] * len(run.data.train) <= MAX_PRODUCTS else None
    return {"data": points(run.data, look, network) + _curves(run, look), "layout": layout}


def narrow_training() -> dict[str, Any]:
    """What changes in `training` where the screen is narrow."""
    return {
        "height": _NARROW_HEIGHT,
        "layout": {
            "xaxis": {"domain": [0, 1]},
            "yaxis": {"domain": [0.53, 1]},
            "xaxis2": {"domain": [0.08, 1]},
            "yaxis2": {"domain": [0.24, 0.46]},
            "xaxis3": {"domain": [0.08, 1]},
            "yaxis3": {"domain": [0.02, 0.18]},
        },
    }


def _curves(run: Run, look: Look) -> list[Trace]:
    h = run.history
    lines = [
        (h.reg_loss, "y2", _("regularisation"), look.muted, 1.5, "dash"),
        (h.data_loss, "y2", _("data loss"), look.train, 1.5, "dot"),
        (h.loss, "y2", _("loss"), look.train, 2.5, "solid"),
        (h.train_accuracy, "y3", _("training accuracy"), look.train, 2.5, "solid"),
    ]
    if run.data.test is not None:
        lines += [
            (h.test_loss, "y2", _("held-out data loss"), look.test, 2, "solid"),
            (h.test_accuracy, "y3", _("held-out accuracy"), look.test, 2, "solid"),
        ]
    iterations = h.iteration.tolist()  # the browser places them, on a linear or a log axis
    own = {"customdata": iterations, "meta": {"curve": True}}
    at = "<br>" + _("iteration {iteration}").format(iteration="%{customdata}") + "<extra></extra>"
    traces = [
        line(
            iterations,
            values,
            **own,
            xaxis="x" + axis[1:],
            yaxis=axis,
            name=name,
            line={"color": colour, "width": width, "dash": dash},
            showlegend=False,
            hovertemplate=name + (" %{y:.1%}" if axis == "y3" else " %{y:.5g}") + at,
        )
        for values, axis, name, colour, width, dash in lines
    ]
    traces = _beginnings(run, look) + traces
    if not has_extremes(h):
        return traces
    loss = next(trace for trace in traces if trace["name"] == _("loss"))
    span = _("from {low} to {high} since the last point")
    loss["text"] = [
        f"<br>{span.format(low=number(low), high=number(high))}" if high > low else ""
        for low, high in zip(h.lowest, h.highest, strict=True)
    ]
    loss["hovertemplate"] = loss["hovertemplate"].replace("<extra>", "%{text}<extra>")
    area_of = between(iterations, h.lowest, h.highest, look.train, _("lowest to highest loss"), xaxis="x2", yaxis="y2", **own)
    for trace in area_of:
        trace["line"]["shape"] = "vh"  # what holds at a point holds since the last one
    return area_of + traces


def _beginnings(run: Run, look: Look) -> list[Trace]:
    """A line through both panels at each iteration where a further phase begins."""
    low, high = loss_limits(run)
    traces = []
    for place, (begin, phase) in enumerate(run.phases[1:], 2):
        if begin > run.iteration:
            break
        told = _("phase {number}, from iteration {iteration}").format(number=place, iteration=thousands(begin))
        for axis, ends in (("y2", [low, high]), ("y3", [0.0, 1.0])):
            traces.append(
                line(
                    [begin, begin], np.array(ends), customdata=[begin, begin], meta={"curve": True},
                    xaxis="x" + axis[1:], yaxis=axis,
                    name=told, line={"color": look.muted, "width": 1, "dash": "dot"}, showlegend=False,
                    hovertemplate=f"{told}<br>{parameter_label('learning_rate')} {phase.learning_rate:g}<extra></extra>",
                )
            )  # fmt: skip
    return traces


def has_extremes(history: History) -> bool:
    """Whether iterations between the logged ones are known, and differ."""
    return bool(np.any(history.highest > history.lowest))


def _loss_title(run: Run, look: Look) -> str:
    parts = [
        f"<b style='color:{look.train}'>{_('loss')}</b>",
        f"<span style='color:{look.train}'>┄ {_('data')}</span>",
        f"<span style='color:{look.muted}'>╌ {_('regularisation')}</span>",
    ]
    if run.data.test is not None:
        parts.append(f"<b style='color:{look.test}'>{_('held-out data')}</b>")
    if has_extremes(run.history):
        parts.append(
            f"<span style='color:{faint(look.train)}'>■</span> <span style='color:{look.train}'>{_('lowest to highest')}</span>"
        )
    return "  ".join(parts)


def _accuracy_title(run: Run, look: Look) -> str:
    title = f"<b style='color:{look.train}'>{_('accuracy')}</b>"
    if run.data.test is not None:
        title += f"  <b style='color:{look.test}'>{_('held out')}</b>"
    return title


def describe_training(view: View) -> str:
    """`training` in a sentence with numbers."""
    run = view.run
    h = run.history
    text = ngettext(
        "Decision boundary and training curves: over {iterations} iteration the loss went from {first} to {last}, "
        "the training accuracy to {train}",
        "Decision boundary and training curves: over {iterations} iterations the loss went from {first} to {last}, "
        "the training accuracy to {train}",
        int(h.iteration[-1]),
    )
    text = text.format(
        iterations=int(h.iteration[-1]), first=number(h.loss[0]), last=number(h.loss[-1]), train=f"{h.train_accuracy[-1]:.1%}"
    )
    if run.data.test is not None:
        text += _(", the held-out accuracy to {test}").format(test=f"{h.test_accuracy[-1]:.1%}")
    text += "."
    begun = [thousands(begin) for begin, _phase in run.phases[1:]]
    if begun:
        text += " " + _("Further phases begin at iteration: {iterations}.").format(iterations="; ".join(begun))
    late = h.iteration > 100
    if has_extremes(h) and h.highest[late].max() > h.loss[late].max():
        row = int(np.argmax(np.where(late, h.highest, -np.inf)))
        peak = _("Between the plotted points it rose to {highest}, no later than iteration {iteration}.")
        text += " " + peak.format(highest=number(h.highest[row]), iteration=thousands(h.iteration[row]))
    return text


def boundary(data: Split, plane: Area, picture: str | None, look: Look, height: int = 380) -> Figure:
    """The points, over a picture of the classes that a network gives the plane if there is one."""
    return plane_figure(plane, picture, look, height) | {"data": points(data, look)}


def relu(z: float, look: Look) -> Figure:
    """The ReLU and, dashed, its derivative, with a mark at z."""
    x = np.array([-2.0, -1e-9, 1e-9, 2.0])
    lines = [
        line(x, np.maximum(0, x), name="max(0, z)", line={"color": look.train, "width": 3}),
        line(x, (x > 0) * 1.0, name="dr/dz", line={"color": look.test, "width": 2, "dash": "dash"}),
    ]
    mark = {
        "type": "scatter", "x": [z], "y": [max(0.0, z)], "mode": "markers", "showlegend": False, "hoverinfo": "skip",
        "marker": {"size": 14, "color": look.train, "line": {"color": look.paper, "width": 2}},
    }  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": "z"}, range=[-2.05, 2.05]),
        "yaxis": curve_axis(look, range=[-0.15, 2.05]),
        "legend": legend(),
        "margin": {"l": 32, "r": 8, "t": 8, "b": 40},
        "height": 230,
    }
    return {"data": [*lines, mark], "layout": layout}


def _last_picture(view: View) -> str:
    return view.pictures[int(view.run.snapshot_iterations[-1])]
