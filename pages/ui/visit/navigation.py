"""Ways from a run to another page."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import experiment, inside, teacher_link
from pages.ui.visit.state import visit
from spiral_core.settings import Settings


def look_inside(settings: Settings, at: int | None) -> None:
    """Go under the hood of a run at an iteration, if the reader has just asked for one."""
    if at is not None:
        experiment.change(settings)
        inside.look_at(None if at == settings.last_iteration else at)
        st.switch_page("under_hood/page.py")


def look_at_unit(settings: Settings, place: tuple[int, int, int] | None) -> None:
    """Go under the hood to a hidden unit (its layer and number, from 0) at an iteration, if the reader has just asked for one."""
    if place is not None:
        layer, unit, at = place
        inside.choose("units")
        st.session_state["hood_layer"], st.session_state["hood_unit"] = layer, unit + 1
        look_inside(settings, at)


def playground_button(key: str, settings: Settings | None = None) -> None:
    """A button that opens settings (None: those on the screen) in the Playground, if a teacher's link leaves that page."""
    if not teacher_link.rules().has_page(""):
        return
    st.button(_("Open in the Playground"), key=key, icon=":material/open_in_new:", on_click=open_in_playground, args=(settings,))


def open_in_playground(settings: Settings | None) -> None:
    """Go to the Playground, with other settings if there are any. For buttons: the way begins with the next run of the page."""
    if settings is not None:
        experiment.change(settings)
    visit().destination = "playground/page.py"
    st.rerun()


def depart() -> None:
    """Go where a button sends."""
    here = visit()
    destination, here.destination = here.destination, ""
    if destination:
        st.switch_page(destination)
