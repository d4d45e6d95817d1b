"""A plan of an hour on the pages: made, taken to a file and back, run in a class; the plans that are ready; the worksheets."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.lessons.lessons import LESSONS
from pages.room.ready import READY, translated
from pages.teach.step_form import place_of
from pages.teach.worksheet import worksheet
from pages.ui.text import in_language
from pages.ui.text.translation import CATALOGUES
from pages.ui.visit import navigation, plans
from server.kept import Kept
from server.services import services
from spiral_core import Settings, train
from spiral_core.classroom.goals import judge, trials
from spiral_core.classroom.plans import Outline, Plan, Step
from spiral_core.classroom.room_state import RoomState
from spiral_core.classroom.votes import Vote
from spiral_core.rules import SettingError
from spiral_core.store.rooms import digest
from tests.pages.conftest import OpenPage, key, unescaped, visit, words

KOREAN = CATALOGUES["ko"]


def on_plans(open_page: OpenPage, **query: str) -> AppTest:
    at = open_page("teach/page.py", **query)
    at.session_state["teach_part"] = "plans"
    return at.run()


def own(at: AppTest) -> dict[str, Plan]:
    """The visit's plans in the store."""
    kept = services().store.plans(visit(at).own_shelf)
    return {plan_id: Plan.from_json(text) for plan_id, text in kept.items()}


def only(at: AppTest) -> Plan:
    (plan,) = own(at).values()
    return plan


def kinds(plan: Plan) -> list[str]:
    return [step.kind for step in plan.steps]


# The plans that are ready.


@pytest.mark.parametrize("name", READY)
def test_a_ready_plan_fills_a_lesson(name: str) -> None:
    plan = READY[name]
    assert 45 <= plan.minutes <= 50
    assert plan.minutes == sum(step.minutes for step in plan.steps)
    assert all(step.lesson in LESSONS for step in plan.steps if step.kind == "lesson" or step.lesson)
    assert all(step.page in navigation.PAGES for step in plan.steps)
    assert plans.read(plan.to_json()) == plan
    assert plan.aim
    assert plan.mistakes
    assert all(step.note for step in plan.steps)


def test_the_ready_plans_use_all_lessons() -> None:
    used = {step.lesson for plan in READY.values() for step in plan.steps}
    assert used == {*LESSONS, ""}
    assert len(READY) == 6


@pytest.mark.parametrize("name", READY)
def test_a_ready_plan_becomes_the_teachers_own_in_the_teachers_language(name: str) -> None:
    with in_language("ko"):
        korean = translated(READY[name])
    texts = [korean.name, korean.aim, korean.mistakes, *(step.note for step in korean.steps)]
    assert all(re.search("[가-힣]", text) for text in texts)
    assert [step.lesson for step in korean.steps] == [step.lesson for step in READY[name].steps]
    assert Plan.from_json(korean.to_json()) == korean


# What reaches each goal of a ready plan, with what its class has learnt by then.
REACHED: dict[str, dict[str, Any]] = {
    "line": {"hidden": (12,), "init": "he", "optimizer": "adam", "learning_rate": 0.03},
    "rate": {"optimizer": "adam", "learning_rate": 0.03},
    "overfitting": {"iterations": 200},
    "layers": {"features": ("x", "y", "xy")},
    "search": {"init": "he", "optimizer": "adam", "learning_rate": 0.03},
}


@pytest.mark.parametrize("name", REACHED)
def test_the_goal_of_a_ready_plan_is_neither_reached_at_once_nor_out_of_reach(name: str) -> None:
    (goal,) = (step.goal for step in READY[name].steps if step.goal)

    def reaches(settings: Settings, first_seed: int) -> bool:
        return judge(goal, settings, [train(each) for each in trials(settings, first_seed)]).reached

    for first_seed in (1, 1000, 5000, 123_456):
        assert not reaches(goal.start, first_seed)
        assert reaches(goal.start.replace(**REACHED[name]), first_seed)


# Making one.


