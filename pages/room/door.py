"""The way into a class: by its code, or by opening one."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import room
from pages.ui.visit.state import visit
from server.rooms import code_text
from spiral_core.store.rooms import CODE_LENGTH


def show() -> None:
    st.header(_("Classroom"), anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Join a class"), anchor=False)
        st.markdown(_("Type the code that your teacher shows. You need no account and give no name."))
        with st.form("room_join", border=False):
            st.text_input(_("Code"), key="room_code", max_chars=20, placeholder=_("six letters and digits"), autocomplete="off")
            st.form_submit_button(_("Join"), key="room_join_go", type="primary", icon=":material/login:", on_click=_join)
        if visit().room_problem:
            st.warning(visit().room_problem, icon=":material/groups:")
    with right:
        st.subheader(_("Open a class"), anchor=False)
        st.markdown(
            _(
                "For teachers: ask a question before the class sees the answer, let it draw what it expects, set a goal, collect work, "
                "and lead everybody to a page. Students join with a code of {count} signs. You can close the class at any time; "
                "everything in it is then deleted, at the latest after a day."
            ).format(count=CODE_LENGTH)
        )
        st.button(_("Open a class"), key="room_open", icon=":material/co_present:", on_click=_open)
        for code in room.own_codes():
            st.button(
                _("Back into your class {code}").format(code=code_text(code)), key=f"room_back_{code}", icon=":material/login:",
                on_click=room.join, args=(code,),
            )  # fmt: skip


def _join() -> None:
    room.join(str(st.session_state["room_code"]))


def _open() -> None:
    room.open_class()
