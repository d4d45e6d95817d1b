"""Confusion matrices, and what their cells say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.ui.charts.figure import Figure, Trace, base_layout, panel_title, plain
from pages.ui.charts.palette import Look
from pages.ui.text import _, class_label, thousands
from server.training import cost
from spiral_core.analysis.health import sampled
from spiral_core.arrays import IntArray
from spiral_core.run import Run

PARTS = ("train", "test")  # of a run's points, in the order of its matrices


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
                "customdata": _cells(PARTS[i], title, table, labels),
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


def _cells(part: str, title: str, table: IntArray, labels: Sequence[str]) -> list[list[list[Any]]]:
    """For each cell what a click on it needs: part of the points, true class, predicted class, and what it says."""

    def words(truth: int, predicted: int) -> str:
        return f"{title}: {labels[truth]} → {labels[predicted]} ({thousands(table[truth, predicted])})"

    count = range(len(table))
    return [[[part, truth, predicted, words(truth, predicted)] for predicted in count] for truth in count]


def confusion_table(y: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """How many points of each true class (rows) got each class (columns): (K, K)."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (y, predicted), 1)
    return table


def confusion_tables(run: Run) -> list[tuple[str, IntArray]]:
    """The confusion matrices of a run's end, each with its title: training points, and held-out points where there are some.

    Of very many points and a large net some are counted, evenly chosen; the title says how many.
    """
    network, tables = run.network_at(), []
    for title, part in ((_("Training points"), run.data.train), (_("Held-out points"), run.data.test)):
        if part is None:
            continue
        some = sampled(part, cost.counted_points(network))
        if len(some) < len(part):
            title = _("{part} ({count} of {all})").format(part=title, count=thousands(len(some)), all=thousands(len(part)))
        tables.append((title, confusion_table(some.y, network.predict(some.X), part.classes)))
    return tables


def describe_confusion(tables: Sequence[tuple[str, IntArray]]) -> str:
    """`confusion` in a sentence with numbers."""
    parts = []
    for title, table in tables:
        right, count = int(np.trace(table)), int(table.sum())
        parts.append(_("{title}: {right} of {all} right").format(title=title, right=right, all=count))
    return _("Confusion matrix") + ". " + "; ".join(parts) + "."
