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


def test_the_largest_stable_rate_by_hand() -> None:
    """Tenfold each iteration from 1e-4: the loss is a tenth above its lowest for the first time at 1."""
    found = rate_test(with_losses([1.0, 0.9, 0.5, 0.54, 0.6, 0.4]))
    assert found.rate == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0])
    assert found.stable == pytest.approx(0.1)
    assert found.cautious == 0.033


def test_a_peak_between_two_rows_counts() -> None:
    assert rate_test(with_losses([1.0, 0.9, 0.8], [1.0, 2.0, 0.9])).stable == pytest.approx(1e-4)


def test_a_loss_that_never_rises_has_no_largest_stable_rate() -> None:
    found = rate_test(with_losses([1.0, 0.9, 0.8]))
    assert (found.stable, found.cautious) == (None, None)


def test_where_the_run_ends_in_a_divergence() -> None:
    found = rate_test(with_losses([1.0, 0.9, 0.8], divergence=Divergence(3, 2, 0.8, "learning rate")))
    assert found.stable == pytest.approx(1e-2)


def test_only_the_rate_differs_from_the_experiment() -> None:
    base = Settings(seed=4, reg=0.1, schedule="step", optimizer="adam").followed(learning_rate=0.1, iterations=30)
    own = ranging(base)
    assert own == base.alone().replace(learning_rate=1e-4, schedule="growing", schedule_every=100, iterations=600)


@pytest.mark.parametrize("name", BASES)
def test_the_rate_that_is_proposed_learns_without_a_rise(name: str) -> None:
    """At a third of the largest stable rate the loss falls, and of full batches never rises by a tenth: over five seeds."""
    for seed in range(5):
        base = BASES[name].replace(seed=seed, iterations=300)
        found = rate_test(train(ranging(base)))
        assert found.cautious
        assert found.stable
        assert found.stable / CAUTION == pytest.approx(found.cautious, rel=0.05)
        history = train(base.replace(learning_rate=found.cautious)).history
        assert history.loss[-1] < 0.95 * history.loss[0]
        highest, lowest = np.fmax(history.loss, history.highest)[1:], np.minimum.accumulate(history.loss)[:-1]
        assert base.batch_size or (highest <= RISE * lowest).all()
