"""How often the diagnosis is right: `python -m benchmarks.diagnosis`. Prints the confusion matrix over the runs that judge it."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections import Counter

from benchmarks.diagnosis_runs import JUDGED, TUNING, UNLUCKY, Labelled
from spiral_core import train
from spiral_core.analysis.diagnosis import KINDS, diagnose


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
    total, right = found.total(), sum(count for (label, kind), count in found.items() if label == kind)
    sick = sum(count for (label, kind), count in found.items() if label == "healthy" != kind)
    healthy = sum(count for (label, _), count in found.items() if label == "healthy")
    print(f"\n{title}: {right} of {total} right; {sick} of {healthy} healthy runs called sick")
    labels = [kind for kind in KINDS if any(kind in pair for pair, count in found.items() if count)]
    print(" " * 18 + "".join(f"{kind[:9]:>10}" for kind in labels))
    for label in labels:
        print(f"  {label:<16}" + "".join(f"{found[label, kind] or '·':>10}" for kind in labels))


def main() -> None:
    show("Runs that the rules were tuned on", outcomes(TUNING))
    show("Runs that judge them", outcomes(JUDGED) + unlucky_outcomes())


if __name__ == "__main__":
    main()
