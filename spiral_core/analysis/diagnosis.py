"""What is wrong with a run, if anything: rules with a measured value each, and the change of settings that each suggests.

Tuned on the runs of `benchmarks/diagnosis_runs.py` that are marked for tuning, and judged on the others there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spiral_core.analysis.health import Health, health, sampled
from spiral_core.datasets import Dataset
from spiral_core.run import Run
from spiral_core.settings import FIELDS, OWN, Settings

SHORT = 0.06  # accuracy below that of the neighbours, beyond which a net has not learnt its points
NEIGHBOURS = 5
WINDOW = 100  # logged steps in which rises are counted
RISES, ABOVE_BEST = 0.2, 1.15  # share of steps that rise, and last losses over the best, that say the rate is too high
SLOW = 3.5e-3  # relative size of an update below which the rate is too low, while there is still something to learn
FALLEN = 0.02  # share of the loss that the second half of training must take off to count as falling
LEFT = 0.98  # share of the first loss, below which a run has left its start
SETTLED = 4e-3  # size of the gradient below which nothing moves any more
MANY_DEAD, MANY_SATURATED = 0.4, 0.5  # shares of a layer
FEW_UNITS = 8
STRONG_REG = 0.01
TURNED, GAP = 1.3, 0.1  # held-out loss over its lowest, and over the training loss, that say overfitting
LUCK = 0.05  # accuracy below the median of other seeds


@dataclass(frozen=True)
class Finding:
    """One thing that was found. kind: a name of KINDS; values: the numbers that its rule compared; remedies: what to try."""

    kind: str
    values: Mapping[str, float]
    remedies: tuple[Mapping[str, Any], ...] = field(default=())  # changes of Settings fields


class Evidence:
    """The measurements of one finished run that the rules read."""

    def __init__(self, run: Run, others: Sequence[Run] = ()) -> None:
        self.run, self.others = run, others
        self.settings = run.settings
        self.history = run.history

    @cached_property
    def health(self) -> Health:
        return health(self.run)

    @property
    def accuracy(self) -> float:
        return float(self.history.train_accuracy[-1])

    @cached_property
    def reachable(self) -> float:
        """What share of the training points their nearest neighbours get right: about what these data let one learn."""
        return neighbours_accuracy(self.run.data.train)

    @property
    def short(self) -> bool:
        return self.reachable - self.accuracy > SHORT

    @property
    def left_start(self) -> bool:
        return float(self.history.loss.min()) < LEFT * float(self.history.loss[0])

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
        """The median relative size of an update in the second half, of the layer that moves most."""
        later = self.health.iteration * 2 >= self.health.iteration[-1]
        ratios = self.health.update_ratio[later]
        ratios = ratios[np.isfinite(ratios).all(axis=1)]
        return float(np.median(ratios, axis=0).max()) if len(ratios) else 0.0

    @cached_property
    def rises(self) -> tuple[int, int]:
        """In how many of the last logged steps the loss rose, and how many those were."""
        last = self.history.loss[-WINDOW - 1 :]
        return int((np.diff(last) > 1e-3 * np.abs(last[:-1])).sum()), max(len(last) - 1, 1)

    @cached_property
    def above_best(self) -> float:
        """The median of the last five losses over the lowest of all."""
        return float(np.median(self.history.loss[-5:]) / max(self.history.loss.min(), 1e-12))

    @property
    def widest(self) -> int:
        return max(self.settings.hidden, default=0)


def neighbours_accuracy(data: Dataset) -> float:
    """The share of points whose class most of their five nearest neighbours have (leave one out)."""
    data = sampled(data, 1500)
    if len(data) <= NEIGHBOURS:
        return 1.0
    squares = (data.X**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * data.X @ data.X.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = np.zeros((len(data), data.classes))
    np.add.at(votes, (np.arange(len(data))[:, None], data.y[nearest]), 1)
    return float((votes.argmax(axis=1) == data.y).mean())


def diagnose(run: Run, others: Sequence[Run] = ()) -> Finding:
    """The first rule that fits a finished run; the finding "healthy" where none does.

    others: runs of the same settings with other seeds, if there are any. Raises ValueError for a run that is not finished.
    """
    if not run.finished:
        raise ValueError(f"run must be finished, got one at iteration {run.iteration} of {run.settings.iterations}")
    evidence = Evidence(run, others)
    for rule in RULES.values():
        finding = rule(evidence)
        if finding:
            return finding
    return Finding("healthy", {"accuracy": evidence.accuracy, "reachable": evidence.reachable, "loss": float(run.history.loss[-1])})


def _diverged(e: Evidence) -> Finding | None:
    found = e.run.divergence
    if not found:
        return None
    values = {"iteration": found.iteration, "loss": found.last_loss}
    if found.cause == "weight decay":
        return Finding("diverged", values, ({"reg": _rounded(0.1 / e.settings.learning_rate)}, _slower(e, 10)))
    return Finding("diverged", values, (_slower(e, 10),))


def _unlucky(e: Evidence) -> Finding | None:
    if not e.others:
        return None
    accuracies = [float(run.history.train_accuracy[-1]) for run in e.others if not run.divergence]
    if not accuracies or float(np.median(accuracies)) - e.accuracy < LUCK:
        return None
    best = max(e.others, key=lambda run: (run.divergence is None, run.history.train_accuracy[-1]))
    values = {"accuracy": e.accuracy, "median": float(np.median(accuracies)), "count": len(e.others)}
    return Finding("unlucky", values, ({"seed": best.settings.seed},))


def _symmetric(e: Evidence) -> Finding | None:
    """All units of a hidden layer begin with the same weights, so they get the same gradient for ever."""
    for W in e.run.network_at(int(e.run.snapshot_iterations[0])).weights[: len(e.settings.hidden)]:
        if W.shape[1] > 1 and np.ptp(W, axis=1).max() == 0:
            return Finding("symmetric", {"units": W.shape[1]}, ({"init": "he"},))
    return None


def _vanishing(e: Evidence) -> Finding | None:
    """So little comes through the first layers that the run has not left its start."""
    if len(e.settings.hidden) < 2 or e.left_start or e.settings.reg >= STRONG_REG:
        return None
    start = e.health
    passed = float(start.gradient_norm[0, 0] / max(start.gradient_norm[0, -1], 1e-300))
    spread = float(start.spread[0, -1])
    if spread > 0.003 and passed > 0.02:
        return None
    return Finding("vanishing", {"spread": spread, "passed": passed}, ({"init": "he"}, {"init": "glorot"}))


def _saturated(e: Evidence) -> Finding | None:
    share = float(e.health.saturated[-1].max(initial=0.0))
    if share < MANY_SATURATED or not e.short:
        return None
    return Finding("saturated", {"share": share}, (_slower(e, 10), {"init": "glorot"}))


def _over_regularised(e: Evidence) -> Finding | None:
    """The penalty, not the points, says where the weights come to rest."""
    if e.settings.reg < STRONG_REG or not e.short or not e.settings.hidden or e.widest <= FEW_UNITS:
        return None
    pull = float((e.health.pull[-1] / np.maximum(e.health.gradient_norm[-1], 1e-300)).max())
    if pull < 0.5:
        return None
    return Finding("over_regularised", {"reg": e.settings.reg, "pull": pull}, ({"reg": _rounded(e.settings.reg / 10)},))


def _dead(e: Evidence) -> Finding | None:
    share = float(e.health.dead[-1].max(initial=0.0))
    if share < MANY_DEAD or not e.short:
        return None
    return Finding("dead", {"share": share}, (_slower(e, 3 if share < 0.9 else 10), {"activation": "leaky_relu"}))


def _rate_too_high(e: Evidence) -> Finding | None:
    rises, count = e.rises
    restless = rises >= RISES * count and e.above_best > ABOVE_BEST
    worse = float(e.history.loss[-1]) > 1.05 * float(e.history.loss[0]) and e.above_best > ABOVE_BEST
    if not (restless or worse):
        return None
    return Finding("rate_too_high", {"rises": rises, "count": count, "above_best": e.above_best}, (_slower(e, 3), _slower(e, 10)))


def _overfit(e: Evidence) -> Finding | None:
    if e.run.data.test is None:
        return None
    test, train = e.history.test_loss, float(e.history.data_loss[-1])
    low = float(test.min())
    if test[-1] <= TURNED * low or test[-1] - train < GAP:
        return None
    at = int(e.history.iteration[int(test.argmin())])
    data = e.settings.data
    remedies: list[Mapping[str, Any]] = [{"reg": max(_rounded(10 * e.settings.reg), 1e-3)}]
    if data.name != OWN:
        remedies.append({"data": data.replace(points_per_class=min(3 * data.points_per_class, 10_000))})
    return Finding("overfit", {"test_loss": float(test[-1]), "lowest": low, "at": at, "train_loss": train}, tuple(remedies))


def _rate_too_low(e: Evidence) -> Finding | None:
    if not e.short or e.pace >= SLOW or e.settled:
        return None
    if e.left_start and e.fallen < FALLEN and e.settings.schedule == "constant":
        return None
    remedies: list[Mapping[str, Any]] = [] if e.settings.schedule == "constant" else [{"schedule": "constant"}]
    return Finding("rate_too_low", {"pace": e.pace}, (*remedies, _faster(e, 10), _faster(e, 3)))


def _stopped_early(e: Evidence) -> Finding | None:
    missing = e.reachable - e.accuracy
    if not (missing > SHORT and e.fallen >= FALLEN) and not (missing > SHORT / 2 and e.fallen >= 10 * FALLEN):
        return None
    return Finding("stopped_early", {"fallen": e.fallen, "accuracy": e.accuracy}, (_longer(e, 4),))


def _underfit(e: Evidence) -> Finding | None:
    if not e.short or e.widest > FEW_UNITS:
        return None
    values = {"accuracy": e.accuracy, "reachable": e.reachable, "units": e.widest}
    return Finding("underfit", values, ({"hidden": (100,)},))


def _plateau(e: Evidence) -> Finding | None:
    if not e.short:
        return None
    values = {"fallen": e.fallen, "accuracy": e.accuracy, "reachable": e.reachable}
    momentum = {"optimizer": "momentum", "learning_rate": _rounded(e.settings.learning_rate / 3)}
    return Finding("plateau", values, (_longer(e, 4), *([momentum] if e.settings.optimizer == "sgd" else [{"init": "he"}])))


# In the order in which they are asked: what explains other signs comes before them.
RULES: dict[str, Callable[[Evidence], Finding | None]] = {
    "diverged": _diverged,
    "unlucky": _unlucky,
    "symmetric": _symmetric,
    "vanishing": _vanishing,
    "over_regularised": _over_regularised,
    "saturated": _saturated,
    "dead": _dead,
    "rate_too_high": _rate_too_high,
    "overfit": _overfit,
    "rate_too_low": _rate_too_low,
    "stopped_early": _stopped_early,
    "underfit": _underfit,
    "plateau": _plateau,
}
KINDS = (*RULES, "healthy")


def _rounded(value: float) -> float:
    """To one digit, 1 or 3 where that is close: the steps of the sliders."""
    exponent = math.floor(math.log10(value)) if value > 0 else 0
    digit = value / 10**exponent
    return float(f"{1 if digit < 2 else 3 if digit < 6 else 10}e{exponent}")


def _slower(e: Evidence, factor: float) -> Mapping[str, Any]:
    return {"learning_rate": max(_rounded(e.settings.learning_rate / factor), FIELDS["learning_rate"].low)}


def _faster(e: Evidence, factor: float) -> Mapping[str, Any]:
    return {"learning_rate": min(_rounded(e.settings.learning_rate * factor), FIELDS["learning_rate"].high)}


def _longer(e: Evidence, factor: int) -> Mapping[str, Any]:
    return {"iterations": min(e.settings.iterations * factor, e.settings.max_iterations)}


def remedied(settings: Settings, remedy: Mapping[str, Any]) -> Settings:
    """The settings with a remedy applied."""
    return settings.replace(**remedy)
