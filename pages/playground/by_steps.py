"""The Playground while training goes on before the reader's eyes: the chart as it is now, and how to pause."""

from __future__ import annotations

import streamlit as st

from pages.playground import goal, line, phases
from pages.ui.charts import component, figure
from pages.ui.text import _, ngettext, thousands
from pages.ui.visit import experiment, stepwise
from pages.ui.widgets import keyed, live
from server import page_time
from server.services import services
from server.training.view import View
from spiral_core.run import Run
from spiral_core.settings import Settings

PICTURE_EVERY = 0.4  # seconds
EACH_WATCHER = 0.03  # seconds by which it takes longer for each visit that watches a run: they share one process
PAGE_WAITS = 0.3  # seconds that a page waits for a picture before it asks again


def follow() -> None:
    """Draw one picture after the other; the last one stays when it is paused, at an end, or refused."""
    first = [experiment.current()]
    every = _picture_every()

    def again() -> None:
        if not stepwise.is_on() or not every / live.SLOWER < _picture_every() < every * live.SLOWER:
            st.rerun()  # the whole page once more, which ends the repetition or gives it another pace
        settings = first.pop() if first else stepwise.following()
        view = _view(settings) if settings else None
        if settings is None or view is None:
            stepwise.pause()
            st.rerun()
        if view.run.finished:
            if view.run.divergence or view.run.stopped:
                stepwise.end(settings)
                st.rerun()
            stepwise.arrive(settings)
        else:
            view = services().runs.finished(experiment.current()) or view
        _draw(view)

    st.fragment(again, run_every=every)()


def _picture_every() -> float:
    """Seconds from one picture to the next, the more the more visits watch a run."""
    return PICTURE_EVERY + EACH_WATCHER * services().runs.watchers()


def _view(settings: Settings) -> View | None:
    """The run as far as it is within a moment; None where it fails, which the page says when it is drawn as a whole."""
    try:
        with page_time.aside():
            return services().runs.watch(settings, wait=PAGE_WAITS)
    except live.REFUSALS:
        return None


def _draw(view: View) -> None:
    with st.container():  # as `parts.show` has it: what is drawn in another place is on the page twice for a moment
        goal.show(view.run)
        with line.line():
            st.markdown(_where(view.run) if view.started else live.waiting(view), width="stretch")
            _pace()
            st.button(_("Pause"), key="pause", icon=":material/pause:", type="primary", shortcut="T", on_click=_pause)
        phases.told(view.run, changeable=False)
    if view.started:
        component.training(view, key="training", net=True, moving=True)
    else:
        component.waiting(key="training")


def _pause() -> None:
    stepwise.pause()
    st.rerun()


def _where(run: Run) -> str:
    """How far the training is."""
    h = run.history
    text = ngettext("**{iteration} iteration** · loss {loss}", "**{iteration} iterations** · loss {loss}", run.iteration)
    text = text.format(iteration=thousands(run.iteration), loss=figure.number(h.loss[-1]))
    text += " · " + _("training accuracy {accuracy}").format(accuracy=f"{h.train_accuracy[-1]:.1%}")
    if run.data.test is not None:
        text += " · " + _("held-out accuracy {accuracy}").format(accuracy=f"{h.test_accuracy[-1]:.1%}")
    return text + "\n\n" + _("Change the learning rate or another training setting: it takes effect from here on.")


def _pace() -> None:
    """How many iterations a picture: the select that belongs to the training that goes on."""
    key = keyed.key("pace", stepwise.pace())
    st.selectbox(
        _("Iterations per picture"), stepwise.PACES, stepwise.PACES.index(stepwise.pace()), key=key, label_visibility="collapsed",
        width=150, format_func=pace_text, on_change=keyed.changed(key, stepwise.choose_pace),
    )  # fmt: skip


def pace_text(iterations: int) -> str:
    """A pace in words."""
    return _("{iterations} per picture").format(iterations=thousands(iterations))


def offer(from_here: bool) -> None:
    """The way in: how fast, and from where. from_here: whether there is a way from where the run ends."""
    if not stepwise.may_begin():
        return
    help = _("Watch the net learn step by step: pause, change the learning rate along the way, continue.")
    with st.popover(_("Train live"), icon=":material/play_circle:", key="live", help=help, on_change="rerun") as box:
        if box.open:  # most who look at a run do not: what is inside costs each of them a tenth of the page
            _ways_in(from_here)


def _ways_in(from_here: bool) -> None:
    key = keyed.key("pace_first", stepwise.pace())
    st.segmented_control(
        _("Iterations per picture"), stepwise.PACES, default=stepwise.pace(), key=key, required=True,
        format_func=thousands, on_change=keyed.changed(key, stepwise.choose_pace),
    )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("From random weights"), key="live_anew", icon=":material/restart_alt:", type="primary",
            on_click=stepwise.begin_anew, help=_("Leaves out earlier phases and weights set by hand."),
        )  # fmt: skip
        if from_here and stepwise.following():
            st.button(_("From here"), key="live_on", icon=":material/play_arrow:", on_click=stepwise.go_on)
    st.caption(
        _("While it trains, a new learning rate, optimizer or penalty starts a new phase. Undo brings the present run back.")
    )
