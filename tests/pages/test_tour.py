"""The first path: begun from the first page or by its link, walked, left; and what its steps say holds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pages.ui.visit import tour
from pages.ui.visit.presets import START
from spiral_core import link, train
from spiral_core.boundary import area_of, grid
from spiral_core.run import Run
from tests.pages.conftest import OpenPage, query, settle, visit, words

SEEDS = (0, *range(6001, 6009))  # 0 is what the page opens with; none of the others was used to tune the steps


def trained(step: int, seed: int) -> Run:
    settings = tour.STEPS[step - 1].settings
    return train(settings.replace(seed=settings.seed + seed, data=settings.data.replace(seed=settings.data.seed + seed)))


def test_it_is_walked_from_the_first_page_to_the_lessons(open_page: OpenPage) -> None:
    at = open_page()
    at.button(key="begin_tour").click().run()
    for number, step in enumerate(tour.STEPS, 1):
        settle(at)
        assert step.text in words(at)
        assert f"{number} of {len(tour.STEPS)} · {step.title}" in words(at)
        assert visit(at).settings == step.settings
        assert query(at)["tour"] == str(number)
        assert "Change a control" not in words(at)
        assert at.button(key="tour_back").disabled == (number == 1)
        if number < len(tour.STEPS):
            at.button(key="tour_next").click().run()
    at.button(key="tour_back").click().run()
    assert tour.STEPS[-2].title in words(at)
    at.button(key="tour_next").click().run()
    at.button(key="tour_lessons").click().run()
    assert at.header[0].value.startswith("1. ")
    assert "tour" not in query(at)
    at.switch_page("playground/page.py").run()
    assert "Change a control" not in words(at)


def test_it_is_left_at_any_step_and_the_settings_stay(open_page: OpenPage) -> None:
    at = open_page(tour="3")
    assert visit(at).settings == tour.STEPS[2].settings
    at.button(key="tour_leave").click().run()
    assert tour.STEPS[2].text not in words(at)
    assert visit(at).settings == tour.STEPS[2].settings
    assert "tour" not in query(at)
    at.switch_page("about/page.py").run()
    at.button(key="about_tour").click().run()
    assert tour.STEPS[0].text in words(settle(at))


def test_what_was_changed_on_the_way_is_in_the_address_and_undone(open_page: OpenPage) -> None:
    changed = tour.STEPS[1].settings.replace(hidden=(5,))
    at = open_page(**link.to_query(changed, START), tour="2")
    assert visit(at).settings == changed
    at.button(key="tour_next").click().run()
    at.button(key="undo").click().run()
    assert visit(settle(at)).settings == changed


@pytest.mark.parametrize("asked", ["0", "6", "99", "-1", "1.0", "", "zwei", "٣", "1" * 500])
def test_a_step_that_is_none_gets_a_sentence(open_page: OpenPage, asked: str) -> None:
    at = open_page(tour=asked)
    assert "allowed: 1, 2, 3, 4, 5" in at.warning[0].value.replace("\\", "")
    assert visit(at).tour == 0
    assert visit(at).settings == START


# What the steps say.


def test_about_half_of_the_points_stay_wrong_for_a_line_however_long_it_trains() -> None:
    for seed in SEEDS:
        run = trained(1, seed)
        assert 0.4 < run.history.train_accuracy[-1] < 0.6
        longer = train(run.settings.replace(iterations=20_000))
        assert longer.history.loss[-1] > 0.99 * run.history.loss[-1]


def test_a_border_bends_at_folds_alone() -> None:
    """Where the same units are on, the scores are planes."""
    for step, seed in itertools.product((2, 3), SEEDS[:4]):
        run = trained(step, seed)
        network, X = run.network_at(), grid(area_of(run.data.train.X), 60)
        on = X @ network.weights[0] + network.biases[0] > 0
        for pattern in np.unique(on, axis=0):
            inside = X[(on == pattern).all(axis=1)]
            ones = np.column_stack([inside, np.ones(len(inside))])
            scores = network.scores(inside)
            plane = ones @ np.linalg.lstsq(ones, scores, rcond=None)[0]
            assert plane == pytest.approx(scores, abs=1e-9 * (1 + np.abs(scores).max()))


def test_twelve_folds_are_enough_for_19_points_of_20() -> None:
    held = [trained(3, seed).history.train_accuracy[-1] > 0.95 for seed in SEEDS]
    assert held[0]
    assert sum(held) >= len(SEEDS) - 1


def test_the_loss_of_the_articles_net_falls_fastest_after_the_start() -> None:
    """There is something to see in its curves: a plateau first, then the fall."""
    for seed in SEEDS:
        history = trained(4, seed).history
        early = history.loss[history.iteration <= 10]
        assert early.min() > 0.95 * early.max()
        assert history.loss[-1] < 0.5 * early.max()


def test_a_step_says_nothing_of_another_net(open_page: OpenPage) -> None:
    at = open_page(**link.to_query(tour.STEPS[2].settings.replace(hidden=(3,)), START), tour="3")
    assert tour.STEPS[2].text not in words(at)
    assert "You have changed the experiment" in words(at)
    at.button(key="tour_again").click().run()
    assert visit(settle(at)).settings == tour.STEPS[2].settings
    assert tour.STEPS[2].text in words(at)
