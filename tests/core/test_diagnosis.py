"""The diagnosis on the runs that judge it, none of which it was tuned on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchmarks.diagnosis_runs import JUDGED, TUNING, UNLUCKY
from benchmarks.verify.diagnosis import tally
from spiral_core import Dataset, DataSettings, Settings, train
from spiral_core.analysis.diagnosis import KINDS, diagnose, luck, median_accuracy, remedied
from spiral_core.analysis.evidence import NEIGHBOURS, Evidence, neighbours_accuracy
from spiral_core.datasets import make_dataset
from spiral_core.points import Points, pack
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


def _of(**changes: Any) -> Settings:
    data = DataSettings(**{"test_fraction": 0.25, **changes.pop("data", {})})
    return Settings(**{"iterations": 2000, "data": data, **changes})


def _rings(scale: float) -> DataSettings:
    rings = make_dataset(DataSettings("circles", 100, 2, 0.1))
    return DataSettings("own", points=pack(Points(rings.X * scale, rings.y, ("a", "b"))), test_fraction=0.25)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (
            _of(hidden=(50,), activation="leaky_relu", init="he", optimizer="momentum", learning_rate=3.0, data={"name": "moons"}),
            "healthy",
        ),
        (_of(activation="tanh", init="glorot", learning_rate=0.01, data={"name": "circles", "classes": 2}), "rate_too_low"),
        (_of(init="he", reg=0.0, reg_l1=0.01, data={"seed": 2}), "over_regularised"),
        (_of(init="he", reg=0.0, reg_l1=0.03, data={"seed": 2}), "over_regularised"),
        (_of().replace(data=_rings(0.01)), "unstandardised"),
        (_of(hidden=(), learning_rate=0.1, data={"name": "circles"}), "underfit"),
        (_of(hidden=(), learning_rate=0.1, data={"name": "xor"}), "underfit"),
        (_of(hidden=(), learning_rate=3e-4), "rate_too_low"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_called_something_else(settings: Settings, kind: str) -> None:
    assert diagnose(train(settings)).kind == kind


def test_depth_without_a_bend_is_too_small_and_a_bend_the_remedy() -> None:
    finding = diagnose(train(_of(hidden=(50,), activation="linear", init="he")))
    assert finding.kind == "underfit"
    assert finding.remedies[0] == {"activation": "relu"}


def test_runs_of_a_few_iterations_are_called_short_and_nothing_else() -> None:
    """The first update is all that was measured of one iteration; of so few losses nobody knows how they go on."""
    for settings in (Settings(iterations=1), Settings(iterations=2, init="he"), Settings(iterations=3, hidden=(3,)),
                     Settings(iterations=9, init="small"), Settings(iterations=1, hidden=()),
                     _of(patience=1, init="he")):  # fmt: skip
        run = train(settings)
        finding = diagnose(run)
        assert finding.kind == "stopped_early"
        assert finding.values["iteration"] == run.iteration < 20
        assert finding.remedies[0] == ({"patience": 0} if settings.patience else {"iterations": 1000})


def test_the_pace_of_one_update_is_that_updates() -> None:
    run = train(Settings(iterations=1, learning_rate=1e-6, init="he"))
    first = run.network_at(0)
    after = run.network_at(1)
    moves = [np.linalg.norm(W1 - W) / np.linalg.norm(W) for W, W1 in zip(first.weights, after.weights, strict=True)]
    assert Evidence(run).pace == pytest.approx(max(moves))
    assert diagnose(run).values["pace"] > 0
    assert math.isnan(Evidence(train(Settings(hidden=(), iterations=1, init="zero"))).pace)


def test_units_that_were_told_apart_are_not_called_identical() -> None:
    data = DataSettings("moons", noise=0.1)
    alike = Settings(hidden=(8,), activation="sigmoid", init="zero", iterations=1500, data=data)
    assert diagnose(train(alike)).kind == "symmetric"
    read_apart = alike.replace(edits=tuple((24 + place, (-1.0) ** place * place / 8) for place in range(16)))
    assert not train(read_apart).network_at(0).weights[0].any()
    later = alike.replace(iterations=20).followed(iterations=1500, edits=tuple((place, place / 8 - 1) for place in range(16)))
    for told_apart in (alike.replace(dropout=0.5), read_apart, later):
        assert diagnose(train(told_apart)).kind != "symmetric"


@pytest.mark.parametrize("scale", [0.003, 0.01, 30.0, 1000.0])
def test_points_in_odd_units_are_cured_by_standardising_them(scale: float) -> None:
    settings = _of(init="he", learning_rate=0.3).replace(data=_rings(scale))
    run = train(settings)
    finding = diagnose(run)
    if finding.kind == "healthy":  # some scales suit a net by chance
        assert run.history.train_accuracy[-1] > 0.9
        return
    assert finding.kind == "unstandardised"
    assert finding.remedies[0]["data"].scale == "standardise"
    assert diagnose(train(remedied(settings, finding.remedies[0]))).kind == "healthy"


def test_every_remedy_is_allowed_and_proposes_nothing_that_is_set_already() -> None:
    for label, settings in (*TUNING[::2], *JUDGED[::8]):
        finding = diagnose(train(settings))
        for remedy in finding.remedies:
            assert remedied(settings, remedy) != settings
            assert all(getattr(settings, name) != value for name, value in remedy.items()), (label, remedy)


def test_the_seed_of_a_run_that_diverged_is_judged_too() -> None:
    """Luck is asked before divergence: sisters that did well say that it was the seed."""
    settings = Settings(hidden=(), iterations=200, data=DataSettings("blobs", noise=0.1))
    sisters = [train(settings.replace(seed=seed)) for seed in (1, 2)]
    lost = train(settings.replace(learning_rate=30.0, reg=1.0))
    assert lost.divergence
    assert luck(lost, sisters)
    assert not luck(sisters[0], sisters[1:])
    assert not luck(sisters[0], [lost])


def test_a_run_that_diverged_counts_as_the_worst() -> None:
    """At this rate the runs of some seeds diverge: the others alone do not say what half of the seeds reach."""
    settings = Settings(hidden=(), iterations=200, data=DataSettings("blobs", noise=0.1))
    good = [train(settings.replace(seed=seed)) for seed in (1, 2, 3)]
    lost = [train(settings.replace(learning_rate=30.0, reg=1.0, seed=seed)) for seed in (4, 5, 6)]
    poor = train(settings.replace(iterations=1, learning_rate=1e-6))
    found = luck(poor, [*good, *lost[:2]])
    assert found
    assert found.values["median"] == min(run.history.train_accuracy[-1] for run in good)
    assert median_accuracy([*good, *lost]) == median_accuracy(lost) == median_accuracy([]) == -math.inf
    assert not luck(poor, [*good, *lost])
    assert not luck(poor, [good[0], *lost[:2]])


def test_random_runs_of_a_few_seeds() -> None:
    """The long check judges 200; these seeds are neither its nor those of the tuning."""
    done = tally(8, 3_000_000, with_remedies=False)
    assert done.wrong <= 1, done.found
    assert done.called_sick == 0


def test_neighbours_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(40, 2)) * [1, 100], np.arange(40) % 3)
    X = data.X / data.X.std(axis=0)  # whatever the units
    right = 0
    for i in range(40):
        distance = ((X - X[i]) ** 2).sum(axis=1)
        distance[i] = np.inf
        votes = np.bincount(data.y[np.argsort(distance)[:NEIGHBOURS]], minlength=3)
        right += votes.argmax() == data.y[i]
    assert neighbours_accuracy(data) == right / 40


def test_a_run_that_is_not_finished_is_refused() -> None:
    run = train(Settings(iterations=5, data=DataSettings(points_per_class=10)))
    with pytest.raises(ValueError, match="run must be finished"):
        diagnose(Run.unstarted(run.settings, run.data))
