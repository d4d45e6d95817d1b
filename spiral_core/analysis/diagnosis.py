"""What is wrong with a run, if anything: rules with a measured value each, asked in order.

Tuned on the runs of `benchmarks/diagnosis_runs.py` and of `benchmarks/diagnosis_random.py` that are marked for tuning, and judged
on the others there. What may be done about a finding is in `remedies`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spiral_core.analysis.candidates import Remedy, candidates
from spiral_core.analysis.evidence import FALLEN, NEIGHBOURS, SHORT, Evidence, neighbours_accuracy
from spiral_core.analysis.health import GOOD_UPDATE
from spiral_core.losses import chance
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import Run
from spiral_core.settings import Settings

__all__ = ["FALLEN", "KINDS", "NEIGHBOURS", "RULES", "SHORT", "Evidence", "Finding", "diagnose", "neighbours_accuracy", "remedied"]

RISES, ABOVE_BEST = 0.2, 1.15  # share of steps that rise, and last losses over the best, that say the rate is too high
JUMPS = 0.05  # nats that the last losses must lie above the best, so that the jumps of a loss near 0 do not count
WORSE_THAN_GUESSING, RESTLESS = (
    1.02,
    0.01,
)  # of what guessing costs; size of updates, relative to the weights, that still go somewhere
MANY_DEAD, MANY_SATURATED = 0.4, 0.5  # shares of a layer
FEW_UNITS = 4
STRONG_REG, STRONG_L1, PULL = 0.01, 0.003, 0.5
TURNED, GAP, COST = 1.3, 0.1, 0.1  # held-out loss over its lowest, over the training loss, and nats above its lowest: overfitting
ROUNDING = 1e-9  # of the largest weight
LUCK = 0.05  # accuracy below the median of other seeds


@dataclass(frozen=True)
class Finding:
    """What was found. kind: a name of KINDS; values: the numbers that its rule compared; remedies: what to try, in order."""

    kind: str
    values: Mapping[str, float]
    remedies: tuple[Remedy, ...] = ()


def diagnose(run: Run, others: Sequence[Run] = ()) -> Finding:
    """The first rule that fits a finished run; the finding "healthy" where none does.

    others: runs of the same settings with other seeds, if there are any. Raises ValueError for a run that is not finished.
    """
    if not run.finished:
        raise ValueError(f"run must be finished, got one at iteration {run.iteration} of {run.settings.last_iteration}")
    evidence = Evidence(run, others)
    for rule in RULES.values():
        finding = rule(evidence)
        if finding:
            return (
                finding if finding.remedies else replace(finding, remedies=candidates(finding.kind, finding.values, run.settings))
            )
    return Finding("healthy", {"accuracy": evidence.accuracy, "reachable": evidence.reachable, "loss": float(run.history.loss[-1])})


def _symmetric(e: Evidence) -> Finding | None:
    """All units of a hidden layer have the same weights, and are read by the same: they get the same gradient for ever.

    Those that were told apart on the way, by dropout or by hand, are not alike at the end.
    """
    known = e.run.snapshot_iterations
    if not len(known):
        return None
    first, last = (e.run.network_at(int(known[end])) for end in (0, -1))
    for layer, units in enumerate(e.settings.hidden):
        if units > 1 and _alike(first, layer) and _alike(last, layer):
            return Finding("symmetric", {"units": units})
    return None


def _alike(network: Network, layer: int) -> bool:
    """Whether nothing but rounding tells the units of a hidden layer apart."""
    W, b, read_by = network.weights[layer], network.biases[layer], network.weights[layer + 1]
    parts = [W.T, b[:, None], read_by]  # one row a unit
    with np.errstate(all="ignore"):
        return all(np.ptp(part, axis=0).max() <= ROUNDING * np.abs(part).max() for part in parts)


def _unstandardised(e: Evidence) -> Finding | None:
    """The points' units, not the settings, make the steps too short, too long, or too unlike."""
    decay_alone = e.settings.learning_rate * e.settings.reg > OPTIMIZERS[e.settings.optimizer].decay_limit(e.settings)
    if not e.odd_units or not (e.short or e.run.divergence) or decay_alone:
        return None
    low, high, far = e.scales
    return Finding("unstandardised", {"low": low, "high": high, "far": far})


def _diverged(e: Evidence) -> Finding | None:
    found = e.run.divergence
    return Finding("diverged", {"iteration": found.iteration, "loss": found.last_loss}) if found else None


def _unlucky(e: Evidence) -> Finding | None:
    median = median_accuracy(e.others)
    if not median - e.accuracy >= LUCK:
        return None
    best = max(e.others, key=_rank)
    values = {"accuracy": e.accuracy, "median": median, "count": len(e.others)}
    return Finding("unlucky", values, ({"seed": best.settings.seed},))  # tried already: it is one of the sisters


def median_accuracy(runs: Sequence[Run]) -> float:
    """The median of the last accuracies, where one that diverged is below all others; -inf where there is none."""
    return float(np.median([_rank(run) for run in runs])) if runs else -math.inf


