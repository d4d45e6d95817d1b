"""Class maps against the network's own words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import Network, Settings, train
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.boundary import area_of, class_maps, grid, levels
from spiral_core.losses import MARGIN
from tests.core.strategies import settings


def test_grid_runs_row_by_row_from_the_bottom_left() -> None:
    points = grid(area_of(np.array([[0.0, 0.0], [1.0, 1.0]]), margin=0.0), 2)
    assert points.tolist() == [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]


def test_area_is_a_square_round_all_points() -> None:
    area = area_of(np.array([[-1.0, 0.0], [3.0, 1.0]]), margin=0.1)
    assert area == pytest.approx((-1.4, 3.4, -1.9, 2.9))
    same = area_of(np.array([[2.0, 2.0], [2.0, 2.0]]))
    assert same.right > same.left


@pytest.mark.parametrize("classes", range(2, 9))
def test_class_maps_say_what_the_network_says(classes: int) -> None:
    net = Network([2, 7, classes], "tanh").initialise("he", np.random.RandomState(classes))
    rng = np.random.default_rng(0)
    snapshots, X = rng.normal(size=(3, net.parameters.size)), rng.normal(size=(200, 2))
    maps = class_maps(net, snapshots, X)
    assert maps.shape == (3, 200)
    for parameters, values in zip(snapshots, maps, strict=True):
        p = Network(net.sizes, "tanh", parameters).probabilities(X)
        assert np.array_equal(values // levels(classes), p.argmax(axis=1))
        confidence = (p.max(axis=1) - 1 / classes) / (1 - 1 / classes)
        assert np.abs(values % levels(classes) + 0.5 - confidence * levels(classes)).max() <= 0.51


def test_all_snapshots_of_a_run_in_one_call() -> None:
    run = train(Settings(hidden=(5,), iterations=20))
    X = grid(area_of(run.data.train.X), 10)
    maps = class_maps(run.network_at(), run.snapshots, X)
    assert len(maps) == len(run.snapshot_iterations)
    last = maps[-1] // levels(3)
    assert np.array_equal(last, run.network_at().predict(X))


def in_double(network: Network, X: FloatArray) -> tuple[IntArray, FloatArray]:
    """What class and how sure, 0..1, by the network's own scores in double precision."""
    scores = np.sort(network.scores(X), axis=1)
    if network.loss_name == "hinge":
        sure = np.clip((scores[:, -1] - scores[:, -2]) / MARGIN, 0, 1)
    else:
        p = network.probabilities(X).max(axis=1)
        sure = (p - 1 / network.sizes[-1]) / (1 - 1 / network.sizes[-1])
    return network.predict(X), sure


@hypothesis_settings(max_examples=60, deadline=None)
@given(settings(), st.data())
def test_a_picture_shows_the_network_in_double_precision(tried: Settings, data: st.DataObject) -> None:
    """But for a few cells at the edge of two classes or levels."""
    small = tried.replace(iterations=min(tried.iterations, 150), hidden=tuple(min(units, 20) for units in tried.hidden))
    run = train(small.replace(data=small.data.replace(test_fraction=0.0)))
    row = data.draw(st.integers(0, len(run.snapshots) - 1))
    network = run.network_at(int(run.snapshot_iterations[row]))
    X = grid(area_of(run.data.train.X), 150)
    (cells,) = class_maps(network, run.snapshots[row : row + 1], X)
    winner, sure = in_double(network, X)
    steps = levels(network.sizes[-1])
    assert np.mean(cells // steps != winner) < 0.01
    assert np.mean(np.abs(cells % steps + 0.5 - sure * steps) > 0.6) < 0.01


@pytest.mark.parametrize("size", [1e60, 1e-60])
@pytest.mark.parametrize("loss", ["softmax", "hinge"])
def test_weights_that_single_precision_cannot_hold_are_shown_all_the_same(size: float, loss: str) -> None:
    network = Network([2, 20, 3], parameters=None, loss=loss).initialise("he", np.random.RandomState(3))
    network.parameters *= size
    X = grid(area_of(np.array([[-1.0, -1.0], [1.0, 1.0]])), 60)
    (cells,) = class_maps(network, network.parameters[None], X)
    assert np.array_equal(cells // levels(3), network.predict(X))


def test_scores_that_differ_in_their_last_digits_are_told_apart() -> None:
    network = Network([2, 3])
    network.layers[0][:] = [[1e-9, 0, 1], [-1e-9, 0, 1], [0, 1e-9, 1]]
    X = grid(area_of(np.array([[-1.0, -1.0], [1.0, 1.0]])), 60)
    (cells,) = class_maps(network, network.parameters[None], X)
    assert set((cells // levels(3)).tolist()) == {0, 1, 2}
    assert np.array_equal(cells // levels(3), network.predict(X))
