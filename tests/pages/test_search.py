"""Search: the form makes the plan, trials come in, the best is opened, pinned and taken to the Playground, searches are resumed."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from pages.search import charts as charts_of_search
from pages.search import figures, form, grids, ready
from pages.ui.charts.palette import DARK, LIGHT
from pages.ui.text.translation import CATALOGUES
from pages.ui.visit.presets import START
from server.http import limits
from server.kept import Kept
from server.searches import TooManyOfBrowserError, TooManySearchesError
from server.services import services
from spiral_core import Settings, train
from spiral_core.analysis.rate_test import ranging, rate_test
from spiral_core.points import Points, pack
from spiral_core.search import Plan, Search, Trial, carry_out, search
from spiral_core.search.importance import importance
from spiral_core.search.plan import PLAN_FIELDS
from spiral_core.search.space import SEARCHED, Dimension
from tests.core.test_search import BASE, SPACE, Serial
from tests.pages.conftest import OpenPage, charts, choice, numbers, place, unescaped, visit, words

PAGE = "search/page.py"
QUICK = {"iterations": "60", "hidden": "6"}


def finished(at: AppTest) -> AppTest:
    for _ in range(200):
        assert not at.exception
        if not any(button.key == "search_stop" for button in at.button):
            return at
        time.sleep(0.05)
        at.run()
    raise AssertionError("the search did not finish")


def searched(at: AppTest, **state: Any) -> AppTest:
    wanted: dict[str, Any] = {"space": form.draft_default().space, "trials": 12} | state
    at.session_state["search_draft"] = form.Draft(**wanted)
    at.run()
    at.button(key="search_start").click().run()
    return finished(at)


def plan_of(at: AppTest) -> Plan:
    return services().store.searches(visit(at).own_shelf)[0].plan


def test_the_page_says_what_to_do_before_the_first_search(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    assert "press “Start the search”" in words(at)
    assert set(charts(at)) == {"search_prepare"}  # which shows nothing


def test_a_search_from_the_click_to_the_best_trial(open_page: OpenPage) -> None:
    at = searched(open_page(PAGE, **QUICK))
    base = START.replace(iterations=60, hidden=(6,))
    expected = search(plan_of(at).space, base, trials=12, executor=Serial())
    best = min(expected, key=lambda trial: trial.score)
    assert {"search_parallel", "search_scatter", "search_progress", "search_boundary", "search_curves"} <= set(charts(at))
    assert f"best so far: number {best.number + 1}, Held-out loss {best.score:.4f}" in at.get("progress")[0].proto.text
    assert at.dataframe[0].value["#"].iloc[0] == best.number + 1
    at.button(key="search_open").click().run()
    assert visit(at).settings == best.settings


def test_another_trial_is_opened_and_pinned(open_page: OpenPage) -> None:
    at = searched(open_page(PAGE, **QUICK))
    ranked = sorted(search(plan_of(at).space, plan_of(at).base, trials=12, executor=Serial()), key=lambda trial: trial.score)
    at.button(key=f"search_best_{ranked[2].number}").click().run()
    assert f"Trial {ranked[2].number + 1}" in words(at)
    at.button(key="search_pin").click().run()
    (pin,) = services().store.pins(visit(at).own_shelf)
    assert (pin.settings, pin.name) == (ranked[2].settings, f"Trial {ranked[2].number + 1}")
    assert services().store.load([pin.settings])


def test_another_search_is_drawn_where_the_first_was(open_page: OpenPage) -> None:
    """Mounted anew, a chart would blink and ask for another WebGL context."""
    drawn = ("search_status", "search_parallel", "search_scatter", "search_progress")
    at = searched(open_page(PAGE, **QUICK))
    before = [place(at, name) for name in drawn]
    searched(at, trials=14)
    assert any(box.key == "search_choice" for box in at.selectbox)
    assert [place(at, name) for name in drawn] == before


def test_what_settings_do_is_computed_once_for_what_came_in(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def interactions(columns: Any, scores: Any) -> list[Any]:
        counted.append(len(scores))
        return []

    at = searched(open_page(PAGE, **QUICK))
    monkeypatch.setattr(charts_of_search, "interactions", interactions)
    monkeypatch.setattr(charts_of_search, "kept", Kept())
    for _redraw in range(3):
        at.run()
    assert counted == [12]


@pytest.mark.parametrize("method", ["grid", "halving"])
def test_other_methods(open_page: OpenPage, method: str) -> None:
    at = searched(open_page(PAGE, iterations="400", hidden="4"), method=method)
    assert plan_of(at).method == method
    assert "search_parallel" in charts(at)
    assert ("it may drop the best one" in words(at)) == (method == "halving")


def test_the_form_changes_the_plan(open_page: OpenPage) -> None:
    at = open_page(PAGE, **QUICK)
    at.multiselect(key="search_vary").set_value(["learning_rate", "optimizer", "units"]).run()
    at.select_slider(key="search_range_learning_rate").set_value((0.01, 1.0)).run()
    at.checkbox(key="search_log_units").set_value(False).run()
    choice(at, "search_choices_optimizer").set_value(["sgd", "adam"]).run()
    choice(at, "search_method").set_value("halving").run()
    at.select_slider(key="search_trials").set_value(8).run()
    at.selectbox(key="search_objective").set_value("test_accuracy").run()
    draft = at.session_state["search_draft"]
    assert draft == form.Draft(
        (
            Dimension("learning_rate", "log", 0.01, 1.0),
            Dimension("optimizer", "choice", choices=("sgd", "adam")),
            Dimension("units", "linear", 3, 200),
        ),
        "halving", 8, "test_accuracy",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "draft", "sentence"),
    [
        (
            {"test_fraction": "0"},
            {},
            "Objective must be one of “Loss”, “Accuracy”, “Seconds of training” where no points are held out",
        ),
        ({}, {"space": ()}, "Vary (space) must be one or more settings"),
        ({}, {"method": "grid", "trials": 3}, "Trials (trials) must be enough for two levels"),
    ],
)
def test_a_plan_that_cannot_be_is_explained(open_page: OpenPage, query: dict[str, str], draft: Any, sentence: str) -> None:
    at = open_page(PAGE, **query)
    at.session_state["search_draft"] = form.Draft(**({"space": form.draft_default().space} | draft))
    at.run()
    assert sentence in unescaped(words(at))
    assert at.button(key="search_start").disabled


@pytest.mark.parametrize("name", [name for name in SEARCHED if name != "hidden"])
def test_every_setting_can_be_varied(name: str) -> None:
    dimension = form.first_dimension(name)
    base = Settings(data=START.data, optimizer="adam")
    objective = "train_accuracy" if name == "loss" else "loss"  # losses of two kinds do not compare
    assert Plan((dimension,), base, trials=10, objective=objective).count == 10
    if dimension.scale != "choice":
        steps = form.steps_of(name)
        assert dimension.low in steps or name in ("reg", "units")
        assert steps == sorted(steps)


def test_the_edge_is_said_and_widened_and_zoomed(open_page: OpenPage) -> None:
    at = open_page(PAGE, **QUICK)
    at.session_state["search_draft"] = form.Draft((Dimension("learning_rate", "log", 0.001, 0.003),), trials=30, objective="loss")
    at.run()
    at.button(key="search_start").click().run()
    finished(at)
    assert "lies at the edge of its range: Learning rate" in words(at)
    at.button(key="search_widen").click().run()
    (wide,) = at.session_state["search_draft"].space
    assert wide.low == 0.001
    assert wide.high > 0.003
    at.button(key="search_zoom").click().run()
    (near,) = at.session_state["search_draft"].space
    assert near.high / near.low == pytest.approx(3**0.5, rel=0.1)


def test_an_interrupted_search_is_resumed(open_page: OpenPage) -> None:
    at = searched(open_page(PAGE, **QUICK))
    shelf = visit(at).own_shelf
    plan = Plan(SPACE, BASE, trials=12)
    name = services().store.add_search(shelf, plan)
    done: list[Any] = []
    carry_out(Search(plan), Serial, 1, done.append, stopped=lambda: len(done) >= 5)
    services().store.add_trials(name, done)
    at.session_state["search_shown"] = name
    at.run()
    assert "5 of 12 trials" in at.get("progress")[0].proto.text
    at.button(key="search_resume").click().run()
    finished(at)
    assert "12 of 12 trials" in at.get("progress")[0].proto.text
    assert services().searches.find(name, plan).version == 7
    at.button(key="search_delete").click().run()
    assert len(services().store.searches(shelf)) == 1
    at.button(key="search_undo").click().run()
    assert services().store.searches(shelf)[0].id == at.session_state["search_shown"] == name
    assert "12 of 12 trials" in at.get("progress")[0].proto.text


def test_a_search_that_ends_while_it_is_drawn_is_drawn_as_it_was(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = searched(open_page(PAGE, **QUICK))
    live = services().searches.find(at.session_state["search_shown"], None)
    live.state, reads = "running", []

    def ends(search: Search) -> list[Trial]:
        reads.append(live.state)
        if len(reads) == 2:  # the first tells only whether there are any
            live.state = "finished"
        return [trial for trial in search.known if trial.number != 3]

    monkeypatch.setattr(Search, "trials", property(ends))
    at.run()
    assert "11 of 12 trials" in at.get("progress")[0].proto.text
    assert "done" not in at.get("progress")[0].proto.text
    assert any(button.key == "search_stop" for button in at.button)
    monkeypatch.undo()
    at.run()
    assert "12 of 12 trials · done" in at.get("progress")[0].proto.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TooManySearchesError, "Too many searches are running on this server. Try again when some have finished."),
        (
            TooManyOfBrowserError,
            "This browser has 2 searches running already. Stop one of them, or wait until one has finished.",
        ),
    ],
)
def test_why_no_search_can_start_is_said(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, error: type[Exception], sentence: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    at = open_page(PAGE, **QUICK)
    monkeypatch.setattr(services().searches, "begin", refuse)
    at.button(key="search_start").click().run()
    assert [toast.value for toast in at.toast] == [sentence]


def test_korean(open_page: OpenPage) -> None:
    at = searched(open_page(PAGE, lang="ko", **QUICK))
    assert "시도 12번 중 12번" in at.get("progress")[0].proto.text
    assert "각 설정의 단독 효과" in words(at)


@pytest.fixture(scope="module")
def found() -> tuple[Plan, Search]:
    space = (*SPACE, Dimension("optimizer", "choice", choices=("sgd", "adam")))
    done = Search(Plan(space, BASE.replace(iterations=50), trials=30))
    carry_out(done, Serial, 1)
    return done.plan, done


def test_figures_are_valid_and_hold_each_trial(found: tuple[Plan, Search]) -> None:
    plan, done = found
    trials = figures.finite(done.trials)
    for look in (LIGHT, DARK):
        share = importance([plan.space[0].place(plan.values(t.number)["learning_rate"]) for t in trials], [t.score for t in trials])  # type: ignore[arg-type]
        assert share
        drawn = [
            figures.parallel(plan, trials, look),
            figures.scatter(plan, trials, plan.space[0], plan.space[1], look),
            figures.scatter(plan, trials, plan.space[2], None, look),
            figures.progress(plan, trials, look),
            figures.importances([("learning_rate", share)], look),
            figures.curves(trials[0].record, look),  # type: ignore[arg-type]
        ]
        for one in drawn:
            assert len(go.Figure(one).data) == len(one["data"])
            json.dumps(one, allow_nan=False)
    assert drawn[1]["data"][0]["customdata"] == [trial.number for trial in trials]


def test_the_best_trials_stand_out_from_either_background(found: tuple[Plan, Search]) -> None:
    """Viridis goes from dark to light: on white the lowest loss has its dark end, on black its light one."""
    plan, done = found
    trials = figures.finite(done.trials)
    for look, reversed_scale in ((LIGHT, False), (DARK, True)):
        assert figures.scatter(plan, trials, plan.space[0], None, look)["data"][0]["marker"]["reversescale"] is reversed_scale
        best_on_top = figures.parallel(plan, trials, look)["data"][-1]["line"]["color"]
        assert (sum(int(best_on_top[i : i + 2], 16) for i in (1, 3, 5)) > 380) is reversed_scale


def test_ranges_drawn_on_the_axes_choose_trials(found: tuple[Plan, Search]) -> None:
    plan, done = found
    trials = figures.finite(done.trials)
    low, high = (plan.space[0].place(rate) for rate in (0.01, 1.0))
    numbers = figures.chosen_by(plan, trials, [[[low, high]], None, [[0.9, 1.1]], None])
    expected = [t.number for t in trials if 0.01 <= t.settings.learning_rate <= 1.0 and t.settings.optimizer == "adam"]
    assert numbers == expected
    assert 0 < len(numbers) < len(trials)
    assert len(figures.chosen_by(plan, trials, [None] * 4)) == len(trials)


def test_a_server_with_too_many_searches_says_so(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "max_searches", lambda: 0)
    at = open_page(PAGE, **QUICK)
    at.button(key="search_start").click().run()
    assert [toast.value for toast in at.toast] == [
        "Too many searches are running on this server. Try again when some have finished."
    ]
    assert services().store.searches(visit(at).own_shelf) == []


def test_a_seed_at_the_edge_is_no_reason_to_look_beyond(open_page: OpenPage) -> None:
    seed = Dimension("seed", "linear", 1, 4)
    at = searched(open_page(PAGE, **QUICK), space=(seed,), method="grid", trials=4)
    assert "lies at the edge" not in words(at)
    assert not [button for button in at.button if button.key in ("search_zoom", "search_widen")]


def ready_made(open_page: OpenPage, **query: str) -> AppTest:
    """The page with the fold of ready-made searches open."""
    at = open_page(PAGE, **query)
    assert not any(button.key.startswith("search_ready_") for button in at.button if button.key)
    at.session_state["search_ready"] = True
    return at.run()


@pytest.mark.parametrize("name", ready.READY)
def test_a_ready_made_search_fills_the_form_and_is_carried_out(open_page: OpenPage, name: str) -> None:
    at = ready_made(open_page, iterations="20", hidden="4")
    at.button(key=f"search_ready_{name}").click().run()
    assert at.session_state["search_draft"] == ready.READY[name].draft()
    at.button(key="search_start").click().run()
    finished(at)
    plan = plan_of(at)
    assert plan.count == {"heat": 64, "points": 40, "units": 40}[name]
    drawn = charts(at)["search_scatter"]["figure"]["data"]
    assert grids.reading(plan, grids.shape_of(plan)) in words(at)
    if name == "heat":
        assert sorted(number for row in drawn[0]["customdata"] for number in row) == list(range(64))
    else:
        assert sorted(drawn[-1]["customdata"]) == list(range(40))


@pytest.mark.parametrize("name", ready.READY)
def test_where_nothing_is_held_out_ready_made_searches_look_at_the_training_loss(open_page: OpenPage, name: str) -> None:
    at = ready_made(open_page, test_fraction="0", iterations="20", hidden="4")
    assert not at.error
    assert "No points are held out here" in at.button(key=f"search_ready_{name}").help
    at.button(key=f"search_ready_{name}").click().run()
    assert at.session_state["search_draft"].objective == "loss"
    assert not at.error
    assert not at.button(key="search_start").disabled


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_an_objective_that_cannot_be_is_refused_by_the_names_on_the_screen(open_page: OpenPage, lang: str) -> None:
    at = open_page(PAGE, test_fraction="0", iterations="20", lang=lang)
    at.session_state["search_draft"] = form.Draft(form.draft_default().space)
    (error,) = at.run().error
    said, names = unescaped(error.value), ["loss", "train_accuracy", "seconds", "test_loss"]
    labels = PLAN_FIELDS["objective"].labels
    for name in names:
        shown = labels[name] if lang == "en" else CATALOGUES["ko"].gettext(labels[name])
        assert f"“{shown}”" in said
    assert not any(name in said for name in ("_", "(objective)"))
    assert lang == "en" or "은(는)" not in said


def test_custom_points_have_no_other_number(open_page: OpenPage) -> None:
    own = Points(np.arange(16.0).reshape(8, 2), np.arange(2).repeat(4), ("a", "b"))
    at = ready_made(open_page, data="own", points=pack(own))
    assert visit(at).settings.data.name == "own"
    assert at.button(key="search_ready_points").disabled
    assert not at.button(key="search_ready_units").disabled


def ranged(at: AppTest) -> AppTest:
    """The range test, switched on and trained."""
    assert "search_range" not in charts(at)
    at.toggle(key="search_range_test").set_value(True).run()
    for _ in range(60):
        if "search_range" in charts(at):
            return at
        at.run()
    raise AssertionError("the range test did not come")


def test_the_range_test_and_the_rate_that_it_proposes(open_page: OpenPage) -> None:
    at = ranged(ready_made(open_page, hidden="6"))
    base = visit(at).settings
    found = rate_test(train(ranging(base)))
    assert found.cautious
    assert found.first_rise
    assert ready.describe(found) in words(at)
    uses = [button.key for button in at.button if str(button.key).startswith("search_use_")]
    assert uses == [f"search_use_{found.cautious:g}"]  # where the loss first rises is no rate to stay at
    drawn = charts(at)["search_range"]["figure"]["data"]
    assert numbers(drawn[2]["y"]) == pytest.approx(found.loss, rel=1e-5)
    assert numbers(drawn[3]["x"]) == pytest.approx(found.first_rise)
    at.button(key=f"search_use_{found.cautious:g}").click().run()
    assert visit(at).settings == base.replace(learning_rate=found.cautious)


def test_a_teacher_who_locks_the_rate_keeps_it(open_page: OpenPage) -> None:
    at = ranged(ready_made(open_page, hidden="6", lock="learning_rate"))
    next(button for button in at.button if button.key and button.key.startswith("search_use_")).click().run()
    assert visit(at).settings.learning_rate == START.learning_rate
    assert at.toast


def test_a_test_without_a_rise_says_so() -> None:
    found = rate_test(train(ranging(Settings(hidden=(3,))).replace(iterations=100)))
    assert found.first_rise is None
    assert (
        ready.describe(found) == "The loss rises nowhere by a tenth, up to rate 0.001: this test finds no rate that is too large."
    )
    assert len(go.Figure(ready.figure(found, LIGHT)).data) == 3


def test_which_grids_have_a_figure_of_their_own() -> None:
    rate, reg, seed = form.first_dimension("learning_rate"), form.first_dimension("reg"), Dimension("seed", "linear", 0, 4)
    bend = Dimension("activation", "choice", choices=("relu", "tanh"))
    base = START.replace(iterations=10)
    shapes = {
        "heat": [Plan((rate, reg), base, "grid", 16), Plan((rate, bend), base, "grid", 16)],
        "spread": [Plan((rate, seed), base, "grid", 20), Plan((seed, rate), base, "grid", 20)],
        "": [
            Plan((rate, reg), base, "random", 16), Plan((rate,), base, "grid", 16), Plan((rate, reg, seed), base, "grid", 27),
            Plan((bend, seed), base, "grid", 10), Plan((seed, Dimension("data_seed", "linear", 0, 4)), base, "grid", 25),
        ],
    }  # fmt: skip
    assert all(grids.shape_of(plan) == shape for shape, plans in shapes.items() for plan in plans)


def test_median_and_quartiles_by_hand_where_trials_diverge_too() -> None:
    """Of five seeds: 1 to 5 has the quartiles 2, 3, 4; where two diverged, the upper one is none; where four did, all are."""
    plan = Plan((Dimension("units", "linear", 1, 3), Dimension("seed", "linear", 0, 4)), START, "grid", 15)
    worst = float("inf")
    scores: dict[int, list[float]] = {1: [5, 1, 4, 2, 3], 2: [5, 1, worst, worst, 3], 3: [worst, worst, worst, worst, 1]}
    trials = [
        Trial(number, 0, plan.settings(number), scores[plan.values(number)["units"]][plan.values(number)["seed"]], None, None)
        for number in range(plan.count)
    ]
    x, quartiles = grids.median_and_quartiles(plan, trials)
    assert x.tolist() == [1, 2, 3]
    none = float("nan")
    assert np.array_equal(quartiles, np.array([[2, 3, 4], [3, 5, none], [none, none, none]]), equal_nan=True)
    for look in (LIGHT, DARK):
        json.dumps(grids.spread(plan, trials, look), allow_nan=False)
        assert len(go.Figure(grids.spread(plan, trials, look)).data) == 4
