"""What may be done about a finding, and whether it helped: each remedy is tried before it is offered.

Nothing is trained here. `candidates` says what is worth trying; `next_trial` which settings to train next, given what is
back; `offers` which remedies proved themselves and by how much. A remedy is judged by the held-out loss where points are held out,
else by the training loss without the penalty, and it must not cost accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spiral_core.analysis.candidates import Remedy
from spiral_core.analysis.diagnosis import Finding, remedied
from spiral_core.run import Run
from spiral_core.settings import Settings

MAX_OFFERS = 2
MAX_WORK = 10_000_000_000  # points × weights × iterations of a trial: a few seconds of one core
GAIN = 0.95  # of the loss before: what a remedy must reach
CLEAR_GAIN = 0.02  # accuracy that counts as a gain where the loss does not rise
COST = 0.01  # accuracy that a remedy may cost
END = 5  # logged losses at the end whose median stands beside the last one, so that a lucky last step proves nothing


@dataclass(frozen=True)
class Outcome:
    """What a trial brought: losses in nats (held out, where points are), accuracies 0..1, before and after."""

    held_out: bool
    loss: tuple[float, float]
    accuracy: tuple[float, float]

    @property
    def helped(self) -> bool:
        before, after = self.loss
        gained = self.accuracy[1] - self.accuracy[0]
        if not math.isfinite(after) or gained < -COST:
            return False
        return after < GAIN * before or (gained >= CLEAR_GAIN and after <= before)


FAILED = Outcome(False, (math.inf, math.inf), (0.0, 0.0))  # a trial that ended with an error


@dataclass(frozen=True)
class Offer:
    """A remedy that was tried on the run and helped."""

    remedy: Remedy
    settings: Settings
    outcome: Outcome


def trials(finding: Finding, run: Run) -> list[tuple[Remedy, Settings]]:
    """The finding's remedies that can be tried within seconds, with their settings, in order."""
    found = [(remedy, remedied(run.settings, remedy)) for remedy in finding.remedies]
    return [(remedy, settings) for remedy, settings in found if _work(settings) <= MAX_WORK]


def _work(settings: Settings) -> int:
    return settings.work


def judge(before: Run, after: Run) -> Outcome:
    """Compare two finished runs."""
    held_out = before.data.test is not None and after.data.test is not None
    (loss, accuracy), (loss_after, accuracy_after) = (_end(run, held_out) for run in (before, after))
    return Outcome(held_out, (loss, loss_after), (accuracy, accuracy_after))


def _end(run: Run, held_out: bool) -> tuple[float, float]:
    """The loss and the accuracy in which a run ends; one that diverged is no better than guessing."""
    h = run.history
    losses, accuracies = (h.test_loss, h.test_accuracy) if held_out else (h.data_loss, h.train_accuracy)
    if run.divergence or not len(losses):
        return math.inf, 1 / run.data.train.classes
    return max(float(losses[-1]), float(np.median(losses[-END:]))), min(float(accuracies[-1]), float(np.median(accuracies[-END:])))


def next_trial(finding: Finding, run: Run, tried: Mapping[Settings, Outcome]) -> Settings | None:
    """The settings to train next; None once enough remedies helped, or nothing is left to try."""
    if len(offers(finding, run, tried)) >= MAX_OFFERS:
        return None
    return next((settings for _remedy, settings in trials(finding, run) if settings not in tried), None)


def offers(finding: Finding, run: Run, tried: Mapping[Settings, Outcome]) -> list[Offer]:
    """The remedies that helped so far, the one with the lowest loss first."""
    found = []
    for remedy, settings in trials(finding, run):
        if settings in tried:
            outcome = tried[settings]
            if outcome.helped:
                found.append(Offer(remedy, settings, outcome))
    return sorted(found, key=lambda offer: offer.outcome.loss[1])[:MAX_OFFERS]
