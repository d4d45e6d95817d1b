"""The line above the chart: how far a run is, how it ended and what ails it, and going on. It keeps its height."""

from __future__ import annotations

import streamlit as st

from pages.playground import phases
from pages.ui.charts import figure
from pages.ui.text import _, findings, ngettext, thousands
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import preset_of
from pages.ui.widgets import live, pin
from server.services import services
from server.training.view import View
from spiral_core.run import CAUSES, Divergence, Run
from spiral_core.settings import Settings

MORE = (100, 1000, 5000, 10_000)  # what "Go on" offers

# Whatever it says, the line is as high: nothing below may move under a pointer. What is too long ends in "…"; the whole of a
# diagnosis stands below the chart, that of a story in its tooltip.
STYLE = """
<style>
.st-key-status {height: 3.9rem; min-height: 3.9rem; flex: none; flex-wrap: nowrap !important; overflow: hidden}
.st-key-status .stAlert p {font-size: .88rem; line-height: 1.25}
.st-key-status [data-testid="stAlertContainer"] {padding: .35rem .8rem; max-height: 3.9rem; overflow: auto}
.st-key-status > div:has(> .stMarkdown) {min-width: 0}
.st-key-status .stMarkdown [data-testid="stMarkdownContainer"] {margin-bottom: 0}
.st-key-status .stMarkdown p {font-size: .9rem; line-height: 1.28; margin: 0; overflow: hidden; display: -webkit-box;
  -webkit-box-orient: vertical; -webkit-line-clamp: 3}
.st-key-status .stMarkdown p:not(:only-child) {-webkit-line-clamp: 1}
.st-key-status .stMarkdown p:first-child:not(:only-child) {-webkit-line-clamp: 2}
@media (max-width: 800px) {
  .st-key-status {height: 8.2rem; flex-wrap: wrap !important; align-content: flex-start}
  .st-key-status > div:has(> .stMarkdown) {min-width: 100%; height: 4.4rem}
}
</style>
"""


def show(view: View) -> None:
    st.html(STYLE)
    with st.container(key="status", horizontal=True, vertical_alignment="center", gap="small"):
        if not view.run.finished:
            _progress(view)
        elif view.run.divergence:
            text = explain(view.run.divergence)
            if view.run.divergence.iteration < view.run.settings.begin:
                text += " " + _("The next phase did not start.")
            st.error(text, icon=":material/error:")
            pin.pin_button("pin", view.run.settings, run=view.run)
        else:
            st.markdown(_ended(view.run), width="stretch")
            _go_on(view.run)
            phases.go_on_otherwise(view.run)
            if not teacher_link.rules().projector:  # few controls, in large type
                pin.pin_button("pin", view.run.settings, run=view.run)
    phases.told(view.run)


def _progress(view: View) -> None:
    run = view.run
    if view.started:
        text = ngettext(
            "{done} of {all} iteration · loss {loss} · about {left} s left",
            "{done} of {all} iterations · loss {loss} · about {left} s left",
            run.settings.last_iteration,
        ).format(
            done=thousands(run.iteration), all=thousands(run.settings.last_iteration),
            loss=figure.number(run.history.loss[-1]), left=max(1, round(view.seconds_left)),
        )  # fmt: skip
        if view.load > 1.5:
            text += " · " + ngettext("{runs} run is training", "{runs} runs take turns", view.sharing).format(runs=view.sharing)
    else:
        text = live.waiting(view)
    st.progress(run.iteration / run.settings.last_iteration, text, width="stretch")
    help = _("Stop here and keep what has been computed.")
    st.button(_("Stop"), key="stop", icon=":material/stop_circle:", help=help, on_click=_stop, args=(run.settings,))


def _stop(settings: Settings) -> None:
    """Before anything of the page runs, as all that a click does: a click that meets the next look at the run is not lost."""
    experiment.change(services().runs.cut(settings))
    st.rerun()  # the whole page: this part alone would leave the controls as they were


def _ended(run: Run) -> str:
    """The preset's story if it is one, and the diagnosis."""
    preset, finding = preset_of(run.settings), findings.finding_of(run)
    icon = ":material/check_circle:" if finding.kind == "healthy" else ":orange[:material/stethoscope:]"
    diagnosis = f"{icon} **{_(findings.WORDS[finding.kind].title)}.** {findings.sentence(finding)}"
    return f"**{_(preset.name)}.** {_(preset.story)}\n\n{diagnosis}" if preset else diagnosis


def _go_on(run: Run) -> None:
    most = run.settings.max_iterations - run.settings.iterations
    offers = {more: f"+ {thousands(more)}" for more in MORE if more <= most}
    if not offers:
        return
    more = st.selectbox(
        _("Go on for"), list(offers), index=min(1, len(offers) - 1), key="more", label_visibility="collapsed", width=110,
        format_func=offers.__getitem__,
    )  # fmt: skip
    help = _("Continue training from here for that many more iterations.")
    longer = run.settings.replace(iterations=run.settings.iterations + more)
    st.button(
        _("Go on"), key="go_on", icon=":material/fast_forward:", help=help, shortcut="G", on_click=experiment.show, args=(longer,)
    )


def explain(divergence: Divergence) -> str:
    """Why a run stopped by itself."""
    sentence = _("Stopped at iteration {iteration}: the loss is no longer finite (it was {loss} at {last}). Likely cause: {cause}.")
    cause = _(CAUSES[divergence.cause]).format(limit=figure.number(divergence.limit or 0))
    return sentence.format(
        iteration=thousands(divergence.iteration), loss=figure.number(divergence.last_loss),
        last=thousands(divergence.last_iteration), cause=cause,
    )  # fmt: skip
