"""How much of the trials' order each searched setting explains alone, and which pairs explain more together.

Alone means: what is left when all other settings vary as they did. A setting that matters only together with another (an exclusive
or, say) has no effect alone; `interactions` finds it. An effect that goes up and down several times within a sixth of the range is
seen by neither.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray, IntArray

MIN_TRIALS = 10
MIN_TRIALS_OF_PAIRS = 24
DRAWS, RESAMPLED = 400, 100
CHANCE = 0.025  # how often a setting without any effect may seem to have one


class Importance(NamedTuple):
    """Shares 0..1 of the variance of the objective's ranks: the estimate, and an interval that holds 0 where it may be chance."""

    share: float
    low: float
    high: float


class Interaction(NamedTuple):
    """Two settings, by their columns, and the share of the variance of the ranks that they explain together beyond each alone."""

    first: int
    second: int
    share: float


def importance(places: FloatArray, scores: FloatArray, seed: int = 0) -> Importance | None:
    """The effect of one setting alone, from its places (n,) in its range and the trials' scores (n,), of which any order will do.

    Ranks take the place of scores, so that a trial that diverged is just the worst. The trials are put into up to six groups by
    the setting; the share of variance between groups is ε², which corrects for what chance alone explains (Kelley 1935). The
    interval is the middle 90 % of resampled trials (bootstrap), its bias taken off; it reaches down to 0 unless the share is more
    than all but CHANCE of the shares that the same groups have in shuffled trials (permutation test).
    None for fewer than ten trials, or where the setting or the scores do not vary.
    """
    places, scores = np.asarray(places, dtype=float), np.asarray(scores, dtype=float)
    if len(places) < MIN_TRIALS or np.ptp(places) == 0 or len(set(scores.tolist())) == 1:
        return None
    groups = _groups(places, min(6, max(2, len(places) // 5)))
    ranks = _ranks(scores)
    rng = np.random.default_rng(seed)
    share = _epsilon_squared(groups, ranks)
    shuffled = rng.permuted(np.tile(ranks, (DRAWS, 1)), axis=1)
    inside = np.eye(groups.max() + 1)[groups]  # (n, groups)
    between = ((shuffled @ inside) ** 2 / inside.sum(axis=0)).sum(axis=1)  # grows with the share, as does that of the trials
    own = float(((ranks @ inside) ** 2 / inside.sum(axis=0)).sum())
    chosen = rng.integers(len(ranks), size=(RESAMPLED, len(ranks)))
    draws = np.array([_epsilon_squared(groups[rows], ranks[rows]) for rows in chosen])
    draws -= max(0.0, float(draws.mean()) - share)
    low, high = np.percentile(draws, [5, 95])
    by_chance = (1 + int((between >= own * (1 - 1e-12)).sum())) / (1 + DRAWS)
    low = 0.0 if by_chance > CHANCE else min(max(float(low), 0.0), share)
    return Importance(share, low, min(1.0, max(float(high), share)))


def interactions(places: FloatArray, scores: FloatArray, seed: int = 0) -> list[Interaction]:
    """The pairs of settings that explain clearly more together than apart, the strongest first. places: (n, settings).

    The trials are put into two or three groups by each setting of a pair. What the sum of both effects leaves of the ranks is
    compared between the cells of the two, and with the same after shuffling it (Freedman and Lane 1983); over all pairs
    together, one in twenty searches without any interaction names one.
    """
    places, scores = np.asarray(places, dtype=float), np.asarray(scores, dtype=float)
    if len(scores) < MIN_TRIALS_OF_PAIRS or len(set(scores.tolist())) == 1:
        return []
    varied = [column for column in range(places.shape[1]) if np.ptp(places[:, column]) > 0]
    pairs = list(combinations(varied, 2))
    ranks, rng, found = _ranks(scores), np.random.default_rng(seed), []
    levels = 3 if len(scores) >= 72 else 2
    draws = max(DRAWS, 40 * len(pairs))
    for first, second in pairs:
        groups = [_groups(places[:, column], levels) for column in (first, second)]
        share, by_chance = _beyond_sum(groups[0], groups[1], ranks, rng, draws)
        if by_chance * len(pairs) <= 0.05 and share > 0:
            found.append(Interaction(first, second, share))
    return sorted(found, key=lambda pair: -pair.share)


def _beyond_sum(a: IntArray, b: IntArray, ranks: FloatArray, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """The share of the variance that cells explain beyond the sum of two effects, and how often chance gives as much."""
    columns = [np.ones(len(ranks)), *(a == group for group in np.unique(a)[1:]), *(b == group for group in np.unique(b)[1:])]
    basis, _ = np.linalg.qr(np.column_stack(columns).astype(float))
    _, cells = np.unique(np.column_stack([a, b]), axis=0, return_inverse=True)
    inside = np.eye(cells.max() + 1)[cells.ravel()]  # (n, cells)
    n, apart, together = len(ranks), basis.shape[1], inside.shape[1]
    left = ranks - basis @ (basis.T @ ranks)
    if n <= together or together <= apart or not left.any():
        return 0.0, 1.0

    def between(values: FloatArray) -> FloatArray:
        """The sum of squares between the cells, of each row."""
        values = values - (values @ basis) @ basis.T
        squares: FloatArray = ((values @ inside) ** 2 / inside.sum(axis=0)).sum(axis=1)
        return squares

    own = float(between(left[None])[0])
    shuffled = between(np.array([rng.permutation(left) for _ in range(draws)]))
    by_chance = (1 + int((shuffled >= own * (1 - 1e-12)).sum())) / (1 + draws)
    total = float(((ranks - ranks.mean()) ** 2).sum()) / (n - 1)
    residual = float(left @ left)
    return max(0.0, residual / (n - apart) - (residual - own) / (n - together)) / total, by_chance


def _groups(places: FloatArray, count: int) -> IntArray:
    """Groups of nearly equal size by the setting's place, equal places together."""
    distinct = np.unique(places)
    count = min(count, len(distinct))
    edges = distinct[1:] if len(distinct) == count else np.unique(np.quantile(places, np.arange(1, count) / count))
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
    sizes = np.bincount(groups)
    filled = sizes > 0
    n, count = len(values), int(filled.sum())
    if total == 0 or n <= count:
        return 0.0
    sums = np.bincount(groups, values)
    within = float(values @ values) - float((sums[filled] ** 2 / sizes[filled]).sum())
    return max(0.0, 1 - (within / (n - count)) / (total / (n - 1)))
