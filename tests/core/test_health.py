"""Health: the course's own figures for the article's net, and numbers computed another way."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from spiral_core import Dataset, DataSettings, Network, Run, Settings, go_on, train
from spiral_core.analysis.health import FEWEST, MAX_POINTS, MAX_SNAPSHOTS, WORK, calibration, health, histograms, measured_points
from spiral_core.analysis.units import effort_per_point
from spiral_core.datasets import data_of
from spiral_core.training import Training

SMALL = Settings(hidden=(8,), iterations=120, data=DataSettings(points_per_class=15))


def test_the_articles_update_ratios() -> None:
    """‖lr·dW‖ / ‖W‖ over all weights: 6e-2 at 0, 9e-2 at 10, as the course's note on the case study has them."""
    run = train(Settings(iterations=20))
    for iteration, ratio in ((0, 0.06), (10, 0.09)):
        row = run.snapshot_iterations.tolist().index(iteration)
        weights = np.sqrt(sum(float(np.sum(W * W)) for W in run.network_at(iteration).weights))
        moved = np.sqrt(float(np.sum(run.moves[row][::2] ** 2)))
        assert moved / weights == pytest.approx(ratio, rel=0.15)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_moves_are_what_an_update_does_whatever_the_optimizer(optimizer: str) -> None:
    settings = SMALL.replace(optimizer=optimizer, learning_rate=0.05, iterations=12)
    run = train(settings)
    work = Training(settings, data_of(settings.data))
    for i in range(10):
        before = work.network.parameters.copy()
        work._update(i, None)
        expected = [np.linalg.norm(part) for part in work.network.arrays(work.network.parameters - before)]
        assert run.moves[i] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(run.moves[-1]).all()


def test_moves_are_the_same_in_slices_and_when_a_run_goes_on() -> None:
    whole = train(SMALL)
    part = go_on(train(SMALL.replace(iterations=50)), 70)
    assert np.array_equal(whole.moves, part.moves, equal_nan=True)
    training, run = Training(SMALL, whole.data), whole.unstarted(SMALL, whole.data)
    while not run.finished:
        run = run.extended(training.advance(1e-6))
    assert np.array_equal(run.moves, whole.moves, equal_nan=True)


def test_rows_against_the_network_itself() -> None:
    settings = SMALL.replace(hidden=(8, 6), reg=0.01, data=DataSettings(points_per_class=15, test_fraction=0.2))
    run = train(settings)
    found = health(run)
    row = 5
    net, data = run.network_at(int(found.iteration[row])), run.data.train
    _, gradient = net.loss_and_gradient(data.X, data.y)
    assert found.gradient_norm[row] == pytest.approx([np.linalg.norm(dW) for dW in net.split(gradient)[0]])
    assert found.weight_norm[row] == pytest.approx([np.linalg.norm(W) for W in net.weights])
    assert found.pull[row] == pytest.approx([0.01 * np.linalg.norm(W) for W in net.weights])
    assert found.slope[row] == pytest.approx(np.linalg.norm(net.loss_and_gradient(data.X, data.y, 0.01)[1]))
    hidden = np.maximum(0, data.X @ net.weights[0] + net.biases[0])
    assert found.spread[row, 0] == pytest.approx(hidden.std())
    assert found.dead[row, 0] == pytest.approx(np.mean(~(hidden > 0).any(axis=0)))
    edges, shares = histograms(run)
    assert shares.shape == (len(found.iteration), 2, edges.shape[1] - 1)
    assert shares.sum(axis=2) == pytest.approx(1.0)
    assert found.arrays == ["W1", "W2", "W3"]


def test_long_and_odd_runs() -> None:
    long = health(train(SMALL.replace(iterations=20_000)))
    assert len(long.iteration) == MAX_SNAPSHOTS
    assert (long.iteration[0], long.iteration[-1]) == (0, 20_000)
    linear = health(train(SMALL.replace(hidden=())))
    assert linear.dead.shape == (len(linear.iteration), 0)
    diverged = train(SMALL.replace(hidden=(), learning_rate=50.0, reg=1.0, iterations=2000))
    assert diverged.divergence
    assert len(health(diverged).iteration)
    _edges, shares = histograms(train(SMALL.replace(init="zero")))
    assert shares.sum(axis=2) == pytest.approx(1.0)


def test_calibration_by_hand() -> None:
    """Two classes; the net says 0.9 for class 0 of every point, and three of four are of class 0."""
    net = Network([1, 2])
    net.biases[0][:] = np.log([0.9, 0.1])
    found = calibration(net, Dataset(np.zeros((4, 1)), np.array([0, 0, 0, 1])))
    (bin_,) = np.flatnonzero(found.count)
    assert found.count[bin_] == 4
    assert found.confidence[bin_] == pytest.approx(0.9)
    assert found.accuracy[bin_] == pytest.approx(0.75)
    assert found.error == pytest.approx(0.15)
    assert found.edges.tolist() == pytest.approx(np.linspace(0, 1, 11).tolist())


def test_of_the_largest_nets_fewer_points_are_measured() -> None:
    for hidden in ((100,), (300,), (990, 990)):
        settings = Settings(hidden=hidden, iterations=1, data=DataSettings(points_per_class=2000))
        run = Run.unstarted(settings, data_of(settings.data))
        rows = np.zeros((2, settings.parameter_count))
        run = replace(run, snapshot_iterations=np.arange(2), snapshots=rows)
        each = effort_per_point(settings.parameter_count, sum(hidden)) * 2
        assert measured_points(run) * each <= max(WORK, FEWEST * each)
        assert (measured_points(run) == MAX_POINTS) == (hidden != (990, 990))


def test_a_net_of_many_units_takes_little_time_and_memory() -> None:
    """However few weights lie between them: of all snapshots' outputs those of one are kept at a time."""
    settings = Settings(hidden=(1000, 1, 1000, 1, 1000), activation="tanh", iterations=1, data=DataSettings(points_per_class=2000))
    run = Run.unstarted(settings, data_of(settings.data))
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(MAX_SNAPSHOTS, settings.parameter_count))
    run = replace(run, snapshot_iterations=np.arange(MAX_SNAPSHOTS), snapshots=rows)
    points = measured_points(run)
    assert FEWEST < points < MAX_POINTS
    tracemalloc.start()
    histograms(run)
    assert tracemalloc.get_traced_memory()[1] < 4 * points * sum(settings.hidden) * 8
    tracemalloc.stop()
