"""The hinge against the course's numbers, a second implementation, central differences; and what a run of it is."""

from __future__ import annotations

import math

import numpy as np
import pytest

import spiral_core.backprop as backprop_module
from benchmarks.verify import plain
from spiral_core import DataSettings, Network, SettingError, Settings, fast, gradient_check, link, train
from spiral_core.activations import ACTIVATIONS
from spiral_core.analysis.gradient_lab import BUGS, check_with, suspect
from spiral_core.analysis.trace import forward_back
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.boundary import class_maps, levels
from spiral_core.datasets import data_of
from spiral_core.export.weights import read, to_json, to_npz
from spiral_core.losses import LOSSES, chance, losses
from spiral_core.store.keys import key_of
from spiral_core.training import first_network
from tests.core.test_training import assert_same, in_slices

BASE = Settings(hidden=(12,), iterations=137, learning_rate=0.3, loss="hinge", data=DataSettings(points_per_class=20))

# The course's three pictures (CS231n, "Linear classification", lecture 3): the scores of cat, car and frog, and the class of each.
PICTURES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
CLASSES = np.array([0, 1, 2])


def identity(loss: str = "hinge") -> Network:
    """A net whose scores are its inputs."""
    net = Network([3, 3], loss=loss)
    net.weights[0][:] = np.eye(3)
    return net


def test_the_courses_worked_example() -> None:
    assert losses("hinge", PICTURES, CLASSES) == pytest.approx([2.9, 0.0, 12.9])
    net = identity()
    assert net.loss(PICTURES, CLASSES) == pytest.approx(15.8 / 3)
    _loss, gradient = net.loss_and_gradient(PICTURES, CLASSES)
    dscores = np.array([[-1, 1, 0], [0, 0, 0], [1, 1, -2]]) / 3
    dW, db = net.split(gradient)
    assert np.allclose(dW[0], PICTURES.T @ dscores)
    assert np.allclose(db[0], dscores.sum(axis=0))
    assert np.allclose(forward_back(net, PICTURES, CLASSES).dscores / 3, dscores)


def test_a_lead_of_just_the_margin_costs_nothing_and_pulls_at_nothing() -> None:
    net, X, y = identity(), np.array([[13.0, 12.0, 11.0]]), np.array([0])
    loss, gradient = net.loss_and_gradient(X, y)
    assert loss == 0
    assert not gradient.any()


def test_what_guessing_costs() -> None:
    for loss, cost in (("hinge", 4.0), ("softmax", math.log(5))):
        assert chance(loss, 5) == pytest.approx(cost)
        assert Network([2, 4, 5], loss=loss).loss(np.ones((3, 2)), np.arange(3)) == pytest.approx(cost)


def drawn(seed: int, activation: str, n: int = 23) -> tuple[Network, FloatArray, IntArray]:
    """A random net of 0 to 4 hidden layers, and points of its classes."""
    rng = np.random.default_rng(seed)
    K = int(rng.integers(2, 7))
    net = Network([2, *rng.integers(1, 9, seed % 5).tolist(), K], activation, loss="hinge")
    net.parameters[:] = rng.normal(size=net.parameters.size)
    return net, rng.normal(size=(n, 2)), rng.integers(0, K, n)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(20))
