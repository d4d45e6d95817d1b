"""Each classic mistake is found by the check, in the right array, and named; the error over h has its V."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.verify.gradient_lab import failures_of, random_case
from spiral_core import Network, SettingError, Settings, gradient_check, train
from spiral_core.analysis import differences, gradient_lab
from spiral_core.analysis.gradient_lab import (
    BUGS,
    MAX_PARAMETERS,
    MIN_POINTS,
    STEPS,
    by_array,
    check_with,
    effort,
    error_curve,
    gradient_with,
    points_to_check,
    suspect,
    verdict,
    with_large_scores,
)

REG = 1e-2


def trained(hidden: tuple[int, ...], activation: str = "relu") -> tuple[Network, np.ndarray, np.ndarray]:
    settings = Settings(hidden=hidden, activation=activation, init="he", learning_rate=0.1, iterations=200, reg=REG)
    run = train(settings)
    return run.network_at(), run.data.train.X[::3], run.data.train.y[::3]


NETS = {
    "linear": trained(()),
    "one layer": trained((20,)),
    "two layers": trained((10, 8)),
    "three layers": trained((8, 6, 5)),
    "tanh": trained((15,), "tanh"),
    "sigmoid": trained((15,), "sigmoid"),
    "linear layers": trained((6, 5), "linear"),
}


# What is linear has no mask to forget.
CASES = [(name, bug) for name in NETS for bug in (None, *BUGS) if not (name.startswith("linear") and bug == "no_mask")]


@pytest.mark.parametrize(("name", "bug"), CASES)
def test_each_bug_is_found_and_named(name: str, bug: str | None) -> None:
    net, X, y = NETS[name]
    if bug == "no_shift":
        net = with_large_scores(net, X)
    check = check_with(bug, net, X, y, REG)
    assert suspect(net, check, len(y), REG) == bug


def test_the_arrays_give_the_bugs_away() -> None:
    net, X, y = NETS["one layer"]

    def wrong(bug: str | None) -> set[str]:
        return {array.name for array in by_array(net, check_with(bug, net, X, y, REG)) if array.error > 1e-2}

    assert wrong(None) == set()
    assert wrong("no_average") == {"W1", "b1", "W2", "b2"}
    assert wrong("no_reg") == {"W1", "W2"}
    assert wrong("no_mask") == {"W1", "b1"}
    assert wrong("no_bias") == {"b1", "b2"}


@given(st.integers(0, 10**6), st.sampled_from(BUGS[:-1]))
def test_bugs_are_named_for_random_nets(seed: int, bug: str) -> None:
    rng = np.random.default_rng(seed)
    net = Network([2, 12, 3])
    net.parameters[:] = rng.normal(0, 1, net.parameters.size)
    X, y = rng.normal(0, 1, (25, 2)), rng.integers(0, 3, 25)
    assert suspect(net, check_with(bug, net, X, y, 0.1), 25, 0.1) == bug
    assert suspect(net, check_with(None, net, X, y, 0.1), 25, 0.1) is None


def test_the_right_gradient_is_the_networks_own() -> None:
    net, X, y = NETS["two layers"]
    assert gradient_with(None, net, X, y, REG) == pytest.approx(net.loss_and_gradient(X, y, REG)[1], rel=1e-9, abs=1e-12)
    with pytest.raises(SettingError, match="bug must be one of"):
        gradient_with("typo", net, X, y, REG)


def test_the_error_over_h_falls_with_its_square_and_rises_again() -> None:
    net, X, y = NETS["tanh"]
    curve = dict(error_curve(None, net, X, y, REG))
    assert list(curve) == list(STEPS)
    best = min(curve, key=curve.__getitem__)
    assert 1e-7 < best < 1e-3
    assert curve[STEPS[2]] / curve[STEPS[4]] == pytest.approx(100, rel=0.5)  # h a tenth, truncation a hundredth
    assert curve[STEPS[-1]] > 100 * curve[best]
    single = dict(error_curve(None, net, X, y, REG, single=True))
    assert min(single.values()) > 10 * curve[best]
    assert min(single, key=single.__getitem__) > best


def test_every_unit_sits_on_its_kink_at_the_start_and_is_told_apart() -> None:
    run = train(Settings(iterations=10))
    X, y = run.data.train.X, run.data.train.y
    arrays = {array.name: array for array in by_array(run.network_at(0), check_with(None, run.network_at(0), X, y, 1e-3))}
    assert arrays["b1"].kinks == arrays["b1"].entries == 100
    assert arrays["W2"].kinks == 0
    assert arrays["W1"].typical < 1e-6
    assert arrays["W1"].disagreeing == 0


def test_the_courses_thresholds() -> None:
    errors = (math.nan, 0.5, 1e-3, 1e-5, 1e-8, 0.0)
    assert [verdict(e) for e in errors] == ["wrong", "wrong", "uncomfortable", "fine with kinks", "good", "good"]


def test_a_check_takes_as_many_points_as_there_is_time_for() -> None:
    assert points_to_check(Network([2, 100, 3]), 300) == 300
    assert points_to_check(Network([2, 1000, 3]), 300) == 200_000 // 6003
    assert points_to_check(Network([2, 130, 130, 3]), 300) == MIN_POINTS
    with pytest.raises(ValueError, match=f"at most {MAX_PARAMETERS} parameters"):
        points_to_check(Network([2, 200, 200, 3]), 300)


@pytest.mark.parametrize("hidden", [(), (20,), (6, 9), (8, 7, 6)])
def test_some_units_stand_for_all_and_are_measured_as_among_all(hidden: tuple[int, ...]) -> None:
    net = Network([2, *hidden, 3], "tanh")
    rng = np.random.default_rng(1)
    net.parameters[:] = rng.normal(0, 1, net.parameters.size)
    X, y = rng.normal(0, 1, (9, 2)), rng.integers(0, 3, 9)
    whole, some = check_with(None, net, X, y, REG), check_with(None, net, X, y, REG, every=4)
    looked_at = np.isfinite(some.numeric)
    assert some.numeric[looked_at] == pytest.approx(whole.numeric[looked_at], rel=1e-6, abs=1e-9)
    for layer, rows in enumerate(net.split_layers(looked_at)):
        expected = np.zeros(rows.shape, dtype=bool)
        if layer < len(hidden):
            expected[::4] = True
        else:
            expected[:, ::-4] = True  # from the bias on
        assert np.array_equal(rows, expected)


DEEP = [(50,) * 6, (62,) * 6, (1000,), (130, 130), (300,), (100,), ()]


@pytest.mark.parametrize("hidden", DEEP)
def test_a_check_and_its_curve_are_bounded(hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """In passes of one unit's parameters, and in the products of these; 300 units took 7000 passes for the curve."""
    net = Network([2, *hidden, 3], "relu")
    net.initialise("he", np.random.RandomState(0))
    count = points_to_check(net, 300)
    assert effort(net) * count <= max(2.0 * effort(net), gradient_lab.CHECK_EFFORT)
    X, y = np.random.default_rng(0).normal(0, 1, (count, 2)), np.arange(count) % 3
    passes, inner = list[int](), differences._block

    def counted(*arguments: Any) -> Any:
        passes.append(1)
        return inner(*arguments)

    monkeypatch.setattr(differences, "_block", counted)
    curve = error_curve(None, net, X, y, REG)
    assert len(passes) <= 2 * gradient_lab.CURVE_UNITS
    assert min(error for _h, error in curve) < 1e-5


