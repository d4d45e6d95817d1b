"""How often the diagnosis is right, and what remedies did: `python -m benchmarks.diagnosis [random runs]` prints the tables.

Three groups of runs: those by hand that the rules were tuned on, those by hand that judge them, and random ones that nobody chose.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections import Counter

from benchmarks.diagnosis_runs import JUDGED, TUNING, UNLUCKY, Labelled
from benchmarks.verify.diagnosis import tally
from spiral_core import train
from spiral_core.analysis.diagnosis import KINDS, diagnose

RANDOM_RUNS = 60


def outcomes(runs: list[Labelled]) -> Counter[tuple[str, str]]:
    """How many runs of each label got each finding."""
    return Counter((label, diagnose(train(settings)).kind) for label, settings in runs)


def unlucky_outcomes() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for settings, seeds in UNLUCKY:
        others = [train(settings.replace(seed=seed)) for seed in seeds]
        found["unlucky", diagnose(train(settings), others).kind] += 1
    return found


def show(title: str, found: Counter[tuple[str, str]]) -> None:
    """A line of totals, then labels down and findings across; a label may name several findings that are all true."""
    total, right = found.total(), sum(count for (label, kind), count in found.items() if kind in label.split("|"))
    sick = sum(count for (label, kind), count in found.items() if label == "healthy" != kind)
    healthy = sum(count for (label, _), count in found.items() if label == "healthy")
    print(f"\n{title}: {right} of {total} right; {sick} of {healthy} healthy runs called sick")
    kinds = [kind for kind in KINDS if any(kind == found_kind for _label, found_kind in found)]
    print(" " * 34 + "".join(f"{kind[:9]:>10}" for kind in kinds))
    for label in sorted({label for label, _kind in found}):
        print(f"  {label:<32}" + "".join(f"{found[label, kind] or '·':>10}" for kind in kinds))


def main(random_runs: int) -> None:
    show("Runs that the rules were tuned on", outcomes(TUNING))
    show("Runs that judge them", outcomes(JUDGED) + unlucky_outcomes())
    done = tally(random_runs)
    show("Random runs", done.found)
    print(f"A remedy that was tried helped {done.helped} of {done.sick} sick runs; {done.costly} of those offered cost 5 points.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RANDOM_RUNS)
