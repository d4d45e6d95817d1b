"""The article reproduced: every printed loss, within the bounds that another order of summation needs."""

from __future__ import annotations

import pytest

from spiral_core import Run, backprop
from spiral_core import case_study as cs

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def softmax(engine: str) -> Run:
    return cs.softmax_run()


@pytest.fixture(scope="module")
def two_layer(engine: str) -> Run:
    return cs.two_layer_run()


def test_softmax_losses(softmax: Run) -> None:
    rows = cs.compare(softmax, cs.PUBLISHED_SOFTMAX)
    assert [row.iteration for row in rows] == list(range(0, 200, 10))
    assert max(abs(row.difference) for row in rows) <= 1e-6


def test_two_layer_losses(two_layer: Run) -> None:
    rows = cs.compare(two_layer, cs.PUBLISHED_TWO_LAYER)
    assert [row.iteration for row in rows] == list(range(0, 10_000, 1000))
    assert max(abs(row.difference) for row in rows[:3]) <= 1e-6
    assert max(abs(row.difference) for row in rows) <= 2e-5


@pytest.mark.parametrize("by_rows", [True, False])
def test_either_way_of_taking_products_gives_the_published_losses(by_rows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backprop, "BY_ROWS", by_rows)
    assert max(abs(row.difference) for row in cs.compare(cs.softmax_run(), cs.PUBLISHED_SOFTMAX)) <= 1e-6
    rows = cs.compare(cs.two_layer_run(), cs.PUBLISHED_TWO_LAYER)
    assert max(abs(row.difference) for row in rows[:3]) <= 1e-6
    assert max(abs(row.difference) for row in rows) <= 2e-5


def test_accuracies(softmax: Run, two_layer: Run) -> None:
    for run in (softmax, two_layer):
        assert f"{run.history.train_accuracy[-1]:.2f}" == f"{cs.PUBLISHED_ACCURACY[run.settings]:.2f}"
    assert (softmax.iteration, two_layer.iteration) == (200, 10_000)


def test_the_published_tables_are_whole() -> None:
    assert (len(cs.PUBLISHED_SOFTMAX), len(cs.PUBLISHED_TWO_LAYER)) == (20, 10)
    assert cs.PUBLISHED_SOFTMAX[190] == 0.786302
    assert cs.PUBLISHED_TWO_LAYER[9000] == 0.245292
