"""The frame of the page: which part is shown, and at which iteration of the run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from pages.ui.text import _, ngettext, run_name, thousands
from pages.ui.visit import experiment, inside, navigation
from pages.ui.widgets import keyed, live
from pages.under_hood import diagnosis, gradient, health, landscape, point, start, units
from pages.under_hood.moment import Moment
from server.training.view import View
from spiral_core.run import Run

PARTS: dict[str, Callable[[Moment], None]] = {
    "point": point.show,
    "units": units.show,
    "gradient": gradient.show,
    "health": health.show,
    "landscape": landscape.show,
    "diagnosis": diagnosis.show,
    "start": start.show,
}
WITHOUT_ITERATION = ("health", "diagnosis", "start")  # parts that look at the whole run


def header() -> None:
    """Title, and the choice of the part."""
    titles = {name: _(title) for name, title in inside.PARTS.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="hood_header"):
        st.header(_("Under the hood"), width="stretch", anchor=False)
        navigation.playground_button("hood_playground")
    part = inside.part()
    key = keyed.key("hood_choice", part)
    st.segmented_control(
        _("Part"), list(titles), default=part, key=key, format_func=titles.__getitem__, required=True, width="stretch",
        label_visibility="collapsed", on_change=keyed.changed(key, inside.choose),
    )  # fmt: skip


def show(view: View) -> None:
    """The part on show, once the run is there."""
    run = view.run
    if not run.finished:
        text = live.waiting(view) if not view.started else ngettext(
            "Training: {done} of {all} iteration", "Training: {done} of {all} iterations", run.settings.last_iteration
        ).format(
            done=thousands(run.iteration), all=thousands(run.settings.last_iteration)
        )  # fmt: skip
        st.progress(run.iteration / run.settings.last_iteration, text)
        return
    if run.divergence:
        st.warning(
            _("This run diverged at iteration {iteration}; what is shown is its last finite state.").format(
                iteration=thousands(run.divergence.iteration)
            ),
            icon=":material/error:",
        )
    part = inside.part()
    at = int(run.snapshot_iterations[-1])
    if part not in WITHOUT_ITERATION:
        at = _iteration(run)
    PARTS[part](Moment(view, at))


def _iteration(run: Run) -> int:
    """The slider over the run's snapshots; the last until somebody asks for another."""
    known = run.snapshot_iterations.tolist()
    asked = inside.iteration()
    at = known[-1] if asked is None else known[max(0, int(np.searchsorted(known, asked, side="right")) - 1)]
    if len(known) == 1:
        return int(at)
    texts = {i: thousands(i) for i in known}
    key = keyed.key("hood_at", at, tuple(known))

    def move(chosen: int) -> None:
        inside.look_at(None if chosen == known[-1] else chosen)

    st.select_slider(
        _("Iteration of {name}").format(name=run_name(experiment.current())), known, at, key=key, format_func=texts.__getitem__,
        on_change=keyed.changed(key, move), help=_("The snapshots of this run."),
    )  # fmt: skip
    return int(at)
