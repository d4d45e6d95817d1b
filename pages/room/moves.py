"""What a teacher does to the room, from buttons; what fails is said on the page."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from pages.lessons.lessons import LESSONS
from pages.ui.text import _
from pages.ui.visit import address, course, navigation, room, saved
from pages.ui.visit.state import visit
from server.refusals import RoomError
from server.rooms import Look
from server.services import services
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.room_state import RoomState, Stage
from spiral_core.classroom.votes import Vote
from spiral_core.store.database import StoreError


def change(look: Look, change: Callable[[RoomState], RoomState]) -> None:
    """Give the room another state."""
    try:
        services().rooms.change(look.room.id, change)
    except RoomError as error:
        visit().room_problem = room.text(error.refusal)
    except StoreError as error:
        _not_saved(error)


def _not_saved(error: StoreError) -> None:
    st.toast(_("Could not be saved: {reason}. What is on the screen is not affected.").format(reason=_(error.reason.value)))


def open_here(place: str, query: dict[str, str]) -> None:
    """Open in the teacher's own browser what the class is led to; a lesson with its runs: the right answer stands for the teacher's."""
    lesson = LESSONS.get(query.get("lesson", ""))
    if lesson and course.answer(query["lesson"], len(lesson.options)) is None:
        course.note_answer(query["lesson"], lesson.answer)
    address.open_query(place, query)
    navigation.go(place)


def begin(look: Look, vote: Vote | None = None, goal: Goal | None = None, drawing: Curve | Plane | None = None) -> None:
    """Begin a vote, a goal or a drawing; none ends what there is."""
    if goal:
        try:
            saved.spend(saved.size_of(goal))
        except StoreError as error:
            _not_saved(error)
            return
    change(look, lambda state: state.begin(vote=vote, goal=goal, drawing=drawing, now=time.time()))


def move(look: Look, stage: Stage) -> None:
    """Move the present vote or drawing on; two clicks, or two of the teacher's browsers, move it once."""
    activity = look.state.activity
    change(look, lambda state: state.moved(activity, stage))


def close(look: Look) -> None:
    """Close the class: all of it is deleted."""
    try:
        services().rooms.close_room(look.room.id)
    except StoreError as error:
        _not_saved(error)
    else:
        room.leave()
        visit().room_problem = _("You closed the class. Everything in it was deleted.")
