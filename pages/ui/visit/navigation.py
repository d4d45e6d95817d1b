"""Ways from a run to another page."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import address, course, experiment, inside, room, teacher_link
from pages.ui.visit.state import visit
from spiral_core.marking import N_
from spiral_core.settings import Settings

# The pages by their places in the address ("" is the Playground): script, title in English, icon.
PAGES = {
    "": ("playground/page.py", N_("Playground"), "play_circle"),
    "case_study": ("case_study/page.py", N_("Case study"), "menu_book"),
    course.PAGE: ("lessons/page.py", N_("Lessons"), "school"),
    room.PAGE: ("room/page.py", N_("Classroom"), "groups"),
    "data": ("data/page.py", N_("Data"), "scatter_plot"),
    "compare": ("compare/page.py", N_("Compare"), "compare"),
    inside.PAGE: ("under_hood/page.py", N_("Under the hood"), "troubleshoot"),
    "search": ("search/page.py", N_("Search"), "travel_explore"),
    "teach": ("teach/page.py", N_("Teach"), "co_present"),
    "about": ("about/page.py", N_("About"), "info"),
}


def look_inside(settings: Settings, at: int | None) -> None:
    """Go under the hood of a run at an iteration, if the reader has just asked for one."""
    if at is not None:
        experiment.change(settings)
        inside.look_at(None if at == settings.last_iteration else at)
        _switch(inside.PAGE)


def look_at_unit(settings: Settings, place: tuple[int, int, int] | None) -> None:
    """Go under the hood to a hidden unit (its layer and number, from 0) at an iteration, if the reader has just asked for one."""
    if place is not None:
        layer, unit, at = place
        choose_unit(layer, unit)
        look_inside(settings, at)


def choose_unit(layer: int, unit: int) -> None:
    """Under the hood shows a hidden unit, by its layer and number, from 0."""
    inside.choose("units")
    st.session_state["hood_layer"], st.session_state["hood_unit"] = layer, unit + 1


def playground_button(key: str, settings: Settings | None = None) -> None:
    """A button that opens settings (None: those on the screen) in the Playground, if a teacher's link leaves that page."""
    if not teacher_link.rules().has_page(""):
        return
    st.button(_("Open in the Playground"), key=key, icon=":material/open_in_new:", on_click=open_in_playground, args=(settings,))


def open_in_playground(settings: Settings | None) -> None:
    """Go to the Playground, with other settings if there are any. For buttons: the way begins with the next run of the page."""
    if settings is not None:
        experiment.change(settings)
    go("")
    st.rerun()


def go(place: str) -> None:
    """Go to a page by its place in the address. For buttons: the way begins with the next run of the page."""
    visit().destination = place


def depart() -> None:
    """Go where a button sends."""
    here = visit()
    place, here.destination = here.destination, None
    if place is not None:
        _switch(place)


def _switch(place: str) -> None:
    """Show another page, with its whole address at once: else the page before it would be left in the history without its query."""
    wanted = address.query_of_page(place)
    visit().address = (place, wanted)
    st.switch_page(script(place), query_params=wanted)


def script(place: str) -> str:
    """The script of a page by its place in the address; of an unknown one the Playground's."""
    return PAGES.get(place, PAGES[""])[0]