def test_a_list_of_plans_reads_the_open_one_alone_and_that_once(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = on_plans(open_page)
    shelf = visit(at).own_shelf
    texts = [Plan(f"Plan {number}", READY["line"].steps).to_json() for number in range(5)]
    newer = texts[0].replace("Plan 0", "Plan of tomorrow").replace('"kind": "vote"', '"kind": "dance"')  # of a version to come
    for text in [newer, *texts]:
        services().store.add_plan(shelf, text)
    monkeypatch.setattr(plans, "kept", Kept())
    parsed: list[str] = []
    before = plans.read

    def counted(text: str) -> Plan:
        parsed.append(text)
        return before(text)

    monkeypatch.setattr(plans, "read", counted)
    for _redraw in range(3):
        at.run()
        assert at.text_input(key=key(at, "plans_name")).value == "Plan 4"
        listed = [option.split(" · ")[0] for option in at.selectbox(key=key(at, "plans_which")).options]
        assert listed == ["Plan of tomorrow", *(f"Plan {number}" for number in range(5))]
    assert parsed == [texts[4]]
    at.selectbox(key=key(at, "plans_which")).select_index(0).run()
    assert "a newer version may have made it" in words(at)


def test_what_a_list_says_of_a_plan_is_what_the_plan_says() -> None:
    for plan in READY.values():
        outline = Outline.from_json(plan.to_json())
        assert (outline.name, outline.step_count, outline.minutes) == (plan.name, len(plan.steps), plan.minutes)
    for text in ("", "[]", '{"spiral_lab_plan": 1, "name": ""}', '{"spiral_lab_plan": 1, "name": "x", "steps": [{"minutes": 0}]}'):
        with pytest.raises(SettingError):
            Outline.from_json(text)


def test_a_plan_that_is_kept_counts_what_it_takes(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = on_plans(open_page)
    kept = Kept()
    monkeypatch.setattr(plans, "kept", kept)
    text = READY["line"].to_json()
    plan_id = services().store.add_plan(visit(at).own_shelf, text)
    assert plans.of(plan_id) == READY["line"]
    assert kept.nbytes > len(text) + 1000 * len(READY["line"].steps)


def test_a_ready_plan_is_taken_and_changed(open_page: OpenPage) -> None:
    at = on_plans(open_page)
    assert "You have no plan yet" in words(at)
    at.button(key="plans_take_line").click().run()
    assert only(at) == READY["line"]
    at.button(key="plans_down_0").click().run()
    assert kinds(only(at))[:3] == ["vote", "pause", "lesson"]
    at.button(key="plans_delete_1").click().run()
    assert kinds(only(at))[:2] == ["vote", "lesson"]
    at.number_input(key=key(at, "plans_minutes_0")).set_value(9).run()
    assert only(at).steps[0].minutes == 9
    at.text_area(key=key(at, "plans_text_0")).set_value("  Wait. ").run()
    assert only(at).steps[0].note == "Wait."
    at.text_input(key=key(at, "plans_name")).set_value("Mine").run()
    assert only(at).name == "Mine"
    for _ in range(5):
        at.button(key="plans_undo").click().run()
    assert only(at) == READY["line"]
    assert at.button(key="plans_undo").disabled


def test_a_plan_is_deleted_and_comes_back(open_page: OpenPage) -> None:
    at = on_plans(open_page)
    at.button(key="plans_take_rate").click().run()
    at.button(key="plans_delete").click().run()
    assert own(at) == {}
    at.button(key="plans_undo").click().run()
    assert only(at) == READY["rate"]
    assert at.text_input(key=key(at, "plans_name")).value == "How far to step"


def test_each_kind_of_step_can_be_added(open_page: OpenPage) -> None:
    at = on_plans(open_page, hidden="7", iterations="50")
    at.button(key="plans_new").click().run()

    def add(kind: str, **fields: Any) -> None:
        at.session_state["plans_kind"] = kind
        at.run()
        for name, value in fields.items():
            kind_of = "text_area" if name in ("question", "options", "note") else "text_input" if name == "link" else "selectbox"
            kind_of = "number_input" if name in ("minutes", "accuracy", "weights") else kind_of
            getattr(at, kind_of)(key=f"plans_{name}").set_value(value).run()
        at.button(key="plans_add").click().run()
        assert not at.exception

    add("vote", vote_lesson="dead", minutes=6, note="Twice.")
    add("vote", vote_lesson="", question="Why?", options="so\n\nnot so")
    add("lesson", lesson="noise")
    add("goal", accuracy=90.0, weights=50)
    add("experiment", link="https://school.example/under_the_hood?part=units&hidden=3&room=ABCDEF&lang=ko")
    add("experiment")
    add("pause", minutes=3)
    steps = only(at).steps
    assert steps[0] == Step("vote", 6, "Twice.", lesson="dead")
    assert steps[1].vote == Vote("Why?", ("so", "not so"))
    assert steps[2] == Step("lesson", 6, lesson="noise")
    assert steps[3].goal is not None
    assert (steps[3].goal.target, steps[3].goal.weights, steps[3].goal.start.hidden) == (0.9, 50, (7,))
    assert (steps[4].page, steps[4].query) == ("under_the_hood", {"part": "units", "hidden": "3"})
    assert (steps[5].page, steps[5].query) == ("", {"hidden": "7", "iterations": "50"})
    assert steps[6] == Step("pause", 3)


def test_a_step_that_lacks_something_is_told_and_not_added(open_page: OpenPage) -> None:
    at = on_plans(open_page)
    at.button(key="plans_new").click().run()
    at.selectbox(key="plans_vote_lesson").set_value("").run()
    at.button(key="plans_add").click().run()
    assert "The question must be a text of 1 to 300 characters" in at.error[0].value
    assert only(at).steps == ()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://school.example/nowhere?x=1", "ftp://x/search", "http://[", "search me"]
)
def test_an_address_of_another_place_is_refused(link: str) -> None:
    with pytest.raises(SettingError, match="link must be the address of a page of this app"):
        place_of(link)


# Files.


def upload(at: AppTest, name: str, content: bytes) -> AppTest:
    at.file_uploader(key="plans_file").upload(name, content, "application/json").run()
    assert not at.exception
    return at


def test_a_plan_comes_back_from_a_file(open_page: OpenPage) -> None:
    at = upload(on_plans(open_page), "plan.json", READY["checks"].to_json().encode())
    assert only(at) == READY["checks"]
    at.run()
    assert len(own(at)) == 1  # taken once


def with_step(step: dict[str, Any]) -> bytes:
    return json.dumps({"spiral_lab_plan": 1, "name": "x", "steps": [step]}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "The file is not text."),
        (b"", "The file must be a plan that was saved here, as JSON"),
        (rb'{"spiral_lab_plan": 1, "name": "\ud800"}', "The file must be a plan that was saved here, as JSON"),
        (b'{"spiral_lab_plan": 1}', "The name must be a text of 1 to 80 characters"),
        (with_step({"kind": "pause", "minutes": 0}), "Step 1: Minutes must be a whole number in 1..120"),
        (with_step({"kind": "lesson", "lesson": "<b>"}), "Step 1: The lesson must be one of chance"),
        (with_step({"kind": "goal", "goal": {"goal": "loss:1", "start": {"x": 1}}}), "Step 1: “x” is not a setting."),
    ],
)
def test_a_bad_file_gets_one_sentence(open_page: OpenPage, content: bytes, said: str) -> None:
    at = upload(on_plans(open_page), "plan.json", content)
    (error,) = at.error
    assert said in unescaped(error.value)
    assert own(at) == {}


