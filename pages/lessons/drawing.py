"""In some lessons the reader draws what the run in question will do, its loss or its borders, before it is shown, and then sees the gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.lessons import figures
from pages.lessons.lesson import Lesson
from pages.ui.charts import bordered, component, drawn
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped, explain_value
from pages.ui.visit import course
from pages.ui.widgets import sketching
from server.training.pictures import area
from server.training.view import View
from spiral_core.classroom.borders import Plane, miss
from spiral_core.classroom.drawings import Curve, gap
from spiral_core.rules import SettingError
from spiral_core.run import Run


def task_of(key: str, lesson: Lesson, seed: int = 0) -> Curve | Plane:
    """What a lesson lets draw."""
    assert lesson.draws
    _name, settings = lesson.runs(seed)[lesson.draws.run]
    return Plane(settings, key) if lesson.draws.top is None else Curve(settings, lesson.draws.top, key)


def ask(key: str, lesson: Lesson) -> None:
    """One switch; behind it the place to draw. What is drawn is kept as soon as the hand lifts."""
    if not lesson.draws:
        return
    own = course.drawing(key)
    if not st.toggle(_("Draw what you expect first"), bool(own), key=f"lessons_draws_{key}"):
        return
    task = task_of(key, lesson)
    st.markdown(f"**{_(lesson.draws.text)}** {sketching.how(task)}")
    refused = f"lessons_drawing_refused_{key}"
    if problem := st.session_state.pop(refused, ""):
        st.warning(escaped(problem))

    def keep(points: list[Any]) -> None:
        try:
            if points:
                course.note_drawing(key, task.read(points))
            else:
                course.forget_drawing(key)
        except SettingError as error:
            st.session_state[refused] = explain_value(_("The drawing"), error)

    sketching.show(task, key, own, keep, key=f"lessons_drawing_{key}")


def curves(key: str, lesson: Lesson, named: Sequence[tuple[str, Run]]) -> None:
    """The loss curves of a lesson, with what was drawn, and how far that is from the run that it was about."""
    shown, own = figures.curves(named, look()), sketching.curve_of(course.drawing(key))
    said = ""
    if own and lesson.draws and lesson.draws.top is not None:
        _name, run = named[lesson.draws.run]
        last = run.settings.last_iteration
        shown["data"].append(drawn.drawn_line(own, last, look()))
        said = f"**{_(lesson.draws.text)}** {drawn.describe_gap(gap(own, run.history, last), lesson.draws.top)}"
    component.static(shown, key=f"lessons_curves_{key}", alt=figures.describe_curves(named))
    if said:
        st.info(said, icon=":material/draw:")


def borders(key: str, lesson: Lesson, views: Sequence[View]) -> None:
    """What was drawn on the plane over what the net says there, and how far apart they are; nothing where nothing was drawn."""
    own = sketching.lines_of(course.drawing(key)) if lesson.draws and lesson.draws.top is None else None
    if own is None or lesson.draws is None:
        return
    view = views[lesson.draws.run]
    found = miss(own, view.run.network_at(), area(view.run.settings.data))
    st.info(f"**{_(lesson.draws.text)}** {bordered.describe_miss(found)}", icon=":material/draw:")
    component.static(bordered.shown(view, own, None, look()), key=f"lessons_borders_{key}", alt=bordered.describe_shown(None))
