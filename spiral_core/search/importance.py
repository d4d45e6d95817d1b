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
    """The effect of one setting alone, from its places (n,) in its range; as `importances` says."""
    return importances(np.asarray(places, dtype=float)[:, None], scores, seed)[0]


def importances(places: FloatArray, scores: FloatArray, seed: int = 0) -> list[Importance | None]:
    """The effect of each setting alone, from its places in its range and the trials' scores (n,), of which any order will do.

    places: (n, settings). Ranks take the place of scores, so that a trial that diverged is just the worst. The trials are put into
    up to six groups by the setting; the share of variance between groups is ε², which corrects for what chance alone explains
    (Kelley 1935). The interval is the middle 90 % of resampled trials (bootstrap), its bias taken off; it reaches down to 0 unless
    the share is more than all but CHANCE of the shares that the same groups have in shuffled trials (permutation test). All
    settings are held against the same resampled and shuffled trials.
    None for fewer than ten trials, or where the setting or the scores do not vary.
    """
    places, scores = np.asarray(places, dtype=float), np.asarray(scores, dtype=float)
    n = len(scores)
    if n < MIN_TRIALS or len(set(scores.tolist())) == 1:
        return [None] * places.shape[1]
    ranks, rng = _ranks(scores), np.random.default_rng(seed)
    shuffled = np.tile(ranks, (DRAWS, 1))
    rng.permuted(shuffled, axis=1, out=shuffled)
    chosen = rng.integers(n, size=(RESAMPLED, n))
    times = np.array([np.bincount(rows, minlength=n) for rows in chosen], dtype=float)  # how often each trial was drawn
    return [_alone(column, ranks, shuffled, times) if np.ptp(column) > 0 else None for column in places.T]