# In a class.


def state(at: AppTest) -> RoomState:
    services().rooms.forget(visit(at).room)
    look = services().rooms.look(visit(at).room)
    assert look
    return look.state


def in_class(open_page: OpenPage, plan: Plan, **query: str) -> AppTest:
    """A teacher's page of a class whose plan has been chosen."""
    at = open_page("room/page.py", **query)
    services().store.add_plan(visit(at).own_shelf, plan.to_json())
    at.button(key="room_open").click().run()
    at.button(key="room_plan_take").click().run()
    assert not at.exception
    return at


def press(at: AppTest, name: str) -> AppTest:
    services().rooms.forget(visit(at).room)
    at.button(key=name).click().run()
    assert not at.exception
    return at


def test_next_leads_the_class_through_the_plan(open_page: OpenPage) -> None:
    at = in_class(open_page, READY["line"])
    assert "**What a line cannot do** · 7 steps, 48 min" in words(at)
    assert (state(at).step, state(at).activity) == (-1, 0)
    press(at, "room_plan_next")
    assert "Plan: step 1 of 7** · Away from the screen · 5 min, until minute 5 of 48" in words(at)
    assert "Draw three spiral arms" in words(at)
    press(at, "room_plan_next")
    assert state(at).vote == Vote(lesson="linear", choices=3)
    assert state(at).round_open == 1
    assert "Vote: A linear classifier cannot bend" in words(at)
    press(at, "room_plan_next")  # the lesson of the same question: the answers go along
    found = state(at)
    assert found.guide is not None
    assert (found.guide.page, found.guide.query, found.stage, found.activity) == ("lessons", {"lesson": "linear"}, "shown", 1)
    press(at, "room_plan_next")
    press(at, "room_plan_next")
    press(at, "room_plan_next")
    found = state(at)
    assert found.vote is None
    assert found.goal is not None
    assert (found.goal.weights, found.goal.minutes) == (75, 13)
    assert found.until == pytest.approx(time.time() + 13 * 60, abs=60)
    press(at, "room_plan_next")
    assert (state(at).step, state(at).activity) == (6, 0)
    press(at, "room_plan_end")
    assert (state(at).plan, state(at).step) == ("", -1)
    assert any(button.key == "room_plan_take" for button in at.button)


