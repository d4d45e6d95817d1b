"""How much each searched setting mattered: the share of the trials' ranks that it explains alone, with its uncertainty."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray, IntArray

MIN_TRIALS = 10
DRAWS = 200


class Importance(NamedTuple):
    """Shares 0..1 of the variance of the objective's ranks: the estimate, and the 5th and 95th percentile of its bootstrap."""

    share: float
    low: float
    high: float


def importance(places: FloatArray, scores: FloatArray, seed: int = 0) -> Importance | None:
    """The importance of one setting, from its places (n,) in its range and the trials' scores (n,), of which any order will do.

    Ranks take the place of scores, so that a trial that diverged is just the worst. The trials are put into up to six groups by
    the setting; the share of variance between groups is ε², which corrects for what chance alone explains (Kelley 1935); it is
    computed again for resampled trials. None for fewer than ten trials, or where the setting or the scores do not vary.
    """
    places, scores = np.asarray(places, dtype=float), np.asarray(scores, dtype=float)
    if len(places) < MIN_TRIALS or np.ptp(places) == 0 or len(set(scores.tolist())) == 1:
        return None
    groups = _groups(places)
    ranks = _ranks(scores)
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        chosen = rng.integers(len(ranks), size=len(ranks))
        draws.append(_epsilon_squared(groups[chosen], ranks[chosen]))
    low, high = np.percentile(draws, [5, 95])
    share = _epsilon_squared(groups, ranks)
    return Importance(share, min(float(low), share), max(float(high), share))


def _groups(places: FloatArray) -> IntArray:
    """Groups of nearly equal size by the setting's place, equal places together."""
    distinct = np.unique(places)
    count = min(6, len(distinct), max(2, len(places) // 5))
    edges = distinct[1:] if len(distinct) == count else np.quantile(places, np.arange(1, count) / count)
    return np.searchsorted(edges, places, side="right").astype(np.int64)


def _ranks(scores: FloatArray) -> FloatArray:
    """0 for the lowest; equal scores share their mean rank."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: FloatArray = (ends - counts + ends - 1) / 2
    ranks: FloatArray = means[inverse]
    return ranks


def _epsilon_squared(groups: IntArray, values: FloatArray) -> float:
    """1 - (within-group variance) / (variance), each with its degrees of freedom; at least 0."""
    total = float(((values - values.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    within, count = 0.0, 0
    for group in np.unique(groups):
        own = values[groups == group]
        within += float(((own - own.mean()) ** 2).sum())
        count += 1
    n = len(values)
    if n <= count:
        return 0.0
    return max(0.0, 1 - (within / (n - count)) / (total / (n - 1)))