def _alone(places: FloatArray, ranks: FloatArray, shuffled: FloatArray, times: FloatArray) -> Importance:
    groups = _groups(places, min(6, max(2, len(places) // 5)))
    inside = np.eye(groups.max() + 1)[groups]  # (n, groups)
    sizes = inside.sum(axis=0)
    share = float(_epsilon_squared(inside, ranks, np.ones((1, len(ranks))))[0])
    between = ((shuffled @ inside) ** 2 / sizes).sum(axis=1)  # grows with the share, as does that of the trials
    own = float(((ranks @ inside) ** 2 / sizes).sum())
    draws = _epsilon_squared(inside, ranks, times)
    draws -= max(0.0, float(draws.mean()) - share)
    low, high = np.percentile(draws, [5, 95])
    by_chance = (1 + int((between >= own * (1 - 1e-12)).sum())) / (1 + DRAWS)
    low = 0.0 if by_chance > CHANCE else min(max(float(low), 0.0), share)
    return Importance(share, low, min(1.0, max(float(high), share)))


def interactions(places: FloatArray, scores: FloatArray, seed: int = 0) -> list[Interaction]:
    """The pairs of settings that explain clearly more together than apart, the strongest first. places: (n, settings).

    The trials are put into two or three groups by each setting of a pair. What the cells of the two explain of the ranks beyond the
    sum of both effects is measured by F, brought to one scale for all pairs, and held against the largest of all pairs in each of
    DRAWS shufflings of the ranks (Westfall and Young 1993; F of shuffled ranks hardly depends on what the sum explains: Anderson
    and ter Braak 2003). So over all pairs together, one in twenty searches without any interaction names one, and the work grows
    with the number of pairs, not with its square.
    """
    places, scores = np.asarray(places, dtype=float), np.asarray(scores, dtype=float)
    if len(scores) < MIN_TRIALS_OF_PAIRS or len(set(scores.tolist())) == 1:
        return []
    levels = 3 if len(scores) >= 72 else 2
    groups = {column: _groups(places[:, column], levels) for column in range(places.shape[1]) if np.ptp(places[:, column]) > 0}
    rows = np.tile(_ranks(scores), (1 + DRAWS, 1))
    rows -= rows[0].mean()
    np.random.default_rng(seed).permuted(rows[1:], axis=1, out=rows[1:])
    largest, seen = np.full(DRAWS, -np.inf), list[tuple[Interaction, float]]()
    for first, second in combinations(groups, 2):
        share, strengths = _beyond_sum(groups[first], groups[second], rows)
        np.maximum(largest, strengths[1:], out=largest)
        seen.append((Interaction(first, second, share), float(strengths[0])))
    named = [pair for pair, own in seen if pair.share > 0 and 1 + int((largest >= own - 1e-9).sum()) <= 0.05 * (1 + DRAWS)]
    return sorted(named, key=lambda pair: -pair.share)


def _beyond_sum(a: IntArray, b: IntArray, rows: FloatArray) -> tuple[float, FloatArray]:
    """The share of the variance of the first row that cells explain beyond the sum of two effects, and how strong that is in each
    row: F as the normal deviate that is as far out (Wilson and Hilferty 1931), so that pairs with more cells compare with others.

    a, b: groups (n,); rows: (rows, n), each the same values around 0 in some order.
    """
    n, width = len(a), int(b.max()) + 1
    _, first, cells, sizes = np.unique(a * width + b, return_index=True, return_inverse=True, return_counts=True)
    effects = np.hstack([np.eye(a.max() + 1)[a[first]], np.eye(width)[b[first]]])  # (cells, groups of both)
    basis, spread, _ = np.linalg.svd(np.sqrt(sizes)[:, None] * effects)  # of what differs between cells, the sums of effects first
    together, apart = len(sizes), int((spread > 1e-9 * spread[0]).sum())
    freedom = (together - apart, n - together)
    if min(freedom) <= 0:
        return 0.0, np.full(len(rows), -np.inf)
    squares = (rows @ (basis / np.sqrt(sizes)[:, None])[cells.ravel()]) ** 2  # (rows, cells): of each direction of the basis
    total = float(rows[0] @ rows[0])
    beyond = squares[:, apart:].sum(axis=1)
    within = np.maximum(total - squares.sum(axis=1), 1e-12 * total)
    residual = beyond[0] + within[0]
    share = (residual / (n - apart) - within[0] / freedom[1]) / (total / (n - 1))
    ratio = np.cbrt(beyond / freedom[0] / (within / freedom[1]))
    p, q = (2 / 9 / count for count in freedom)
    return max(0.0, float(share)), ((1 - q) * ratio - (1 - p)) / np.sqrt(q * ratio**2 + p)


def _groups(places: FloatArray, count: int) -> IntArray:
    """Groups of nearly equal size by the setting's place, equal places together."""
    distinct = np.unique(places)
    count = min(count, len(distinct))
    edges = distinct[1:] if len(distinct) == count else np.unique(np.quantile(places, np.arange(1, count) / count))
    _, groups = np.unique(np.searchsorted(edges, places, side="right"), return_inverse=True)  # none is empty
    return groups.ravel().astype(np.int64)


def _ranks(scores: FloatArray) -> FloatArray:
    """0 for the lowest; equal scores share their mean rank."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: FloatArray = (ends - counts + ends - 1) / 2
    ranks: FloatArray = means[inverse]
    return ranks


def _epsilon_squared(inside: FloatArray, ranks: FloatArray, times: FloatArray) -> FloatArray:
    """1 - (within-group variance) / (variance), each with its degrees of freedom; at least 0.

    inside: (n, groups), 1 where a trial is in a group; times: (draws, n), how often each draw of n trials has each of them.
    """
    n = len(ranks)
    values = ranks - ranks.mean()
    sizes, sums, squares = times @ inside, times @ (inside * values[:, None]), times @ values**2
    total = squares - sums.sum(axis=1) ** 2 / n
    within = squares - (sums**2 / np.maximum(sizes, 1)).sum(axis=1)
    count = (sizes > 0).sum(axis=1)
    says = (total > 1e-9 * squares) & (count < n)
    return np.where(says, np.maximum(0.0, 1 - (within / np.maximum(n - count, 1)) / (np.where(says, total, 1) / (n - 1))), 0.0)
