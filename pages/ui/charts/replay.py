"""What the replay bar of a run needs: pictures, cursor and key figures at each snapshot, and which points are wrong there."""

from __future__ import annotations

import base64
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from pages.ui.charts.figure import number, thinned
from pages.ui.charts.palette import Look
from pages.ui.text import _, ngettext, points_count, thousands
from server.training.view import View
from spiral_core.arrays import FloatArray
from spiral_core.run import Run

Gallery = dict[str, Any]  # what the chart component needs for several boundaries with one replay bar

MAX_LOSS = 1e304  # Plotly draws no larger numbers
MAX_PRODUCTS = 1e9  # of points, weights and snapshots: beyond, the wrong points are found at the end of a run alone


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
        "total": run.settings.last_iteration,
        "opens": not live,
        "log_loss": bool(h.loss.max() > 20 * h.loss[0]),  # a run that explodes is flat on a linear axis
        "loss_limits": loss_limits(run),
        "iterations": [int(i) for i in iterations],
        "panels": [{"pictures": [view.pictures[int(i)] for i in iterations], "at": list(range(len(iterations)))}],
        "dots": dots,
        "cursor": {"line": look.muted, "edge": look.paper},
        "figures": _key_figures(run, rows),
        "wrong": None if live else _wrong_points(run, look),
    }


def loss_limits(run: Run) -> tuple[float, float]:
    """The lowest and the highest loss that the panel shows; the lowest above 0, for a log axis."""
    h = run.history
    shown = np.concatenate([h.loss, h.data_loss, h.test_loss, h.lowest, h.highest])
    shown = shown[np.isfinite(shown) & (shown > 0)]
    if not shown.size:
        return 1e-8, 1e-7
    high = float(min(shown.max(), MAX_LOSS))
    return min(float(shown.min()), high / 2), high


def _loss_help(loss: str) -> str:
    if loss == "hinge":
        return _(
            "Mean hinge loss plus regularisation: a wrong class costs what its score lacks of lying 1 below that of the right one. "
            "Guessing among K classes costs K − 1. On the plane a colour is full where the best score leads by 1 or more."
        )
    return _("Mean cross-entropy in nats plus regularisation; guessing among K classes costs ln K.")


def _key_figures(run: Run, rows: list[int]) -> list[dict[str, Any]]:
    h = run.history
    parts = _("data {data} + regularisation {reg}")
    figures = [
        {
            "label": _("Loss"),
            "values": [number(h.loss[i]) for i in rows],
            "note": [parts.format(data=number(h.data_loss[i]), reg=number(h.reg_loss[i])) for i in rows],
            "help": _loss_help(run.settings.loss),
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


_wrong: WeakKeyDictionary[Run, list[str]] = WeakKeyDictionary()  # for as long as the run itself is kept


def _wrong_points(run: Run, look: Look) -> dict[str, Any]:
    """The points that are drawn, and for each snapshot, or the last one alone, a bit for each that the net gets wrong."""
    parts = [thinned(part) for part in run.data if part is not None]
    X, y = np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
    if run not in _wrong:
        products = len(y) * run.snapshots.shape[1] * len(run.snapshots)
        shown = run.snapshot_iterations if products <= MAX_PRODUCTS else run.snapshot_iterations[-1:]
        wrong = [run.network_at(int(i)).predict(X) != y for i in shown]
        _wrong[run] = [base64.b64encode(np.packbits(bits).tobytes()).decode() for bits in wrong]
    x, height = ([float(f"{value:.6g}") for value in column] for column in X.T)
    return {"x": x, "y": height, "bits": _wrong[run], "color": look.ink, "edge": look.paper}
