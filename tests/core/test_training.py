"""Training: plain code's numbers, the same run in slices and later, and runs that diverge."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from benchmarks.plain import train_plain
from spiral_core import Dataset, DataSettings, Network, Run, Settings, go_on, train
from spiral_core.datasets import data_of
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.phases import line_up
from spiral_core.run import is_logged, is_snapshot
from spiral_core.training import Training, advance, first_network
from tests.core.strategies import chains, data_settings, settings

pytestmark = pytest.mark.usefixtures("engine")

SMALL = Settings(hidden=(8,), iterations=137, data=DataSettings(points_per_class=20))


def assert_same(one: Run, two: Run) -> None:
    """To the last digit, the time apart."""
    for a, b in zip(one.history.columns(), two.history.columns(), strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert np.array_equal(one.snapshot_iterations, two.snapshot_iterations)
    assert np.array_equal(one.snapshots, two.snapshots)
    assert one.divergence == two.divergence
    assert one.settings == two.settings


def in_slices(value: Settings, updates: int = 1) -> Run:
    """The run made of slices of few updates, each continued from a checkpoint alone."""
    run = Run.unstarted(value, data_of(value.data))
    while not run.finished:
        progress = advance(value, run.checkpoint, 0.0)  # no time: a single update
        run = run.extended(progress)
    return run


def test_agrees_with_the_plain_code_after_1000_iterations() -> None:
    value = Settings(iterations=1000)
    train_set = data_of(value.data).train
    net = first_network(value, train_set)
    expected = train_plain(train_set.X, train_set.y, net.weights, 1001)
    assert train(value).history.loss[-1] == pytest.approx(expected, rel=1e-9)


@hypothesis_settings(max_examples=60, deadline=None)
@given(settings() | chains(4), st.integers(1, 60))
def test_slices_and_restarts_give_the_same_run(value: Settings, iterations: int) -> None:
    """Any settings, of one phase or several, trained at once or update by update from checkpoints: the same digits."""
    value = line_up(phase.replace(after=None, iterations=1 + phase.iterations % iterations) for phase in value.phases)
    if sum(value.hidden) > 60:
        value = value.throughout(hidden=tuple(min(units, 20) for units in value.hidden[:3]))
    value = value.throughout(data=value.data.replace(points_per_class=min(value.data.points_per_class, 30)))
    try:
        data_of(value.data)
    except ValueError:
        assume(False)
    assert_same(train(value), in_slices(value))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 7])
def test_going_on_equals_training_at_once(optimizer: str, batch_size: int | None) -> None:
    value = SMALL.replace(optimizer=optimizer, batch_size=batch_size, learning_rate=0.05, schedule="inverse")
    assert_same(go_on(train(value), 300), train(value.replace(iterations=437)))
    assert_same(go_on(train(value.replace(iterations=160)), 277), train(value.replace(iterations=437)))  # from a logged iteration


def test_going_on_takes_other_iterations_alone() -> None:
    run = train(SMALL)
    with pytest.raises(ValueError, match="settings must be the run's own with as many iterations or more"):
        run.reopened(SMALL.replace(iterations=100))
    with pytest.raises(ValueError, match="settings must be the run's own"):
        run.reopened(SMALL.replace(reg=0.5, iterations=500))


def test_another_process_gives_the_same_digits() -> None:
    code = (
        "import json; from spiral_core import Settings, train; s = Settings.from_dict(json.loads(input())); "
        "print(train(s).history.loss[-1].hex())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(SMALL.to_dict()), capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == float(train(SMALL).history.loss[-1]).hex()


def test_history_is_what_the_network_says() -> None:
    value = SMALL.replace(data=SMALL.data.replace(test_fraction=0.25), reg_l1=1e-3)
    run = train(value)
    h = run.history
    assert len({len(column) for column in h.columns()}) == 1
    assert h.iteration[[0, -1]].tolist() == [0, 137]
    assert np.allclose(h.loss, h.data_loss + h.reg_loss)
    train_set, test_set = run.data
    assert test_set is not None
    for i in run.snapshot_iterations:
        net, row = run.network_at(int(i)), h.row(int(i))
        assert h.loss[row] == pytest.approx(net.loss(train_set.X, train_set.y, value.reg, value.reg_l1), rel=1e-12)
        assert h.data_loss[row] == pytest.approx(net.loss(train_set.X, train_set.y), rel=1e-12)
        assert h.test_loss[row] == pytest.approx(net.loss(test_set.X, test_set.y), rel=1e-12)
        assert h.train_accuracy[row] == np.mean(net.predict(train_set.X) == train_set.y)
        assert h.test_accuracy[row] == np.mean(net.predict(test_set.X) == test_set.y)
    assert np.array_equal(run.network_at().parameters, run.network_at(137).parameters)


def test_without_a_held_out_part_its_columns_are_nan() -> None:
    h = train(SMALL).history
    assert np.isnan(h.test_loss).all()
    assert np.isnan(h.test_accuracy).all()


def test_what_is_not_known_is_refused() -> None:
    run = train(SMALL)
    with pytest.raises(ValueError, match="iteration must be one of the snapshots 0, 1, 2"):
        run.network_at(12)
    with pytest.raises(ValueError, match=r"iteration must be a logged one in 0\.\.137, got 123"):
        run.history.row(123)


def test_logged_iterations_do_not_depend_on_the_length() -> None:
    logged = [i for i in range(10_001) if is_logged(i)]
    assert logged[:101] == list(range(101))
    assert {*range(0, 201, 10), *range(0, 10_001, 1000)} <= set(logged)
    assert all(i in logged for i in range(10_001) if is_snapshot(i, 603))
    assert sum(is_snapshot(i, 603) for i in range(10_001)) == 71
    assert 0 < sum(is_snapshot(i, 1_000_000) for i in range(10_001)) <= 8


@pytest.mark.parametrize("batch_size", [1, 7, 10, 59])
def test_mini_batches_see_every_point_once_an_epoch(batch_size: int) -> None:
    training = Training(SMALL.replace(batch_size=batch_size), data_of(SMALL.data))
    per_epoch = -(-60 // batch_size)
    for epoch in range(2):
        scores = [training._batches[i].scores() for i in range(epoch * per_epoch, (epoch + 1) * per_epoch)]
        assert [part.shape[1] for part in scores[:-1]] == [batch_size] * (per_epoch - 1)
        seen = np.concatenate(scores, axis=1).T
        expected = training.network.scores(data_of(SMALL.data).train.X)
        assert np.allclose(sorted(map(tuple, seen)), sorted(map(tuple, expected)), rtol=0, atol=1e-15)


def test_an_epoch_of_tiny_mini_batch_steps_is_one_full_step() -> None:
    run = train(SMALL.replace(activation="tanh", batch_size=10, reg=0.0, learning_rate=1e-6, iterations=6))
    before, after = run.network_at(0), run.network_at(6)
    _, full = before.loss_and_gradient(run.data.train.X, run.data.train.y)
    assert (before.parameters - after.parameters) / 6e-6 == pytest.approx(full, rel=1e-3, abs=1e-7)


def test_a_batch_of_all_points_is_the_full_batch() -> None:
    one, two = train(SMALL), train(SMALL.replace(batch_size=10_000))
    assert np.array_equal(one.history.loss, two.history.loss)


DIVERGING = Settings(hidden=(), learning_rate=30.0, reg=0.1, iterations=2000)


def test_a_diverging_run_stops_and_says_so() -> None:
    run = train(DIVERGING)
    assert run.finished
    assert run.divergence is not None
    assert (run.divergence.cause, run.divergence.iteration) == ("weight decay", run.iteration)
    assert 0 < run.divergence.last_iteration < run.divergence.iteration < 2000
    assert run.divergence.last_loss == run.history.loss[-1] > 1e100
    assert np.isfinite(run.history.loss).all()
    assert np.isfinite(run.snapshots).all()
    assert np.array_equal(run.network_at().parameters, run.network_at(run.divergence.last_iteration).parameters)
    assert f"The loss stopped being finite at iteration {run.iteration}; it was" in str(run.divergence)
    assert go_on(run, 100).divergence == run.divergence


def test_a_diverging_run_is_the_same_in_slices() -> None:
    assert_same(train(DIVERGING), in_slices(DIVERGING))


def test_a_deep_net_can_diverge_by_its_rate() -> None:
    run = train(Settings(hidden=(100, 100, 100), init="he", learning_rate=100.0, reg=0.0, iterations=500))
    if run.divergence:
        assert run.divergence.cause == "learning rate"
    assert np.isfinite(run.history.loss).all()


@seed(0)
@hypothesis_settings(max_examples=25, deadline=None)
@given(settings())
def test_any_settings_train_without_a_warning_or_a_value_that_is_not_finite(value: Settings) -> None:
    value = value.replace(iterations=25, hidden=tuple(min(units, 30) for units in value.hidden))
    value = value.replace(data=value.data.replace(points_per_class=min(value.data.points_per_class, 50)))
    try:
        data_of(value.data)
    except ValueError:
        assume(False)
    run = train(value)
    assert np.isfinite(run.history.loss).all()
    assert run.divergence is not None or run.iteration == 25


def test_own_data_and_own_start() -> None:
    data = Dataset([[0.0, 0, 0], [1, 1, 1], [2, 0, 1], [0, 2, 1]], [0, 1, 0, 1])
    start = Network([3, 4, 2]).initialise("he", np.random.RandomState(3))
    before = start.parameters.copy()
    seen: list[int] = []
    run = train(Settings(hidden=(4,), iterations=200), data, start, on_progress=lambda run: seen.append(run.iteration))
    assert np.array_equal(run.network_at(0).parameters, before)
    assert np.array_equal(start.parameters, before)
    assert run.history.train_accuracy[-1] == 1
    assert seen[-1] == 200
    with pytest.raises(ValueError, match=r"network must have sizes \(3, 4, 2\), activation relu"):
        train(Settings(hidden=(4,)), data, Network([2, 4, 2]))


@given(data_settings())
def test_data_is_shared_and_read_only(value: DataSettings) -> None:
    value = value.replace(points_per_class=min(value.points_per_class, 20), test_fraction=0.0)
    assert data_of(value) is data_of(value)
    assert not data_of(value).train.X.flags.writeable


def test_zero_weights_never_part() -> None:
    run = train(Settings(init="zero", iterations=200))
    W = run.network_at().weights[0]
    assert (W[:, :1] == W).all()
    assert run.history.data_loss[-1] == pytest.approx(math.log(3), abs=1e-3)
