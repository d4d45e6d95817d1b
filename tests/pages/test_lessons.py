"""Lessons: each claim holds over five seeds, the answer comes before the runs, and progress is kept."""

from __future__ import annotations

import pytest

from pages.lessons.lessons import LESSONS, MEASURES, SPACE, TRIALS, best_of, with_seed
from pages.ui.visit import course
from server.services import services
from spiral_core import train
from spiral_core.search import Plan
from tests.pages.conftest import OpenPage, charts, query, settle, visit, words

PAGE = "lessons/page.py"
SEEDS = range(5)


@pytest.mark.parametrize("key", LESSONS)
def test_the_claim_holds_over_five_seeds(key: str) -> None:
    lesson = LESSONS[key]
    for seed in SEEDS:
        runs = [train(with_seed(settings, seed)) for _name, settings in lesson.runs]
        assert lesson.claim(runs), f"seed {seed}"


def test_random_trials_of_other_draws_win_too() -> None:
    """The lesson's draw is not a lucky one: of five others, each finds a lower loss than the grid."""
    grid = [settings for _name, settings in LESSONS["random"].runs[:TRIALS]]
    best_of_grid = best_of([train(settings) for settings in grid] * 2)[0]
    for draw in range(1, 6):
        other = Plan(SPACE, grid[0], "random", TRIALS, "loss", draw)
        assert min(train(other.settings(i)).history.loss[-1] for i in range(TRIALS)) < best_of_grid


def test_the_list_is_whole() -> None:
    assert tuple(LESSONS) == course.LESSONS
    assert len(LESSONS) >= 10
    for lesson in LESSONS.values():
        assert 0 <= lesson.answer < len(lesson.options)
        assert len(set(lesson.options)) == len(lesson.options)
        assert set(lesson.measures) <= set(MEASURES)
    right = [lesson.answer for lesson in LESSONS.values()]
    assert max(right.count(place) for place in set(right)) < len(right) / 2 + 1  # no place is right more often than not


def test_nothing_is_shown_before_the_answer_is_kept(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="dead")
    assert "lessons_gallery_dead" not in charts(at)
    assert LESSONS["dead"].see not in words(at)
    assert at.button(key="lessons_run").disabled
    at.radio(key="lessons_answer_dead").set_value(1).run()
    assert "lesson:dead" not in services().store.notes(visit(at).own_shelf)
    at.button(key="lessons_run").click().run()
    assert services().store.notes(visit(at).own_shelf)["lesson:dead"] == "1"
    finish(at)
    assert "You predicted “about half”; what happens is “nearly all”." in words(at)
    assert len(charts(at)["lessons_gallery_dead"]["replay"]["panels"]) == 2
    shown = at.dataframe[0].value
    assert [round(share, 2) for share in shown["Dead units"]] == [0.05, 1.0]
    assert LESSONS["dead"].why in words(at)


def finish(at) -> None:  # type: ignore[no-untyped-def]
    """Run until the runs of the lesson are trained."""
    for _ in range(80):
        assert not at.exception
        if any(button.key == "lessons_seed" for button in at.button):
            return
        at.run()
    raise AssertionError("the runs did not finish")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("key", LESSONS)
def test_every_lesson_is_shown(open_page: OpenPage, key: str, language: str) -> None:
    at = open_page(PAGE, lesson=key, lang=language)
    at.radio(key=f"lessons_answer_{key}").set_value(LESSONS[key].answer).run()
    at.button(key="lessons_run").click().run()
    finish(at)
    assert at.success
    assert query(at).get("lesson", course.LESSONS[0]) == key


def test_progress_is_counted_and_can_be_forgotten(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    at.radio(key="lessons_answer_chance").set_value(2).run()
    at.button(key="lessons_run").click().run()
    assert any("1. The loss before any training ✓" in option for radio in at.radio for option in radio.options)
    at.button(key="lessons_next").click().run()
    assert "2. A linear classifier cannot bend" in words(at)
    at.button(key="lessons_previous").click().run()
    finish(at)
    at.button(key="lessons_forget").click().run()
    assert services().store.notes(visit(at).own_shelf) == {}
    assert at.button(key="lessons_run").disabled


def test_other_random_numbers_are_other_runs(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="linear")
    at.radio(key="lessons_answer_linear").set_value(0).run()
    at.button(key="lessons_run").click().run()
    finish(at)
    before = at.dataframe[0].value["Loss"].tolist()
    at.button(key="lessons_seed").click().run()
    finish(at)
    assert at.dataframe[0].value["Loss"].tolist() != before
    expected = [float(train(with_seed(settings, 1)).history.loss[-1]) for _name, settings in LESSONS["linear"].runs]
    assert at.dataframe[0].value["Loss"].tolist() == expected
    at.button(key="lessons_open_1").click().run()
    settle(at)
    assert visit(at).settings == with_seed(LESSONS["linear"].runs[1][1], 1)


def test_a_lesson_that_is_not_known_is_told(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="<b>")
    assert "The lesson “\\<b\\>” in the link is not known" in words(at)
    assert "1. The loss before any training" in words(at)