def test_loss_and_gradient_are_those_of_the_plain_code(seed: int, activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backprop_module, "BLOCK_NUMBERS", 50)  # several blocks of samples
    net, X, y = drawn(seed, activation)
    settings = Settings(activation=activation, hidden=net.sizes[1:-1], loss="hinge", reg=0.1, reg_l1=0.01)
    expected = plain.gradients(settings, X, y, net.weights, net.biases)
    loss, gradient = net.loss_and_gradient(X, y, 0.1, 0.01)
    assert loss == pytest.approx(plain.loss_of(settings, X, y, net.weights, net.biases), rel=1e-9)
    dW, db = net.split(gradient)
    for found, wanted in zip([*dW, *db], expected, strict=True):
        assert np.abs(found - wanted).max() <= 1e-9 * max(1.0, np.abs(wanted).max())
    done = forward_back(net, X, y)
    assert done.losses.mean() == pytest.approx(net.loss(X, y), rel=1e-12)
    assert np.allclose(done.gradient(net), net.loss_and_gradient(X, y)[1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_central_differences_agree_away_from_kinks(activation: str, single: bool) -> None:
    agreeing = []
    for seed in range(20):
        check = gradient_check(*drawn(seed, activation), 0.1, 0.01, h=1e-3 if single else 1e-5, single=single)
        assert not check.disagrees.any()
        if not single:
            assert check.worst <= 1e-6
            agreeing.append(check.agrees.mean())
            assert check.crosses_kink.mean() < 0.1
    assert single or np.mean(agreeing) > 0.95


def test_the_check_is_one_loss_per_perturbation_and_knows_its_kinks() -> None:
    """Of two points one stands just beside its margin: whatever moves its scores towards it crosses a kink."""
    net, h = identity(), 1e-4
    X, y = np.array([[3.0, 2.00005, 0.0], [0.0, 5.0, 0.5]]), np.array([0, 1])
    check = gradient_check(net, X, y, h=h)
    probe = net.copy()
    for i, value in enumerate(net.parameters):
        sides = []
        for moved in (value + h, value - h):
            probe.parameters[i] = moved
            sides.append(probe.loss(X, y))
        probe.parameters[i] = value
        assert check.numeric[i] == pytest.approx((sides[0] - sides[1]) / (2 * h), abs=1e-9)
    biases = net.split(check.crosses_kink.astype(float))[1][0]
    assert biases.tolist() == [1, 1, 0]  # the third class lies far below: its term stays at 0
    assert not check.disagrees.any()


@pytest.mark.parametrize("bug", [None, *(bug for bug in BUGS if bug != "no_shift")])
def test_a_mistake_in_the_gradient_is_named(bug: str | None) -> None:
    net, X, y = drawn(7, "relu", 40)
    check = check_with(bug, net, X, y, 0.1)
    assert suspect(net, check, len(y), 0.1) == bug


def test_scores_that_overflow_have_no_finite_loss() -> None:
    net = identity()
    net.parameters *= 1e308
    assert not math.isfinite(net.loss(100 * PICTURES, CLASSES))


# Runs.


@pytest.mark.parametrize("hidden", [(), (12,), (7, 5)])
def test_both_engines_train_it_alike_and_slices_change_no_digit(
    engine: str, hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = BASE.replace(hidden=hidden, batch_size=13)
    run = train(settings)
    assert ("numba" in run.engine) == (engine == "compiled")
    assert_same(in_slices(settings), run)
    monkeypatch.setenv(fast.VARIABLE, "numpy")
    assert train(settings).snapshots == pytest.approx(run.snapshots, rel=1e-9, abs=1e-12)


def test_it_learns_the_spiral_and_the_history_is_of_the_hinge() -> None:
    run = train(Settings(loss="hinge", iterations=2000, data=DataSettings(test_fraction=0.2)))
    assert run.history.data_loss[0] == pytest.approx(2.0, abs=1e-3)
    assert run.history.train_accuracy[-1] > 0.9
    for part, found in ((run.data.train, run.history.data_loss), (run.data.test, run.history.test_loss)):
        assert part is not None
        assert found[-1] == pytest.approx(losses("hinge", run.network_at().scores(part.X), part.y).mean(), rel=1e-12)


def test_runs_of_before_keep_their_names() -> None:
    plain_settings = Settings()
    assert {"loss", "dropout"}.isdisjoint(plain_settings.to_dict())
    assert key_of(plain_settings) == key_of(Settings(loss="softmax", dropout=0.0))
    assert link.to_query(BASE, BASE.replace(loss="softmax")) == {"loss": "hinge"}
    assert Settings.from_dict(BASE.to_dict()) == BASE


def test_all_phases_have_the_same_loss() -> None:
    chain = BASE.followed(learning_rate=0.1)
    assert chain.phases[0].loss == "hinge"
    assert Settings.from_dict(chain.to_dict()) == chain
    assert {phase.loss for phase in chain.throughout(loss="softmax").phases} == {"softmax"}
    with pytest.raises(SettingError, match="loss must be the same in all phases"):
        chain.replace(loss="softmax")


@pytest.mark.parametrize("bad", ["l2", "", None, 1])
def test_a_loss_that_is_not_known_is_refused(bad: object) -> None:
    with pytest.raises(SettingError, match="loss must be one of softmax, hinge"):
        Settings(loss=bad)  # type: ignore[arg-type]


# What reads a net.


def test_the_boundary_is_shaded_by_the_lead() -> None:
    net = identity()
    X = np.array([[0.0, 0.25, -3.0], [5.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.6]])
    (cells,) = class_maps(net, net.parameters[None], X)
    steps = levels(3)
    assert (cells // steps).tolist() == [1, 0, 0, 2]
    assert (cells % steps).tolist() == [steps // 4, steps - 1, 0, int(0.6 * steps)]


@pytest.mark.parametrize("loss", LOSSES)
def test_files_of_weights_say_the_loss(loss: str) -> None:
    for content in (to_npz(identity(loss)), to_json(identity(loss)).encode()):
        assert read(content, "relu").network.loss_name == loss
    assert (b'"loss"' in to_json(identity(loss)).encode()) == (loss == "hinge")


def test_a_linear_classifier_starts_where_the_softmax_does() -> None:
    """The loss decides what is learnt, not what is drawn."""
    data = data_of(BASE.data).train
    one, two = (first_network(BASE.replace(loss=loss), data).parameters for loss in LOSSES)
    assert np.array_equal(one, two)
