"""Boundaries of several runs side by side, with one replay bar for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import Trace, base_layout, image, number, panel_title, plain, plane_axis, points
from pages.ui.charts.palette import Look
from pages.ui.charts.replay import Gallery
from pages.ui.text import _
from server.training.pictures import area
from server.training.view import View
from spiral_core.run import Run

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
    alt = _("Decision boundaries of {names}.").format(names="; ".join(map(_in_numbers, views, names)))
    return {
        "figure": {"data": traces, "layout": layout},
        "replay": {"run": str(hash(tuple(view.run.settings for view in views))), "live": False, "iterations": iterations,
                   "panels": panels, "figures": [], "cursor": None},
        "narrow": {"layout": narrow, "aspect": 1.12 * len(views)},
        "aspect": 1.1 * rows / columns,
        "rows": rows,
        "alt": alt,
    }  # fmt: skip


def _in_numbers(view: View, name: str) -> str:
    h = view.run.history
    accuracy = h.train_accuracy if view.run.data.test is None else h.test_accuracy
    part = _("{name}: loss {loss}, accuracy {accuracy}")
    return part.format(name=name, loss=number(h.loss[-1]), accuracy=f"{accuracy[-1]:.1%}")


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
