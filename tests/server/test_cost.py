"""Estimates of work: counts are exact, and what is heavy is told apart before it begins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.training import cost
from server.training.worker import work
from spiral_core import DataSettings, Settings
from spiral_core.analysis.health import MAX_POINTS
from spiral_core.run import is_logged

HEAVY = Settings(hidden=(700, 700, 700), iterations=2, data=DataSettings(points_per_class=10_000, classes=8))


@given(st.integers(0, 12_000), st.integers(0, 12_000))
def test_logged_iterations_are_counted(first: int, length: int) -> None:
    expected = [i for i in range(first, first + length + 1) if is_logged(i)]
    assert cost._logged(first, first + length) == expected
    assert cost._logged_before(first + length + 1) - cost._logged_before(first) == len(expected)


def test_every_light_run_has_small_units_of_work() -> None:
    """Whatever is light: an update, an evaluation and each picture take a fraction of a second."""
    for hidden in ((), (100,), (1000,), (100, 100), (170, 170)):
        for points in (2, 100, 1000, 10_000):
            settings = Settings(hidden=hidden, iterations=10, data=DataSettings(points_per_class=points, classes=8))
            if not cost.is_heavy(settings):
                size = cost.picture_size(settings, cost.LAST_PICTURE_SIZE)
                assert size == cost.LAST_PICTURE_SIZE
                unit = cost.seconds_per_update(settings) + cost.seconds_per_evaluation(settings)
                assert unit + cost.seconds_per_picture(settings, size) <= cost.HEAVY
    assert cost.is_heavy(HEAVY)
    assert not cost.is_heavy(Settings())


@pytest.mark.parametrize(
    "settings",
    [
        HEAVY.replace(hidden=(1000, 1) * 3),
        HEAVY.replace(hidden=(1000, 1) * 3, activation="tanh"),
        HEAVY.replace(hidden=(1000,), activation="tanh"),
        HEAVY.replace(hidden=(1000,), activation="sigmoid"),
    ],
)  # fmt: skip
def test_many_units_are_heavy_however_few_their_weights(settings: Settings) -> None:
    """An update passes each point through each unit: with tanh of 1 000 units and 80 000 points that takes seconds."""
    assert cost.is_heavy(settings)


def test_what_an_optimizer_does_is_part_of_the_price() -> None:
    """A batch of one point and a million weights: nearly all of an update is the optimizer's."""
    alone = Settings(hidden=(1000, 1000), batch_size=1, optimizer="adam", reg_l1=1e-4, iterations=100_000)
    assert cost.seconds(alone) > 20 * cost.LONG


def test_pictures_and_evaluations_are_part_of_the_price() -> None:
    """Two updates of a heavy run have three evaluations and as many pictures: consent is asked for all of it."""
    updates = 2 * cost.seconds_per_update(HEAVY)
    assert cost.seconds(HEAVY) > updates + 3 * cost.seconds_per_evaluation(HEAVY)
    assert cost.seconds(Settings(), 9_999) < cost.seconds(Settings()) / 10


def test_a_chain_costs_what_its_phases_cost() -> None:
    half, small = Settings(iterations=5000), Settings(iterations=5000, batch_size=10)
    assert cost.seconds(half.followed()) == pytest.approx(cost.seconds(Settings()), rel=0.02)
    assert cost.seconds(half.followed(batch_size=10)) < cost.seconds(half.followed())
    assert cost.seconds(small.followed(batch_size=None)) > cost.seconds(small) + cost.seconds(half) / 2
    assert cost.seconds(half.followed(), 5000) == pytest.approx(cost.seconds(Settings(), 5000), rel=0.02)


@pytest.mark.parametrize(
    "settings",
    [Settings(iterations=1000), Settings(hidden=(150, 150), iterations=60), Settings(hidden=(600,), iterations=200)],
    ids=["article", "two layers", "wide"],
)
def test_the_estimate_is_of_the_right_order(settings: Settings) -> None:
    began = time.thread_time()  # other tests may have left threads
    work(settings, None, 600.0, cost.PICTURE_SIZE)
    assert 0.1 < (time.thread_time() - began) / cost.seconds(settings) < 10


@pytest.mark.parametrize("hidden", [(), (100,), (300,), (1000,), (150, 150), (990, 990), (50,) * 6, (700,) * 3])
def test_what_a_page_computes_itself_takes_little_whatever_the_net(hidden: tuple[int, ...]) -> None:
    """In passes of points through the net; what a usual net shows is not made coarser."""
    settings = Settings(hidden=hidden, iterations=1, data=DataSettings(points_per_class=10_000 // 8, classes=8))
    point = cost._seconds_per_point(settings)
    side, points = cost.map_size(settings, 200), cost.page_points(settings)
    assert side**2 * point <= max(cost.PAGE_SECONDS, cost.SMALLEST_MAP**2 * point)
    assert cost.PASSES * points * point <= max(cost.PAGE_SECONDS, cost.FEWEST_POINTS * cost.PASSES * point)
    assert side >= cost.SMALLEST_MAP
    if sum(hidden) <= 300 and settings.parameter_count < 5000:
        assert (side, points) == (200, MAX_POINTS)
