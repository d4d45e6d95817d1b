"""Nine trials three times over: a grid to the ends of the ranges, a grid inside them, and random places."""

from __future__ import annotations

from collections.abc import Sequence

from pages.lessons.lesson import Named, with_seed
from pages.lessons.measures import loss
from pages.ui.visit.presets import START
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.search import Plan
from spiral_core.search.space import Dimension
from spiral_core.settings import Settings

LEVELS = 3
TRIALS = LEVELS * LEVELS
RATES = Dimension("learning_rate", "log", 1e-3, 10.0)
PENALTIES = Dimension("reg", "log", 1e-8, 1e-6)
SPACE = (RATES, PENALTIES)
_BASE = START.replace(hidden=(50,), init="he", iterations=200)

ENDS, CENTRES, RANDOM = N_("full-range grid"), N_("inner grid"), N_("random search")
SEARCHES = (ENDS, CENTRES, RANDOM)


def trials(add: int) -> Named:
    """The trials of each search in turn. What is added to the seeds changes the points, the first weights and the random places."""
    base = with_seed(_BASE, add)
    found = {
        ENDS: [Plan(SPACE, base, "grid", TRIALS, "loss").settings(i) for i in range(TRIALS)],
        CENTRES: _inside(base),
        RANDOM: [Plan(SPACE, base, "random", TRIALS, "loss", add).settings(i) for i in range(TRIALS)],
    }
    return tuple((name, settings) for name in SEARCHES for settings in found[name])


def _inside(base: Settings) -> list[Settings]:
    """A grid whose levels are the centres of equal cells."""
    shares = [(i + 0.5) / LEVELS for i in range(LEVELS)]
    return [base.replace(learning_rate=RATES.at(rate), reg=PENALTIES.at(reg)) for rate in shares for reg in shares]


def by_search(runs: Sequence[Run]) -> dict[str, Sequence[Run]]:
    """The runs of each search."""
    return {name: runs[i * TRIALS : (i + 1) * TRIALS] for i, name in enumerate(SEARCHES)}


def lowest(runs: Sequence[Run]) -> dict[str, float]:
    """The lowest loss that each search found."""
    return {name: min(map(loss, part)) for name, part in by_search(runs).items()}


def rates(runs: Sequence[Run]) -> dict[str, int]:
    """How many different learning rates each search tried."""
    return {name: len({run.settings.learning_rate for run in part}) for name, part in by_search(runs).items()}


def spread_at_best(runs: Sequence[Run]) -> float:
    """How far apart the losses of the trials are that share the learning rate of the best of them."""
    rate = min(runs, key=loss).settings.learning_rate
    losses = [loss(run) for run in runs if run.settings.learning_rate == rate]
    return max(losses) - min(losses)
