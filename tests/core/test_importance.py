"""Importance: what decides is found, alone or together, what does not is near nothing, and few trials say nothing."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from spiral_core.arrays import FloatArray, IntArray
from spiral_core.search import importance as importance_module
from spiral_core.search.importance import importance, importances, interactions


def test_a_setting_that_decides_alone_explains_nearly_all() -> None:
    rng = np.random.default_rng(0)
    places, other = rng.random(200), rng.random(200)
    scores = (places - 0.5) ** 2
    assert importance(places, scores).share > 0.85  # type: ignore[union-attr]
    useless = importance(other, scores)
    assert useless is not None
    assert useless.share < 0.08


def test_two_settings_share_it_and_the_interval_holds_the_estimate() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random(300), rng.random(300)
    found = [importance(places, 2 * a + b) for places in (a, b)]
    assert found[0]
    assert found[1]
    assert found[0].share > found[1].share > 0.1
    assert all(0 < each.low <= each.share <= each.high <= 1 for each in found if each)


def test_epsilon_squared_by_hand() -> None:
    """Two groups of five whose ranks are 0..4 and 5..9: within 20, total 82.5, so 1 - (20/8)/(82.5/9)."""
    places = np.array([0.0] * 5 + [1.0] * 5)
    assert importance(places, np.arange(10.0)).share == pytest.approx(1 - (20 / 8) / (82.5 / 9))  # type: ignore[union-attr]


def test_diverged_trials_are_just_the_worst() -> None:
    places = np.linspace(0, 1, 20)
    scores = np.where(places > 0.7, np.inf, places)
    found = importance(places, scores)
    assert found is not None
    assert found.share > 0.8


@pytest.mark.parametrize("places", [np.zeros(50), np.linspace(0, 1, 9)])
def test_nothing_is_said_of_nothing(places: np.ndarray) -> None:
    assert importance(places, np.arange(float(len(places)))) is None
    assert importance(np.linspace(0, 1, 20), np.zeros(20)) is None
    assert interactions(np.column_stack([places, places]), np.arange(float(len(places)))) == []


@pytest.mark.parametrize("trials", [16, 40, 100])
def test_an_idle_settings_interval_holds_0_in_95_of_100(trials: int) -> None:
    rng = np.random.default_rng(trials)
    cases = 200
    out = 0
    for seed in range(cases):
        a, idle = rng.random((2, trials))
        found = importance(idle, a + 0.3 * rng.normal(size=trials), seed)
        assert found is not None
        out += found.low > 0
    assert out <= 0.05 * cases


@pytest.mark.parametrize("trials", [40, 100, 300])
def test_an_exclusive_or_has_no_effect_alone_and_is_seen_together(trials: int) -> None:
    rng = np.random.default_rng(7)
    places = rng.random((trials, 4))
    scores = ((places[:, 1] > 0.5) ^ (places[:, 3] > 0.5)) + 0.3 * rng.normal(size=trials)
    for column in (1, 3):
        alone = importance(places[:, column], scores)
        assert alone is not None
        assert alone.share < 0.25
    (pair, *others) = interactions(places, scores)
    assert (pair.first, pair.second) == (1, 3)
    assert pair.share > 0.3
    assert others == []


def test_a_sum_is_no_interaction() -> None:
    rng = np.random.default_rng(3)
    named = 0
    for seed in range(60):
        places = rng.random((60, 3))
        named += bool(interactions(places, places[:, 0] + places[:, 1] + 0.2 * rng.normal(size=60), seed))
    assert named <= 6


def test_among_many_settings_too_one_in_twenty_searches_without_an_interaction_names_one() -> None:
    rng = np.random.default_rng(5)
    named = 0
    for seed in range(60):
        places = rng.random((80, 22))
        places[:, 20] = places[:, 20] > 0.5  # one of two choices
        named += bool(interactions(places, places[:, 0] + rng.normal(size=80), seed))
    assert named <= 6


def test_an_exclusive_or_is_found_among_many_settings() -> None:
    rng = np.random.default_rng(8)
    places = rng.random((300, 22))
    scores = ((places[:, 4] > 0.5) ^ (places[:, 17] > 0.5)) + 0.3 * rng.normal(size=300)
    assert [(pair.first, pair.second) for pair in interactions(places, scores)] == [(4, 17)]


def test_what_the_largest_search_takes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many shuffled ranks for each pair, however many pairs there are, and a few megabytes in all."""
    rng = np.random.default_rng(9)
    places, scores = rng.random((1000, 22)), rng.random(1000)
    shapes: list[tuple[int, ...]] = []
    before = importance_module._beyond_sum

    def counted(a: IntArray, b: IntArray, rows: FloatArray) -> tuple[float, FloatArray]:
        shapes.append(rows.shape)
        return before(a, b, rows)

    monkeypatch.setattr(importance_module, "_beyond_sum", counted)
    tracemalloc.start()
    try:
        interactions(places, scores)
        importances(places, scores)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert shapes == [(1 + importance_module.DRAWS, 1000)] * (22 * 21 // 2)
    assert most < 10_000_000


def test_settings_together_are_as_each_alone() -> None:
    rng = np.random.default_rng(10)
    places, noise = rng.random((50, 3)), rng.normal(size=50)
    places[:, 1] = 0.5  # does not vary
    scores = places[:, 0] + noise
    assert importances(places, scores) == [importance(column, scores) for column in places.T]
    assert importances(places, scores)[1] is None


def test_an_idle_setting_that_is_mostly_at_its_lowest_value_is_not_named() -> None:
    """No group is empty, which would be compared with nothing."""
    rng = np.random.default_rng(11)
    named = 0
    for seed in range(60):
        idle = np.maximum(rng.random(40) - 0.7, 0)
        found = importance(idle, rng.normal(size=40), seed)
        assert found is not None
        named += found.low > 0
    assert named <= 4
