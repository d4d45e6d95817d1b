"""Ready-made searches: what the course looks at again and again, filled into the form with one click, and the range test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from pages.search import form
from pages.ui.charts import component
from pages.ui.charts.figure import Figure, Trace, base_layout, between, curve_axis, legend, line
from pages.ui.charts.palette import Look
from pages.ui.charts.theme import look
from pages.ui.text import _, number_text
from pages.ui.visit import experiment
from pages.ui.widgets import live
from server.training.view import View
from spiral_core.analysis.rate_test import RateTest, ranging, rate_test
from spiral_core.flat import is_used
from spiral_core.marking import N_
from spiral_core.search.space import Dimension

TRIALS = 40  # eight values, five seeds each


class Ready(NamedTuple):
    label: str
    help: str
    draft: Callable[[], form.Draft]


def _heat() -> form.Draft:
    return form.Draft((form.first_dimension("learning_rate"), form.first_dimension("reg")), "grid", 64)


def _points() -> form.Draft:
    return form.Draft((form.first_dimension("points_per_class"), Dimension("data_seed", "linear", 0, 4)), "grid", TRIALS)


def _units() -> form.Draft:
    return form.Draft((form.first_dimension("units"), Dimension("seed", "linear", 0, 4)), "grid", TRIALS)


READY = {
    "heat": Ready(N_("Learning rate × regularisation"), N_("A grid of both, as a heat map of the held-out loss."), _heat),
    "points": Ready(N_("How many points?"), N_("The held-out loss over the number of points, five draws of each."), _points),
    "units": Ready(N_("How many hidden units?"), N_("The held-out loss over the size of the net, five seeds of each."), _units),
}


def show() -> None:
    """One fold, drawn only while it is open."""
    with st.expander(_("Ready-made searches"), icon=":material/science:", key="search_ready", on_change="rerun") as box:
        if box.open:
            _buttons()
            if st.toggle(
                _("Learning rate range test"), key="search_range_test",
                help=_("One run of the experiment whose rate grows tenfold every hundred iterations."),
            ):  # fmt: skip
                live.follow_all([ranging(experiment.current())], _draw)


def _buttons() -> None:
    own = not is_used(experiment.current(), "points_per_class")
    fixed = _("These points are as many as they are: choose a data set that is drawn at random.")
    instead = " " + _("No points are held out here: the loss of the training points is used.") if form.nothing_held_out() else ""
    with st.container(horizontal=True, gap="small", key="search_ready_buttons"):
        for name, ready in READY.items():
            refused = name == "points" and own
            st.button(
                _(ready.label), key=f"search_ready_{name}", icon=":material/edit_note:", on_click=_fill, args=(name,),
                disabled=refused,
                help=fixed if refused else _(ready.help) + instead,
            )  # fmt: skip
    st.caption(_("Each fills in the form above; press “Start the search” then."))


def _fill(name: str) -> None:
    st.session_state["search_draft"] = form.judged(READY[name].draft())


def _draw(views: Sequence[View]) -> None:
    found = rate_test(views[0].run)
    words = describe(found)
    picture, side = st.columns([3, 2], gap="large")
    with picture:
        component.static(figure(found, look()), key="search_range", alt=words)
    with side:
        st.markdown(words)
        st.caption(
            _(
                "Where the loss falls, the rate is large enough to learn with. Each rate is passed quickly here, so one that is "
                "too large shows late."
            )
        )
        if found.cautious is not None:
            _use(found.cautious)


def _use(rate: float) -> None:
    text = _("Use learning rate {rate}").format(rate=number_text(rate))
    take = partial(experiment.change_values, learning_rate=rate)
    st.button(text, key=f"search_use_{rate:g}", icon=":material/check:", on_click=take)


def describe(found: RateTest) -> str:
    """The range test in words."""
    if found.first_rise is None or found.cautious is None:
        return _("The loss rises nowhere by a tenth, up to rate {rate}: this test finds no rate that is too large.").format(
            rate=number_text(float(f"{found.rate[-1]:.2g}"))
        )
    text = _(
        "In this test the loss first rises by a tenth at a rate of about {rate}, which is often too large to stay at. A third "
        "of it, {cautious}, is a cautious start: the loss falls, though it may rise for a while on the way."
    )
    return text.format(rate=number_text(float(f"{found.first_rise:.2g}")), cautious=number_text(found.cautious))


def figure(found: RateTest, look: Look) -> Figure:
    """The loss over the rate, with a line where it first rises."""
    top = 1.5 * float(found.loss[0])
    traces: list[Trace] = [
        *between(found.rate, found.loss, found.highest, look.train, _("highest loss since the last point")),
        line(found.rate, found.loss, name=_("loss"), line={"color": look.train, "width": 2.5},
             hovertemplate="%{x:.2g}: %{y:.4g}<extra></extra>"),
    ]  # fmt: skip
    if found.first_rise is not None:
        traces.append(
            line(
                np.array([found.first_rise] * 2), np.array([0.0, top]), name=_("first rise"), hoverinfo="skip",
                line={"color": look.test, "width": 2, "dash": "dash"},
            )
        )  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, type="log", title={"text": _("learning rate")}, exponentformat="power", dtick=1),
        "yaxis": curve_axis(look, title={"text": _("loss")}, range=[0, top]),
        "legend": legend(),
        "margin": {"l": 56, "r": 10, "t": 8, "b": 48},
        "height": 310,
    }
    return {"data": traces, "layout": layout}
