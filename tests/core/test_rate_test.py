"""The range test: its reading by hand, and what the proposed rate does over seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spiral_core import DataSettings, Settings, train
from spiral_core.analysis.rate_test import CAUTION, RISE, ranging, rate_test
from spiral_core.run import Divergence, Run

BASES = {
    "the article's net": Settings(),
    "he": Settings(init="he"),
    "linear": Settings(hidden=()),
    "two layers": Settings(hidden=(50, 50), init="he"),
    "moons": Settings(data=DataSettings(name="moons")),
    "momentum": Settings(optimizer="momentum"),
    "adam": Settings(optimizer="adam"),
    "batches": Settings(batch_size=32),
}


def with_losses(losses: list[float], highest: list[float] | None = None, divergence: Divergence | None = None) -> Run:
    """A run with a growing rate, logged at 0, 1, 2 …, whose losses are these."""
    run = train(ranging(Settings(hidden=(), iterations=5)).replace(iterations=len(losses) - 1, schedule_every=1))
    own = np.array(losses)
    history = replace(run.history, loss=own, highest=np.array(highest) if highest else np.full(len(own), np.nan))
    return replace(run, history=history, divergence=divergence)


def test_the_first_rise_by_hand() -> None:
    """Tenfold each iteration from 1e-4: the loss is a tenth above its lowest for the first time at 1."""
    found = rate_test(with_losses([1.0, 0.9, 0.5, 0.54, 0.6, 0.4]))
    assert found.rate == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0])
    assert found.first_rise == pytest.approx(0.1)
    assert found.cautious == 0.033


def test_a_peak_between_two_rows_counts() -> None:
    assert rate_test(with_losses([1.0, 0.9, 0.8], [1.0, 2.0, 0.9])).first_rise == pytest.approx(1e-4)


def test_a_loss_that_never_rises_proposes_no_rate() -> None:
    found = rate_test(with_losses([1.0, 0.9, 0.8]))
    assert (found.first_rise, found.cautious) == (None, None)


def test_where_the_run_ends_in_a_divergence() -> None:
    found = rate_test(with_losses([1.0, 0.9, 0.8], divergence=Divergence(3, 2, 0.8, "learning rate")))
    assert found.first_rise == pytest.approx(1e-2)


def test_only_the_rate_differs_from_the_experiment() -> None:
    base = Settings(seed=4, reg=0.1, schedule="step", optimizer="adam").followed(learning_rate=0.1, iterations=30)
    own = ranging(base)
    assert own == base.alone().replace(learning_rate=1e-4, schedule="growing", schedule_every=100, iterations=600)


@pytest.mark.parametrize("name", BASES)
def test_the_rate_that_is_proposed_learns_without_a_rise(name: str) -> None:
    """At a third of where the loss first rises it falls, and of full batches never rises by a tenth: over five seeds."""
    for seed in range(5):
        base = BASES[name].replace(seed=seed, iterations=300)
        found = rate_test(train(ranging(base)))
        assert found.cautious
        assert found.first_rise
        assert found.first_rise / CAUTION == pytest.approx(found.cautious, rel=0.05)
        run = train(base.replace(learning_rate=found.cautious))
        assert run.history.loss[-1] < 0.95 * run.history.loss[0]
        assert base.batch_size or climb(run) <= RISE


IRIS = Settings(data=DataSettings(name="iris"))  # unscaled: its loss is steep in one direction


@pytest.mark.parametrize("base", [Settings(), IRIS], ids=["the article's net", "iris"])
def test_where_the_loss_first_rises_is_no_rate_to_stay_at(base: Settings) -> None:
    """A run that stays there climbs to several times its best; at a third the loss ends far below its first: over four seeds."""
    for seed in range(4):
        own = base.replace(seed=seed, iterations=2000)
        found = rate_test(train(ranging(own)))
        assert found.first_rise
        assert found.cautious
        assert climb(train(own.replace(learning_rate=found.first_rise))) > 2.5
        loss = train(own.replace(learning_rate=found.cautious)).history.loss
        assert loss[-1] < 0.3 * loss[0]


def test_at_a_third_the_loss_may_rise_on_the_way() -> None:
    """Why the sentence beside the button promises no more."""
    found = rate_test(train(ranging(IRIS)))
    assert found.cautious
    assert climb(train(IRIS.replace(iterations=300, learning_rate=found.cautious))) > RISE


def climb(run: Run) -> float:
    """How many times its lowest so far the loss rose to at most."""
    h = run.history
    return float((np.fmax(h.loss, h.highest)[1:] / np.minimum.accumulate(h.loss)[:-1]).max())
