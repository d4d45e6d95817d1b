"""The screen: what the class looks at on the projector, one thing at a time, in type that is read from the last row."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.room import console, pictures, words
from pages.ui.charts import bordered, component, drawn
from pages.ui.charts.theme import look as theme
from pages.ui.text import _, goals, ngettext
from pages.ui.visit import room
from pages.ui.visit.state import visit
from pages.ui.widgets import invite
from server import rooms
from server.rooms import Look
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve

_STYLE = (Path(__file__).parent / "screen.css").read_text("utf-8")


def show(look: Look) -> None:
    st.html(f"<style>{_STYLE}</style>")
    state = look.state
    with st.container(key="screen"):
        _head(look)
        if state.vote:
            _vote(look)
        elif state.goal:
            st.markdown(f"## {goals.target(state.goal)}")
            st.markdown("\u2002·\u2002".join(goals.limits(state.goal, state.until)))
            pictures.cloud(look, state.goal, pictures.works_of(look), large=True)
        elif state.drawing:
            _drawing(look, state.drawing)
        else:
            _welcome(look)
    with st.container(key="screen_remote", horizontal=True, gap="small"):
        if state.asks:
            console.buttons(look)
        st.button(
            _("Back to the controls"), key="screen_close", icon=":material/close_fullscreen:", type="tertiary", on_click=_back
        )


def _head(look: Look) -> None:
    here = ngettext("{count} student is here", "{count} students are here", look.here).format(count=look.here)
    with st.container(key="screen_head", horizontal=True, vertical_alignment="center"):
        st.markdown(f"{_address()}\u2002·\u2002**{rooms.code_text(look.room.code)}**", width="stretch")
        st.markdown(here, width="content")


def _address() -> str:
    return f"`{invite.guessed().removeprefix('http://')}/{room.PAGE}`"


def _welcome(look: Look) -> None:
    left, right = st.columns(2, vertical_alignment="center")
    with left:
        st.markdown(_("Join on your own device:"))
        st.markdown(_address())
        st.markdown(f"# {rooms.code_text(look.room.code)}")
    with right:
        invite.qr(console.student_link(invite.guessed(), look), "display: block; margin: auto; width: min(58vh, 90%)")


def _vote(look: Look) -> None:
    state = look.state
    assert state.vote
    st.markdown(f"## {words.question(state.vote)}")
    texts = words.options(state.vote)
    if state.stage == "shown":
        pictures.tallies(look, state.vote, large=True)
        return
    if texts:
        st.markdown("  \n".join(words.lettered(texts).values()))
    st.markdown(console.answered(look))
    if state.stage == "talk":
        st.markdown(f"**{_('Turn to your neighbour: which answer is right, and why?')}**")
    elif state.stage == "second":
        st.markdown(f"**{_('The second vote is open.')}**")


def _drawing(look: Look, task: Curve | Plane) -> None:
    st.markdown(f"## {words.to_draw(task)}")
    if look.state.stage == "shown":
        pictures.drawings(look, task, large=True)
        return
    st.markdown(console.answered(look))
    if isinstance(task, Plane):
        component.static(bordered.axes(task, theme(), large=True), key="room_axes", alt=bordered.describe_axes())
    else:
        component.static(drawn.axes(task, theme(), large=True), key="room_axes", alt=drawn.describe_axes(task))


def _back() -> None:
    visit().screen = False
