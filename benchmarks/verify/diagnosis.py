"""The diagnosis on random runs with a known trouble, and its remedies as the app would try and offer them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from benchmarks.diagnosis_random import runs
from benchmarks.verify.row import Row
from spiral_core import train
from spiral_core.analysis.diagnosis import Finding, diagnose
from spiral_core.analysis.remedies import Offer, Outcome, judge, next_trial, offers
from spiral_core.run import Run
from spiral_core.settings import Settings

RUNS = 200
FIRST_SEED = 1_000_000  # far from the seeds that the rules were tuned on, 0..749
COSTLY = 0.05  # of accuracy


@dataclass
class Tally:
    """What came of the runs."""

    found: Counter[tuple[str, str]] = field(default_factory=Counter)  # label, finding
    wrong: int = 0
    healthy: int = 0
    called_sick: int = 0
    sick: int = 0
    helped: int = 0  # sick runs with a remedy that helped
    costly: int = 0  # remedies that were offered though they cost 5 points

    @property
    def total(self) -> int:
        return self.found.total()


def offered(finding: Finding, run: Run) -> list[Offer]:
    """Try remedies one after another, as the app does."""
    tried: dict[Settings, Outcome] = {}
    while (settings := next_trial(finding, run, tried)) is not None:
        tried[settings] = judge(run, train(settings))
    return offers(finding, run, tried)


def costs(run: Run, offer: Offer) -> bool:
    """Whether accuracy on held-out points (or training points, where none are held out) ends 5 points lower."""
    after = train(offer.settings)
    name = "test_accuracy" if run.data.test is not None else "train_accuracy"
    ends = [0.0 if each.divergence else float(getattr(each.history, name)[-1]) for each in (run, after)]
    return ends[0] - ends[1] >= COSTLY


def tally(count: int = RUNS, first: int = FIRST_SEED, with_remedies: bool = True) -> Tally:
    done = Tally()
    with np.errstate(all="ignore"):
        for _seed, (kinds, settings) in runs(first, count):
            run = train(settings)
            finding = diagnose(run)
            label = "|".join(sorted(kinds))
            done.found[label, finding.kind] += 1
            done.wrong += finding.kind not in kinds
            if "healthy" in kinds:
                done.healthy += 1
                done.called_sick += finding.kind != "healthy"
            else:
                done.sick += 1
                if with_remedies:
                    helpful = offered(finding, run)
                    done.helped += bool(helpful)
                    done.costly += sum(costs(run, offer) for offer in helpful)
    return done


def check(count: int = RUNS) -> Row:
    done = tally(count)
    note = (
        f"{done.called_sick} of {done.healthy} healthy runs called sick; a remedy helped {done.helped} of {done.sick} sick runs, "
        f"{done.costly} of those offered cost 5 points"
    )
    return Row("diagnosis: random runs", done.total, done.wrong + done.costly, note, allowed=count // 10)


if __name__ == "__main__":
    print(check())
