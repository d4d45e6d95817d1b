"""Ensembles: a mean by hand, Jensen's inequality on any nets, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Dataset, DataSettings, Network, Settings, train
from spiral_core.analysis import ensemble as ensembles
from spiral_core.analysis.ensemble import EnsembleError, class_map, ensemble, mean_probabilities, of_runs, of_snapshots, with_seeds
from spiral_core.analysis.health import sampled
from spiral_core.boundary import class_maps
from spiral_core.datasets import Split
from spiral_core.fields import MAX_SEED

DATA = DataSettings(points_per_class=20, noise=0.4, test_fraction=0.3)
SMALL = Settings(hidden=(8,), iterations=200, data=DATA)


def says(*probabilities: float) -> Network:
    """A net that gives every point these probabilities."""
    net = Network([1, len(probabilities)])
    net.biases[0][:] = np.log(probabilities)
    return net


def test_two_nets_by_hand() -> None:
    """0.9 and 0.4 for class 0 are 0.65 on average, for three points of class 0 and one of class 1."""
    data = Dataset(np.zeros((4, 1)), np.array([0, 0, 0, 1]))
    nets = [says(0.9, 0.1), says(0.4, 0.6)]
    found = ensemble(nets, Split(data, None))
    part = found.train
    assert mean_probabilities(nets, data.X) == pytest.approx(np.tile([0.65, 0.35], (4, 1)))
    assert [part.ensemble.accuracy, part.members[0].accuracy, part.members[1].accuracy] == [0.75, 0.75, 0.25]
    assert part.ensemble.loss == pytest.approx(-(3 * np.log(0.65) + np.log(0.35)) / 4)
    losses = [-(3 * np.log(0.9) + np.log(0.1)) / 4, -(3 * np.log(0.4) + np.log(0.6)) / 4]
    assert [member.loss for member in part.members] == pytest.approx(losses)
    assert part.mean_loss == pytest.approx(np.mean(losses))
    assert part.mean_accuracy == 0.5
    assert part.ensemble.calibration.error == pytest.approx(0.10)
    assert part.mean_error == pytest.approx((0.15 + 0.35) / 2)
    assert found.test is None


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 5), st.sampled_from([0.1, 3.0, 1000.0]))
def test_the_loss_is_never_above_the_members_mean(seed: int, members: int, classes: int, scale: float) -> None:
    """Jensen's inequality, for nets of any weights: where probabilities underflow too."""
    rng = np.random.default_rng(seed)
    data = Dataset(rng.normal(size=(20, 2)), np.arange(20) % classes)
    nets = [Network([2, classes], parameters=scale * rng.normal(size=3 * classes)) for _ in range(members)]
    part = ensemble(nets, Split(data, None)).train
    assert part.ensemble.loss <= part.mean_loss * (1 + 1e-12)


def test_equal_members_are_what_each_of_them_is() -> None:
    run = train(SMALL)
    found = of_runs([run, run, run])
    for part, loss in ((found.train, run.history.data_loss[-1]), (found.test, run.history.test_loss[-1])):
        assert part is not None
        assert part.ensemble.loss == pytest.approx(part.mean_loss)
        assert part.ensemble.loss == pytest.approx(loss)
    X = run.data.train.X
    maps = class_maps(run.network_at(), run.snapshots[-1:], X)[0].astype(int)
    assert np.abs(class_map(found.networks, X).astype(int) - maps).max() <= 1  # rounding at the edge of a level


def test_five_seeds_by_hand() -> None:
    """Judged by the nets' own probabilities, averaged by hand."""
    runs = [train(SMALL.replace(seed=seed)) for seed in range(5)]
    found = of_runs(runs)
    for part, data in ((found.train, runs[0].data.train), (found.test, runs[0].data.test)):
        assert part is not None
        assert data is not None
        probs = np.mean([run.network_at().probabilities(data.X) for run in runs], axis=0)
        assert part.ensemble.loss == pytest.approx(-np.log(probs[np.arange(len(data)), data.y]).mean())
        assert part.ensemble.accuracy == (probs.argmax(axis=1) == data.y).mean()


def test_snapshots_are_those_of_the_second_half() -> None:
    iterations, found = of_snapshots(train(SMALL))
    assert iterations.tolist() == [100, 110, 130, 140, 160, 180, 200]
    assert len(found.networks) == 7
    early, found = of_snapshots(train(SMALL.replace(iterations=40)))
    assert len(early) == len(found.networks) <= ensembles.MOST_SNAPSHOTS
    assert early[0] >= 20
    assert early[-1] == 40


def test_what_is_no_ensemble() -> None:
    run = train(SMALL)
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: of_runs([run]), ensembles.TOO_FEW),
        (lambda: of_snapshots(train(SMALL.replace(iterations=1))), ensembles.TOO_FEW),
        (lambda: of_runs([run, train(SMALL.replace(data=DATA.replace(noise=0.1)))]), ensembles.OTHER_POINTS),
        (lambda: of_runs([run, train(SMALL.replace(loss="hinge"))]), ensembles.NO_PROBABILITIES),
    ]
    for attempt, reason in refused:
        with pytest.raises(EnsembleError, match=reason[:30]):
            attempt()


def test_a_run_that_diverged_takes_part_with_its_last_weights() -> None:
    diverged = train(SMALL.replace(learning_rate=50.0, reg=1.0, iterations=2000))
    assert diverged.divergence
    assert np.isfinite(of_runs([train(SMALL), diverged]).train.ensemble.loss)


def test_large_networks_are_judged_on_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [train(SMALL), train(SMALL.replace(seed=5))]
    whole = of_runs(runs)
    assert whole.train.points == len(runs[0].data.train)
    monkeypatch.setattr(ensembles, "FEWEST", 7)
    monkeypatch.setattr(ensembles, "WORK", 0)
    some, data = of_runs(runs), sampled(runs[0].data.train, 7)
    assert some.train.points == len(data) <= 7
    loss = runs[0].network_at().loss(data.X, data.y)
    assert some.train.members[0].loss == pytest.approx(loss)


@pytest.mark.parametrize("seed", [0, 7, MAX_SEED - 1, MAX_SEED])
def test_a_family_of_seeds_begins_with_the_runs_own(seed: int) -> None:
    settings = Settings(seed=seed)
    family = with_seeds(settings, 5)
    assert family[0] == settings
    assert [each.seed for each in family] == [(seed + i) % 2**32 for i in range(5)]
