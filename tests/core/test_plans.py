"""Plans of hours: what a step must have, the file and back, editing, and where they are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core.classroom import plans
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.plans import KINDS, MAX_FILE, MAX_LINK, MOST_STEPS, Plan, Step
from spiral_core.classroom.room_state import RoomState
from spiral_core.classroom.votes import Vote
from spiral_core.rules import SettingError
from spiral_core.store.keys import new_id
from spiral_core.store.lesson_plans import MAX_PLANS
from spiral_core.store.run_store import RunStore
from tests.core.strategies import settings as any_settings
from tests.support.fuzz import CASES

VOTE = Step("vote", 6, vote=Vote("Which?", ("a", "b")))
HOUR = Plan(
    "An hour",
    (
        Step("pause", 4, "Draw it on the board."),
        VOTE,
        Step("lesson", 7, lesson="folds"),
        Step("goal", 12, goal=Goal("loss", 0.2, weights=40)),
        Step("experiment", 9, page="search", query={"hidden": "3", "lr": "0.1"}),
    ),
    "They see it.",
    "They think it is easy.",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


def plain(**changes: Any) -> str:
    return json.dumps(json.loads(HOUR.to_json()) | changes)


def with_step(**step: Any) -> str:
    return plain(steps=[{"kind": "pause"}, step])


def test_minutes_add_up() -> None:
    assert HOUR.minutes == 38
    assert [HOUR.until(number) for number in range(5)] == [4, 10, 17, 29, 38]


def test_a_plan_comes_back_from_its_file() -> None:
    assert Plan.from_json(HOUR.to_json()) == HOUR
    assert Plan.from_json(HOUR.to_json()).steps[4].query == {"hidden": "3", "lr": "0.1"}


@st.composite
def any_steps(draw: st.DrawFn) -> Step:
    kind = draw(st.sampled_from(KINDS))
    minutes, note = draw(st.integers(1, 120)), draw(st.text(max_size=500))
    if kind == "vote" and draw(st.booleans()):
        return Step(kind, minutes, note, vote=Vote(draw(st.text("ab?", min_size=1)), ("x", "y")))
    if kind in ("vote", "lesson"):
        return Step(kind, minutes, note, lesson=draw(st.sampled_from(["folds", "dead"])))
    if kind == "goal":
        goal = Goal(draw(st.sampled_from(["accuracy", "loss"])), draw(st.floats(0, 1)), start=draw(any_settings()))
        return Step(kind, minutes, note, goal=goal)
    if kind == "experiment":
        query = draw(st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=4))
        return Step(kind, minutes, note, page=draw(st.sampled_from(["", "search"])), query=query)
    return Step(kind, minutes, note)


@given(st.lists(any_steps(), max_size=6))
def test_any_plan_comes_back_from_its_file(steps: list[Step]) -> None:
    plan = Plan("x", tuple(steps))
    back = Plan.from_json(plan.to_json())
    assert back == plan
    assert [step.query for step in back.steps] == [step.query for step in plan.steps]


def test_steps_are_moved_taken_out_and_changed() -> None:
    kinds = [step.kind for step in HOUR.steps]
    assert [step.kind for step in HOUR.moved(1, -1).steps] == [kinds[1], kinds[0], *kinds[2:]]
    assert HOUR.moved(0, -1) == HOUR.moved(4, 1) == HOUR
    assert [step.kind for step in HOUR.without(2).steps] == kinds[:2] + kinds[3:]
    assert HOUR.changed(1, minutes=8).steps[1].minutes == 8
    assert HOUR.changed(1, minutes=8).minutes == 40
    assert HOUR.added(VOTE).steps[5] == VOTE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "plan must be a plan that was saved here, as JSON"),
        ("[" * 100_000, "plan must be a plan that was saved here"),
        (plain().replace('"name"', '"name": "", "name"'), "plan must be a plan that was saved here"),
        ('{"spiral_lab_shelf": 1}', "plan must be a plan that was saved here"),
        ("x" * (MAX_FILE + 1), f"plan must be a text of 1 to {MAX_FILE} characters"),
        (plain(name=""), "name must be a text of 1 to 80 characters"),
        (plain(name=None), "name must be a text of 1 to 80 characters"),
        (plain(aim="x" * 1001), "aim must be a text of 0 to 1000 characters"),
        (plain(colour="red"), "colour must be a known name"),
        (plain(steps=5), "steps must be a list"),
        (plain(steps=[{"kind": "pause"}] * (MOST_STEPS + 1)), f"steps must be at most {MOST_STEPS} steps, got {MOST_STEPS + 1}"),
        (plain(steps=[7]), "steps.1.steps must be an object"),
        (with_step(kind="party"), "steps.2.kind must be one of lesson, vote, goal, experiment, pause, got 'party'"),
        (with_step(kind=["vote"]), "steps.2.kind must be one of"),
        (with_step(kind="pause", minutes=0), "steps.2.minutes must be a whole number in 1..120, got 0"),
        (with_step(kind="pause", minutes="many"), "steps.2.minutes must be a whole number in 1..120"),
        (with_step(kind="pause", note=7), "steps.2.note must be a text of 0 to 500 characters, got 7"),
        (with_step(kind="pause", loud=True), "steps.2.loud must be a known name"),
        (with_step(kind="lesson"), "steps.2.lesson must be a text of 1 to 80 characters"),
        (with_step(kind="vote"), "steps.2.lesson must be a text of 1 to 80 characters"),
        (with_step(kind="vote", vote={"question": "?", "options": ["a"]}), "steps.2.option_count must be 2 to 6, got 1"),
        (with_step(kind="vote", vote={"question": "?", "options": "ab"}), "steps.2.options must be a list"),
        (with_step(kind="vote", vote={"question": {}}), "steps.2.question must be a text"),
        (with_step(kind="vote", vote=[]), "steps.2.vote must be an object"),
        (with_step(kind="goal"), "steps.2.goal must be given for this step"),
        (with_step(kind="goal", goal={"goal": "speed:1", "start": {}}), "steps.2.goal must be accuracy:0.95 or loss:0.2"),
        (with_step(kind="goal", goal={"goal": "loss:0.2", "start": {"hidden": "x"}}), "steps.2.hidden must be"),
        (with_step(kind="goal", goal={"goal": "loss:0.2"}), "steps.2.start must be an object"),
        (with_step(kind="experiment", page=[]), "steps.2.link must be the address of a page"),
        (with_step(kind="experiment", query={"a": 1}), "steps.2.link must be the address of a page"),
        (with_step(kind="experiment", query={"a": "1" * MAX_LINK}), f"steps.2.link must be a text of 0 to {MAX_LINK} characters"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        Plan.from_json(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


_ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "goal", "start", "question", "a"]), inner, max_size=3)
), max_leaves=9)  # fmt: skip


@hypothesis_settings(max_examples=CASES)
@given(st.dictionaries(st.sampled_from([*Step.__dataclass_fields__, "x"]), _ANY), st.sampled_from(KINDS))
def test_fuzz_any_step_of_a_file_is_taken_or_told(step: dict[str, Any], kind: str) -> None:
    try:
        plan = Plan.from_json(json.dumps(json.loads(HOUR.to_json()) | {"steps": [{"kind": kind} | step]}))
    except SettingError:
        return
    assert Plan.from_json(plan.to_json()) == plan


def test_what_is_written_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = Step("experiment", query={"points": "x" * (MAX_LINK - 6)}, note="한" * 500)
    largest = Plan("x", (experiment,) * MOST_STEPS)
    assert Plan.from_json(largest.to_json()) == largest
    monkeypatch.setattr(plans, "MAX_FILE", 1000)
    with pytest.raises(SettingError, match="plan must be a text of 1 to 1000 characters"):
        largest.to_json()


# In a room.


def test_a_room_from_before_there_were_plans_has_none() -> None:
    before = RoomState().to_dict()
    del before["plan"], before["step"], before["until"]
    state = RoomState.from_dict(before)
    assert (state.plan, state.step, state.until) == ("", -1, None)


def test_a_room_keeps_its_place_in_the_plan_through_activities() -> None:
    state = RoomState().at_step("abc", 2).begin(vote=VOTE.vote).moved(1, "talk").led("search", {})
    assert (state.plan, state.step) == ("abc", 2)
    assert RoomState.from_dict(json.loads(json.dumps(state.to_dict()))) == state


# In the store.


def test_plans_belong_to_a_shelf_and_are_found_by_their_ids(store: RunStore) -> None:
    teacher, other = new_id(), new_id()
    first, second = store.add_plan(teacher, "1"), store.add_plan(teacher, "2")
    assert list(store.plans(teacher).items()) == [(first, "1"), (second, "2")]
    assert store.plans(other) == {}
    assert store.plan(first) == "1"
    assert store.plan("no such plan") is None


def test_only_its_own_shelf_changes_or_deletes_a_plan(store: RunStore) -> None:
    teacher, other = new_id(), new_id()
    plan = store.add_plan(teacher, "1")
    store.keep_plan(other, plan, "stolen")
    store.delete_plan(other, plan)
    assert (store.plan(plan), store.plans(other)) == ("1", {})
    store.keep_plan(teacher, plan, "2")
    assert store.plan(plan) == "2"
    store.delete_plan(teacher, plan)
    assert store.plan(plan) is None
    store.keep_plan(teacher, plan, "2")  # undone
    assert store.plans(teacher) == {plan: "2"}


def test_a_shelf_holds_so_many_plans(store: RunStore) -> None:
    teacher = new_id()
    for number in range(MAX_PLANS):
        store.add_plan(teacher, str(number))
    with pytest.raises(ValueError, match=f"at most {MAX_PLANS} plans"):
        store.add_plan(teacher, "one more")
    assert len(store.plans(teacher)) == MAX_PLANS
    assert store.add_plan(new_id(), "another's")
