"""Folds, regions and effects against brute force on a grid."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Network
from spiral_core.analysis import units as units_module
from spiral_core.analysis.trace import forward_back
from spiral_core.analysis.units import (
    count_regions,
    dead_units,
    effects,
    firing,
    folds,
    hidden_outputs,
    patterns,
    principal_components,
    saturated,
    unit_outputs,
    without_unit,
)
from spiral_core.boundary import Area, grid

AREA = Area(-1.0, 1.0, -1.5, 0.5)


def random_net(seed: int, hidden: tuple[int, ...], activation: str = "relu") -> Network:
    net = Network([2, *hidden, 3], activation)
    net.parameters[:] = np.random.default_rng(seed).normal(0, 1, net.parameters.size)
    return net


def z_at(net: Network, layer: int, points: np.ndarray) -> np.ndarray:
    return forward_back(net, points, np.zeros(len(points), dtype=np.int64)).layers[layer].z


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_first_layer_folds_are_exactly_where_z_is_zero(seed: int, units: int) -> None:
    net = random_net(seed, (units,))
    cells = grid(AREA, 60)
    signs = z_at(net, 0, cells) > 0
    for unit, pieces in enumerate(folds(net, 0, AREA)):
        if len(pieces) == 0:  # on one side in the whole area, but for a corner smaller than a cell
            share = signs[:, unit].mean()
            assert share < 0.002 or share > 0.998
            continue
        ends = pieces.reshape(-1, 2)
        assert np.abs(z_at(net, 0, ends)[:, unit]) == pytest.approx(0, abs=1e-9)
        assert (ends[:, 0] >= -1 - 1e-9).all()
        assert (ends[:, 0] <= 1 + 1e-9).all()
        assert (ends[:, 1] >= -1.5 - 1e-9).all()
        assert (ends[:, 1] <= 0.5 + 1e-9).all()


@pytest.mark.parametrize(("hidden", "layer"), [((8, 6), 1), ((8, 6, 5), 2)])
def test_deeper_folds_lie_between_the_signs_of_a_grid(hidden: tuple[int, ...], layer: int) -> None:
    net = random_net(3, hidden)
    rng = np.random.default_rng(0)
    for unit, pieces in enumerate(folds(net, layer, AREA)):
        if len(pieces) == 0:
            continue
        middles = pieces.mean(axis=1)
        cell = 2 / 64
        around = middles[:, None] + rng.uniform(-cell, cell, (len(middles), 40, 2))
        signs = z_at(net, layer, around.reshape(-1, 2))[:, unit].reshape(len(middles), 40) > 0
        assert np.mean(signs.any(axis=1) & ~signs.all(axis=1)) > 0.97  # both signs lie within a cell of the fold


def test_a_fold_found_on_the_grid_is_the_exact_one() -> None:
    """A second layer that repeats the first one's only unit, shifted: its fold is a straight line with a known place."""
    net = Network([2, 1, 1, 2])
    net.weights[0][:] = [[1.0], [0.0]]
    net.biases[0][:] = 2.0  # h = x + 2, on in the whole area
    net.weights[1][:] = 1.0
    net.biases[1][:] = -2.3  # z = x - 0.3
    (pieces,) = folds(net, 1, AREA)
    assert pieces[:, :, 0] == pytest.approx(0.3)
    lengths = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    assert lengths.sum() == pytest.approx(2.0)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_regions_are_those_of_a_fine_grid(seed: int, units: int) -> None:
    """A grid sees no more regions than there are, and all but the very small ones."""
    net = random_net(seed, (units,))
    net.biases[0][:] *= 0.3
    exact = count_regions(net, AREA)
    _, seen = patterns(net, grid(AREA, 300))
    assert seen <= exact <= seen + max(2, exact // 5)


def test_lines_through_one_point_make_two_regions_each() -> None:
    net = random_net(1, (7,))
    net.biases[0][:] = 0
    centred = Area(-1.0, 1.0, -1.0, 1.0)
    assert count_regions(net, centred) == 14
    net.weights[0][:, 3] = -2 * net.weights[0][:, 2]  # the same line again
    assert count_regions(net, centred) == 12
    net.weights[0][:] = 0
    assert count_regions(net, centred) == 1


@pytest.mark.parametrize("hidden", [(6,), (6, 5)])
def test_linear_units_fold_nothing(hidden: tuple[int, ...]) -> None:
    net = random_net(0, hidden, "linear")
    for layer, units in enumerate(hidden):
        assert [len(line) for line in folds(net, layer, Area(-1, 1, -1, 1))] == [0] * units
    assert count_regions(net, Area(-1, 1, -1, 1)) == 1


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", [(6,), (6, 5), (4, 5, 6)])
def test_effects_are_the_mean_slope_of_the_scores(hidden: tuple[int, ...], activation: str) -> None:
    """Add a little to a unit's output through the next layer's biases, and see what the scores do."""
    net = random_net(5, hidden, activation)
    X = np.random.default_rng(2).normal(0, 1, (50, 2))
    for layer in range(len(hidden)):
        found = effects(net, X, layer)
        for unit in range(hidden[layer]):
            step, moved = 1e-6, []
            for sign in (1, -1):
                nudged = net.copy()
                nudged.biases[layer + 1][:] += sign * step * net.weights[layer + 1][unit]
                moved.append(nudged.scores(X))
            assert found[unit] == pytest.approx((moved[0] - moved[1]).mean(axis=0) / (2 * step), rel=1e-3, abs=1e-4)


def test_a_silenced_unit_is_one_less() -> None:
    net = random_net(4, (3,))
    smaller = Network([2, 2, 3])
    smaller.weights[0][:], smaller.biases[0][:] = net.weights[0][:, [0, 2]], net.biases[0][[0, 2]]
    smaller.weights[1][:], smaller.biases[1][:] = net.weights[1][[0, 2]], net.biases[1]
    X = np.random.default_rng(0).normal(0, 1, (20, 2))
    assert without_unit(net, 0, 1).scores(X) == pytest.approx(smaller.scores(X))


def test_dead_firing_and_saturated_units_by_hand() -> None:
    relu, tanh, sigmoid = (random_net(0, (2,), name) for name in ("relu", "tanh", "sigmoid"))
    h = np.array([[0.0, 0.5], [0.0, 0.0]])
    assert dead_units(relu, h).tolist() == [True, False]
    assert firing(relu, h).tolist() == [[False, True], [False, False]]
    assert not dead_units(tanh, h).any()
    assert saturated(tanh, np.array([0.995, -0.995, 0.9])).tolist() == [True, True, False]
    assert saturated(sigmoid, np.array([0.001, 0.999, 0.5])).tolist() == [True, True, False]
    assert firing(sigmoid, np.array([0.4, 0.6])).tolist() == [False, True]
    assert not saturated(relu, h).any()


def test_principal_components_are_those_of_the_covariance() -> None:
    h = (
        np.random.default_rng(0).normal(0, [3, 1, 0.5, 0.1], (400, 4))
        @ np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    )
    mean, axes, shares = principal_components(h)
    values, vectors = np.linalg.eigh(np.cov(h.T))
    assert shares == pytest.approx(values[::-1][:2] / values.sum())
    assert np.abs(axes @ vectors[:, ::-1][:, :2]) == pytest.approx(np.eye(2), abs=1e-8)
    assert mean == pytest.approx(h.mean(axis=0))
    one = principal_components(h[:, :1])
    assert one[1][1].tolist() == [0.0]
    assert principal_components(np.ones((5, 3)))[2].tolist() == [0.0, 0.0]


def test_patterns_count_units_that_are_on() -> None:
    net = random_net(2, (5, 4))
    X = grid(AREA, 20)
    counts, seen = patterns(net, X)
    on = np.hstack([h > 0 for h in hidden_outputs(net, X)])
    assert counts.tolist() == on.sum(axis=1).tolist()
    assert seen == len({tuple(row) for row in on.tolist()})


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid", "linear"])
def test_outputs_are_those_of_the_whole_pass_in_blocks_too(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, X = random_net(4, (7, 5, 6), activation), grid(AREA, 23)
    layers = forward_back(net, X, np.zeros(len(X), dtype=np.int64)).layers
    for found, each in zip(hidden_outputs(net, X), layers, strict=False):
        assert np.array_equal(found, each.h)
    on = np.hstack([firing(net, layer.h) for layer in layers[:-1]])
    whole = patterns(net, X)
    monkeypatch.setattr(units_module, "BLOCK_NUMBERS", 7 * 40)  # 40 points a block
    counts, seen = patterns(net, X)
    assert counts.tolist() == whole[0].tolist() == on.sum(axis=1).tolist()
    assert seen == whole[1] == len(np.unique(on, axis=0))
    for number, unit in ((0, 6), (1, 0), (2, 3)):
        assert unit_outputs(net, X, number, unit) == pytest.approx(layers[number].h[:, unit], abs=1e-12)


def test_folds_of_deeper_layers_are_there_for_those_asked_for_and_on_any_grid() -> None:
    net, wanted = random_net(5, (9, 8)), np.arange(8) % 3 == 0
    everything, some, coarse = folds(net, 1, AREA), folds(net, 1, AREA, wanted), folds(net, 1, AREA, wanted, 24)
    for whole, one, few, yes in zip(everything, some, coarse, wanted, strict=True):
        assert one == pytest.approx(whole if yes else np.empty((0, 2, 2)), abs=1e-9)
        assert (len(few) > 0) == (len(one) > 0)
        assert len(few) <= len(whole)


def test_maps_of_wide_nets_take_tens_of_megabytes() -> None:
    """A grid of 200 × 200 cells and 1000 units: at once they would be 320 MB a layer."""
    net, X = random_net(6, (1000,)), grid(AREA, 200)
    tracemalloc.start()
    patterns(net, X)
    unit_outputs(net, X, 0, 3)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40_000_000