def test_a_net_that_has_learnt_all_is_not_blamed_for_rounding() -> None:
    """Its gradient is all but zero, so the differences hold nothing but rounding."""
    net = Network([1, 2])
    net.weights[0][:] = [[-30.0, 30.0]]
    X, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
    check = check_with(None, net, X, y, 0.0)
    assert suspect(net, check, 2, 0.0) is None


def test_large_scores_overflow_unshifted() -> None:
    net, X, y = NETS["one layer"]
    large = with_large_scores(net, X)
    assert np.abs(large.scores(X)).max() == pytest.approx(1000)
    assert np.isnan(gradient_with("no_shift", large, X, y, REG)).any()
    assert np.isfinite(gradient_with(None, large, X, y, REG)).all()
    nothing = with_large_scores(Network([2, 3]), X)
    assert nothing.scores(X).max() == 1000


def test_no_right_gradient_is_accused_and_each_bug_that_shows_is_named() -> None:
    """Any size, activation, start, scale, h and precision; the long check takes 10 000 nets."""
    rng = np.random.default_rng(2024)
    sought = 0
    for _ in range(60):
        case = random_case(rng)
        wrong, tried = failures_of(case)
        assert wrong == [], case
        sought += tried
    assert sought > 60


def test_the_noise_holds_against_exact_slopes() -> None:
    """A linear classifier of one weight: the loss log(1 + e^-wx) has a slope that is known to all digits."""
    for x, w, h in ((1.0, 0.3, 1e-1), (1e6, 1e-6, 1e-3), (40.0, 1.0, 1e-2), (1e-6, 1e6, 1e-9), (3.0, -2.0, 1e-12)):
        net = Network([1, 2])
        net.weights[0][:] = [[w, 0.0]]
        slope = -x / (1 + math.exp(min(700.0, w * x)))
        for single in (False, True):
            check = gradient_check(net, np.array([[x]]), np.array([0]), h=h, single=single)
            (i,) = np.flatnonzero(net.split(np.arange(net.parameters.size, dtype=float))[0][0][0, 0] == np.arange(4))
            assert abs(check.numeric[i] - slope) <= check.noise[i] + 1e-15 * abs(slope)


