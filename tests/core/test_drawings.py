"""Drawings of a loss curve: what is one, how far it is from the run, and the cloud of a class."""

from __future__ import annotations

import base64
import math
import statistics
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Settings
from spiral_core.classroom.drawings import (
    MAX_GIVEN,
    MAX_LOSS,
    PACKED_LENGTH,
    PLACES,
    Curve,
    Drawing,
    cloud,
    gap,
    places,
    resampled,
    usual_top,
)
from spiral_core.classroom.votes import LEAST
from spiral_core.rules import SettingError
from spiral_core.run import History


def random_drawing(seed: int) -> Drawing:
    return Drawing(tuple((10 ** np.random.default_rng(seed).uniform(-6, 3, PLACES)).tolist()))


drawings = st.integers(0, 2**32).map(random_drawing)


def level(loss: float) -> Drawing:
    return Drawing((loss,) * PLACES)


def history(iterations: list[int], losses: list[float]) -> History:
    pairs = zip(iterations, losses, strict=True)
    return History.of_rows([(i, loss, loss, 0.0, 0.5, math.nan, math.nan, loss, loss) for i, loss in pairs])


def test_places_are_evenly_apart_on_a_log_axis() -> None:
    found = places(800)
    assert len(found) == PLACES <= 64
    assert (found[0], found[-1]) == pytest.approx((0.5, 800))
    assert np.diff(np.log(found)) == pytest.approx(math.log(1600) / 47)
    assert places(1)[-1] == 1


@given(drawings)
def test_a_drawing_comes_back_from_its_short_text(drawing: Drawing) -> None:
    assert len(drawing.packed()) == PACKED_LENGTH == 128
    assert Drawing.unpacked(drawing.packed()) == drawing


def test_losses_keep_three_digits() -> None:
    assert level(1.0986).losses[0] == pytest.approx(1.0986, rel=5e-4)
    assert level(0.123).losses[0] == pytest.approx(0.123, rel=5e-4)


@pytest.mark.parametrize(
    "losses",
    [
        (), (1.0,) * (PLACES - 1), (1.0,) * (PLACES + 1), (-0.01,) * PLACES, (MAX_LOSS + 1,) * PLACES, (math.nan,) * PLACES,
        (math.inf,) * PLACES, ("1",) * PLACES, (None,) * PLACES, (True,) * PLACES, ((1,),) * PLACES,
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_said_in_one_sentence(losses: Any) -> None:
    with pytest.raises(SettingError, match="drawing must be 48 losses between 0 and 1000"):
        Drawing(losses)


@given(st.text(max_size=200) | st.binary(min_size=96, max_size=96).map(lambda some: base64.urlsafe_b64encode(some).decode()))
def test_any_other_text_is_a_right_drawing_or_refused_fuzz(text: str) -> None:
    with suppress(SettingError):
        assert all(0 <= loss <= MAX_LOSS for loss in Drawing.unpacked(text).losses)


@pytest.mark.parametrize("text", ["", "x" * 127, "ü" * 128, "?" * 128, "_" * 128, "AHwA" * 32])  # the last: NaN, infinity
def test_a_text_that_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="drawing must be 48 losses"):
        Drawing.unpacked(text)


@pytest.mark.parametrize(
    "answer",
    [
        None, 1.0, "x" * PLACES, {}, [], [1.0], [[1.0]], [[1, 2, 3]], [[1, "2"]], [[1, -0.1]], [[1, MAX_LOSS + 1]], [[1, math.nan]],
        [[-1, 1.0]], [[301, 1.0]], [[1, True]], [[1, 1.0]] * (MAX_GIVEN + 1), [(1, 1.0)],
    ],
)  # fmt: skip
def test_an_answer_that_is_no_drawing_is_refused(answer: Any) -> None:
    with pytest.raises(SettingError, match="drawing must be 1 to 64 points, each an iteration and a loss between 0 and 1000"):
        Curve(Settings(iterations=300), 3.0).read(answer)


def test_a_curve_takes_drawings_and_comes_back_from_json() -> None:
    curve = Curve(Settings(iterations=300), 2, "rate")
    assert Curve.from_dict(curve.to_dict()) == curve
    assert Drawing.unpacked(curve.read([[0, 0.5]])) == level(0.5)
    with pytest.raises(SettingError, match="top must be"):
        Curve(Settings(), 0)


def test_a_few_points_make_a_drawing_that_is_straight_on_the_log_axis() -> None:
    drawing = resampled([[800, 0.0], [0, 2]], 800)  # in any order
    assert drawing.losses == pytest.approx(np.linspace(2, 0, PLACES), abs=1e-3)
    assert resampled([[10, 1.0]], 100) == level(1.0)
    bent = dict(zip(places(50).tolist(), resampled([[5, 2.0], [50, 1.0]], 50).losses, strict=True))
    assert all(loss == 2 for iteration, loss in bent.items() if iteration <= 5)  # level before the first
    assert bent[max(bent)] == 1


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 10)).map(list), min_size=1, max_size=MAX_GIVEN))
def test_a_drawing_stays_between_its_points(points: list[list[float]]) -> None:
    losses = [loss for _iteration, loss in points]
    found = resampled(points, 1000)
    assert min(losses) * 0.999 - 1e-7 <= min(found.losses)
    assert max(found.losses) <= max(losses) * 1.001 + 1e-7


