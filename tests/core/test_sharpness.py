"""Sharpness: products with the Hessian against differences of the gradient, Lanczos against a dense solver, the bound at work."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from spiral_core import Dataset, DataSettings, Network, Settings, train
from spiral_core.analysis import sharpness as module
from spiral_core.analysis.sharpness import (
    DROPOUT,
    FORMULAS,
    MAX_SNAPSHOTS,
    MINI_BATCHES,
    OTHER_RULE,
    VARYING,
    Hessian,
    SharpnessError,
    bend,
    bound_at,
    largest_eigenvalue,
    measured_rows,
    reservations,
    sharpness,
)
from spiral_core.arrays import FloatArray
from spiral_core.optimizers import OPTIMIZERS

SMALL = Settings(hidden=(6,), iterations=200, data=DataSettings(points_per_class=12))
DEPTHS: list[tuple[int, ...]] = [(), (5,), (5, 4), (5, 4, 3)]
ACTIVATIONS = ["tanh", "sigmoid", "linear", "relu", "leaky_relu"]


def a_net(hidden: tuple[int, ...], activation: str, features: tuple[str, ...] = ("x", "y")) -> tuple[Network, Dataset]:
    rng = np.random.default_rng(len(hidden))
    net = Network([len(features), *hidden, 3], activation, features=features)
    net.parameters[:] = rng.standard_normal(net.parameters.size) * 0.8
    return net, Dataset(rng.standard_normal((20, 2)), rng.integers(0, 3, 20), 3)


def dense(hessian: Hessian, count: int) -> FloatArray:
    return np.array([hessian.times(row) for row in np.eye(count)])


def by_differences(net: Network, data: Dataset, reg: float, h: float) -> FloatArray:
    """The Hessian from the exact gradient at five places along each parameter: the error is of the fourth order in h."""

    def gradient(step: FloatArray) -> FloatArray:
        moved = net.copy()
        moved.parameters += step
        return moved.loss_and_gradient(data.X, data.y, reg)[1]

    rows = []
    for e in np.eye(net.parameters.size) * h:
        rows.append((8 * (gradient(e) - gradient(-e)) - gradient(2 * e) + gradient(-2 * e)) / (12 * h))
    return np.array(rows)


@pytest.mark.parametrize("reg", [0.0, 0.3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
def test_products_are_the_derivative_of_the_gradient(hidden: tuple[int, ...], activation: str, reg: float) -> None:
    """At 1e-6 of its size and better. No unit of these ReLU nets switches within the differences' reach."""
    net, data = a_net(hidden, activation)
    kinked = activation in ("relu", "leaky_relu")
    found = dense(Hessian(net, data, reg), net.parameters.size)
    expected = by_differences(net, data, reg, 1e-5 if kinked else 3e-4)
    assert np.abs(found - found.T).max() <= 1e-14 * np.abs(found).max()
    assert np.abs(found - expected).max() <= (1e-7 if kinked else 1e-9) * np.abs(expected).max()


def test_a_net_reads_what_its_features_make_of_the_points() -> None:
    net, data = a_net((4,), "tanh", ("x", "y", "x2", "r"))
    found, expected = dense(Hessian(net, data), net.parameters.size), by_differences(net, data, 0.0, 3e-4)
    assert np.abs(found - expected).max() <= 1e-9 * np.abs(expected).max()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
@pytest.mark.parametrize("reg", [0.0, 0.3])
def test_lanczos_finds_the_largest_eigenvalue(hidden: tuple[int, ...], activation: str, reg: float) -> None:
    net, data = a_net(hidden, activation)
    hessian = Hessian(net, data, reg)
    eigenvalues = np.linalg.eigvalsh(dense(hessian, net.parameters.size))
    value, error = largest_eigenvalue(hessian, net.parameters.size)
    assert value == pytest.approx(eigenvalues[-1], rel=1e-6)
    assert np.abs(eigenvalues - value).min() <= error + 1e-12
    assert error <= 1e-4 * value


def test_the_bound_of_the_error_holds_after_any_number_of_steps() -> None:
    net, data = a_net((5, 4), "tanh")
    hessian = Hessian(net, data)
    eigenvalues = np.linalg.eigvalsh(dense(hessian, net.parameters.size))
    for steps in range(1, 12):
        value, error = largest_eigenvalue(hessian, net.parameters.size, steps, enough=0.0)
        assert np.abs(eigenvalues - value).min() <= error + 1e-12
        assert value <= eigenvalues[-1] + 1e-12


def test_one_parameter_worked_by_hand() -> None:
    """Two classes with scores w·x and 0, at w = 0: log(1 + e^-wx) bends by x²·p·(1 - p) = x²/4; reg adds to it."""
    net = Network([1, 2])
    data = Dataset(np.array([[2.0]]), np.array([0]), 2)
    v = np.zeros(4)
    net.split(v)[0][0][0, 0] = 1
    assert v @ Hessian(net, data).times(v) == pytest.approx(1.0)
    assert v @ Hessian(net, data, 0.5).times(v) == pytest.approx(1.5)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_bends_are_second_derivatives(activation: str) -> None:
    z, h = np.linspace(-3, 3, 25), 1e-3
    f = np.tanh if activation == "tanh" else lambda z: 1 / (1 + np.exp(-z))
    found = bend(activation, f(z))
    assert found is not None
    assert found == pytest.approx((f(z + h) - 2 * f(z) + f(z - h)) / h**2, abs=1e-6)


def test_a_hessian_of_nothing_but_zeros() -> None:
    """One class: no score matters."""
    net, data = Network([2, 1]), Dataset(np.ones((3, 2)), np.zeros(3, dtype=int), 1)
    assert largest_eigenvalue(Hessian(net, data), 3) == (0.0, 0.0)


