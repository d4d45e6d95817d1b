"""What the class shall do next: a vote on a lesson's question or the teacher's own, a goal, or a drawing."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages.lessons import drawing
from pages.lessons.lessons import LESSONS
from pages.room import moves, words
from pages.ui.text import _, explain_value, parameter_label
from pages.ui.visit import experiment
from server.rooms import Look
from spiral_core.classroom.drawings import MAX_LOSS, Curve, usual_top
from spiral_core.classroom.goals import FREE, Goal
from spiral_core.classroom.votes import MAX_OPTION, MAX_QUESTION, MOST_OPTIONS, Vote
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
        st.error(problem, icon=":material/error:")


# A vote.


def _vote(look: Look) -> None:
    titles = {"": _("your own"), **{name: f"{number}. {_(each.title)}" for number, (name, each) in enumerate(LESSONS.items(), 1)}}
    lesson = st.selectbox(_("Question"), list(titles), key="room_lesson", format_func=titles.__getitem__)
    if lesson:
        st.markdown(f"**{_(LESSONS[lesson].question)}**")
        st.markdown("  \n".join(words.lettered([_(option.text) for option in LESSONS[lesson].options]).values()))
    else:
        st.text_area(_("Your question"), key="room_question", max_chars=MAX_QUESTION, height=80)
        st.text_area(
            _("Answers, one a line; none: a number is asked for"), key="room_options",
            max_chars=MOST_OPTIONS * (MAX_OPTION + 1), height=120,
        )  # fmt: skip
    st.button(_("Open the vote"), key="room_vote", type="primary", icon=":material/how_to_vote:", on_click=_open_vote, args=(look,))


def _open_vote(look: Look) -> None:
    lesson = st.session_state.get("room_lesson", "")
    try:
        if lesson:
            vote = Vote(lesson=lesson, choices=len(LESSONS[lesson].options))
        else:
            lines = str(st.session_state.get("room_options", "")).splitlines()
            options = tuple(line.strip() for line in lines if line.strip())
            vote = Vote(str(st.session_state.get("room_question", "")).strip(), options)
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, vote=vote)


def _refuse(error: SettingError) -> None:
    st.session_state[_PROBLEM] = explain_value(_(_LABELS.get(error.field, error.field)), error)


# A goal.


def _goal(look: Look) -> None:
    st.caption(_("About the experiment on your Playground: its data are the goal's, its settings the start."))
    first, second = st.columns(2)
    measures = {"accuracy": _("accuracy at least"), "loss": _("loss at most")}
    measure = first.selectbox(_("Reach"), list(measures), key="room_measure", format_func=measures.__getitem__)
    if measure == "accuracy":
        second.number_input(_("in %"), 1.0, 100.0, 95.0, step=1.0, key="room_accuracy", format="%g")
    else:
        second.number_input(_("Loss"), 0.0, 100.0, 0.2, step=0.05, key="room_loss", format="%g")
    limits = st.columns(3)
    limits[0].number_input(_("Weights at most"), 1, None, None, key="room_weights", placeholder=_("any"))
    limits[1].number_input(_("Iterations at most"), 1, None, None, key="room_iterations", placeholder=_("any"))
    limits[2].number_input(_("Minutes"), 1, None, None, key="room_minutes", placeholder=_("any"))
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
    measure = given.get("room_measure", "accuracy")
    target = given["room_loss"] if measure == "loss" else given["room_accuracy"] / 100
    try:
        goal = Goal(
            measure, target, given.get("room_weights"), given.get("room_iterations"), given.get("room_minutes"),
            tuple(given.get("room_free", ())), experiment.current(),
        )  # fmt: skip
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, goal=goal)


# A drawing.


def _drawing(look: Look) -> None:
    lessons = {name: f"{number}. {_(each.title)}" for number, (name, each) in enumerate(LESSONS.items(), 1) if each.draws}
    titles = {"": _("the experiment on your Playground"), **lessons}
    lesson = st.selectbox(_("The loss of"), list(titles), key="room_curve", format_func=titles.__getitem__)
    if not lesson:
        st.number_input(
            _(_LABELS["top"]), 0.1, MAX_LOSS, usual_top(_guessing()), step=0.5, key="room_top", format="%g",
            help=_("Room for a run that gets worse than guessing. The axis begins at 0."),
        )  # fmt: skip
    with suppress(SettingError):
        st.markdown(words.to_draw(_curve(lesson)))
    st.button(_("Let them draw"), key="room_draw", type="primary", icon=":material/draw:", on_click=_open_drawing, args=(look,))


def _guessing() -> float:
    settings = experiment.current()
    return chance(settings.loss, settings.data.class_count)


def _curve(lesson: str) -> Curve:
    """What is asked for, as chosen. Raises SettingError."""
    if lesson:
        return drawing.curve_of(lesson, LESSONS[lesson])
    return Curve(experiment.current(), st.session_state.get("room_top", usual_top(_guessing())))


def _open_drawing(look: Look) -> None:
    try:
        curve = _curve(st.session_state.get("room_curve", ""))
    except SettingError as error:
        _refuse(error)
    else:
        moves.begin(look, curve=curve)
