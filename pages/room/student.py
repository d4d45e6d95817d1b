"""What a student of a class sees: the vote, the drawing or the goal that is on, alone and before anybody else's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.room import pictures, words
from pages.ui.text import _, escaped, explain_value, goals, thousands
from pages.ui.visit import address, experiment, navigation, room, saved
from pages.ui.visit.state import visit
from pages.ui.widgets import sketching
from server import rooms
from server.refusals import Refusal, RoomError
from server.rooms import Look
from server.services import services
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.votes import MOST, Vote
from spiral_core.rules import SettingError
from spiral_core.store.database import StoreError
from spiral_core.store.works import Work

_PROBLEM = "room_answer_problem"


def show(look: Look) -> None:
    st.header(_("Class {code}").format(code=rooms.code_text(look.room.code)), anchor=False)
    saved.show_problems()
    state, handed_in = look.state, pictures.works_of(look)
    if state.vote:
        _vote(look, state.vote)
    elif state.goal:
        _goal(look, state.goal, handed_in)
    elif state.drawing:
        _drawing(look, state.drawing)
    else:
        st.info(
            _("You are in. Look at the screen; what the class does next appears here by itself."), icon=":material/check_circle:"
        )
    _handed_in([work for work in handed_in if work.member == room.member(look)])


def _given(look: Look) -> str | None:
    """What this browser has answered or drawn."""
    try:
        return services().rooms.answer_of(look, saved.own_shelf())
    except StoreError:
        return None


def _told_problem() -> bool:
    """Say why what was sent last could not be taken, if it could not."""
    problem = st.session_state.pop(_PROBLEM, "")
    if problem:
        st.warning(escaped(problem), icon=":material/error:")
    return bool(problem)


# The vote.


def _vote(look: Look, vote: Vote) -> None:
    state = look.state
    st.subheader(words.question(vote), anchor=False)
    given = _given(look)
    _told_problem()
    if state.round_open:
        if state.round_open == 2:
            st.markdown(_("The second vote: answer again, whether you changed your mind or not."))
        _ask(look, vote, given)
        return
    if given is not None:
        st.markdown(_("Your answer: {answer}").format(answer=words.answer(vote, given)))
    if state.stage == "talk":
        st.info(
            _("The vote is closed. Turn to your neighbour: which answer is right, and why? Then you vote again."),
            icon=":material/forum:",
        )
    elif state.stage == "closed":
        st.info(_("The vote is closed. Look at the screen."), icon=":material/how_to_vote:")
    else:
        pictures.tallies(look, vote)


def _ask(look: Look, vote: Vote, given: str | None) -> None:
    """The answers, of which one is sent; it can be changed until the vote is closed."""
    key = f"room_answer_{look.state.activity}_{look.state.round_open}"
    texts = words.options(vote)
    value: float | None
    if texts:
        named = words.lettered(texts)
        value = st.radio(
            _("Your answer"), list(named), index=None if given is None else int(given), key=key, format_func=named.__getitem__,
            label_visibility="collapsed",
        )  # fmt: skip
    else:
        value = st.number_input(
            _("Your answer"), -MOST, MOST, None if given is None else float(given), step=None, format="%g", key=key
        )
    st.button(
        _("Send my answer") if given is None else _("Change my answer"), key="room_send", type="primary",
        icon=":material/how_to_vote:", disabled=value is None, on_click=_send, args=(look, key),
    )  # fmt: skip
    if given is not None:
        said = _("Sent: {answer}. You can change it until the vote is closed. Nobody sees who answered what.")
        st.success(said.format(answer=words.answer(vote, given)), icon=":material/check:")


def _send(look: Look, key: str) -> None:
    _give(look, st.session_state[key], _("The answer"))


def _give(look: Look, value: object, name: str) -> None:
    """Send an answer or a drawing; why it could not be is told when the page is drawn."""
    try:
        services().rooms.answer(look, saved.own_shelf(), value)
    except SettingError as error:
        problem = explain_value(name, error)
    except RoomError as error:
        late = look.state.drawing and error.refusal is Refusal.STAGE
        problem = _("The drawing was closed before yours came in.") if late else room.text(error.refusal)
    except StoreError as error:
        problem = _("Your answer could not be saved: {reason}. Send it again.").format(reason=_(error.reason.value))
    else:
        return
    st.session_state[_PROBLEM] = problem


# The drawing.


def _drawing(look: Look, task: Curve | Plane) -> None:
    st.subheader(words.to_draw(task), anchor=False)
    given = _given(look)
    if look.state.round_open:
        _draw(look, task, given or "")
        return
    _told_problem()
    if look.state.stage == "shown":
        pictures.drawings(look, task)
    else:
        text = _("Your drawing is in. Look at the screen.") if given else _("The drawing is closed. Look at the screen.")
        st.info(text, icon=":material/draw:")


def _draw(look: Look, task: Curve | Plane, given: str) -> None:
    """The place to draw; what is drawn is sent as soon as the hand lifts, and can be drawn again until the drawing is closed."""
    st.markdown(sketching.how(task))
    of = f"{look.room.id} {look.state.activity}"

    def keep(points: list[Any]) -> None:
        if points:
            _give(look, points, _("The drawing"))

    sketching.show(task, of, given, keep, key="room_sketch")
    if not _told_problem() and given:
        text = _("Sent. You can draw again until the drawing is closed; what you drew last counts. Nobody sees who drew what.")
        st.success(text, icon=":material/check:")


# The goal.


def _goal(look: Look, goal: Goal, handed_in: Sequence[Work]) -> None:
    st.subheader(goals.target(goal), anchor=False)
    limits = goals.limits(goal, look.state.until)
    if limits:
        st.markdown("\n".join(f"- {limit}" for limit in limits))
    best = visit().goal_best
    if best is not None:
        st.markdown(_("Your best run on these terms so far: **{value}**.").format(value=goals.amount(goal, best)))
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Work on it in the Playground"), key="room_work", type="primary", icon=":material/play_circle:",
            on_click=_work, args=(goal,),
        )  # fmt: skip
    pictures.cloud(look, goal, handed_in)


def _work(goal: Goal) -> None:
    """To the Playground; where the experiment on the screen is about other data, with the goal's own."""
    if experiment.current().data.replace(seed=0) != goal.start.data.replace(seed=0):
        address.open_query("", address.query_of(goal.start))
    navigation.go("")


def _handed_in(works: Sequence[Work]) -> None:
    """What this browser has handed in, with the receipts."""
    if not works:
        return
    st.subheader(_("Handed in"), anchor=False)
    rows = []
    for number, work in enumerate(works, 1):
        rows.append({
            _("work"): number, _("receipt"): work.id, _("weights"): thousands(work.settings.parameter_count),
            _("note"): work.note, _("judged"): pictures.verdict(work),
        })  # fmt: skip
    st.dataframe(rows, hide_index=True, height="content", alt=_("What you handed in, with receipts."))
