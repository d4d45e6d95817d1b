"""What the class shall do next: a vote on a lesson's question or the teacher's own, a goal, or a drawing."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages.lessons import drawing
from pages.lessons.lessons import LESSONS
from pages.room import forms, moves, words
from pages.ui.text import _, escaped, explain_value, parameter_label
from pages.ui.visit import experiment
from server.rooms import Look
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import MAX_LOSS, Curve, usual_top
from spiral_core.classroom.goals import FREE
from spiral_core.losses import chance
from spiral_core.marking import N_
from spiral_core.rules import SettingError

KINDS = {"vote": N_("A vote"), "goal": N_("A goal"), "draw": N_("A drawing")}
_PROBLEM = "room_asking_problem"
# How the parts of a vote and a goal are called where one is refused.
_LABELS = {
    "question": N_("The question"), "options": N_("The answers"), "option_count": N_("The number of answers"), "accuracy": N_("The accuracy"), "loss": N_("The loss"),
    "weights": N_("Weights"), "iterations": N_("Iterations"), "minutes": N_("Minutes"), "top": N_("Highest loss on the axis"),
}  # fmt: skip


def show(look: Look) -> None:
    st.subheader(_("What next?"), anchor=False)
    kinds = {kind: _(text) for kind, text in KINDS.items()}
    kind = st.segmented_control(
        _("What next?"), list(kinds), default="vote", key="room_kind", format_func=kinds.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if kind == "goal":
        _goal(look)
    elif kind == "draw":
        _drawing(look)
    else:
        _vote(look)
    problem = st.session_state.pop(_PROBLEM, "")
    if problem:
        st.error(escaped(problem), icon=":material/error:")


# A vote.


def _vote(look: Look) -> None:
    titles = {"": _("your own"), **words.lesson_titles()}
    lesson = st.selectbox(_("Question"), list(titles), key="room_lesson", format_func=titles.__getitem__)
    if lesson:
        st.markdown(f"**{_(LESSONS[lesson].question)}**")
        st.markdown("  \n".join(words.lettered([_(option.text) for option in LESSONS[lesson].options]).values()))
    else:
        forms.question("room")
    st.button(_("Open the vote"), key="room_vote", type="primary", icon=":material/how_to_vote:", on_click=_open_vote, args=(look,))


def _open_vote(look: Look) -> None:
    lesson = st.session_state.get("room_lesson", "")
    try:
        vote = words.vote_of_lesson(lesson) if lesson else forms.own_vote("room")
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, vote=vote)


def _refuse(error: SettingError) -> None:
    st.session_state[_PROBLEM] = explain_value(_(_LABELS.get(error.field, error.field)), error)


# A goal.


def _goal(look: Look) -> None:
    forms.target("room")
    places = st.columns(3)
    forms.limit(places[0], _("Weights at most"), "room_weights")
    forms.limit(places[1], _("Iterations at most"), "room_iterations")
    forms.limit(places[2], _("Minutes"), "room_minutes")
    names = {name: parameter_label(name) for name in FREE if name not in ("after", "edits")}
    st.multiselect(
        _("Only these may be changed"),
        list(names),
        key="room_free",
        format_func=names.__getitem__,
        placeholder=_("all but the data"),
    )
    st.button(_("Set the goal"), key="room_goal", type="primary", icon=":material/flag:", on_click=_set_goal, args=(look,))


def _set_goal(look: Look) -> None:
    given = st.session_state
    try:
        goal = forms.goal("room", given.get("room_minutes"), tuple(given.get("room_free", ())))
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, goal=goal)


# A drawing.


def _drawing(look: Look) -> None:
    whats = {"loss": _("Loss curve"), "borders": _("Decision boundary")}
    lessons = {name: title for name, title in words.lesson_titles().items() if LESSONS[name].draws}
    titles = {"": _("the experiment on your Playground"), **lessons}
    lesson = st.selectbox(_("Of which run"), list(titles), key="room_curve", format_func=titles.__getitem__)
    if not lesson:
        left, right = st.columns(2)
        what = left.selectbox(_("What they draw"), list(whats), key="room_draws", format_func=whats.__getitem__)
        if what != "borders":
            right.number_input(
                _(_LABELS["top"]), 0.1, MAX_LOSS, usual_top(_guessing()), step=0.5, key="room_top", format="%g",
                help=_("Room for a run that gets worse than guessing. The axis begins at 0."),
            )  # fmt: skip
    with suppress(SettingError):
        st.markdown(words.to_draw(_task(lesson)))
    st.button(_("Let them draw"), key="room_draw", type="primary", icon=":material/draw:", on_click=_open_drawing, args=(look,))


def _guessing() -> float:
    settings = experiment.current()
    return chance(settings.loss, settings.data.class_count)


def _task(lesson: str) -> Curve | Plane:
    """What is asked for, as chosen. Raises SettingError."""
    if lesson:
        return drawing.task_of(lesson, LESSONS[lesson])
    if st.session_state.get("room_draws") == "borders":
        return Plane(experiment.current())
    return Curve(experiment.current(), st.session_state.get("room_top", usual_top(_guessing())))


def _open_drawing(look: Look) -> None:
    try:
        task = _task(st.session_state.get("room_curve", ""))
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, drawing=task)
