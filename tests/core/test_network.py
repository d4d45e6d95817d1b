"""The network against worked numbers, an independent implementation, and central differences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spiral_core.backprop as backprop_module
from spiral_core import Network, gradient_check, make_spiral
from spiral_core.activations import ACTIVATIONS, INITIALISATIONS
from spiral_core.arrays import FloatArray, IntArray

PLAIN: dict[str, Callable[[FloatArray], FloatArray]] = {
    "relu": lambda z: np.maximum(0, z),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "linear": lambda z: z,
}


def random_network(rng: np.random.Generator, depth: int, activation: str, D: int = 2, K: int = 3) -> Network:
    net = Network([D, *rng.integers(2, 7, depth).tolist(), K], activation)
    net.parameters[:] = rng.normal(size=net.parameters.size)
    return net


def random_points(rng: np.random.Generator, n: int, D: int = 2, K: int = 3) -> tuple[FloatArray, IntArray]:
    return rng.normal(size=(n, D)), rng.integers(0, K, n)


def plain_loss(net: Network, X: FloatArray, y: IntArray, reg: float, reg_l1: float) -> float:
    """The definition, sample by sample."""
    loss = 0.0
    for x, label in zip(X, y, strict=True):
        for i, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
            x = x @ W + b
            if i < len(net.weights) - 1:
                x = PLAIN[net.activation](x)
        loss += math.log(sum(math.exp(s - x[label]) for s in x)) / len(X)
    return loss + sum(0.5 * reg * float((W**2).sum()) + reg_l1 * float(np.abs(W).sum()) for W in net.weights)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_scores_and_loss_agree_with_the_definition(depth: int, activation: str) -> None:
    rng = np.random.default_rng(depth)
    net = random_network(rng, depth, activation)
    X, y = random_points(rng, 17)
    assert net.loss(X, y, 0.1, 0.01) == pytest.approx(plain_loss(net, X, y, 0.1, 0.01), rel=1e-12)
    p = net.probabilities(X)
    assert np.allclose(p.sum(axis=1), 1)
    assert np.array_equal(net.predict(X), p.argmax(axis=1))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_linear_layers_are_together_one(depth: int) -> None:
    """Depth without a bend: the scores are X·W + b with W and b the products of all layers."""
    rng = np.random.default_rng(depth)
    net = random_network(rng, depth, "linear")
    X, _y = random_points(rng, 20)
    W, b = np.eye(2), np.zeros(2)
    for weights, biases in zip(net.weights, net.biases, strict=True):
        W, b = W @ weights, b @ weights + biases
    assert np.allclose(net.scores(X), X @ W + b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("reg", "reg_l1"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.05), (0.1, 0.05)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_gradient_agrees_with_central_differences(depth: int, activation: str, reg: float, reg_l1: float) -> None:
    rng = np.random.default_rng(100 * depth)
    for _ in range(3):
        net = random_network(rng, depth, activation)
        check = gradient_check(net, *random_points(rng, 11), reg, reg_l1)
        assert check.worst <= 1e-6
        large = ~check.crosses_kink & (np.abs(check.analytic) > 1e-4)  # below, the differences are rounding
        assert check.relative_error[large].max() <= 1e-6
        assert check.crosses_kink.mean() < 0.2


@pytest.mark.parametrize("block", [1, 2_000_000])
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_the_check_s_shortcut_is_one_loss_per_perturbation(depth: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["spiral_core.analysis.differences"], "BLOCK_NUMBERS", block)
    rng = np.random.default_rng(depth)
    net, h = random_network(rng, depth, "relu"), 1e-4
    X, y = random_points(rng, 9)
    numeric = gradient_check(net, X, y, 0.1, 0.01, h).numeric
    probe = net.copy()
    for i, value in enumerate(net.parameters):
        probe.parameters[i] = value + h
        above = probe.loss(X, y, 0.1, 0.01)
        probe.parameters[i] = value - h
        below = probe.loss(X, y, 0.1, 0.01)
        probe.parameters[i] = value
        assert numeric[i] == pytest.approx((above - below) / (2 * h), abs=1e-9)


def test_kinks_are_told_apart() -> None:
    """At the article's start each arm's first point sits on every unit's kink, so a right gradient seems wrong there."""
    rng = np.random.RandomState(0)
    net = Network([2, 5, 3]).initialise("small", rng)
    data = make_spiral()
    check = gradient_check(net, data.X, data.y, 1e-3)
    assert check.crosses_kink.any()
    assert not check.crosses_kink.all()
    assert check.worst < 1e-6
    assert gradient_check(Network([2, 5, 3], "tanh"), data.X, data.y).crosses_kink.sum() == 0


