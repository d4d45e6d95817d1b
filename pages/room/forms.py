"""The fields of a vote and of a goal, for a class that begins one now and for a step of a plan."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import experiment
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.votes import MAX_OPTION, MAX_QUESTION, MOST_OPTIONS, Vote


def question(key: str) -> None:
    """A question of the teacher's own; key: how the keys of the fields begin."""
    st.text_area(_("Your question"), key=f"{key}_question", max_chars=MAX_QUESTION, height=80)
    st.text_area(
        _("Answers, one a line; none: a number is asked for"), key=f"{key}_options",
        max_chars=MOST_OPTIONS * (MAX_OPTION + 1), height=120,
    )  # fmt: skip


def own_vote(key: str) -> Vote:
    """What the fields of `question` say. Raises SettingError."""
    given = st.session_state
    lines = str(given.get(f"{key}_options", "")).splitlines()
    options = tuple(line.strip() for line in lines if line.strip())
    return Vote(str(given.get(f"{key}_question", "")).strip(), options)


def target(key: str) -> None:
    """What is to be reached, about the experiment on the screen."""
    st.caption(_("About the experiment on your Playground: its data are the goal's, its settings the start."))
    first, second = st.columns(2)
    measures = {"accuracy": _("accuracy at least"), "loss": _("loss at most")}
    if first.selectbox(_("Reach"), list(measures), key=f"{key}_measure", format_func=measures.__getitem__) == "accuracy":
        second.number_input(_("in %"), 1.0, 100.0, 95.0, step=1.0, key=f"{key}_accuracy", format="%g")
    else:
        second.number_input(_("Loss"), 0.0, 100.0, 0.2, step=0.05, key=f"{key}_loss", format="%g")


def limit(place: Any, label: str, key: str) -> None:
    """The most that is allowed of something, or nothing."""
    place.number_input(label, 1, None, None, key=key, placeholder=_("any"))


def goal(key: str, minutes: int | None = None, free: tuple[str, ...] = ()) -> Goal:
    """What the fields of `target` and the limits on weights and iterations say. Raises SettingError."""
    given = st.session_state
    measure = given.get(f"{key}_measure", "accuracy")
    reached = given[f"{key}_loss"] if measure == "loss" else given[f"{key}_accuracy"] / 100
    limits = given.get(f"{key}_weights"), given.get(f"{key}_iterations")
    return Goal(measure, reached, *limits, minutes, free, experiment.current())
