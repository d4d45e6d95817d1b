"""The Playground's chart, and below it what came of the run."""

from __future__ import annotations

import streamlit as st

from pages.playground import goal, loading, phases, status
from pages.ui.charts import component, confusion
from pages.ui.charts.netview import edits
from pages.ui.charts.theme import look
from pages.ui.text import _, ngettext, points_text, thousands
from pages.ui.visit import navigation
from pages.ui.widgets import diagnosis, downloads, share
from server.training.view import View
from spiral_core.export import script
from spiral_core.run import Run

LONGEST_SHOWN = 40_000  # characters of a script: one with many points of one's own is for the file alone


def show(view: View) -> None:
    """A run as far as it is."""
    with st.container():
        goal.show(view.run)
        status.show(view)
    if view.started:
        _chart(view)
    else:
        component.waiting(key="training")
    if view.run.finished:
        details(view)


def glimpse(view: View) -> None:
    """The chart of a run that will be finished in a moment; what is above and below it stays until then."""
    st.container()
    _chart(view, brief=True)


def _chart(view: View, brief: bool = False) -> None:
    asked = component.training(view, key="training", greets=True, net=True, goes_on=phases.may_change(), brief=brief)
    answer(view.run, asked)


def answer(run: Run, asked: component.Asked) -> None:
    """Do what the reader has asked for at the chart."""
    navigation.look_inside(run.settings, asked.iteration)
    navigation.look_at_unit(run.settings, edits.read_unit(asked.unit, run))
    by_hand = edits.read(asked.edits, run)
    if by_hand is not None:
        phases.go_on_by_hand(run, by_hand)


def details(view: View) -> None:
    """Below the chart: which classes are taken for which, and how to come back here."""
    run = view.run
    tables = confusion.confusion_tables(run)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(
            _("Confusion matrix"),
            help=_("Rows: the true class; columns: the predicted class. Counts of points at the end of the run."),
        )
        component.cells(
            confusion.confusion(tables, look(), run.data.train.names), key="confusion",
            alt=confusion.describe_confusion(tables), lights="training",
        )  # fmt: skip
        st.caption(_("Click a cell to highlight its points on the plane."))
    with right:
        st.subheader(_("Diagnosis"), help=_("Rules of the course, measured on this run. “Under the hood” shows more."))
        diagnosis.panel(run, key="diagnosis", load=view.load)
        st.subheader(_("This experiment"))
        same = _(
            "The link contains all settings: whoever opens it gets the same run, to the last digit with the same engine and NumPy "
            "on the same kind of processor, elsewhere up to rounding, which can grow where training is unstable."
        )
        st.caption(same + (" " + _("Computed here with {engine}.").format(engine=run.engine) if run.engine else ""))
        share.link_here("share")
        _take_along(view)
        st.caption(_pace(run))
        with st.expander(_("All settings"), key="all_settings", on_change="rerun") as box:
            if not box.open:
                return
            plain = run.settings.to_dict()
            if run.settings.data.points:
                plain["data"]["points"] = points_text(run.settings.data.points)  # the text itself is in the settings' file
            st.json(plain, expanded=True)


def _pace(run: Run) -> str:
    """How long the training took."""
    text = ngettext(
        "{iterations} iteration in {seconds} s", "{iterations} iterations in {seconds} s, {pace} a second", run.iteration
    )
    return text.format(
        iterations=thousands(run.iteration),
        seconds=f"{run.seconds:.2f}",
        pace=thousands(round(run.iteration / max(run.seconds, 1e-9), -2)),
    )


def _take_along(view: View) -> None:
    """The run as files, the script first: it needs NumPy alone and prints the same losses; and files that come back."""
    run = view.run
    with st.expander(_("Export"), icon=":material/download:", key="export", on_change="rerun") as box:
        if box.open:
            _export(run)
    with st.expander(_("Load settings or weights"), icon=":material/upload:", key="load", on_change="rerun") as box:
        if box.open:
            loading.settings()
            loading.weights(run)


def _export(run: Run) -> None:
    st.caption(_("The script needs only NumPy, uses the article's names, and prints the losses of this page."))
    downloads.buttons(run.settings, "take")
    code = script.script(run.settings)
    if len(code) <= LONGEST_SHOWN:
        st.code(code, language="python", height=320)
