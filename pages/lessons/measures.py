"""What a lesson reads off a run: the columns of its table, and what its claim compares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from spiral_core.analysis.gradient_lab import by_array, check_with
from spiral_core.analysis.trace import forward_back
from spiral_core.marking import N_
from spiral_core.run import Run


class Measure(NamedTuple):
    """A column of the table: its title, how a number in it is written, and where the number comes from."""

    title: str
    form: str
    value: Callable[[Run], float]


def accuracy(run: Run) -> float:
    """The share of training points that are right at the end."""
    return float(run.history.train_accuracy[-1])


def held_out(run: Run) -> float:
    """The share of held-out points that are right at the end."""
    return float(run.history.test_accuracy[-1])


def loss(run: Run) -> float:
    """The loss at the end; infinite if the run diverged."""
    return math.inf if run.divergence else float(run.history.loss[-1])


def data_loss(run: Run) -> float:
    """The loss at the end without the penalty on weights."""
    return math.inf if run.divergence else float(run.history.data_loss[-1])


def test_loss(run: Run) -> float:
    """The loss of the held-out points at the end."""
    return math.inf if run.divergence else float(run.history.test_loss[-1])


def first_loss(run: Run) -> float:
    """The data loss before the first update."""
    return float(run.history.data_loss[0])


def chance(run: Run) -> float:
    """The loss of a model that gives each of the K classes the probability 1/K: ln K."""
    return math.log(run.data.train.classes)


def squared_weights(run: Run) -> float:
    return float(sum(np.square(W).sum() for W in run.network_at().weights))


def dead_share(run: Run) -> float:
    """The share of hidden units of the first layer that are off at all training points."""
    h = forward_back(run.network_at(), run.data.train.X, run.data.train.y).layers[0].h
    return float((h <= 0).all(axis=0).mean())


MEASURES: dict[str, Measure] = {
    "first_loss": Measure(N_("Initial data loss"), "%.4f", first_loss),
    "chance": Measure(N_("ln K"), "%.4f", chance),
    "loss": Measure(N_("Loss"), "%.4f", loss),
    "data_loss": Measure(N_("Data loss"), "%.4f", data_loss),
    "accuracy": Measure(N_("Accuracy"), "percent", accuracy),
    "held_out": Measure(N_("Held-out accuracy"), "percent", held_out),
    "test_loss": Measure(N_("Held-out loss"), "%.4f", test_loss),
    "weights": Measure(N_("ΣW²"), "%.0f", squared_weights),
    "dead": Measure(N_("Dead units"), "percent", dead_share),
    "rate": Measure(N_("Learning rate"), "%.3g", lambda run: run.settings.learning_rate),
}

CHECKED_BUGS = (None, "no_average", "no_reg", "no_mask", "no_bias")


def check_errors(run: Run) -> dict[str | None, float]:
    """The worst relative error of a gradient check of the run's last network: without a bug (None), and with each bug."""
    network, data = run.network_at(), run.data.train.chosen(slice(None, None, 4))
    found = {}
    for bug in CHECKED_BUGS:
        arrays = by_array(network, check_with(bug, network, data.X, data.y, run.settings.reg))
        found[bug] = max(array.error for array in arrays)
    return found
