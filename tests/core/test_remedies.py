"""Remedies are tried before they are offered: which to try, how they are judged, and that a costly one never comes up."""

from __future__ import annotations

import pytest

from benchmarks.verify.diagnosis import offered
from spiral_core import DataSettings, Settings, train
from spiral_core.analysis.diagnosis import Finding, diagnose
from spiral_core.analysis.remedies import FAILED, MAX_OFFERS, Outcome, judge, next_trial, offers, trials

HELD_OUT = DataSettings(test_fraction=0.25)


@pytest.mark.parametrize(
    ("loss", "accuracy", "helped"),
    [
        ((0.41, 0.29), (0.88, 0.90), True),
        ((0.41, 0.40), (0.88, 0.88), False),  # two parts in a hundred are no help
        ((0.41, 0.40), (0.88, 0.91), True),  # but three points of accuracy are
        ((0.41, 0.20), (0.88, 0.86), False),  # a lower loss that costs two points
        ((0.41, float("inf")), (0.88, 0.33), False),
        ((float("inf"), 0.5), (1 / 3, 0.8), True),  # a run that diverged
    ],
)
def test_what_counts_as_help(loss: tuple[float, float], accuracy: tuple[float, float], helped: bool) -> None:
    assert Outcome(True, loss, accuracy).helped is helped


def test_an_outcome_is_that_of_the_held_out_points_where_there_are_any() -> None:
    before, after = (train(Settings(iterations=n, data=HELD_OUT)) for n in (200, 2000))
    outcome = judge(before, after)
    assert outcome.held_out
    assert outcome.loss[0] == pytest.approx(before.history.test_loss[-1], rel=0.1)
    assert outcome.loss[1] >= after.history.test_loss[-1]
    everything = judge(*(train(Settings(iterations=n)) for n in (200, 2000)))
    assert not everything.held_out
    assert everything.loss[1] < everything.loss[0]
    assert not judge(after, before).helped


def test_a_diverged_trial_is_no_help() -> None:
    settings = Settings(hidden=(), iterations=500)
    lost = train(settings.replace(learning_rate=30.0, reg=1.0))
    assert lost.divergence
    assert not judge(train(settings), lost).helped
    assert judge(lost, train(settings)).helped


def test_trials_are_asked_for_one_by_one_until_two_helped() -> None:
    run = train(Settings(learning_rate=0.01, iterations=1000, data=HELD_OUT))
    finding = diagnose(run)
    assert finding.kind == "rate_too_low"
    better = Outcome(True, (1.0, 0.5), (0.5, 0.9))
    best = Outcome(True, (1.0, 0.4), (0.5, 0.9))
    tried: dict[Settings, Outcome] = {}
    for outcome in (FAILED, better, best):
        settings = next_trial(finding, run, tried)
        assert settings is not None
        assert settings not in tried
        tried[settings] = outcome
    assert next_trial(finding, run, tried) is None
    assert [offer.outcome for offer in offers(finding, run, tried)] == [best, better]
    assert len(offers(finding, run, tried)) == MAX_OFFERS


def test_nothing_is_tried_on_a_healthy_run_or_at_a_price_nobody_would_pay() -> None:
    run = train(Settings(iterations=50))
    assert trials(Finding("healthy", {}), run) == []
    large = Settings(hidden=(1000,), iterations=3, data=DataSettings(points_per_class=2000), batch_size=2)
    finding = Finding("plateau", {}, ({"iterations": 100_000, "batch_size": None},))
    assert trials(finding, train(large)) == []


@pytest.mark.parametrize("settings", [
    Settings(learning_rate=0.01, iterations=1500, data=HELD_OUT),
    Settings(init="zero", iterations=1000, data=HELD_OUT),
    Settings(hidden=(), iterations=1000, data=HELD_OUT),
    Settings(reg=0.1, iterations=1000, data=HELD_OUT),
    Settings(hidden=(200,), reg=0.0, init="he", optimizer="adam", learning_rate=0.01, iterations=1500,
             data=DataSettings(points_per_class=40, noise=0.4, test_fraction=0.5)),
])  # fmt: skip
def test_what_is_offered_helped_and_cost_nothing(settings: Settings) -> None:
    run = train(settings)
    found = offered(diagnose(run), run)
    assert found
    for offer in found:
        after = train(offer.settings)
        assert after.history.test_loss[-1] < run.history.test_loss[-1]
        assert after.history.test_accuracy[-1] >= run.history.test_accuracy[-1] - 0.01
