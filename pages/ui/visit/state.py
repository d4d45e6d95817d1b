"""All that the server remembers of one visit beside the values of widgets: one object in Streamlit's session state."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.visit.presets import START
from pages.ui.visit.rules import Rules
from pages.ui.visit.teacher_form import TeacherForm
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.plans import Plan
from spiral_core.rules import SettingError
from spiral_core.settings import Settings

_KEY = "visit"


class Shown(NamedTuple):
    """Which widget of a control is on the screen: it is replaced, never written to (see `widgets/keyed.py`)."""

    generation: int
    value: object  # that it showed when it was new
    shape: tuple[object, ...]  # language and options: where they change, the widget is replaced too


@dataclass
class Visit:
    """The state of one visit; each field belongs to the module named beside it."""

    # experiment
    settings: Settings = START
    before: list[Settings] = field(default_factory=list)  # what undo brings back, the latest last
    custom_points: str = ""  # the custom points that were used last, packed
    hidden: tuple[int, ...] = START.hidden  # the hidden layers before "Linear" was chosen
    control_error: SettingError | None = None
    consents: set[Settings] = field(default_factory=set)  # long runs that were agreed to
    began: float = -math.inf  # when the page waited last for a run that was not there
    training_on: bool = False  # before the reader's eyes, picture by picture (`stepwise`)
    pace: int = 10  # iterations from one of these pictures to the next
    iterations_before: int = 0  # of the experiment before that, which a run that ends by itself gets back
    branch_at: tuple[Settings, int] | None = None  # a run, and the iteration from which its next phase is to begin
    files_asked: set[Settings] = field(default_factory=set)  # runs that are trained again for their files
    # address
    language: str = "en"
    language_chosen: bool = False
    language_on_screen: str = ""  # the one in which the page was shown last
    address: tuple[str, dict[str, str]] | None = None  # the page and the query written last; None before the first run
    link_errors: list[str] = field(default_factory=list)
    # teacher_link
    rules: Rules | None = None  # None before the address has been read
    base: Settings = START  # what the link opened
    form: TeacherForm = field(default_factory=TeacherForm)
    # saved
    own_shelf: str = ""
    shared_shelf: str = ""  # the share token of the shelf on show; empty: the browser's own shelf
    not_saved: str = ""  # why the last saving failed
    kept_points: set[str] = field(default_factory=set)
    notes: dict[str, str] | None = None
    # navigation
    destination: str | None = None  # the page that a button sends to, by its place in the address
    # inside, course
    part: str = ""
    iteration: int | None = None
    lesson: str = ""
    # room
    room: str = ""  # the id of the class's room; empty: none
    room_code: str = ""
    room_problem: str = ""  # why the last attempt to join failed, or that the class was closed
    screen: bool = False  # the page is shown to the class on a projector
    follows: bool = False  # goes along where the teacher leads
    guided: int = 0  # the number of the teacher's last call that was seen
    news: str = ""  # of the room, when the page was drawn last
    goal: Goal | None = None  # of a link
    goal_best: float | None = None  # what a run on the goal's terms came to at best
    # tour
    tour: int = 0  # the step of the first path on the screen, from 1; 0: none
    # plans
    plans_before: list[tuple[str, Plan]] = field(default_factory=list)  # what undo brings back, the latest last: ids and plans
    # charts
    heard: dict[str, int] = field(default_factory=dict)  # by the chart's key: the number of the reader's last move on it
    # keyed
    shown: dict[str, Shown] = field(default_factory=dict)


_latest = threading.local()  # the script that runs in this thread, and its visit: asked for some hundred times a page


def visit() -> Visit:
    """The visit of the browser tab that the script runs for."""
    script = get_script_run_ctx(suppress_warning=True)
    if script is None or getattr(_latest, "script", None) is not script:
        found: Visit | None = st.session_state.get(_KEY)
        if found is None:
            found = st.session_state[_KEY] = Visit()
        _latest.script, _latest.visit = script, found
    latest: Visit = _latest.visit
    return latest


def language() -> str:
    """The language of the visit; English where there is none."""
    return visit().language if get_script_run_ctx(suppress_warning=True) else "en"
