"""In a lesson about curves: the reader draws what the run in question will do, before it is shown, and then sees the gap."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.lessons import figures
from pages.lessons.lesson import Lesson
from pages.ui.charts import component, drawn
from pages.ui.charts.theme import look
from pages.ui.text import _, explain_value
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
        st.warning(explain_value(_("The drawing"), error))


def curves(key: str, lesson: Lesson, named: Sequence[tuple[str, Run]]) -> None:
    """The loss curves of a lesson, with what was drawn, and how far that is from the run that it was about."""
    shown, own = figures.curves(named, look()), course.drawing(key)
    said = ""
    if own and lesson.draws:
        _name, run = named[lesson.draws.run]
        last = run.settings.last_iteration
        shown["data"].append(drawn.drawn_line(own, last, look()))
        said = f"**{_(lesson.draws.text)}** {drawn.describe_gap(gap(own, run.history, last), lesson.draws.top)}"
    component.static(shown, key=f"lessons_curves_{key}", alt=figures.describe_curves(named))
    if said:
        st.info(said, icon=":material/draw:")