def _rank(run: Run) -> float:
    return -math.inf if run.divergence else float(run.history.train_accuracy[-1])


def _over_regularised(e: Evidence) -> Finding | None:
    """The penalty, not the points, says where the weights come to rest."""
    if max(e.settings.reg / STRONG_REG, e.settings.reg_l1 / STRONG_L1) < 1 or not e.settings.hidden or e.widest <= FEW_UNITS:
        return None
    if e.missing < SHORT / 2 or e.pull < PULL:
        return None
    return Finding("over_regularised", {"pull": e.pull})


def _vanishing(e: Evidence) -> Finding | None:
    """So little comes through the first layers that the run has not left its start."""
    if len(e.settings.hidden) < 2 or e.left_start:
        return None
    passed = float(e.health.gradient_norm[0, 0] / max(e.health.gradient_norm[0, -1], 1e-300))
    spread = float(e.health.spread[0, -1])
    if spread > 0.003 and passed > 0.02:
        return None
    return Finding("vanishing", {"spread": spread, "passed": passed})


def _saturated(e: Evidence) -> Finding | None:
    if not e.short:
        return None
    share = float(e.health.saturated[-1].max(initial=0.0))
    return Finding("saturated", {"share": share}) if share >= MANY_SATURATED else None


def _dead(e: Evidence) -> Finding | None:
    if not e.short:
        return None
    share = float(e.health.dead[-1].max(initial=0.0))
    return Finding("dead", {"share": share}) if share >= MANY_DEAD else None


def _rate_too_high(e: Evidence) -> Finding | None:
    rises, count = e.rises
    last, first, best = float(e.history.loss[-1]), float(e.history.loss[0]), float(e.history.loss.min())
    high = e.above_best > ABOVE_BEST and (e.above_best - 1) * best > JUMPS
    restless = rises >= RISES * count and high
    worse = last > 1.05 * first and high
    guess = chance(e.settings.loss, e.run.data.train.classes)
    guessing = float(e.history.data_loss[-1]) > WORSE_THAN_GUESSING * guess and e.short
    if not (restless or worse or (guessing and e.pace > RESTLESS)):
        return None
    return Finding("rate_too_high", {"rises": rises, "count": count, "above_best": e.above_best})


def _overfit(e: Evidence) -> Finding | None:
    if e.run.data.test is None:
        return None
    test, train = e.history.test_loss, float(e.history.data_loss[-1])
    low = float(test.min())
    if test[-1] <= max(TURNED * low, low + COST) or test[-1] - train < GAP:
        return None
    at = int(e.history.iteration[int(test.argmin())])
    return Finding("overfit", {"test_loss": float(test[-1]), "lowest": low, "at": at, "train_loss": train})


def _rate_too_low(e: Evidence) -> Finding | None:
    """Steps so short that the loss has far to fall; a linear model that has arrived is not meant."""
    if (
        not e.short
        or not e.pace < GOOD_UPDATE[1]
        or e.at_linear_best
        or (e.settings.hidden and e.widest <= FEW_UNITS and e.left_start)
    ):
        return None
    crawls = e.settings.hidden != () and e.pace < GOOD_UPDATE[0] and not e.far_from_start
    if not crawls and (e.settled or e.brief or (e.left_start and e.fallen < FALLEN and e.settings.schedule == "constant")):
        return None
    return Finding("rate_too_low", {"pace": e.pace})


def _stopped_early(e: Evidence) -> Finding | None:
    if e.brief and e.short and not e.at_linear_best:
        return Finding("stopped_early", {"iteration": e.run.iteration, "accuracy": e.accuracy})
    if e.at_linear_best or (e.widest <= FEW_UNITS and e.fallen < 5 * FALLEN):
        return None
    if not (e.short and e.fallen >= FALLEN) and not (e.missing > SHORT / 2 and e.fallen >= 10 * FALLEN):
        return None
    return Finding("stopped_early", {"fallen": e.fallen, "accuracy": e.accuracy})


def _underfit(e: Evidence) -> Finding | None:
    if not e.short or e.widest > FEW_UNITS:
        return None
    return Finding("underfit", {"accuracy": e.accuracy, "reachable": e.reachable, "units": e.widest})


def _plateau(e: Evidence) -> Finding | None:
    if not e.short:
        return None
    return Finding("plateau", {"fallen": e.fallen, "accuracy": e.accuracy, "reachable": e.reachable})


# In the order in which they are asked: what explains other signs comes before them.
RULES: dict[str, Callable[[Evidence], Finding | None]] = {
    "symmetric": _symmetric,
    "unstandardised": _unstandardised,
    "unlucky": _unlucky,
    "diverged": _diverged,
    "over_regularised": _over_regularised,
    "vanishing": _vanishing,
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


def luck(run: Run, others: Sequence[Run]) -> Finding | None:
    """The finding "unlucky" where runs of the same settings with other seeds do clearly better, whatever else is wrong."""
    return _unlucky(Evidence(run, others))


def remedied(settings: Settings, remedy: Remedy) -> Settings:
    """The settings with a remedy applied."""
    return settings.throughout(**remedy)