def test_an_experiment_leads_and_opens(open_page: OpenPage) -> None:
    plan = Plan("x", (Step("experiment", 5, page="under_the_hood", query={"part": "units", "hidden": "4", "iterations": "50"}),))
    at = in_class(open_page, plan)
    press(at, "room_plan_next")
    guide = state(at).guide
    assert guide is not None
    assert (guide.page, guide.query["part"]) == ("under_the_hood", "units")
    assert "Experiment: Under the hood · 4 ReLU" in words(at)
    press(at, "room_plan_open")
    assert visit(at).settings.hidden == (4,)
    assert visit(at).part == "units"


def test_two_clicks_lead_one_step(open_page: OpenPage) -> None:
    at = in_class(open_page, READY["line"])
    phone = open_page("room/page.py")
    room = visit(at).room
    token = services().store.make_pass(room)
    services().store.use_pass(token, visit(phone).own_shelf)
    services().rooms.forget(room)
    visit(phone).room, visit(phone).room_code = room, visit(at).room_code
    phone.run()
    assert digest(room, visit(phone).own_shelf) != digest(room, visit(at).own_shelf)
    assert "What a line cannot do" in words(phone)  # another browser of the teacher's
    press(at, "room_plan_next")
    phone.button(key="room_plan_next").click().run()  # what it showed was the beginning
    assert state(at).step == 0
    phone.button(key="room_plan_next").click().run()
    assert state(at).step == 1


def test_a_step_back_and_out_of_the_plan(open_page: OpenPage) -> None:
    at = in_class(open_page, READY["line"])
    press(at, "room_plan_next")
    press(at, "room_plan_next")
    press(at, "room_plan_back")
    assert (state(at).step, state(at).vote) == (0, None)
    press(at, "room_plan_next")
    press(at, "room_plan_leave")
    assert state(at).plan == ""
    assert state(at).vote is not None  # goes on


def test_a_plan_that_was_deleted_leaves_the_class_alone(open_page: OpenPage) -> None:
    at = in_class(open_page, READY["line"])
    press(at, "room_plan_next")
    services().store.delete_plan(visit(at).own_shelf, state(at).plan)
    services().rooms.forget(visit(at).room)
    at.run()
    assert not at.exception
    assert any(button.key == "room_plan_take" for button in at.button)


def test_a_note_is_text_and_not_markup(open_page: OpenPage) -> None:
    at = in_class(open_page, Plan("**x**", (Step("pause", 1, "[click](https://bad.example) <b>"),)))
    press(at, "room_plan_next")
    (caption,) = (each.value for each in at.caption if "click" in each.value)
    assert caption.startswith("\\[click\\]\\(")


# Worksheets.


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", LESSONS)
def test_a_worksheet_asks_and_does_not_answer(name: str, language: str) -> None:
    lesson = LESSONS[name]
    text = KOREAN.gettext if language == "ko" else str
    sheet = worksheet([name], language)
    shown = sheet.replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert text(lesson.question) in shown
    assert all(text(option.text) in shown for option in lesson.options)
    assert all(text(heading) in shown for heading in ("Question", "Prediction", "Observation", "Why"))
    for secret in (lesson.why, lesson.see, lesson.claim, *(option.reply for option in lesson.options if option.reply)):
        assert text(secret) not in shown
    assert f'lang="{language}"' in sheet
    assert sheet.count("<section>") == 1


def test_a_worksheet_has_no_markup_from_outside_and_asks_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LESSONS, "chance", LESSONS["chance"]._replace(question="<script>1 < 2</script>"))
    sheet = worksheet(["chance"], "en")
    assert "<script" not in sheet
    assert "&lt;script&gt;1 &lt; 2" in sheet
    assert "http" not in worksheet(list(LESSONS), "en")


def test_all_worksheets_are_one_file(open_page: OpenPage) -> None:
    assert worksheet(list(LESSONS), "en").count("<section>") == 15
    at = open_page("teach/page.py")
    at.session_state["teach_part"] = "sheets"
    at.run()
    assert at.selectbox(key="sheets_lesson").value == "chance"
    at.selectbox(key="sheets_lesson").set_value("").run()
    assert not at.exception
    assert at.get("download_button")
