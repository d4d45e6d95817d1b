"""Curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence

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
    number,
    panel_title,
    plain,
)
from pages.ui.charts.palette import RUN_SHAPES, Look
from pages.ui.charts.run_charts import has_extremes
from pages.ui.text import _
from spiral_core.arrays import FloatArray
from spiral_core.records import Record
from spiral_core.run import History


def overlay(records: Sequence[tuple[str, Record]], test: bool, look: Look) -> Figure:
    """Loss above accuracy, a line for each named run; a point under the mouse shows all runs at that iteration."""
    traces: list[Trace] = []
    last = 1
    for i, (name, record) in enumerate(records):
        h = record.history
        last = max(last, int(h.iteration[-1]))
        colour, shape = look.runs[i % len(look.runs)], RUN_SHAPES[i % len(RUN_SHAPES)]
        if not test and has_extremes(h):
            x, span = iteration_places(h.iteration), _("lowest to highest loss")
            traces += between(x, h.lowest, h.highest, colour, span, yaxis="y", legendgroup=str(i))
        for axis, values in zip(("y", "y2"), _columns(h, test), strict=True):
            traces.append(
                line(
                    iteration_places(h.iteration), values, name=plain(name), yaxis=axis, legendgroup=str(i), showlegend=axis == "y",
                    mode="lines+markers", line={"color": colour, "width": 2.2},
                    marker={"symbol": shape, "size": 8, "color": colour, "maxdisplayed": 8},
                    hovertemplate="%{y:.1%}" if axis == "y2" else "%{y:.5g}",
                )
            )  # fmt: skip
        traces += _beginnings(record, [str(i), name], colour, test)
    words = (_("held-out loss"), _("held-out accuracy")) if test else (_("loss"), _("accuracy"))
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, anchor="y2", **iteration_axis(last)) | {"title": {"text": _("iteration"), "standoff": 6}},
        "yaxis": curve_axis(look, domain=[0.48, 0.93], anchor="x", rangemode="tozero"),
        "yaxis2": curve_axis(look, domain=[0.0, 0.36], anchor="x", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "annotations": [
            panel_title(f"<b>{words[0]}</b>", "x domain", "y domain"),
            panel_title(f"<b>{words[1]}</b>", "x domain", "y2 domain"),
        ],
        "legend": legend(y=1.0),
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "margin": {"l": 48, "r": 12, "t": 8, "b": 44},
        "height": 430,
    }
    return {"data": traces, "layout": layout}


def _beginnings(record: Record, group: Sequence[str], colour: str, test: bool) -> list[Trace]:
    """A line through both panels at each iteration where a further phase of the run begins."""
    values = _columns(record.history, test)[0]
    ends = (np.array([0.0, np.max(values[np.isfinite(values)], initial=0.0)]), np.array([0.0, 1.0]))
    begun = [phase.begin for phase in record.settings.phases[1:] if phase.begin <= record.history.iteration[-1]]
    return [
        line(
            [max(begin, 0.5)] * 2, heights, yaxis=axis,
            name=_("{name}: phase {number}").format(name=plain(group[1]), number=number),
            legendgroup=group[0], showlegend=False, hoverinfo="skip", line={"color": colour, "width": 1.2, "dash": "dot"},
        )
        for number, begin in enumerate(begun, 2)
        for axis, heights in zip(("y", "y2"), ends, strict=True)
    ]  # fmt: skip


def _columns(history: History, test: bool) -> tuple[FloatArray, FloatArray]:
    return (history.test_loss, history.test_accuracy) if test else (history.loss, history.train_accuracy)


def describe_overlay(records: Sequence[tuple[str, Record]], test: bool) -> str:
    part = _("{name}: loss {loss}, accuracy {accuracy}")
    return "; ".join(
        part.format(name=name, loss=number(loss[-1]), accuracy=f"{accuracy[-1]:.1%}")
        for name, (loss, accuracy) in ((name, _columns(record.history, test)) for name, record in records)
    )
