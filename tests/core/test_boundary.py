"""Class maps against the network's own words."""

from __future__ import annotations

import numpy as np
import pytest

from spiral_core import Network, Settings, train
from spiral_core.boundary import area_of, class_maps, grid, levels


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
