"""The measurements of a finished run that the rules of the diagnosis read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from spiral_core.analysis.health import Health, measure, measured_snapshots, sampled, update_ratios
from spiral_core.analysis.linear_best import lowest_loss
from spiral_core.datasets import Dataset
from spiral_core.features import inputs
from spiral_core.run import Run
from spiral_core.scaling import UNIT_FREE

SHORT = 0.06  # accuracy below that of the neighbours, beyond which a net has not learnt its points
NEIGHBOURS = 5
WINDOW = 100  # logged steps in which rises are counted
FEW_LOGGED = 20  # losses, fewer than which do not tell a loss that moves no more from one that does not move yet
FALLEN = 0.02  # share of the loss that the second half of training must take off to count as falling
LEFT = 0.98  # share of the first loss, below which a run has left its start
SETTLED = 4e-3  # size of the gradient below which nothing moves any more
AT_BEST = 0.05  # share of the way to the lowest loss of a linear model that may be left where it counts as converged
SMALL, LARGE, FAR = 0.1, 3.0, 3.0  # deviation of a coordinate, and mean over deviation, beyond which data want standardising


class Evidence:
    """The measurements of one finished run that the rules read."""

    def __init__(self, run: Run, others: Sequence[Run] = ()) -> None:
        self.run, self.others = run, others
        self.settings = run.settings
        self.history = run.history

    @cached_property
    def health(self) -> Health:
        """At the first snapshot and the last: a page waits for the diagnosis, and no rule reads those between."""
        return measure(self.run, self.run.snapshot_iterations[[0, -1]])

    @property
    def accuracy(self) -> float:
        return float(self.history.train_accuracy[-1])

    @property
    def missing(self) -> float:
        """The accuracy that the run lacks of what its data let one learn."""
        return self.reachable - self.accuracy

    @cached_property
    def reachable(self) -> float:
        """What share of the training points their nearest neighbours get right: about what these data let one learn."""
        return neighbours_accuracy(self.run.data.train)

    @property
    def short(self) -> bool:
        return self.missing > SHORT

    @property
    def brief(self) -> bool:
        return len(self.history) < FEW_LOGGED

    @property
    def left_start(self) -> bool:
        return float(self.history.loss.min()) < LEFT * float(self.history.loss[0])

    @property
    def far_from_start(self) -> bool:
        """Whether a good part of what is to be learnt was learnt: a fifth of the first loss."""
        return float(self.history.data_loss.min()) < 0.8 * float(self.history.data_loss[0])

    @cached_property
    def fallen(self) -> float:
        """The share of the loss that the second half of the iterations took off."""
        h = self.history
        half = int(np.searchsorted(h.iteration, h.iteration[-1] / 2, side="right")) - 1
        return float((h.loss[half] - h.loss[-1]) / h.loss[half])

    @property
    def settled(self) -> bool:
        return abs(self.fallen) < FALLEN and float(self.health.slope[-1]) < SETTLED

    @cached_property
    def pace(self) -> float:
        """The median relative size of an update in the second half, of the layer that moves most.

        Where none was measured there, as in a run of one update, of all that were; NaN where none was.
        """
        known = measured_snapshots(self.run)
        ratios = update_ratios(self.run, known)
        measured = np.isfinite(ratios).all(axis=1)
        late = measured & (known * 2 >= known[-1])
        ratios = ratios[late if late.any() else measured]
        return float(np.median(ratios, axis=0).max()) if len(ratios) else math.nan

    @cached_property
    def rises(self) -> tuple[int, int]:
        """In how many of the last logged steps the loss rose, and how many those were."""
        last = self.history.loss[-WINDOW - 1 :]
        return int((np.diff(last) > 1e-3 * np.abs(last[:-1])).sum()), max(len(last) - 1, 1)

    @cached_property
    def above_best(self) -> float:
        """The median of the last five losses over the lowest of all."""
        return float(np.median(self.history.loss[-5:]) / max(self.history.loss.min(), 1e-12))

    @cached_property
    def at_linear_best(self) -> bool:
        """Whether a linear classifier has found (nearly) the lowest loss that any linear classifier has on these points."""
        if self.settings.hidden or self.settings.reg_l1:
            return False
        some, reg = sampled(self.run.data.train), self.settings.reg
        best = lowest_loss(some.with_points(inputs(self.settings.features, some.X)), reg, self.settings.loss)
        loss = self.run.network_at().loss(some.X, some.y, reg)
        return loss - best <= AT_BEST * max(float(self.history.loss[0]) - best, 0.02)

    @cached_property
    def scales(self) -> tuple[float, float, float]:
        """The smallest and the largest standard deviation of a coordinate, and the largest mean in units of its deviation."""
        X = self.run.data.train.X
        deviation = X.std(axis=0)
        varies = deviation > 1e-12 * np.abs(X).max(axis=0)
        if not varies.any():
            return 1.0, 1.0, 0.0
        deviation = deviation[varies]
        return float(deviation.min()), float(deviation.max()), float((np.abs(X.mean(axis=0)[varies]) / deviation).max())

    @property
    def odd_units(self) -> bool:
        """Whether the points lie far from 0, or within a small or a wide range, and are trained on in their units."""
        low, high, far = self.scales
        return self.settings.data.scale not in UNIT_FREE and (low < SMALL or high > LARGE or far > FAR)

    @cached_property
    def pull(self) -> float:
        """How hard the penalty pulls at a weight matrix, over how hard the points do: the most of all layers."""
        return float((self.health.pull[-1] / np.maximum(self.health.gradient_norm[-1], 1e-300)).max())

    @property
    def widest(self) -> int:
        """Units of the widest layer that bends anything."""
        return 0 if self.settings.activation == "linear" else max(self.settings.hidden, default=0)


def neighbours_accuracy(data: Dataset) -> float:
    """The share of points whose class most of their five nearest neighbours have (leave one out), coordinates standardised."""
    data = sampled(data, 1500)
    deviation = data.X.std(axis=0)
    X = (data.X - data.X.mean(axis=0)) / np.where(deviation > 0, deviation, 1)  # whatever the units
    if len(data) <= NEIGHBOURS:
        return 1.0
    squares = (X**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * X @ X.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = np.zeros((len(data), data.classes))
    np.add.at(votes, (np.arange(len(data))[:, None], data.y[nearest]), 1)
    return float((votes.argmax(axis=1) == data.y).mean())
