"""What the page shows of a room, to whoever comes: the way in, the student's part, the teacher's controls, or the screen."""

from __future__ import annotations

import streamlit as st

from pages.room import console, door, screen, student
from pages.ui.visit import room, saved
from pages.ui.visit.state import visit
from server.rooms import Look


def show() -> None:
    with st.container(key="room_page"):
        _show(room.look())


def _show(look: Look | None) -> None:
    if look is None:
        door.show()
    elif not room.teaches(look):
        student.show(look)
    elif visit().screen:
        screen.show(look)
    else:
        saved.show_problems()
        console.show(look)