def test_the_gap_of_a_level_line_is_its_distance() -> None:
    found = gap(level(1.5), history([0, 1, 10, 100], [1.0, 1.0, 1.0, 1.0]), 100)
    assert found.mean == 0.5
    assert found.above == 1
    assert (found.drawn, found.real) == (1.5, 1.0)


def test_the_gap_is_largest_where_it_is() -> None:
    """The run falls from 2 to 0, straight on the log axis; the drawing stays at 2."""
    found = gap(level(2), history([0, 100], [2.0, 0.0]), 100)
    assert found.mean == pytest.approx(1.0)  # the mean of 0, 2/47, … 2
    assert (found.iteration, found.drawn, found.real) == (100, 2, 0)
    assert found.above == pytest.approx(47 / 48)
    start = gap(level(0), history([0, 100], [2.0, 0.0]), 100)
    assert (start.iteration, start.above) == (0, 0)


def test_each_decade_counts_alike() -> None:
    """Wrong by 1 in the last half of the log axis, which is 97 of 100 iterations."""
    found = gap(level(1), history([0, 7, 8, 100], [1.0, 1.0, 0.0, 0.0]), 100)
    assert found.mean == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("loss", [math.inf, math.nan, 1e300])
def test_a_loss_without_bounds_has_a_gap_too(loss: float) -> None:
    found = gap(level(1), history([0, 10], [1.0, loss]), 10)
    assert found.real == MAX_LOSS
    assert math.isfinite(found.mean)


def test_a_run_that_ended_early_keeps_its_last_loss() -> None:
    found = gap(level(1), history([0, 10], [1.0, 3.0]), 1000)
    assert (found.iteration, found.real, found.drawn) == (10, 3, 1)
    assert found.mean > 1  # the level end counts


def test_fewer_than_five_drawings_are_no_cloud() -> None:
    assert cloud([level(1)] * (LEAST - 1)) is None
    assert cloud([level(1)] * LEAST) is not None


def test_median_and_quartiles_by_hand() -> None:
    found = cloud([level(loss) for loss in (5, 1, 3, 2, 4)])
    assert found is not None
    assert found.lines.shape == (5, PLACES)
    assert [set(line.tolist()) for line in (found.low, found.median, found.high)] == [{2.0}, {3.0}, {4.0}]


@given(st.lists(drawings, min_size=LEAST, max_size=12))
def test_median_and_quartiles_are_those_of_the_standard_library(some: list[Drawing]) -> None:
    found = cloud(some)
    assert found is not None
    for place in (0, 20, PLACES - 1):
        quartiles = statistics.quantiles([drawing.losses[place] for drawing in some], n=4, method="inclusive")
        assert [line[place] for line in (found.low, found.median, found.high)] == pytest.approx(quartiles)


@pytest.mark.parametrize(("chance", "top"), [(math.log(2), 1.5), (math.log(3), 2.5), (math.log(8), 4.5), (2.0, 4.0)])
def test_the_usual_axis_holds_twice_the_loss_of_guessing(chance: float, top: float) -> None:
    assert usual_top(chance) == top
