"""The charts: functions of a run or of arrays that return a figure, and the sentences that say what they show.

A figure is plain JSON, {"data": …, "layout": …}, as Plotly's own `Figure.to_plotly_json` gives it: building it so takes a tenth
of the time of Plotly's classes, which check each value again for each visitor. The tests let those classes check them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import (
    Figure,
    Trace,
    base_layout,
    curve_axis,
    image,
    legend,
    line,
    number,
    panel_title,
    plain,
    plane_axis,
    plane_figure,
    points,
)
from pages.ui.charts.palette import Look
from pages.ui.text import _, class_label, ngettext, points_count, thousands
from server.training.pictures import area
from server.training.view import View
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.boundary import Area
from spiral_core.datasets import Split
from spiral_core.run import Run

Gallery = dict[str, Any]  # what the chart component needs for several boundaries with one replay bar

# Where the three panels stand, as shares of the figure: side by side, or on a narrow screen one above the other.
_LEFT, _RIGHT = [0.0, 0.47], [0.55, 1.0]
_NARROW_HEIGHT = 900


def training(view: View, look: Look) -> Figure:
    """Boundary and points, loss curves, accuracy curves. The replay bar moves its picture and its cursor."""
    run = view.run
    plane = area(run.settings.data)
    layout = base_layout(look) | {
        "images": [image(plane, _last_picture(view))],
        "xaxis": plane_axis(plane.left, plane.right, domain=_LEFT, anchor="y"),
        "yaxis": plane_axis(plane.bottom, plane.top, domain=[0, 0.94], anchor="x", scaleanchor="x"),
        "xaxis2": curve_axis(look, domain=_RIGHT, anchor="y2", showticklabels=False),
        "yaxis2": curve_axis(look, domain=[0.44, 0.94], anchor="x2", exponentformat="power", nticks=6),
        "xaxis3": curve_axis(look, domain=_RIGHT, anchor="y3", matches="x2"),
        "yaxis3": curve_axis(look, domain=[0.03, 0.35], anchor="x3", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "annotations": [
            panel_title(_loss_title(run, look), "x2 domain", "y2 domain"),
            panel_title(_accuracy_title(run, look), "x3 domain", "y3 domain"),
        ],
        "legend": legend(y=0.95),
        "margin": {"l": 8, "r": 12, "t": 4, "b": 24},
    }
    return {"data": points(run.data, look) + _curves(run, look), "layout": layout}


def narrow_training() -> dict[str, Any]:
    """What changes in `training` where the screen is narrow."""
    return {
        "height": _NARROW_HEIGHT,
        "layout": {
            "xaxis": {"domain": [0, 1]},
            "yaxis": {"domain": [0.52, 0.96]},
            "xaxis2": {"domain": [0.08, 1]},
            "yaxis2": {"domain": [0.24, 0.46]},
            "xaxis3": {"domain": [0.08, 1]},
            "yaxis3": {"domain": [0.02, 0.18]},
            "legend": {"y": 0.965},
        },
    }


def replay_of(view: View, look: Look, live: bool = False) -> dict[str, Any]:
    """What the replay bar needs of a run: pictures, cursor and key figures at each snapshot (live: at the last alone)."""
    run = view.run
    iterations = run.snapshot_iterations[-1:] if live else run.snapshot_iterations
    rows = [run.history.row(int(i)) for i in iterations]
    h = run.history
    dots = [
        _dot("y2", h.loss[rows], look.train),
        _dot("y3", h.train_accuracy[rows], look.train),
    ]
    if run.data.test is not None:
        dots += [_dot("y2", h.test_loss[rows], look.test), _dot("y3", h.test_accuracy[rows], look.test)]
    return {
        "run": f"{hash(run.settings):x}",
        "live": live,
        "opens": not live,
        "log_loss": bool(h.loss.max() > 20 * h.loss[0]),  # a run that explodes is flat on a linear axis
        "loss_limits": _loss_limits(run),
        "iterations": [int(i) for i in iterations],
        "panels": [{"pictures": [view.pictures[int(i)] for i in iterations], "at": list(range(len(iterations)))}],
        "dots": dots,
        "cursor": {"line": look.muted, "edge": look.paper},
        "figures": _key_figures(run, rows),
    }


def _loss_limits(run: Run) -> tuple[float, float]:
    """The lowest and the highest loss that the panel shows; the lowest above 0, for a log axis."""
    h = run.history
    shown = np.concatenate([h.loss, h.data_loss, h.test_loss])
    shown = shown[np.isfinite(shown)]
    return float(max(shown.min(), 1e-8)), float(max(shown.max(), 1e-7))


def _key_figures(run: Run, rows: list[int]) -> list[dict[str, Any]]:
    h = run.history
    parts = _("data {data} + regularisation {reg}")
    figures = [
        {
            "label": _("Loss"),
            "values": [number(h.loss[i]) for i in rows],
            "note": [parts.format(data=number(h.data_loss[i]), reg=number(h.reg_loss[i])) for i in rows],
            "help": _("Mean cross-entropy in nats plus regularisation; guessing among K classes costs ln K."),
        },
        {
            "label": _("Accuracy"),
            "values": [f"{h.train_accuracy[i]:.1%}" for i in rows],
            "note": [
                ngettext("training, {count} point", "training, {count} points", len(run.data.train)).format(
                    count=thousands(len(run.data.train))
                )
            ],
        },
    ]
    if run.data.test is None:
        figures.append({"label": _("Held-out accuracy"), "values": ["–"], "note": [_("no points held out")]})
    else:
        figures.append(
            {
                "label": _("Held-out accuracy"),
                "values": [f"{h.test_accuracy[i]:.1%}" for i in rows],
                "note": [points_count(len(run.data.test))],
            }
        )
    return figures


def _dot(yref: str, values: FloatArray, colour: str) -> dict[str, Any]:
    return {
        "xref": "x" + yref[1:],
        "yref": yref,
        "values": [float(v) if np.isfinite(v) else None for v in values],
        "color": colour,
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
    at = "<br>" + _("iteration {iteration}").format(iteration="%{customdata}") + "<extra></extra>"
    return [
        line(
            iterations,
            values,
            customdata=iterations,
            xaxis="x" + axis[1:],
            yaxis=axis,
            name=name,
            line={"color": colour, "width": width, "dash": dash},
            showlegend=False,
            hovertemplate=name + (" %{y:.1%}" if axis == "y3" else " %{y:.5g}") + at,
        )
        for values, axis, name, colour, width, dash in lines
    ]


def _loss_title(run: Run, look: Look) -> str:
    parts = [
        f"<b style='color:{look.train}'>{_('loss')}</b>",
        f"<span style='color:{look.train}'>┄ {_('data')}</span>",
        f"<span style='color:{look.muted}'>╌ {_('regularisation')}</span>",
    ]
    if run.data.test is not None:
        parts.append(f"<b style='color:{look.test}'>{_('held-out data')}</b>")
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
    return text + "."


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
        "legend": legend(y=1.02) | {"itemsizing": "trace"},
        "margin": {"l": 32, "r": 8, "t": 24, "b": 40},
        "height": 230,
    }
    return {"data": [*lines, mark], "layout": layout}


def confusion(tables: Sequence[tuple[str, IntArray]], look: Look, names: Sequence[str] = ()) -> Figure:
    """Confusion matrices (K, K) side by side, each with a title: rows are the true classes, columns the predicted ones."""
    count = len(tables)
    traces: list[Trace] = []
    layout = base_layout(look) | {"annotations": [], "margin": {"l": 60, "r": 10, "t": 30, "b": 44}, "height": 330}
    for i, (title, table) in enumerate(tables):
        axis = "" if i == 0 else str(i + 1)
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        labels = [plain(class_label(names, k)) for k in range(len(table))]
        traces.append(
            {
                "type": "heatmap",
                "x": labels,
                "y": labels,
                "z": shares.round(4).tolist(),
                "zmin": 0,
                "zmax": 1,
                "xaxis": "x" + axis,
                "yaxis": "y" + axis,
                "text": table.tolist(),
                "texttemplate": "%{text}",
                "colorscale": [[0, look.paper], [1, look.heat]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": ("%{y}" if names else _("class {label}").format(label="%{y}"))
                + " → %{x}: %{text} (%{z:.0%})<extra></extra>",
            }
        )
        side = {"type": "category", "constrain": "domain", "showgrid": False, "ticks": ""}
        layout["xaxis" + axis] = {
            **side, "domain": [0.55 * i, 0.45 + 0.55 * i] if count > 1 else [0, 0.6], "anchor": "y" + axis,
            "title": {"text": _("predicted class"), "font": {"size": 13}},
        }  # fmt: skip
        layout["yaxis" + axis] = {
            **side, "anchor": "x" + axis, "autorange": "reversed", "scaleanchor": "x" + axis,
            "title": {"text": "" if i else _("true class"), "font": {"size": 13}},
        }  # fmt: skip
        layout["annotations"].append(panel_title(f"<b>{title}</b>", f"x{axis} domain", f"y{axis} domain"))
    return {"data": traces, "layout": layout}


def confusion_table(y: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """How many points of each true class (rows) got each class (columns): (K, K)."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (y, predicted), 1)
    return table


def confusion_tables(run: Run) -> list[tuple[str, IntArray]]:
    """The confusion matrices of a run's end, each with its title: training points, and held-out points where there are some."""
    network = run.network_at()
    parts = [(_("Training points"), run.data.train)] + (
        [(_("Held-out points"), run.data.test)] if run.data.test is not None else []
    )
    return [(title, confusion_table(part.y, network.predict(part.X), part.classes)) for title, part in parts]


def describe_confusion(tables: Sequence[tuple[str, IntArray]]) -> str:
    """`confusion` in a sentence with numbers."""
    parts = []
    for title, table in tables:
        right, count = int(np.trace(table)), int(table.sum())
        parts.append(_("{title}: {right} of {all} right").format(title=title, right=right, all=count))
    return _("Confusion matrix") + ". " + "; ".join(parts) + "."


def _last_picture(view: View) -> str:
    return view.pictures[int(view.run.snapshot_iterations[-1])]
