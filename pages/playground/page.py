"""Playground: one experiment, trained as soon as a control moves."""

import streamlit as st

from pages.playground import parts
from pages.ui import chart, charts, experiment, runs, sidebar
from pages.ui.look import look

WAIT = 0.6  # seconds in which a usual run is done, so that it comes without a picture between

settings = sidebar.show()
experiment.show_link_errors()


def experiment_on_show() -> None:
    """The run as far as it is; repeated by itself while the run goes on."""
    view = runs.service().watch(settings, wait=WAIT)
    if view.run.finished and running:
        st.rerun()  # the whole page once more, which ends the repetition
    parts.status(view)
    if view.started:
        chart.replay(
            charts.training(view, look()),
            charts.replay_of(view, look(), live=not view.run.finished),
            charts.narrow_training(),
            key="training",
            alt=charts.describe_training(view),
        )
    if view.run.finished:
        parts.details(view)


running = not runs.service().watch(settings, wait=WAIT).run.finished
st.fragment(experiment_on_show, run_every=0.5 if running else None)()
