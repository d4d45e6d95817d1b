"""The strip of the first path above the chart: where one is, what to look at, and the way on."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import course, experiment, navigation, teacher_link, tour
from pages.ui.widgets import live


def show() -> None:
    """The step on the screen, if there is one; the next one is trained while it is read."""
    at = tour.step()
    if not at:
        return
    last = len(tour.STEPS)
    step = tour.STEPS[at - 1]
    with st.container(border=True, key="tour"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour_head"):
            st.markdown(f"**{_('{at} of {all}').format(at=at, all=last)} · {_(step.title)}**", width="stretch")
            st.button(
                _("Back"), key="tour_back", icon=":material/arrow_back:", disabled=at == 1, on_click=tour.go, args=(max(at - 1, 1),)
            )
            if at < last:
                st.button(
                    _("Next"), key="tour_next", icon=":material/arrow_forward:", type="primary", on_click=tour.go, args=(at + 1,)
                )
            elif teacher_link.rules().has_page(course.PAGE):
                st.button(_("Lessons"), key="tour_lessons", icon=":material/school:", type="primary", on_click=_to_lessons)
            st.button(_("Leave the tour"), key="tour_leave", icon=":material/close:", type="tertiary", on_click=tour.leave)
        if at < last and experiment.current() != step.settings:  # what the step says is not of this net
            st.markdown(_("You have changed the experiment; this step is about another one."))
            st.button(_("Back to this step"), key="tour_again", icon=":material/undo:", on_click=tour.go, args=(at,))
        else:
            st.markdown(_(step.text))
    if at < last:
        live.begin(tour.STEPS[at].settings)


def _to_lessons() -> None:
    tour.leave()
    navigation.go(course.PAGE)
    st.rerun()
