"""The worked pass against the network's own numbers and against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Network
from spiral_core.analysis.gradient_check import gradient_check
from spiral_core.analysis.trace import forward_back, loss_after_update, pushes, slopes

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "linear")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Network, np.ndarray, np.ndarray]:
    """A random network of any depth with random points and classes."""
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    hidden = draw(st.lists(st.integers(1, 12), max_size=3))
    classes = draw(st.integers(2, 8))
    net = Network([2, *hidden, classes], draw(st.sampled_from(ACTIVATIONS)))
    net.parameters[:] = rng.normal(0, draw(st.sampled_from([0.1, 1.0, 3.0])), net.parameters.size)
    n = draw(st.integers(1, 20))
    return net, rng.normal(0, 1, (n, 2)), rng.integers(0, classes, n)


@given(cases())
def test_the_pass_agrees_with_the_network(case: tuple[Network, np.ndarray, np.ndarray]) -> None:
    net, X, y = case
    done = forward_back(net, X, y)
    loss, gradient = net.loss_and_gradient(X, y)
    assert done.scores == pytest.approx(net.scores(X), rel=1e-9, abs=1e-9)
    assert done.probs == pytest.approx(net.probabilities(X), rel=1e-9, abs=1e-12)
    assert done.losses.mean() == pytest.approx(loss, rel=1e-9, abs=1e-12)
    assert done.gradient(net) == pytest.approx(gradient, rel=1e-7, abs=1e-10)


@given(cases())
def test_each_point_has_its_own_gradient(case: tuple[Network, np.ndarray, np.ndarray]) -> None:
    """Central differences of one point's loss, away from kinks; the sizes are those of the arrays."""
    net, X, y = case
    own = forward_back(net, X[:1], y[:1])
    check = gradient_check(net, X[:1], y[:1], h=1e-6, analytic=own.gradient(net))
    gap = np.abs(check.analytic - check.numeric)[~check.crosses_kink].max(initial=0.0)
    assert gap < 1e-7 + 1e-4 * np.abs(check.analytic).max()
    for (dW, db), W, b in zip(own.sizes_of_gradients(), *net.split(own.gradient(net)), strict=True):
        assert dW[0] == pytest.approx(np.linalg.norm(W), rel=1e-9, abs=1e-12)
        assert db[0] == pytest.approx(np.linalg.norm(b), rel=1e-9, abs=1e-12)


@given(cases())
def test_pushes_and_biases_add_up_to_the_gap_of_the_scores(case: tuple[Network, np.ndarray, np.ndarray]) -> None:
    net, X, y = case
    done = forward_back(net, X[:1], y[:1])
    found, bias = pushes(net, done.layers[-1].inputs[0], 0, 1)
    gap = done.scores[0, 0] - done.scores[0, 1]
    assert sum(push.amount for push in found) + bias == pytest.approx(gap, rel=1e-9, abs=1e-9)
    sizes = [abs(push.amount) for push in found]
    assert sizes == sorted(sizes, reverse=True)


def test_the_courses_worked_example() -> None:
    """p = (0.2, 0.3, 0.5) and the second class: df = (0.2, -0.7, 0.5)."""
    net = Network([1, 3])
    net.biases[0][:] = np.log([0.2, 0.3, 0.5])
    done = forward_back(net, np.zeros((1, 1)), np.array([1]))
    assert done.dscores[0] == pytest.approx([0.2, -0.7, 0.5])
    assert done.losses[0] == pytest.approx(-np.log(0.3))


def test_a_step_down_a_points_own_gradient_lowers_its_loss() -> None:
    rng = np.random.RandomState(1)
    net = Network([2, 10, 3]).initialise("he", rng)
    x, before = np.array([0.3, -0.5]), net.parameters.copy()
    done = forward_back(net, x[None], np.array([2]))
    assert loss_after_update(net, done.gradient(net), 0.01, x, 2) < done.losses[0]
    assert loss_after_update(net, done.gradient(net), 0.0, x, 2) == done.losses[0]
    assert np.array_equal(net.parameters, before)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_slopes_are_those_of_the_activation(activation: str) -> None:
    from spiral_core.activations import ACTIVATIONS as TABLE

    net, z, h = Network([1, 1, 2], activation), np.array([-2.0, -0.5, 0.7, 3.0]), 1e-6
    out = z.copy()
    TABLE[activation].forward(out)
    above, below = z + h, z - h
    TABLE[activation].forward(above)
    TABLE[activation].forward(below)
    assert slopes(net, out) == pytest.approx((above - below) / (2 * h), rel=1e-6)
