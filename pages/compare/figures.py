"""The charts of the Compare page, and the sentences that say what they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts import Gallery
from pages.ui.figure import (
    Figure,
    Trace,
    base_layout,
    curve_axis,
    image,
    iteration_axis,
    iteration_places,
    legend,
    line,
    number,
    panel_title,
    plain,
    plane_axis,
    points,
)
from pages.ui.palette import Look
from pages.ui.runs import View
from pages.ui.text import _
from pages.ui.worker import area
from spiral_core.arrays import FloatArray
from spiral_core.training import Run

MOST_PICTURES = 120  # of all runs of a gallery together
FEWEST_PICTURES = 20  # of each


def gallery(views: Sequence[View], names: Sequence[str], look: Look) -> Gallery:
    """The boundaries of several runs, each over its own points, with one bar for all."""
    columns = min(len(views), 3)
    rows = -(-len(views) // columns)
    layout: dict[str, Any] = base_layout(look) | {
        "images": [], "annotations": [], "showlegend": False, "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
    }  # fmt: skip
    narrow: dict[str, Any] = {}
    traces: list[Trace] = []
    iterations, kept = _common_iterations(views)
    panels = []
    for i, (view, name) in enumerate(zip(views, names, strict=True)):
        plane, axis = area(view.run.settings.data), "" if i == 0 else str(i + 1)
        row, column = divmod(i, columns)
        wide = (_cell(column, columns), _cell(rows - 1 - row, rows, title=True))
        layout["xaxis" + axis] = plane_axis(plane.left, plane.right, domain=wide[0], anchor="y" + axis)
        layout["yaxis" + axis] = plane_axis(plane.bottom, plane.top, domain=wide[1], anchor="x" + axis, scaleanchor="x" + axis)
        narrow["xaxis" + axis] = {"domain": [0, 1]}
        narrow["yaxis" + axis] = {"domain": _cell(len(views) - 1 - i, len(views), title=True)}
        layout["images"].append(image(plane, "", axis))
        layout["annotations"].append(panel_title("", f"x{axis} domain", f"y{axis} domain"))
        traces += [trace | {"xaxis": "x" + axis, "yaxis": "y" + axis} for trace in points(view.run.data, look) if "xaxis" in trace]
        panels.append(_panel(view.run, view.pictures, name, iterations, kept[i]))
    alt = _("Decision boundaries of {names}.").format(names=", ".join(names))
    return {
        "figure": {"data": traces, "layout": layout},
        "replay": {"run": str(hash(tuple(view.run.settings for view in views))), "live": False, "iterations": iterations,
                   "panels": panels, "figures": [], "cursor": None},
        "narrow": {"layout": narrow, "aspect": 1.12 * len(views)},
        "aspect": 1.1 * rows / columns,
        "rows": rows,
        "alt": alt,
    }  # fmt: skip


def _cell(place: int, count: int, title: bool = False) -> list[float]:
    """The share of an axis that one of `count` panels takes, with room between them or for a title above."""
    gap = 0.02 if not title else 0.0
    return [place / count + (gap / 2 if count > 1 else 0), (place + (0.9 if title else 1)) / count - (gap / 2 if count > 1 else 0)]


def _common_iterations(views: Sequence[View]) -> tuple[list[int], list[list[int]]]:
    """The iterations of the bar, and those whose pictures are kept of each run: fewer of each where there are many runs."""
    most = max(FEWEST_PICTURES, MOST_PICTURES // len(views))
    kept = []
    for view in views:
        known = view.run.snapshot_iterations.tolist()
        step = -(-len(known) // most)
        kept.append(known[: len(known) - 1 : step] + known[-1:])
    return sorted(set().union(*kept)), kept


def _panel(run: Run, pictures: dict[int, str], name: str, iterations: list[int], kept: list[int]) -> dict[str, Any]:
    """A run's pictures and titles, and which of them each place of the bar shows: the last that is not later."""
    rows = [run.history.row(i) for i in kept]
    notes = []
    for row in rows:
        accuracy = run.history.test_accuracy[row] if run.data.test is not None else run.history.train_accuracy[row]
        part = _("held out") if run.data.test is not None else _("accuracy")
        notes.append(f"<b>{plain(name)}</b><br>{_('loss')} {number(run.history.loss[row])} · {part} {accuracy:.1%}")
    at = np.searchsorted(kept, iterations, side="right") - 1
    return {"pictures": [pictures[i] for i in kept], "notes": notes, "at": at.clip(0).tolist()}


def band(family: Sequence[Run], look: Look) -> Figure:
    """Median and quartiles over several runs: loss above accuracy, and held-out accuracy where there is one."""
    iteration, columns = _stacked(family)
    x = iteration_places(iteration)
    traces: list[Trace] = []
    parts = [("y", columns["loss"], look.train, _("loss")), ("y2", columns["train_accuracy"], look.train, _("accuracy"))]
    if family[0].data.test is not None:
        parts += [
            ("y", columns["test_loss"], look.test, _("held-out data loss")),
            ("y2", columns["test_accuracy"], look.test, _("held-out accuracy")),
        ]
    for axis, values, colour, name in parts:
        low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
        edge = {"width": 0, "color": colour}
        quiet = {"yaxis": axis, "line": edge, "hoverinfo": "skip", "showlegend": False}
        traces += [
            line(x, low, **quiet),
            line(x, high, fill="tonexty", fillcolor=_faint(colour), **quiet),
            line(x, middle, name=name, yaxis=axis, line={"color": colour, "width": 2.5},
                 hovertemplate="%{y:.1%}" if axis == "y2" else "%{y:.5g}"),
        ]  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, anchor="y2", **iteration_axis(int(iteration[-1]))) | {"title": {"text": _("iteration")}},
        "yaxis": curve_axis(look, domain=[0.5, 1], anchor="x", rangemode="tozero"),
        "yaxis2": curve_axis(look, domain=[0.0, 0.42], anchor="x", range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1]),
        "legend": legend(y=1.02),
        "hovermode": "x unified",
        "margin": {"l": 48, "r": 12, "t": 30, "b": 44},
        "height": 400,
    }
    return {"data": traces, "layout": layout}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def _stacked(family: Sequence[Run]) -> tuple[FloatArray, dict[str, FloatArray]]:
    """The columns of all histories, (runs, rows) each, as far as all of them go: one that diverged ends early."""
    rows = min(len(run.history) for run in family)
    names = ("loss", "train_accuracy", "test_loss", "test_accuracy")
    columns = {name: np.array([getattr(run.history, name)[:rows] for run in family]) for name in names}
    return family[0].history.iteration[:rows].astype(float), columns


def describe_band(family: Sequence[Run]) -> str:
    """`band` in a sentence with numbers."""
    held_out = family[0].data.test is not None
    last = np.array([(run.history.test_accuracy if held_out else run.history.train_accuracy)[-1] for run in family])
    low, middle, high = (f"{value:.1%}" for value in np.percentile(last, [25, 50, 75]))
    text = _("Over {count} seeds the held-out accuracy is {middle} in the middle; half of the seeds lie between {low} and {high}.")
    if not held_out:
        text = _("Over {count} seeds the accuracy is {middle} in the middle; half of the seeds lie between {low} and {high}.")
    text = text.format(count=len(family), middle=middle, low=low, high=high)
    diverged = sum(run.divergence is not None for run in family)
    return text + (" " + _("{count} of them diverged.").format(count=diverged) if diverged else "")
