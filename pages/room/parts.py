"""What the page shows of a room, to whoever comes: the way in, the student's part, the teacher's controls, or the screen."""

from __future__ import annotations

from pages.room import console, door, screen, student
from pages.ui.visit import room, saved
from pages.ui.visit.state import visit


def show() -> None:
    look = room.look()
    if look is None:
        door.show()
    elif not room.teaches(look):
        student.show(look)
    elif visit().screen:
        screen.show(look)
    else:
        saved.show_problems()
        console.show(look)
