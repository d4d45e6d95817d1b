"""The lowest loss of a linear classifier, against long training."""

from __future__ import annotations

import numpy as np
import pytest

from spiral_core import Dataset, DataSettings, Settings, make_dataset, train
from spiral_core.analysis import evidence
from spiral_core.analysis.health import MAX_POINTS
from spiral_core.analysis.linear_best import lowest_loss


@pytest.mark.parametrize("name", ["spiral", "moons", "circles", "xor"])
@pytest.mark.parametrize("reg", [0.0, 1e-3, 0.1])
def test_long_training_comes_close_from_above(name: str, reg: float) -> None:
    data = DataSettings(name, points_per_class=40)
    best = lowest_loss(make_dataset(data), reg)
    loss = train(Settings(data=data, hidden=(), learning_rate=1.0, reg=reg, iterations=20_000)).history.loss[-1]
    assert best <= loss + 1e-9
    assert loss == pytest.approx(best, abs=2e-3)


@pytest.mark.parametrize("name", ["spiral", "moons", "circles", "xor"])
@pytest.mark.parametrize("reg", [0.0, 1e-3, 0.1])
def test_of_the_hinge_too_from_both_sides(name: str, reg: float) -> None:
    """Its kinks are rounded, which costs a little; steps of descent that get ever shorter find about as much."""
    data = DataSettings(name, points_per_class=40)
    settings = Settings(data=data, hidden=(), loss="hinge", learning_rate=0.1, schedule="inverse", schedule_rate=1e-3, reg=reg)
    assert train(settings.replace(iterations=20_000)).history.loss.min() == pytest.approx(
        lowest_loss(make_dataset(data), reg, "hinge"), abs=2e-3
    )


def test_units_do_not_matter_without_regularisation() -> None:
    data = make_dataset(DataSettings("moons", 40))
    far = Dataset(data.X * [1e-4, 1e5], data.y)
    assert lowest_loss(far, 0.0) == pytest.approx(lowest_loss(data, 0.0), rel=1e-6)


def test_points_that_a_line_separates_cost_nothing() -> None:
    assert lowest_loss(Dataset(np.array([[-1.0], [1.0]]), np.array([0, 1])), 0.0) < 1e-4


@pytest.mark.parametrize("loss", ["softmax", "hinge"])
def test_of_many_points_a_sample_says_whether_a_line_can_do_better(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page waits for it: the run's own loss is that of the same sample."""
    taken: list[int] = []

    def noted(data: Dataset, reg: float, loss: str) -> float:
        taken.append(len(data))
        return lowest_loss(data, reg, loss)

    monkeypatch.setattr(evidence, "lowest_loss", noted)
    many = Settings(hidden=(), loss=loss, learning_rate=0.3, reg=0.01, data=DataSettings(points_per_class=4000))
    begun, done = train(many.replace(iterations=2)), train(many.replace(iterations=400))
    assert not evidence.Evidence(begun).at_linear_best
    assert evidence.Evidence(done).at_linear_best
    assert max(taken) <= MAX_POINTS
