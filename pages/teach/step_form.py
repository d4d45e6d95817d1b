"""The form for one more step of a plan."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from pages.room import forms, plan_steps, words
from pages.ui.text import _, escaped
from pages.ui.visit import address, navigation, room, saved
from spiral_core.classroom.plans import MAX_NOTE, MINUTES, Step
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
        titles = words.lesson_titles()
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
        st.error(escaped(problem), icon=":material/error:")


def _vote() -> None:
    titles = words.lesson_titles() | {"": _("your own")}
    lesson = st.selectbox(_("Question"), list(titles), key="plans_vote_lesson", format_func=titles.__getitem__)
    if not lesson:
        forms.question("plans")


def _goal() -> None:
    forms.target("plans")
    first, second = st.columns(2)
    forms.limit(first, _("Weights at most"), "plans_weights")
    forms.limit(second, _("Iterations at most"), "plans_iterations")


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
        return Step("vote", minutes, note, vote=forms.own_vote("plans"))
    if kind == "goal":
        return Step("goal", minutes, note, goal=forms.goal("plans"))
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
