"""The form for one more step of a plan."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from pages.lessons.lessons import LESSONS
from pages.room import plan_steps
from pages.ui.text import _
from pages.ui.visit import address, experiment, navigation, room, saved
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.plans import MAX_NOTE, MINUTES, Step
from spiral_core.classroom.votes import MAX_OPTION, MAX_QUESTION, MOST_OPTIONS, Vote
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError

_PROBLEM = "plans_step_problem"
_OWN_LINK = Rule("link", N_("the address of a page of this app"))
_NOT_LED = {"lang", "shelf", "embed", "embed_options", *room.PARAMETERS}  # of an address: what is the teacher's alone


def show(add: Callable[[Step], None]) -> None:
    """What the step is, and the button by which it is added."""
    kinds = {kind: _(text) for kind, text in plan_steps.KINDS.items()}
    kind = st.segmented_control(
        _("Kind"), list(kinds), default="vote", key="plans_kind", format_func=kinds.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if kind == "vote":
        _vote()
    elif kind == "lesson":
        titles = _titles()
        st.selectbox(_("Which lesson"), list(titles), key="plans_lesson", format_func=titles.__getitem__)
    elif kind == "goal":
        _goal()
    elif kind == "experiment":
        st.text_input(
            _("Link"), key="plans_link", placeholder=_("empty: the experiment on your Playground"),
            help=_("Open what the class shall see, copy the address of that page, and paste it here."),
        )  # fmt: skip
    st.text_area(_("Note, for you alone"), key="plans_note", max_chars=MAX_NOTE, height=80)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(_("Minutes"), MINUTES.low, MINUTES.high, 5, key="plans_minutes", width=140)
        st.button(_("Add it"), key="plans_add", type="primary", icon=":material/add:", on_click=_add, args=(add,))
    problem = st.session_state.pop(_PROBLEM, "")
    if problem:
        st.error(problem, icon=":material/error:")


def _titles() -> dict[str, str]:
    return {name: f"{number}. {_(lesson.title)}" for number, (name, lesson) in enumerate(LESSONS.items(), 1)}


def _vote() -> None:
    titles = _titles() | {"": _("your own")}
    lesson = st.selectbox(_("Question"), list(titles), key="plans_vote_lesson", format_func=titles.__getitem__)
    if not lesson:
        st.text_area(_("Your question"), key="plans_question", max_chars=MAX_QUESTION, height=80)
        st.text_area(
            _("Answers, one a line; none: a number is asked for"), key="plans_options",
            max_chars=MOST_OPTIONS * (MAX_OPTION + 1), height=120,
        )  # fmt: skip


def _goal() -> None:
    st.caption(_("About the experiment on your Playground: its data are the goal's, its settings the start."))
    first, second = st.columns(2)
    measures = {"accuracy": _("accuracy at least"), "loss": _("loss at most")}
    if first.selectbox(_("Reach"), list(measures), key="plans_measure", format_func=measures.__getitem__) == "accuracy":
        second.number_input(_("in %"), 1.0, 100.0, 95.0, step=1.0, key="plans_accuracy", format="%g")
    else:
        second.number_input(_("Loss"), 0.0, 100.0, 0.2, step=0.05, key="plans_loss", format="%g")
    first.number_input(_("Weights at most"), 1, None, None, key="plans_weights", placeholder=_("any"))
    second.number_input(_("Iterations at most"), 1, None, None, key="plans_iterations", placeholder=_("any"))


def _add(add: Callable[[Step], None]) -> None:
    given = st.session_state
    try:
        step = _step(str(given.get("plans_kind", "vote")))
    except SettingError as error:
        given[_PROBLEM] = plan_steps.problem(error)
    else:
        add(step)
        for name in ("plans_note", "plans_question", "plans_options", "plans_link"):
            given.pop(name, None)


def _step(kind: str) -> Step:
    """What the form says. Raises SettingError."""
    given = st.session_state
    minutes, note = given["plans_minutes"], str(given.get("plans_note", "")).strip()
    if kind == "lesson":
        return Step("lesson", minutes, note, lesson=given["plans_lesson"])
    if kind == "vote" and given.get("plans_vote_lesson"):
        return Step("vote", minutes, note, lesson=given["plans_vote_lesson"])
    if kind == "vote":
        lines = str(given.get("plans_options", "")).splitlines()
        options = tuple(line.strip() for line in lines if line.strip())
        return Step("vote", minutes, note, vote=Vote(str(given.get("plans_question", "")).strip(), options))
    if kind == "goal":
        measure = given.get("plans_measure", "accuracy")
        target = given["plans_loss"] if measure == "loss" else given["plans_accuracy"] / 100
        limits = given.get("plans_weights"), given.get("plans_iterations")
        return Step("goal", minutes, note, goal=Goal(measure, target, *limits, start=experiment.current()))
    if kind == "experiment":
        page, query = place_of(str(given.get("plans_link", "")))
        return Step("experiment", minutes, note, page=page, query=query)
    return Step("pause", minutes, note)


def place_of(text: str) -> tuple[str, dict[str, str]]:
    """The page and the query of an address of this app; empty: the experiment on the screen. Raises SettingError."""
    if not text.strip():
        return "", address.query_here("")
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        raise SettingError("link", _OWN_LINK, text) from None
    page = parts.path.rstrip("/").rpartition("/")[2] if not parts.path.endswith("/") else ""
    if parts.scheme not in ("http", "https", "") or page not in navigation.PAGES:
        raise SettingError("link", _OWN_LINK, text)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if short := query.get(address.SHORT):
        query = dict(parse_qsl(saved.link_of(short) or "", keep_blank_values=True))
    return page, {name: value for name, value in query.items() if name not in _NOT_LED}
