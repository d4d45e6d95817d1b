"""In a lesson about curves: the reader draws what the run in question will do, before it is shown, and then sees the gap."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.lessons.lesson import Lesson
from pages.ui.charts import drawn
from pages.ui.text import _, explain
from pages.ui.visit import course
from pages.ui.widgets import sketching
from spiral_core.classroom.drawings import Curve, gap, resampled
from spiral_core.rules import SettingError
from spiral_core.run import Run


def curve_of(key: str, lesson: Lesson, seed: int = 0) -> Curve:
    """The run that a lesson lets draw."""
    assert lesson.draws
    _name, settings = lesson.runs(seed)[lesson.draws.run]
    return Curve(settings, lesson.draws.top, key)


def ask(key: str, lesson: Lesson) -> None:
    """One switch; behind it the axes. What is drawn is kept as soon as the hand lifts."""
    if not lesson.draws:
        return
    own = course.drawing(key)
    if not st.toggle(_("Draw what you expect first"), own is not None, key=f"lessons_draws_{key}"):
        return
    curve = curve_of(key, lesson)
    st.markdown(f"**{_(lesson.draws.text)}** {sketching.how()}")
    points = sketching.show(curve, key, own, key=f"lessons_drawing_{key}")
    if points is None:
        return
    if not points:
        course.forget_drawing(key)
        return
    try:
        course.note_drawing(key, resampled(points, curve.settings.last_iteration))
    except SettingError as error:
        st.warning(explain(error))


def said(key: str, lesson: Lesson, runs: Sequence[Run]) -> str:
    """The gap between what was drawn and what happened; empty where nothing was drawn."""
    own = course.drawing(key)
    if not (own and lesson.draws):
        return ""
    run = runs[lesson.draws.run]
    found = gap(own, run.history, run.settings.last_iteration)
    return f"**{_(lesson.draws.text)}** {drawn.describe_gap(found, lesson.draws.top)}"
