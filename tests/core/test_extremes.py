"""No extreme of the loss is hidden between two logged iterations."""

from __future__ import annotations

import json
import math
import zlib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import DataSettings, Run, Settings, go_on, train
from spiral_core.datasets import data_of
from spiral_core.records import Record
from spiral_core.run import is_logged
from spiral_core.store.searches import _packed, _unpacked
from spiral_core.training import Training
from tests.core.strategies import settings
from tests.core.test_training import assert_same, in_slices

pytestmark = pytest.mark.usefixtures("engine")

SPIKY = Settings(hidden=(30,), iterations=2000, data=DataSettings(test_fraction=0.2))


def plain_losses(value: Settings) -> list[float]:
    """The loss of each iteration, evaluated one by one."""
    data = data_of(value.data)
    training = Training(value, data)
    losses = []
    for _ in range(value.iterations + 1):
        with np.errstate(all="ignore"):
            losses.append(training.network.loss(data.train.X, data.train.y, value.reg, value.reg_l1))
        progress = training.advance(0.0)  # a single update
        if progress.divergence:
            break
    return losses


def assert_holds_all_extremes(run: Run, losses: list[float]) -> None:
    before = -1
    for i, low, high in zip(run.history.iteration.tolist(), run.history.lowest, run.history.highest, strict=True):
        between = [loss for loss in losses[before + 1 : i + 1] if math.isfinite(loss)]
        assert low == pytest.approx(min(between), rel=1e-9, abs=1e-12)
        assert high == pytest.approx(max(between), rel=1e-9, abs=1e-12)
        before = i


def test_the_highest_loss_after_1000_iterations_of_a_narrow_net() -> None:
    """The curve drawn through logged values alone ends at 0.54; the loss reaches 2.58."""
    run = train(SPIKY)
    losses = plain_losses(SPIKY)
    assert_holds_all_extremes(run, losses)
    late = run.history.iteration > 1000
    assert run.history.highest[late].max() == pytest.approx(max(losses[1001:]), rel=1e-12)
    assert run.history.highest[late].max() > 4 * run.history.loss[late].max()


@hypothesis_settings(max_examples=25, deadline=None)
@given(settings(), st.integers(101, 170))
def test_extremes_are_those_of_each_iteration(value: Settings, iterations: int) -> None:
    value = value.replace(
        iterations=iterations, hidden=tuple(min(units, 20) for units in value.hidden[:3]), batch_size=None, dropout=0.0
    )
    value = value.replace(data=value.data.replace(points_per_class=min(value.data.points_per_class, 30)))
    try:
        far = np.abs(data_of(value.data).train.X).max() > 1e3
        value = value.replace(data=value.data.replace(scale="standardise")) if far else value  # scores of 1e18 are rounded to 100
        data_of(value.data)
    except ValueError:
        assume(False)
    run = train(value)
    assert_holds_all_extremes(run, plain_losses(value))
    assert_same(in_slices(value), run)


def test_extremes_of_points_in_several_blocks() -> None:
    value = SPIKY.replace(iterations=130, data=SPIKY.data.replace(points_per_class=1500))
    assert_holds_all_extremes(train(value), plain_losses(value))


@pytest.mark.parametrize("first", [100, 101, 1234, 1999])
def test_going_on_keeps_what_came_since_the_last_logged_iteration(first: int) -> None:
    assert_same(go_on(train(SPIKY.replace(iterations=first)), 2000 - first), train(SPIKY))
    kept = train(SPIKY.replace(iterations=first)).checkpoint
    assert kept is not None
    place, blob = _packed(kept)
    back = _unpacked(place, blob, kept.parameters.size)
    assert back is not None
    assert (back.lowest, back.highest) == (kept.lowest, kept.highest)


def test_mini_batches_do_not_know_the_loss_of_all_points() -> None:
    run = train(SPIKY.replace(iterations=200, batch_size=20))
    assert np.isnan([run.history.lowest, run.history.highest]).all()


def test_an_old_checkpoint_says_that_it_does_not_know() -> None:
    """The interval in which it was saved has no extremes; the next one has."""
    first = train(SPIKY.replace(iterations=1234))
    assert first.checkpoint is not None
    place, blob = _packed(first.checkpoint)
    old = {name: value for name, value in json.loads(place).items() if name not in ("lowest", "highest")}
    back = _unpacked(json.dumps(old), blob, first.checkpoint.parameters.size)
    progress = Training(SPIKY, data_of(SPIKY.data), back).advance()
    assert progress.history.iteration[:2].tolist() == [1300, 1400]
    assert np.isnan(progress.history.highest).tolist() == [True] + [False] * 7


def test_records_keep_the_extremes_of_the_rows_they_leave_out() -> None:
    run = train(SPIKY.replace(learning_rate=2.0))
    record = Record.of(run)
    assert len(record.history) < len(run.history)
    assert record.history.highest.max() == pytest.approx(run.history.highest.max(), rel=1e-6)
    before = -1
    for i, high in zip(record.history.iteration.tolist(), record.history.highest, strict=True):
        rows = (run.history.iteration > before) & (run.history.iteration <= i)
        assert high == pytest.approx(run.history.highest[rows].max(), rel=1e-6)
        before = i


def test_a_record_of_an_older_version_loads_without_extremes() -> None:
    record = Record.of(train(SPIKY.replace(iterations=150)))
    plain, _history, parameters = record.packed()
    old = np.array(record.history.columns()[:7])
    del plain["columns"]
    back = Record.unpacked(record.settings, plain, zlib.compress(old.astype("<f4").tobytes()), parameters)
    assert back.history.loss.tolist() == record.history.loss.tolist()
    assert np.isnan(back.history.lowest).all()
    assert len(back.history.highest) == len(back.history)
    assert Record.unpacked(record.settings, *record.packed()).history.highest.tolist() == record.history.highest.tolist()
    assert is_logged(150)
