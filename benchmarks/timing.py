"""Side-by-side timing: contestants take turns, and the median of their rounds counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Contestant = Callable[[int], object]  # does its work so many times


def interleaved(contestants: Mapping[str, Contestant], repeats: int, rounds: int = 7) -> dict[str, float]:
    """Seconds for one repeat of each contestant: the median over the rounds, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, work in contestants.items():
            began = time.perf_counter()
            work(repeats if number else max(1, repeats // 10))
            if number:
                times[name].append((time.perf_counter() - began) / repeats)
    return {name: statistics.median(values) for name, values in times.items()}