def test_along_a_run_each_phase_has_its_own_penalty() -> None:
    settings = SMALL.followed(reg=1.0, iterations=100)
    run = train(settings)
    rows = measured_rows(run)
    found = sharpness(settings, run.data, run.snapshot_iterations[rows], run.snapshots[rows])
    assert found.iteration[0] == 0
    assert found.iteration[-1] == 300
    for row, reg in ((3, 1e-3), (len(rows) - 1, 1.0)):
        net = run.network_at(int(found.iteration[row]))
        matrix = dense(Hessian(net, run.data.train, reg), net.parameters.size)
        assert found.value[row] == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-6)


def test_snapshots_are_spread_over_a_log_axis() -> None:
    run = train(SMALL.replace(iterations=3000))
    measured = run.snapshot_iterations[measured_rows(run)]
    assert len(measured) <= MAX_SNAPSHOTS
    assert measured[0] == 0
    assert measured[-1] == 3000
    assert (np.diff(np.log(measured[6:])) < 2.5 * math.log(3000) / (MAX_SNAPSHOTS - 2)).all()


def test_very_many_points_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(SMALL)
    part = run.data.train.chosen(slice(None, None, 3))
    expected = Hessian(run.network_at(), part, SMALL.reg)
    monkeypatch.setattr(module, "sampled", lambda data: data.chosen(slice(None, None, 3)))
    found = sharpness(SMALL, run.data, run.snapshot_iterations[-1:], run.snapshots[-1:])
    assert found.value[0] == largest_eigenvalue(expected, run.snapshots.shape[1])[0]


def test_what_is_not_finite_has_no_sharpness() -> None:
    run = train(SMALL)
    broken = run.snapshots[:2].copy()
    broken[1, 0] = np.nan
    found = sharpness(SMALL, run.data, run.snapshot_iterations[:2], broken)
    assert np.isfinite(found.value).tolist() == [True, False]


def test_the_hinge_is_refused_in_one_sentence() -> None:
    run = train(SMALL.replace(loss="hinge"))
    with pytest.raises(SharpnessError, match="the slope of the hinge jumps where a lead reaches 1"):
        measured_rows(run)
    with pytest.raises(SharpnessError, match="hinge"):
        Hessian(run.network_at(), run.data.train)


# The bound.


@pytest.mark.parametrize(("optimizer", "expected"), [("sgd", 4.0), ("momentum", 7.6), ("nesterov", 7.6 / 2.8)])
def test_at_the_bound_descent_on_a_parabola_begins_to_explode(optimizer: str, expected: float) -> None:
    settings = Settings(optimizer=optimizer, learning_rate=0.5)
    bound = bound_at(settings, 0, 300)
    assert bound == pytest.approx(expected)
    for factor, explodes in ((0.99, False), (1.01, True)):
        rule, x = OPTIMIZERS[optimizer](settings, 1), np.ones(1)
        for t in range(1, 3001):
            rule.step(x, factor * bound * x, 0.5, t)
        assert (abs(float(x[0])) > 1) == explodes


def test_each_bound_has_its_formula() -> None:
    bounded = {name for name in OPTIMIZERS if math.isfinite(bound_at(Settings(optimizer=name), 0, 300))}
    assert set(FORMULAS) == bounded
    for name, formula in FORMULAS.items():
        plain = formula.replace("2(", "2*(").replace("2µ", "2*µ").replace(")η", ")*η").replace("µ", "0.8").replace("η", "0.25")
        value = eval(plain)  # a table of ours, and numbers
        assert bound_at(Settings(optimizer=name, momentum=0.8, learning_rate=0.25), 0, 300) == pytest.approx(value)


def test_a_schedule_moves_the_bound() -> None:
    settings = Settings(schedule="step", schedule_every=100, schedule_factor=0.5)
    assert [bound_at(settings, i, 300) for i in (0, 99, 100, 250)] == [2.0, 2.0, 4.0, 8.0]
    assert reservations(settings, 300) == [VARYING]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"optimizer": "adam"}, OTHER_RULE), ({"optimizer": "rmsprop"}, OTHER_RULE), ({"optimizer": "adagrad"}, OTHER_RULE),
        ({"batch_size": 10}, MINI_BATCHES), ({"dropout": 0.5}, DROPOUT),
    ],
)  # fmt: skip
def test_where_there_is_no_bound_the_reason_is_told(changes: dict[str, object], reason: str) -> None:
    settings = dataclasses.replace(Settings(), **changes)  # type: ignore[arg-type]
    assert math.isnan(bound_at(settings, 0, 300))
    assert reservations(settings, 300) == [reason]


def test_a_batch_of_all_points_and_dropout_without_units_are_plain_descent() -> None:
    for settings in (Settings(), Settings(batch_size=300), Settings(hidden=(), dropout=0.5)):
        assert bound_at(settings, 0, 300) == 2.0
        assert reservations(settings, 300) == []
    chain = Settings(iterations=100).followed(optimizer="adam", iterations=50)
    assert bound_at(chain, 99, 300) == 2.0
    assert math.isnan(bound_at(chain, 100, 300))
    assert reservations(chain, 300) == [OTHER_RULE]


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_the_articles_net_comes_to_the_bound(rate: float) -> None:
    """What the page says of training with all points: from far below, the sharpness rises up to 2/η and stays close to it."""
    for seed in range(1000, 1005):
        run = train(Settings(seed=seed, learning_rate=rate, iterations=1500))
        rows = measured_rows(run)
        found = sharpness(run.settings, run.data, run.snapshot_iterations[rows], run.snapshots[rows])
        ratio = found.value * rate / 2
        assert ratio[0] < 0.25
        assert (np.abs(np.log(ratio[found.iteration >= 800])) < math.log(1.4)).all(), (seed, ratio)
