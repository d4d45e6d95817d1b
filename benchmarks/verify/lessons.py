"""Each lesson's claim over 100 draws of its random numbers that were not used to tune it: at most 5 may not show it."""

from __future__ import annotations

from functools import partial

from benchmarks.verify.cores import outcomes
from benchmarks.verify.row import Row
from pages.lessons.lessons import LESSONS
from pages.lessons.trials import CENTRES, ENDS, RANDOM, lowest
from spiral_core.training import train

SEEDS = range(5000, 5100)  # the lessons were tuned on 1000 to 1099
ALLOWED = 5  # of 100


def holds(key: str, seed: int) -> bool:
    """Whether a lesson's claim holds when a seed is added to those of its runs."""
    lesson = LESSONS[key]
    return lesson.holds([train(settings) for _name, settings in lesson.runs(seed)])


def wins(seed: int) -> tuple[bool, bool]:
    "Whether random places find a lower loss than the full-range grid of the ranges, and than the grid inside them."
    best = lowest([train(settings) for _name, settings in LESSONS["random"].runs(seed)])
    return best[RANDOM] < best[ENDS], best[RANDOM] < best[CENTRES]


def check() -> list[Row]:
    """A row for each lesson; the one on random search also says who wins how often."""
    rows = []
    for key in LESSONS:
        held = outcomes(partial(holds, key), SEEDS)
        failed = [seed for seed, each in zip(SEEDS, held, strict=True) if not each]
        note = f"not with seeds {', '.join(map(str, failed))}" if failed else ""
        if key == "random":
            ends, inside = (sum(won) for won in zip(*outcomes(wins, SEEDS), strict=True))
            note = f"random places beat the grid to the ends in {ends} draws, the grid inside in {inside}; {note}".removesuffix(
                "; "
            )
        rows.append(Row(f"lesson: {key}", len(held), len(failed), note, ALLOWED))
    return rows