@pytest.mark.parametrize("h", [0, -1e-5, 1, math.nan, math.inf, "x", None])
def test_gradient_check_refuses_a_bad_step(h: Any) -> None:
    with pytest.raises(ValueError, match="h must be a finite number between 0 and 1"):
        gradient_check(Network([2, 3]), np.zeros((2, 2)), np.array([0, 1]), h=h)


def test_the_articles_worked_gradient() -> None:
    """p = (0.2, 0.3, 0.5) and the second class: dscores = (0.2, -0.7, 0.5), which are the biases' gradients."""
    net = Network([1, 3])
    net.biases[0][:] = np.log([0.2, 0.3, 0.5])
    _, gradient = net.loss_and_gradient(np.array([[1.0]]), np.array([1]))
    dW, db = net.split(gradient)
    assert db[0] == pytest.approx([0.2, -0.7, 0.5])
    assert dW[0][0] == pytest.approx([0.2, -0.7, 0.5])


def test_an_untrained_net_of_zeros_costs_ln_k() -> None:
    data = make_spiral(10, 5)
    assert Network([2, 4, 5]).loss(data.X, data.y) == pytest.approx(math.log(5))


def test_views_write_through() -> None:
    net = Network([2, 4, 3])
    assert net.parameters.shape == (2 * 4 + 4 + 4 * 3 + 3,)
    assert [W.shape for W in net.weights] == [(2, 4), (4, 3)]
    assert [b.shape for b in net.biases] == [(4,), (3,)]
    net.weights[0][1, 2] = 5
    net.biases[1][0] = 7
    assert sorted(net.parameters.tolist())[-2:] == [5, 7]
    assert net.weight_mask().sum() == 20
    other = net.copy()
    other.parameters[:] = 0
    assert net.weights[0][1, 2] == 5


@given(st.integers(1, 200), st.integers(1, 60))
def test_blocks_do_not_change_the_result(n: int, longest: int) -> None:
    rng = np.random.default_rng(n)
    net = random_network(rng, 2, "tanh")
    X, y = random_points(rng, n)
    whole = net.loss_and_gradient(X, y, 0.1)
    scores = net.scores(X)
    before = backprop_module.BLOCK_NUMBERS
    try:
        backprop_module.BLOCK_NUMBERS = longest * max(net.sizes[1:])
        loss, gradient = net.loss_and_gradient(X, y, 0.1)
        assert np.allclose(net.scores(X), scores, rtol=1e-12)
    finally:
        backprop_module.BLOCK_NUMBERS = before
    assert loss == pytest.approx(whole[0], rel=1e-12)
    assert gradient == pytest.approx(whole[1], rel=1e-9, abs=1e-12)


def test_huge_scores_stay_finite() -> None:
    net = Network([1, 3])
    net.biases[0][:] = [1e4, -1e4, 0]
    X, y = np.zeros((2, 1)), np.array([0, 1])
    assert net.loss(X, y) == pytest.approx(1e4)
    assert np.isfinite(net.loss_and_gradient(X, y)[1]).all()
    assert net.probabilities(X)[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("init", "scale"), [("zero", 0.0), ("small", 0.01), ("inverse_sqrt", 0.05), ("he", 0.0707), ("glorot", 0.0632)]
)
def test_initialisations_have_their_scale(init: str, scale: float) -> None:
    net = Network([400, 100, 400]).initialise(init, np.random.RandomState(1))
    assert net.weights[0].std() == pytest.approx(scale, rel=0.02)
    assert all(not b.any() for b in net.biases)
    assert set(INITIALISATIONS) == {"zero", "small", "inverse_sqrt", "he", "glorot"}


@pytest.mark.parametrize("sizes", [[], [3], [2, 0, 3], [2, -1], [2, 1.5], [True, 3], [2, "3"]])
def test_bad_sizes_are_refused(sizes: Any) -> None:
    with pytest.raises(ValueError, match="sizes must be at least two whole numbers from 1"):
        Network(sizes)


def test_other_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="activation must be one of relu"):
        Network([2, 3], "swish")
    with pytest.raises(ValueError, match="init must be one of zero"):
        Network([2, 3]).initialise("ones", np.random.RandomState(0))
    with pytest.raises(ValueError, match=r"parameters must have shape \(9,\)"):
        Network([2, 3], parameters=np.zeros(3))
    with pytest.raises(ValueError, match=r"X must have shape \(N, 2\), got \(2,\)"):
        Network([2, 3]).scores(np.zeros(2))
