"""Lessons: claims hold over random numbers, the page says what came, the answer comes before the runs, progress is kept."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.lessons import figures, glossary
from pages.lessons.lesson import SEED_LIMIT, with_data, with_seed
from pages.lessons.lessons import LESSONS
from pages.lessons.measures import MEASURES
from pages.lessons.trials import CENTRES, ENDS, PENALTIES, RANDOM, RATES, SEARCHES, TRIALS, by_search, lowest, trials
from pages.ui.charts import component
from pages.ui.charts.palette import LIGHT
from pages.ui.text import _, in_language
from pages.ui.visit import course
from server.services import services
from spiral_core.analysis.toys import TOYS, path
from spiral_core.classroom.drawings import PLACES, resampled
from spiral_core.classroom.goals import Goal, judge
from spiral_core.classroom.goals import trials as goal_trials
from spiral_core.datasets import data_of
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import Run
from spiral_core.training import train
from tests.pages import conftest
from tests.pages.conftest import OpenPage, charts, choice, numbers, query, settle, told, visit, words

PAGE = "lessons/page.py"
SEEDS = (0, 7001, 7002, 7003)  # 0 is what the page opens with; none of the others was used to tune a lesson
PICTURES = {"trials": "lessons_trials_{}", "first_losses": "lessons_first_losses_{}", "curves": "lessons_curves_{}"}


def trained(key: str, seed: int = 0) -> list[Run]:
    return [train(settings) for _name, settings in LESSONS[key].runs(seed)]


@pytest.mark.parametrize("key", LESSONS)
def test_the_claim_holds(key: str) -> None:
    """`make verify` trains a hundred draws; here one may miss, but not the draw that the page opens with."""
    held = [LESSONS[key].holds(trained(key, seed)) for seed in SEEDS]
    assert held[0]
    assert sum(held) >= len(SEEDS) - 1


@pytest.mark.parametrize("key", LESSONS)
def test_the_claim_can_fail(key: str) -> None:
    """Runs of barely any training, unequally long and in the wrong order, do not show it."""
    runs = [train(s.replace(iterations=3 + 20 * i, init="he")) for i, (_name, s) in enumerate(LESSONS[key].runs(0))]
    if key == "check":
        runs = [replace(runs[0], settings=runs[0].settings.replace(reg=0.0))]  # without a penalty, forgetting it is no mistake
    assert not LESSONS[key].holds(runs[::-1])


def test_other_random_numbers_are_other_points_and_weights() -> None:
    for lesson in LESSONS.values():
        for (_name, settings), (_same, other) in zip(lesson.runs(0), lesson.runs(3), strict=True):
            assert (other.seed, other.data.seed) == (settings.seed + 3, settings.data.seed + 3)
    assert [s.learning_rate for _name, s in trials(0)[-TRIALS:]] != [s.learning_rate for _name, s in trials(1)[-TRIALS:]]


def test_both_grids_are_what_they_are_called() -> None:
    plans = by_search([Run.unstarted(settings, data_of(settings.data)) for _name, settings in trials(0)])
    found = {name: sorted({run.settings.learning_rate for run in part}) for name, part in plans.items()}
    assert found[ENDS] == [RATES.low, 0.1, RATES.high]
    assert found[CENTRES] == [0.00464, 0.1, 2.15]  # the middles of three equal cells of -3..1 in powers of ten
    assert len(found[RANDOM]) == TRIALS
    assert sorted({run.settings.reg for run in plans[ENDS]}) == [PENALTIES.low, 1e-7, PENALTIES.high]


def test_all_trials_of_a_grid_are_drawn_apart() -> None:
    runs = trained("random")
    shown = figures.trials(runs, LIGHT)
    for trace in shown["figure"]["data"]:
        assert len(set(zip(trace["x"], trace["y"], strict=True))) == TRIALS
    assert len(shown["figure"]["layout"]["shapes"]) == 3 + 3 + 9
    best = lowest(runs)
    assert all(f"lowest loss {best[name]:.4f}" in shown["alt"] for name in SEARCHES)


def test_the_list_is_whole() -> None:
    assert tuple(LESSONS) == course.LESSONS
    for lesson in LESSONS.values():
        assert 0 <= lesson.answer < len(lesson.options)
        assert len({option.text for option in lesson.options}) == len(lesson.options)
        assert [bool(option.reply) for option in lesson.options] == [i != lesson.answer for i in range(len(lesson.options))]
        assert set(lesson.measures) <= set(MEASURES)
        assert len(lesson.runs(0)) == len(lesson.runs(SEED_LIMIT - 1))
    right = [lesson.answer for lesson in LESSONS.values()]
    assert max(right.count(place) for place in set(right)) < len(right) / 2 + 1  # no place is right more often than not


def answered(open_page: OpenPage, key: str, answer: int, **query: str) -> AppTest:
    """The page with an answer given and its runs trained."""
    at = open_page(PAGE, lesson=key, **query)
    at.radio(key=f"lessons_answer_{key}").set_value(answer).run()
    at.button(key="lessons_run").click().run()
    finish(at)
    return at


def finish(at: AppTest) -> None:
    """Run until the runs of the lesson are trained."""
    for _attempt in range(120):
        assert not at.exception
        if any(button.key == "lessons_seed" for button in at.button):
            return
        at.run()
    raise AssertionError("the runs did not finish")


def test_nothing_is_shown_before_the_answer_is_kept(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="dead")
    assert not any(name.startswith("lessons_") for name in charts(at))
    assert LESSONS["dead"].see not in words(at)
    assert at.button(key="lessons_run").disabled
    at.radio(key="lessons_answer_dead").set_value(1).run()
    assert "lesson:dead" not in services().store.notes(visit(at).own_shelf)
    at.button(key="lessons_run").click().run()
    assert services().store.notes(visit(at).own_shelf)["lesson:dead"] == "1"
    finish(at)
    assert "You predicted “about half”; what happens is “nearly all”." in words(at)
    assert LESSONS["dead"].options[1].reply in words(at)
    assert len(charts(at)["lessons_gallery_dead"]["replay"]["panels"]) == 2
    assert [share > 0.9 for share in at.dataframe[0].value["Dead units"]] == [False, True]
    assert LESSONS["dead"].why in words(at)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("key", LESSONS)
def test_every_lesson_is_shown(open_page: OpenPage, key: str, language: str) -> None:
    lesson = LESSONS[key]
    at = answered(open_page, key, lesson.answer, lang=language)
    assert at.success
    assert query(at).get("lesson", course.LESSONS[0]) == key
    with in_language(language):
        assert _(lesson.see) in words(at)
        assert _(lesson.claim) in words(at)
    if lesson.shows != "check":
        assert PICTURES.get(lesson.shows, "lessons_gallery_{}").format(key) in charts(at)


@pytest.mark.parametrize("answer", [0, 1])
def test_an_exception_is_called_one(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, answer: int) -> None:
    """Where random numbers do not show the claim, neither answer is praised or blamed, and what was to be seen is not said."""
    lesson = LESSONS["linear"]
    monkeypatch.setitem(LESSONS, "linear", lesson._replace(holds=lambda runs: False))
    at = answered(open_page, "linear", answer)
    assert not at.success
    assert not at.warning
    assert lesson.see not in words(at)
    assert any("These random numbers are an exception" in info.value and lesson.claim in info.value for info in at.info)


def test_before_training_means_before_training(open_page: OpenPage) -> None:
    chart = charts(answered(open_page, "chance", 2))["lessons_first_losses_chance"]
    shown = chart["figure"]["data"][1]
    assert shown["x"] == [2, 3, 5, 8]
    assert shown["y"] == [run.history.data_loss[0] for run in trained("chance")]
    assert all(loss == pytest.approx(math.log(k), abs=0.01) for k, loss in zip(shown["x"], shown["y"], strict=True))


def test_boundaries_leave_room_for_their_titles(open_page: OpenPage) -> None:
    """In one row, beside each other, and one above the other on a narrow screen: no title lies on another picture."""
    chart = charts(answered(open_page, "folds", 1))["lessons_gallery_folds"]
    axes = ["", "2", "3", "4"]
    wide = [chart["figure"]["layout"]["xaxis" + axis]["domain"] for axis in axes]
    assert all(left[1] < right[0] for left, right in pairwise(wide))
    assert all(chart["figure"]["layout"]["yaxis" + axis]["domain"][1] < 0.9 for axis in axes)
    tall = [chart["narrow"]["layout"]["yaxis" + axis]["domain"] for axis in axes]
    assert all(above[0] - below[1] > 0.03 for above, below in pairwise(tall))
    assert tall[0][1] < 0.97


def test_lessons_about_speed_show_loss_curves() -> None:
    assert LESSONS["rate"].shows == LESSONS["momentum"].shows == "curves"
    runs = trained("rate")
    shown = figures.curves([(str(i), run) for i, run in enumerate(runs)], LIGHT)
    assert shown["layout"]["yaxis"]["type"] == "log"  # rate 10 shoots up a hundredfold


def test_a_curve_can_be_drawn_before_it_is_shown(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="momentum")
    assert not at.toggle
    at.radio(key="lessons_answer_momentum").set_value(1).run()
    assert "lessons_drawing_momentum" not in charts(at)
    at.toggle(key="lessons_draws_momentum").set_value(True).run()
    asked = charts(at)["lessons_drawing_momentum"]["draws"]
    assert (asked["of"], asked["line"], asked["top"], len(asked["places"])) == ("momentum", None, 1.5, PLACES)
    notes = services().store.notes
    for points in ([[0.5, 1.0], [500, 1.0]], [], [[0.5, 1.25]]):  # as the chart sends them: drawn, cleared, drawn again
        told(at, "drawn", points)
        kept = notes(visit(at).own_shelf).get("drawing:momentum")
        assert kept == (resampled(points, 500).packed() if points else None)
    at.button(key="lessons_run").click().run()
    finish(at)
    line = charts(at)["lessons_curves_momentum"]["figure"]["data"][-1]
    assert (line["name"], set(numbers(line["y"]))) == ("your drawing", {1.25})
    run = trained("momentum")[1]
    assert f"instead of {run.history.loss.min():.2f}" in words(at)  # a level line is furthest off at the lowest loss
    at.button(key="lessons_forget").click().run()
    assert notes(visit(at).own_shelf) == {}


def test_only_what_was_drawn_is_compared(open_page: OpenPage) -> None:
    at = answered(open_page, "momentum", 1)
    assert "On average your line" not in words(at)
    assert "your drawing" not in [trace["name"] for trace in charts(at)["lessons_curves_momentum"]["figure"]["data"]]


def test_lessons_with_curves_let_draw_a_run_that_fits_the_axis() -> None:
    for key, lesson in LESSONS.items():
        assert lesson.draws is not None or lesson.shows != "curves"
        if lesson.draws and lesson.draws.top is None:
            assert lesson.shows == "boundaries"
        elif lesson.draws:
            assert lesson.shows == "curves"
            assert lesson.draws.top
            losses = trained(key)[lesson.draws.run].history.loss
            assert losses.max() < lesson.draws.top < 2 * losses.max()


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
    at = answered(open_page, "linear", 0)
    before = at.dataframe[0].value["Loss"].tolist()
    at.button(key="lessons_seed").click().run()
    finish(at)
    assert at.dataframe[0].value["Loss"].tolist() != before
    assert at.dataframe[0].value["Loss"].tolist() == [float(run.history.loss[-1]) for run in trained("linear", 1)]
    at.button(key="lessons_open_1").click().run()
    settle(at)
    assert visit(at).settings == with_seed(LESSONS["linear"].runs(0)[1][1], 1)


def test_a_lesson_that_is_not_known_is_told(open_page: OpenPage) -> None:
    at = open_page(PAGE, lesson="<b>")
    assert "The lesson “\\<b\\>” in the link is not known" in words(at)
    assert "1. The loss before any training" in words(at)


# What a lesson's goal can be reached with; nobody is told.
SOLUTIONS: dict[str, dict[str, Any]] = {
    "linear": {"features": ("x", "y", "sinx", "siny", "r"), "iterations": 2000, "reg": 1e-4},
    "folds": {"hidden": (8,), "iterations": 3000, "reg": 0.0},
    "momentum": {"optimizer": "adam", "learning_rate": 0.05, "iterations": 150},
}


@pytest.mark.parametrize("key", [key for key, lesson in LESSONS.items() if lesson.goal])
def test_a_lessons_goal_can_be_reached_and_is_not_reached_by_its_start(key: str) -> None:
    (_name, start), *_others = LESSONS[key].runs(0)
    goal = Goal.from_query(LESSONS[key].goal, start)
    settings = start.replace(**SOLUTIONS[key])
    for first_seed in (1, 1000, 123_456):
        assert judge(goal, settings, [train(each) for each in goal_trials(settings, first_seed)]).reached
        assert not judge(goal, start, [train(each) for each in goal_trials(start, first_seed)]).reached


def test_a_lesson_leads_to_its_goal(open_page: OpenPage) -> None:
    at = open_page("lessons/page.py", lesson="linear")
    at.radio(key="lessons_answer_linear").set_value(LESSONS["linear"].answer).run()
    at.button(key="lessons_run").click().run()
    settle(at)
    at.button(key="lessons_goal").click().run()
    settle(at)
    assert "Reach an accuracy of at least 85%" in words(at)
    assert query(at)["goal"] == LESSONS["linear"].goal
    at.button(key="goal_away").click().run()
    settle(at)
    assert "goal" not in query(at)


# Terms.


def test_each_lesson_has_terms_that_the_glossary_explains() -> None:
    assert list(glossary.TERMS) == list(LESSONS)
    used = {name for names in glossary.TERMS.values() for name in names}
    assert used == {*glossary.GLOSSARY}
    terms = [term.term for term in glossary.GLOSSARY.values()]
    assert len(set(terms)) == len(terms)
    for term in glossary.GLOSSARY.values():
        assert term.means.endswith(".")
        assert ". " not in term.means, "one sentence"


def test_the_terms_of_a_lesson_are_shown_before_its_answer(open_page: OpenPage) -> None:
    at = open_page("lessons/page.py", lesson="dead")
    shown = words(at)
    assert "**Dead unit**: A ReLU unit that gives 0 at every point." in shown
    assert "**Noise**" not in shown
    korean = words(open_page("lessons/page.py", lesson="dead", lang="ko"))
    assert "**죽은 유닛** (dead unit): 모든 점에서 0을 내는 ReLU 유닛입니다." in korean


def test_about_has_all_terms(open_page: OpenPage) -> None:
    shown = words(open_page("about/page.py"))
    assert [name for name in glossary.GLOSSARY if f"**{glossary.GLOSSARY[name].term}**: " not in shown] == []


def test_a_sentence_of_ones_own_is_kept_and_starts_over_with_the_answer(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    at.radio(key="lessons_answer_chance").set_value(0).run()
    at.button(key="lessons_run").click().run()
    finish(at)
    at.text_input(key="lessons_words_chance").set_value("  minus log of a third ").run()
    settle(at)
    assert at.text_input(key=conftest.key(at, "lessons_words_chance")).value == "minus log of a third"
    at.button(key="lessons_again").click().run()
    at.radio(key="lessons_answer_chance").set_value(2).run()
    at.button(key="lessons_run").click().run()
    finish(at)
    assert at.text_input(key=conftest.key(at, "lessons_words_chance")).value == ""


@pytest.mark.parametrize("key", [key for key, lesson in LESSONS.items() if lesson.transfer])
def test_what_a_lesson_asks_about_other_data_has_one_answer(key: str) -> None:
    """The same in at least three of four draws, or the reader could not predict it."""
    lesson = LESSONS[key]
    held = [lesson.holds([train(with_data(settings, lesson.transfer)) for _name, settings in lesson.runs(seed)]) for seed in SEEDS]
    assert sum(held) in (0, 1, len(SEEDS) - 1, len(SEEDS))


def test_the_claim_is_asked_about_other_data(open_page: OpenPage) -> None:
    at = answered(open_page, "linear", LESSONS["linear"].answer)
    assert not [radio for radio in at.radio if radio.key == "lessons_transfers_linear"]  # folded away
    at.session_state["lessons_transfer_linear"] = True
    at.run()
    at.radio(key="lessons_transfers_linear").set_value(True).run()
    settle(at)
    assert "On “Blobs” not all of it holds. You predicted otherwise." in at.warning[0].value
    assert "lessons_gallery_linear_transfer" in charts(at)
    at.radio(key="lessons_transfers_linear").set_value(False).run()
    settle(at)
    assert any("not all of it holds. As you predicted." in element.value for element in at.success)


def test_the_optimizers_race_on_a_toy_surface(open_page: OpenPage) -> None:
    at = answered(open_page, "momentum", LESSONS["momentum"].answer)
    assert "lessons_toy_chart" not in charts(at)
    at.session_state["lessons_toy"] = True
    at.run()
    for name, shown in TOYS.items():
        choice(at, "lessons_toy_surface").set_value(name).run()
        assert _(shown.see) in words(at)
        chart = charts(at)["lessons_toy_chart"]
        paths = {trace["name"]: trace for trace in chart["figure"]["data"][1:-1]}
        assert list(paths) == [rule.label for rule in OPTIMIZERS.values()]
        for optimizer, rule in OPTIMIZERS.items():
            walked = path(shown, optimizer, shown.start)
            assert numbers(paths[rule.label]["x"]) == pytest.approx(walked[:, 0], abs=1e-5)
            assert numbers(paths[rule.label]["y"]) == pytest.approx(walked[:, 1], abs=1e-5)
        x, y = shown.start
        assert f"from ({x:g}, {y:g})" in chart["alt"]
    at.number_input(key="lessons_toy_x_valleys_1.8_1.2").set_value(-0.5).run()
    chart = charts(at)["lessons_toy_chart"]
    assert "from (-0.5, 1.2)" in chart["alt"]
    assert numbers(chart["figure"]["data"][1]["x"])[0] == -0.5
    assert TOYS["valleys"].see not in words(at)  # which holds from the first start
    at.button(key="lessons_toy_back").click().run()
    assert TOYS["valleys"].see in words(at)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_click_on_the_toy_surface_is_a_start(open_page: OpenPage, language: str) -> None:
    at = answered(open_page, "momentum", LESSONS["momentum"].answer, lang=language)
    at.session_state["lessons_toy"] = True
    at.run()
    before = charts(at)["lessons_toy_chart"]["alt"]
    for end in ((0.504, -1.25), (9.0, 0.0)):
        told(at, "placed", [component.Move((0.0, 0.0), end)])
    after = charts(at)["lessons_toy_chart"]["alt"]
    assert "(0.5, -1.25)" in after
    assert after != before
