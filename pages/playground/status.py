"""What the line above the chart says of a run: how far it is, how it ended and what ails it, and how to go on."""

from __future__ import annotations

import streamlit as st

from pages.playground import by_steps, line, phases
from pages.ui.charts import figure
from pages.ui.text import _, findings, ngettext, thousands
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import preset_of
from pages.ui.widgets import live, pin
from server.services import services
from server.training.view import View
from spiral_core.run import CAUSES, Divergence, Run
from spiral_core.settings import Settings
from spiral_core.stopping import UNSEEN

MORE = (1, 10, 100, 1000, 5000, 10_000)  # what "Go on" offers, beside an epoch
USUAL = 1000


def show(view: View) -> None:
    with line.line():
        if not view.run.finished:
            _progress(view)
        elif view.run.divergence:
            text = explain(view.run.divergence)
            if view.run.divergence.iteration < view.run.settings.begin:
                text += " " + _("The next phase did not start.")
            st.error(text, icon=":material/error:")
            pin.pin_button("pin", view.run.settings)
        else:
            st.markdown(_ended(view.run), width="stretch")
            _go_on(view.run)
            by_steps.offer(from_here=not view.run.stopped)
            phases.go_on_otherwise(view.run)
            if not teacher_link.rules().projector:  # few controls, in large type
                pin.pin_button("pin", view.run.settings)
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
    diagnosis = f"{icon} **{_(findings.words_of(finding).title)}.** {findings.sentence(finding)}"
    if run.stopped:
        without = _("“Go on” ignores patience.")
        diagnosis = f":material/front_hand: {stopped_early(run)} {without}\n\n{diagnosis}"
    return f"**{_(preset.name)}.** {_(preset.story)}\n\n{diagnosis}" if preset else diagnosis


def _go_on(run: Run) -> None:
    most = run.settings.max_iterations - run.settings.iterations
    offers = {more: f"+ {thousands(more)}" for more in MORE if more <= most}
    epoch = run.settings.iterations_per_epoch
    if 1 < epoch <= most:
        offers[epoch] = _("+ 1 epoch")
    if not offers:
        return
    steps = sorted(offers)
    usual = steps.index(USUAL) if USUAL in offers else len(steps) - 1
    more = st.selectbox(
        _("Go on for"), steps, index=usual, key="more", label_visibility="collapsed", width=110,
        format_func=offers.__getitem__,
    )  # fmt: skip
    help = _("Continue training from here for that many more iterations.")
    longer = run.settings.replace(iterations=run.settings.iterations + more)
    if run.stopped:  # with the rule it would stop here again
        longer = run.settings.cut(run.iteration)
        longer = longer.replace(iterations=longer.iterations + more, patience=0)
        help = _("Continue training from here for that many more iterations, without stopping early.")
    st.button(
        _("Go on"), key="go_on", icon=":material/fast_forward:", help=help, shortcut="G", on_click=experiment.show, args=(longer,)
    )


def stopped_early(run: Run) -> str:
    """When the rule acted, and which iteration had the lowest held-out loss."""
    best = run.checkpoint.best if run.checkpoint else UNSEEN
    return _("Stopped early at iteration {iteration}: held-out loss lowest at {best} ({loss}).").format(
        iteration=thousands(run.iteration), best=thousands(best.iteration), loss=figure.number(best.loss)
    )


def explain(divergence: Divergence) -> str:
    """Why a run stopped by itself."""
    sentence = _("Stopped at iteration {iteration}: the loss is no longer finite (it was {loss} at {last}). Likely cause: {cause}.")
    cause = _(CAUSES[divergence.cause]).format(limit=figure.number(divergence.limit or 0))
    return sentence.format(
        iteration=thousands(divergence.iteration), loss=figure.number(divergence.last_loss),
        last=thousands(divergence.last_iteration), cause=cause,
    )  # fmt: skip