def test_errors_are_entry_by_entry() -> None:
    """At inputs of 1e-6 the forgotten mask moves entries of 1e-6; against the largest entry of all it would pass."""
    net, X, y = NETS["one layer"]
    small = net.copy()
    small.weights[0][:] *= 1e6
    check = check_with("no_mask", small, X * 1e-6, y, 0.0, h=1e-4)
    arrays = {array.name: array for array in by_array(small, check)}
    assert arrays["W1"].error > 0.1
    assert arrays["W1"].verdict == "wrong"
    assert suspect(small, check, len(y), 0.0) == "no_mask"


def test_single_precision_has_the_penalty_in_it() -> None:
    net, X, y = NETS["one layer"]
    plain, with_penalty = (check_with(None, net, X, y, reg, h=1e-5, single=True) for reg in (0.0, 10.0))
    penalty = 10 * net.weight_mask() * net.parameters
    exact = np.abs(with_penalty.numeric - plain.numeric - penalty)
    assert exact.max() > 1e-5 * np.abs(penalty).max()  # it is rounded, too
    assert (exact <= with_penalty.noise + 1e-9).all()


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug not in ("no_shift", "no_mask")])
def test_a_bug_without_effect_is_not_named(bug: str) -> None:
    """reg·W forgotten where reg is 0, ÷N forgotten with one point: the gradient is the right one."""
    net, X, y = NETS["sigmoid"]
    reg = 0.0 if bug == "no_reg" else REG
    few = slice(0, 1 if bug == "no_average" else None)
    found = suspect(net, check_with(bug, net, X[few], y[few], reg), len(y[few]), reg)
    assert found == (bug if bug == "no_bias" else None)


def test_nothing_is_said_where_all_is_noise() -> None:
    net, X, y = NETS["tanh"]
    arrays = by_array(net, check_with(None, net, X, y, REG, h=1e-12, single=True))
    assert {array.verdict for array in arrays} == {"open"}
