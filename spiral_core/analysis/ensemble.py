"""An ensemble: several networks as one, by the mean of their class probabilities, judged beside its members.

-log is convex, so that by Jensen's inequality the cross-entropy of the mean is at most the mean of the members', on each point and
on any points together. For accuracy there is no such theorem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spiral_core.analysis.health import FEWEST, Calibration, calibration_of, sampled
from spiral_core.analysis.units import effort_per_point
from spiral_core.arrays import ByteArray, FloatArray, IntArray
from spiral_core.boundary import levels_of
from spiral_core.datasets import Dataset, Split
from spiral_core.fields import MAX_SEED
from spiral_core.losses import shifted
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.run import Run
from spiral_core.settings import Settings

WORK = 400_000_000  # points times the effort of each in all networks: of the largest fewer points are looked at
MOST_SNAPSHOTS = 10  # of a run that are averaged

OTHER_POINTS = N_("these runs were trained on different points; only the answers to the same question can be averaged")
NO_PROBABILITIES = N_("it averages probabilities, and a net trained with the hinge has none")
TOO_FEW = N_("it takes at least two networks")


def with_seeds(settings: Settings, count: int) -> list[Settings]:
    """The same settings with `count` seeds, from their own on; after the highest comes 0."""
    return [settings.throughout(seed=(settings.seed + i) % (MAX_SEED + 1)) for i in range(count)]


class EnsembleError(ValueError):
    """There is no ensemble; its text is the reason."""


class Judged(NamedTuple):
    """How good probabilities are on some points."""

    accuracy: float  # 0..1
    loss: float  # mean cross-entropy in nats, without regularisation
    calibration: Calibration


@dataclass(frozen=True, eq=False)
class Part:
    """The ensemble and its members on one part of the data."""

    ensemble: Judged
    members: tuple[Judged, ...]
    points: int  # on which they were judged

    @property
    def mean_accuracy(self) -> float:
        return float(np.mean([member.accuracy for member in self.members]))

    @property
    def mean_loss(self) -> float:
        return float(np.mean([member.loss for member in self.members]))

    @property
    def mean_error(self) -> float:
        """Of the members' calibration."""
        return float(np.mean([member.calibration.error for member in self.members]))


class Ensemble(NamedTuple):
    networks: tuple[Network, ...]
    train: Part
    test: Part | None  # None where nothing is held out


def of_runs(runs: Sequence[Run]) -> Ensemble:
    """The nets at the end of several runs as one. Raises EnsembleError where they do not go together."""
    if any(run.settings.data != runs[0].settings.data for run in runs):
        raise EnsembleError(OTHER_POINTS)
    return ensemble([run.network_at() for run in runs], runs[0].data)


def of_snapshots(run: Run) -> tuple[IntArray, Ensemble]:
    """The nets of the second half of a run as one, and their iterations; of many snapshots an even choice."""
    known = run.snapshot_iterations[2 * run.snapshot_iterations >= run.iteration]
    if len(known) > MOST_SNAPSHOTS:
        known = known[np.linspace(0, len(known) - 1, MOST_SNAPSHOTS).round().astype(int)]
    return known, ensemble([run.network_at(i) for i in known.tolist()], run.data)


def ensemble(networks: Sequence[Network], data: Split) -> Ensemble:
    """Several networks for the same data as one. Raises EnsembleError for fewer than two, or one without probabilities."""
    if len(networks) < 2:
        raise EnsembleError(TOO_FEW)
    if any(network.loss_name == "hinge" for network in networks):
        raise EnsembleError(NO_PROBABILITIES)
    with np.errstate(all="ignore"):  # a net that diverged may overflow on points that it was not trained on
        return Ensemble(tuple(networks), _judge(networks, data.train), _judge(networks, data.test) if data.test else None)


def judged_points(networks: Sequence[Network]) -> int:
    """On how many points they are judged, at most."""
    each = (effort_per_point(network.parameters.size, network.unit_count) for network in networks)
    return max(FEWEST, WORK // sum(each))


def _judge(networks: Sequence[Network], data: Dataset) -> Part:
    data = sampled(data, judged_points(networks))
    logs = np.array([_log_probabilities(network, data.X) for network in networks])  # (M, N, K)
    return Part(_judged(_log_mean(logs), data), tuple(_judged(each, data) for each in logs), len(data))


def _judged(logs: FloatArray, data: Dataset) -> Judged:
    """logs: (N, K), the logarithms of probabilities; a loss from them is finite where the probabilities themselves underflow."""
    loss = -float(logs[np.arange(len(data)), data.y].mean())
    probs = np.exp(logs)
    return Judged(float((logs.argmax(axis=1) == data.y).mean()), loss, calibration_of(probs, data.y))


def _log_probabilities(network: Network, X: FloatArray) -> FloatArray:
    below = shifted(network.scores(X))  # (N, K)
    found: FloatArray = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    return found


def _log_mean(logs: FloatArray) -> FloatArray:
    """log of the mean over the members of e^logs: (M, N, K) → (N, K)."""
    highest = logs.max(axis=0)
    found: FloatArray = highest + np.log(np.exp(logs - highest).mean(axis=0))
    return found


def mean_probabilities(networks: Sequence[Network], X: FloatArray) -> FloatArray:
    """What the ensemble says of points X (N, D): (N, K); each row sums to 1."""
    found: FloatArray = np.mean([network.probabilities(X) for network in networks], axis=0)
    return found


def class_map(networks: Sequence[Network], X: FloatArray) -> ByteArray:
    """The ensemble's class and confidence at points X (N, D), in the bytes of `boundary.class_maps`."""
    probs = mean_probabilities(networks, X)
    K = probs.shape[1]
    return levels_of(probs.argmax(axis=1), (probs.max(axis=1) - 1 / K) / (1 - 1 / K), K)
