"""The parts of the Playground round its chart: what the run is doing, and what came of it."""

from __future__ import annotations

import streamlit as st

from pages.playground import loading
from pages.ui.charts import component, confusion, figure
from pages.ui.charts.theme import look
from pages.ui.text import _, findings, ngettext, points_text, thousands
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import preset_of
from pages.ui.widgets import downloads, live, pin
from server.services import services
from server.training.view import View
from spiral_core.export import script
from spiral_core.run import CAUSES, Divergence, Run

LONGEST_SHOWN = 40_000  # characters of a script: one with many points of one's own is for the file alone
MORE = (100, 1000, 5000, 10_000)  # what "Go on" offers


def show(view: View) -> None:
    """A run as far as it is."""
    status(view)
    if view.started:
        experiment.look_inside(view.run.settings, component.training(view, key="training", greets=True))
    if view.run.finished:
        details(view)


def status(view: View) -> None:
    """One line of constant height: progress and Stop while the run goes on, then how it ended and Go on."""
    with st.container(key="status", horizontal=True, vertical_alignment="center", gap="small"):
        if not view.run.finished:
            _progress(view)
        elif view.run.divergence:
            st.error(explain(view.run.divergence), icon=":material/error:")
            pin.pin_button("pin", view.run.settings, run=view.run)
        else:
            st.markdown(_ended(view.run), width="stretch")
            _go_on(view.run)
            if not teacher_link.rules().projector:  # few controls, in large type
                pin.pin_button("pin", view.run.settings, run=view.run)


def _progress(view: View) -> None:
    run = view.run
    if view.started:
        text = ngettext(
            "{done} of {all} iteration · loss {loss} · about {left} s left",
            "{done} of {all} iterations · loss {loss} · about {left} s left",
            run.settings.iterations,
        ).format(
            done=thousands(run.iteration), all=thousands(run.settings.iterations),
            loss=figure.number(run.history.loss[-1]), left=max(1, round(view.seconds_left)),
        )  # fmt: skip
        if view.load > 1.5:
            text += " · " + ngettext("{runs} run is training", "{runs} runs take turns", view.sharing).format(runs=view.sharing)
    else:
        text = live.waiting(view)
    st.progress(run.iteration / run.settings.iterations, text, width="stretch")
    if st.button(_("Stop"), key="stop", icon=":material/stop_circle:", help=_("End here and keep what was computed.")):
        experiment.change(services().runs.cut(run.settings))
        st.rerun()  # the whole page: this part alone would leave the controls as they were


def _ended(run: Run) -> str:
    preset = preset_of(run.settings)
    pace = ngettext(
        "{iterations} iteration in {seconds} s", "{iterations} iterations in {seconds} s, {pace} a second", run.iteration
    ).format(
        iterations=thousands(run.iteration),
        seconds=f"{run.seconds:.2f}",
        pace=thousands(round(run.iteration / max(run.seconds, 1e-9), -2)),
    )
    return f"**{_(preset.name)}.** {_(preset.story)}  \n:small[{pace}]" if preset else pace


def _go_on(run: Run) -> None:
    most = run.settings.max_iterations - run.settings.iterations
    offers = {more: f"+ {thousands(more)}" for more in MORE if more <= most}
    if not offers:
        return
    more = st.selectbox(
        _("Go on for"), list(offers), index=min(1, len(offers) - 1), key="more", label_visibility="collapsed", width=110,
        format_func=offers.__getitem__,
    )  # fmt: skip
    help = _("Train on from here for that many iterations more.")
    if st.button(_("Go on"), key="go_on", icon=":material/fast_forward:", help=help, shortcut="G"):
        experiment.change(run.settings.replace(iterations=run.settings.iterations + more))
        st.rerun()


def explain(divergence: Divergence) -> str:
    """Why a run stopped by itself."""
    sentence = _("Stopped at iteration {iteration}: the loss is no longer finite (it was {loss} at {last}). Likely cause: {cause}.")
    cause = _(CAUSES[divergence.cause]).format(limit=figure.number(divergence.limit or 0))
    return sentence.format(
        iteration=thousands(divergence.iteration), loss=figure.number(divergence.last_loss),
        last=thousands(divergence.last_iteration), cause=cause,
    )  # fmt: skip


def details(view: View) -> None:
    """Below the chart: which classes are taken for which, and how to come back here."""
    run = view.run
    tables = confusion.confusion_tables(run)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(
            _("Confusion matrix"),
            help=_("Rows: the true class; columns: what the model says. Counts of points at the end of the run."),
        )
        component.cells(
            confusion.confusion(tables, look(), run.data.train.names), key="confusion",
            alt=confusion.describe_confusion(tables), lights="training",
        )  # fmt: skip
        st.caption(_("Click a cell: its points light up on the plane."))
    with right:
        st.subheader(_("Diagnosis"), help=_("Rules of the course, measured on this run. “Under the hood” shows more."))
        findings.panel(run, key="diagnosis")
        st.subheader(_("This experiment"))
        st.caption(_("The link holds all settings: whoever opens it gets the same run, to the last digit."))
        st.code(experiment.link_here(), language=None, wrap_lines=True)
        _take_along(view)
        with st.expander(_("All settings")):
            plain = run.settings.to_dict()
            if run.settings.data.points:
                plain["data"]["points"] = points_text(run.settings.data.points)  # the text itself is in the settings' file
            st.json(plain, expanded=True)


def _take_along(view: View) -> None:
    """The run as files, the script first: it needs NumPy alone and prints the same losses; and files that come back."""
    run = view.run
    with st.expander(_("Take it along"), icon=":material/download:"):
        st.caption(_("The script needs NumPy alone, uses the article's names, and prints the losses of this page."))
        downloads.buttons(run.settings, "take")
        code = script.script(run.settings)
        if len(code) <= LONGEST_SHOWN:
            st.code(code, language="python", height=320)
    with st.expander(_("Load settings or weights"), icon=":material/upload:"):
        loading.settings()
        loading.weights(run)
