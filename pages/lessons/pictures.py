"""What the runs of a lesson show: their numbers, and the picture that the lesson is about."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.lessons import drawing, figures
from pages.lessons.lesson import Lesson
from pages.lessons.measures import MEASURES, check_errors
from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _
from pages.ui.text.checks import BUG_NAMES, VERDICT_NAMES
from server.training.view import View
from spiral_core.analysis.gradient_lab import verdict
from spiral_core.run import Run


def show(key: str, lesson: Lesson, names: Sequence[str], views: Sequence[View]) -> None:
    """The numbers of the runs, and the picture that the lesson is about."""
    trained = [view.run for view in views]
    if lesson.measures:
        _table(lesson, names, trained)
    if lesson.shows == "trials":
        component.gallery(figures.trials(trained, look()), key=f"lessons_trials_{key}")
        st.markdown(figures.describe_trials(trained))
    elif lesson.shows == "check":
        _check(trained[0])
    elif lesson.shows == "first_losses":
        alt = figures.describe_first_losses(trained)
        component.static(figures.first_losses(trained, look()), key=f"lessons_first_losses_{key}", alt=alt)
    elif lesson.shows == "curves":
        drawing.curves(key, lesson, list(zip(names, trained, strict=True)))
    else:
        component.gallery(figures.boundaries(views, names, look()), key=f"lessons_gallery_{key}")
        drawing.borders(key, lesson, views)


def _table(lesson: Lesson, names: Sequence[str], runs: Sequence[Run]) -> None:
    columns = {_(MEASURES[name].title): MEASURES[name] for name in lesson.measures}
    rows = {title: [measure.value(run) for run in runs] for title, measure in columns.items()}
    st.dataframe(
        pd.DataFrame({_("run"): names} | rows), hide_index=True, height="content",
        column_config={title: st.column_config.NumberColumn(format=measure.form) for title, measure in columns.items()},
        alt=_("The results of this lesson's runs."),
    )  # fmt: skip


def _check(run: Run) -> None:
    errors = check_errors(run)
    rows = [
        {
            _("gradient"): _(BUG_NAMES[bug or "none"]),
            _("worst relative error"): f"{error:.1e}",
            _("verdict"): _(VERDICT_NAMES[verdict(error)]),
        }
        for bug, error in errors.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=_("The gradient check with each bug."))
