"""The line that says on every page which class one is in, and what there is to do."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from pages.ui.text import _, escaped, ngettext
from pages.ui.visit import address, course, experiment, navigation, room
from pages.ui.visit.state import visit
from pages.ui.widgets import hand_in
from server import rooms
from server.http import news
from server.refusals import RoomError
from server.rooms import Look
from server.services import services
from spiral_core.store.database import StoreError

EVERY = 1500  # milliseconds from one look for news to the next
EVERY_FOR_TEACHERS = 1000

_news = component(
    "lab_news", html="<span hidden></span>", js=(Path(__file__).parent / "news.js").read_text("utf-8"), isolate_styles=False
)


def show(place: str) -> None:
    """The line, which draws itself anew when there is news; the page follows where it shows the class."""
    here = visit()
    was_in, look = here.room, room.look()
    if look is None:
        if was_in:
            st.rerun()  # the address names the class no more
        if here.room_problem and place != room.PAGE:
            _told()
        return
    here.news = _word(look)
    activity = look.state.activity

    @st.fragment
    def line() -> None:
        look = room.look()
        if look is None:
            st.rerun()
        word = _word(look)
        if word != here.news and (place == room.PAGE or activity != look.state.activity):
            st.rerun()  # the whole page
        _listen(look, word)
        _follow(look)
        if not here.screen:
            _draw(place, look)

    line()


def _told() -> None:
    """Why there is no class, until the reader closes it."""
    with st.container(key="class_told", horizontal=True, vertical_alignment="center"):
        st.info(visit().room_problem, icon=":material/groups:", width="stretch")
        st.button(_("Close"), key="class_told_close", on_click=_forget_problem, type="tertiary")


def _forget_problem() -> None:
    visit().room_problem = ""


def _word(look: Look) -> str:
    try:
        return services().rooms.news(look.room.id, visit().own_shelf)
    except StoreError:
        return visit().news


def _listen(look: Look, word: str) -> None:
    every = EVERY_FOR_TEACHERS if room.teaches(look) else EVERY
    _news(data={"address": news.address(look.room.id), "known": word, "every": every}, key="news", on_news_change=lambda: None)


def _follow(look: Look) -> None:
    """Go along where the teacher leads, if the reader allowed it."""
    guide, here = look.state.guide, visit()
    if guide and here.follows and guide.number > here.guided and not room.teaches(look):
        go_along(look)
        st.rerun()


def go_along(look: Look) -> None:
    """Open what the teacher shows. For buttons and for who follows: the way begins with the next run of the page."""
    guide, here = look.state.guide, visit()
    if guide is None:
        return
    here.guided = guide.number
    _take_answer_along(look)
    address.open_query(guide.page, dict(guide.query))
    navigation.go(guide.page)


def _take_answer_along(look: Look) -> None:
    """Who has answered a lesson's question in the vote, or drawn what it asks for, need not do so again in the lesson."""
    guide, asked = look.state.guide, look.state.asks
    if not (guide and asked and asked.lesson and guide.query.get("lesson") == asked.lesson):
        return
    with suppress(StoreError):
        given = services().rooms.answer_of(look, visit().own_shelf)
        if given is None:
            return
        if look.state.vote:
            course.note_answer(asked.lesson, int(given))
        else:
            course.note_drawing(asked.lesson, given)


def _draw(place: str, look: Look) -> None:
    with st.container(key="class_line", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/groups: **{rooms.code_text(look.room.code)}** · {_sentence(look)}", width="stretch")
        if room.teaches(look):
            _for_teachers(place, look)
        else:
            _for_students(place, look)


def _sentence(look: Look) -> str:
    state = look.state
    if room.teaches(look):
        text = ngettext(
            "you teach this class; {count} student is here", "you teach this class; {count} students are here", look.here
        )
        return text.format(count=look.here)
    if state.vote:
        return {
            "first": _("a vote is open"), "second": _("the second vote is open"), "talk": _("the vote is closed: talk about it"),
        }.get(state.stage, _("the vote is closed"))  # fmt: skip
    if state.goal:
        return _("there is a goal to reach")
    if state.drawing:
        return _("draw what you expect") if state.round_open else _("the drawing is closed")
    return _("you are in this class")


def _for_teachers(place: str, look: Look) -> None:
    if place != room.PAGE:
        st.button(
            _("Lead the class here"), key="class_lead", icon=":material/near_me:", on_click=_lead, args=(place, look),
            help=_("Students see a button that opens this page with this experiment; those who follow you are taken along."),
        )  # fmt: skip
        st.button(_("Control"), key="class_control", icon=":material/tune:", type="primary", on_click=_go_to_class)  # fmt: skip


def _lead(place: str, look: Look) -> None:
    query = address.query_here(place)
    try:
        services().rooms.change(look.room.id, lambda state: state.led(place, query))
    except (RoomError, StoreError) as error:
        st.toast(_("The class could not be led here: {reason}.").format(reason=escaped(str(error))))
    else:
        st.toast(_("The class sees the way to this page."), icon=":material/near_me:")


def _for_students(place: str, look: Look) -> None:
    state, here = look.state, visit()
    if state.guide and state.guide.number > here.guided:
        st.button(_("To the teacher"), key="class_go", icon=":material/near_me:", on_click=_along, args=(look,))
    if place != room.PAGE and (state.round_open or state.goal):
        label, icon = (
            (_("Vote"), "how_to_vote") if state.vote else (_("Draw"), "draw") if state.drawing else (_("The goal"), "flag")
        )
        st.button(label, key="class_do", icon=f":material/{icon}:", type="primary", on_click=_go_to_class)
    if state.collects or state.goal:
        hand_in.popover(look, experiment.current())
    with st.popover(_("More"), key="class_more", icon=":material/more_horiz:"):
        st.toggle(
            _("Take me along"), here.follows, key="class_follows", on_change=_switch_following,
            help=_("Your page changes whenever the teacher leads the class to another one."),
        )  # fmt: skip
        st.button(_("Leave the class"), key="class_leave", icon=":material/logout:", on_click=_leave)


def _along(look: Look) -> None:
    go_along(look)
    st.rerun()


def _go_to_class() -> None:
    navigation.go(room.PAGE)
    st.rerun()  # the whole page: this part alone goes nowhere


def _switch_following() -> None:
    visit().follows = bool(st.session_state["class_follows"])


def _leave() -> None:
    room.leave()
    st.rerun()
