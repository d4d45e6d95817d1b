"""The diagnosis on the runs that judge it, none of which it was tuned on."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.diagnosis_runs import JUDGED, TUNING, UNLUCKY
from spiral_core import Dataset, DataSettings, Settings, train
from spiral_core.analysis.diagnosis import KINDS, NEIGHBOURS, diagnose, neighbours_accuracy, remedied
from spiral_core.run import Run


@pytest.fixture(scope="module")
def judged() -> list[tuple[str, str]]:
    """Label and finding of each run."""
    return [(label, diagnose(train(settings)).kind) for label, settings in JUDGED]


def test_no_healthy_run_is_called_sick(judged: list[tuple[str, str]]) -> None:
    assert [kind for label, kind in judged if label == "healthy"] == ["healthy"] * sum(label == "healthy" for label, _ in judged)


def test_nine_of_ten_are_right(judged: list[tuple[str, str]]) -> None:
    assert len(judged) >= 60
    assert {label for label, _ in judged} | {"unlucky"} == set(KINDS)
    right = sum(label == kind for label, kind in judged)
    assert right >= 0.9 * len(judged), [pair for pair in judged if pair[0] != pair[1]]


def test_no_run_stands_in_both_lists() -> None:
    assert {settings for _, settings in TUNING}.isdisjoint(settings for _, settings in JUDGED)


@pytest.mark.parametrize("case", UNLUCKY)
def test_bad_luck_is_told_by_other_seeds(case: tuple[Settings, tuple[int, ...]]) -> None:
    settings, seeds = case
    others = [train(settings.replace(seed=seed)) for seed in seeds]
    found = diagnose(train(settings), others)
    assert found.kind == "unlucky"
    lucky = train(remedied(settings, found.remedies[0]))
    assert lucky.history.train_accuracy[-1] == max(run.history.train_accuracy[-1] for run in others)
    assert diagnose(others[-1], others).kind != "unlucky"


def test_every_remedy_is_allowed_and_changes_something() -> None:
    for _label, settings in TUNING:
        for remedy in diagnose(train(settings)).remedies:
            assert remedied(settings, remedy) != settings


def test_the_first_remedy_helps() -> None:
    """For one run of each trouble that one change cures."""
    cured = {"rate_too_high", "dead", "rate_too_low", "stopped_early", "symmetric", "over_regularised", "underfit", "saturated"}
    for label in sorted(cured):
        settings = next(settings for kind, settings in TUNING if kind == label)
        before = train(settings)
        after = train(remedied(settings, diagnose(before).remedies[0]))
        assert after.history.loss[-1] < before.history.loss[-1], label


def test_neighbours_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(40, 2)), np.arange(40) % 3)
    right = 0
    for i in range(40):
        distance = ((data.X - data.X[i]) ** 2).sum(axis=1)
        distance[i] = np.inf
        votes = np.bincount(data.y[np.argsort(distance)[:NEIGHBOURS]], minlength=3)
        right += votes.argmax() == data.y[i]
    assert neighbours_accuracy(data) == right / 40


def test_a_run_that_is_not_finished_is_refused() -> None:
    run = train(Settings(iterations=5, data=DataSettings(points_per_class=10)))
    with pytest.raises(ValueError, match="run must be finished"):
        diagnose(Run.unstarted(run.settings, run.data))
