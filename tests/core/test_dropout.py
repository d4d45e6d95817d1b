"""Dropout: its masks, its gradient, and runs whose digits do not depend on how they are cut."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import spiral_core.backprop as backprop_module
from benchmarks.verify import plain
from spiral_core import DataSettings, Network, SettingError, Settings, fast, flat, go_on, link, train
from spiral_core import dropout as dropout_module
from spiral_core.activations import ACTIVATIONS
from spiral_core.analysis.candidates import HELD_BACK, candidates
from spiral_core.analysis.diagnosis import diagnose, remedied
from spiral_core.analysis.remedies import judge
from spiral_core.backprop import Backprop, Gradient
from spiral_core.dropout import Kept, drops
from spiral_core.losses import LOSSES
from spiral_core.training import Training
from tests.core.test_training import assert_same, in_slices

BASE = Settings(
    hidden=(12,), iterations=137, learning_rate=0.3, dropout=0.4, data=DataSettings(points_per_class=20, test_fraction=0.2)
)


def test_masks_are_zero_or_the_inverse_of_the_share_that_is_kept() -> None:
    first, second = Kept(Settings(hidden=(300, 50), dropout=0.2, seed=3), 17, 400).masks(0, 400)
    assert (first.shape, second.shape) == ((300, 400), (50, 400))
    assert {*np.unique(first)} == {0.0, 1 / 0.8}
    assert first.mean() == pytest.approx(1.0, abs=0.01)  # the output is the same on average
    assert (first == 0).mean() == pytest.approx(0.2, abs=0.005)


def test_masks_depend_on_seed_and_iteration_alone() -> None:
    settings = Settings(dropout=0.5)
    again, *others = (
        Kept(changed, i, 20).masks(0, 20)[0]
        for changed, i in (
            (settings.replace(learning_rate=0.1), 5),
            (settings, 6),
            (settings.replace(seed=1), 5),
        )
    )
    assert np.array_equal(again, Kept(settings, 5, 20).masks(0, 20)[0])
    assert not any(np.array_equal(other, again) for other in others)


def test_masks_drawn_in_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(hidden=(30, 7), dropout=0.3)
    whole = Kept(settings, 4, 50).masks(0, 50)
    monkeypatch.setattr(dropout_module, "AT_ONCE", 64)
    kept = Kept(settings, 4, 50)
    for layer, expected in enumerate(whole):
        assert np.array_equal(np.hstack([kept.masks(0, 13)[layer], kept.masks(13, 50)[layer]]), expected)


def test_masks_of_many_samples_take_a_byte_a_unit() -> None:
    settings = Settings(hidden=(500, 500), iterations=10, dropout=0.5, data=DataSettings(points_per_class=4000))
    tracemalloc.start()
    Kept(settings, 0, 12_000)
    assert tracemalloc.get_traced_memory()[1] < 1.2 * (12_000 * 1000 + 2 * 8 * dropout_module.AT_ONCE)
    tracemalloc.stop()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", range(1, 5))
def test_the_gradient_is_that_of_the_plain_code_and_of_central_differences(
    depth: int, activation: str, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backprop_module, "BLOCK_NUMBERS", 70)  # several blocks of samples, with a part of the masks each
    rng = np.random.default_rng(depth)
    hidden = tuple(rng.integers(2, 9, depth).tolist())
    settings = Settings(hidden=hidden, activation=activation, loss=loss, dropout=0.3, reg=0.0)
    net = Network([2, *hidden, 3], activation, loss=loss)
    net.parameters[:] = 0.5 * rng.normal(size=net.parameters.size)
    X, y = rng.normal(size=(31, 2)), rng.integers(0, 3, 31)
    kept, found, h = Kept(settings, 9, len(y)), Gradient(net), 1e-6
    backprop = Backprop(net, net.feature_major(X), y)
    backprop.gradient(found, kept=kept)
    dW, db = net.split(found.vector)
    for each, wanted in zip(
        [*dW, *db], plain.gradients(settings, X, y, net.weights, net.biases, plain.dropped(settings, 9, len(y))), strict=True
    ):
        assert np.abs(each - wanted).max() <= 1e-9 * max(1.0, np.abs(wanted).max())

    gradient, spare = found.vector.copy(), Gradient(net)
    numeric = np.empty_like(gradient)
    for i, value in enumerate(net.parameters.tolist()):
        sides = []
        for moved in (value + h, value - h):
            net.parameters[i] = moved
            sides.append(backprop.gradient(spare, with_loss=True, kept=kept))
        net.parameters[i] = value
        numeric[i] = (sides[0] - sides[1]) / (2 * h)
    apart = np.abs(numeric - gradient) / max(1.0, float(np.abs(gradient).max()))
    assert np.median(apart) <= 1e-8
    assert (apart > 1e-6).mean() < 0.05  # but for kinks


@pytest.mark.parametrize("case", range(12))
def test_a_run_has_the_losses_of_the_plain_code(case: int) -> None:
    """With its batches, schedules and penalties: what is logged is of the whole net."""
    settings = plain.random_settings(case).replace(
        dropout=[0.2, 0.5, 0.9][case % 3], hidden=((9,), (7, 5))[case % 2], activation="tanh", init="he", iterations=40,
        loss=[*LOSSES][case % 2], learning_rate=0.01, optimizer=["sgd", "momentum", "adam"][case // 4],
    )  # fmt: skip
    run = train(settings)
    assert run.divergence is None
    wanted = run.history.iteration.tolist()
    assert np.abs(run.history.loss - plain.plain_losses(settings, wanted)).max() <= 1e-9


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "change", [{}, {"hidden": (8, 6)}, {"batch_size": 7}, {"loss": "hinge"}, {"hidden": (5, 5, 5), "batch_size": 11}]
)
def test_slices_continuation_and_both_engines_give_the_same_digits(
    change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = BASE.replace(**change)
    run = train(settings)
    assert_same(in_slices(settings), run)
    short = train(settings.replace(iterations=60))
    assert_same(go_on(short, 77), run)
    assert "numba" not in run.engine  # the compiled loops know no dropout
    monkeypatch.setenv(fast.VARIABLE, "numpy")
    assert np.array_equal(train(settings).snapshots, run.snapshots)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("hidden", [(12,), (8, 6)])
def test_a_chain_of_phases_with_and_without_it(hidden: tuple[int, ...]) -> None:
    """Cut in two, plain descent with dropout is one long run; and a phase may take it up or leave it off."""
    one = train(BASE.replace(hidden=hidden))
    two = train(BASE.replace(hidden=hidden, iterations=50).followed(iterations=87))
    assert np.array_equal(one.network_at().parameters, two.network_at().parameters)
    mixed = BASE.replace(hidden=hidden, dropout=0.0, iterations=50).followed(dropout=0.5, iterations=40).followed(dropout=0.0)
    run = train(mixed)
    assert [drops(phase) for _begin, phase in run.phases] == [False, True, False]
    assert_same(in_slices(mixed), run)
    begun = train(mixed.cut(50)).reopened(mixed)
    assert_same(begun.extended(Training(mixed, begun.data, begun.checkpoint).advance()), run)


def test_history_and_boundary_are_of_the_whole_net() -> None:
    run = train(BASE)
    train_part = run.data.train
    assert run.history.data_loss[-1] == pytest.approx(run.network_at().loss(train_part.X, train_part.y), rel=1e-12)
    assert np.isnan([run.history.lowest, run.history.highest]).all()  # an update knows the loss of the thinned net alone


def test_it_is_off_in_a_linear_classifier() -> None:
    assert not drops(Settings(hidden=(), dropout=0.5))
    assert not flat.is_used(Settings(hidden=()), "dropout")
    linear = BASE.replace(hidden=(), iterations=20)
    assert np.array_equal(train(linear).snapshots, train(linear.replace(dropout=0.0)).snapshots)


def test_it_is_a_field_of_a_phase_and_of_a_link() -> None:
    chain = BASE.followed(dropout=0.0)
    assert Settings.from_dict(chain.to_dict()) == chain
    assert link.from_query(link.to_query(chain, Settings()), Settings()) == (chain, [])


@pytest.mark.parametrize("bad", [-0.1, 0.95, 1.0, float("nan"), "half"])
def test_a_share_out_of_range_is_refused(bad: object) -> None:
    with pytest.raises(SettingError, match=r"dropout must be a finite number in 0\.\.0\.9"):
        Settings(dropout=bad)  # type: ignore[arg-type]


def test_the_first_remedy_for_a_net_that_much_dropout_holds_back_is_to_leave_it_off() -> None:
    """Whatever it is taken for; of a net without dropout nothing is left off."""
    settings = Settings(dropout=0.9, hidden=(20,), iterations=2000, data=DataSettings(test_fraction=0.2))
    run = train(settings)
    finding = diagnose(run)
    assert finding.kind in HELD_BACK
    assert finding.remedies[0] == {"dropout": 0.0}
    assert judge(run, train(remedied(settings, finding.remedies[0]))).helped
    assert all("dropout" not in remedy for remedy in candidates(finding.kind, finding.values, settings.replace(dropout=0.0)))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_healthy_net_with_some_dropout_is_called_healthy(loss: str) -> None:
    settings = Settings(dropout=0.3, loss=loss, init="he", learning_rate=0.3, iterations=2000)
    assert diagnose(train(settings)).kind == "healthy"
