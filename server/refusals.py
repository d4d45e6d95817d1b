"""Why somebody is not let into a class, or something is not taken there."""

from __future__ import annotations

from enum import Enum

from spiral_core.marking import N_


class Refusal(Enum):
    """Why somebody is not let into a room, or something is not taken."""

    UNKNOWN = N_("No class with this code is open. Check the code on the screen; the class may have been closed.")
    FULL = N_("This class is full: it holds {most} browsers.")
    MISSES = N_("That was the {most}th wrong code in a minute. Wait a minute and try again.")
    ADDRESS = N_("Too many wrong codes came from your network. Wait a minute and try again.")
    OWN = N_("You have {most} classes open. Go back into one of them and close it first.")
    ROOMS = N_("Too many classes are open on this server. Close one, or try again later.")
    PASS = N_("This link to teach has been used already or is older than ten minutes. Make a new one in the class.")
    CLOSED = N_("This class has been closed. Everything in it was deleted.")
    STAGE = N_("The vote was closed before your answer came in.")
    OVER = N_("The class no longer takes this work: your teacher has moved on.")
    WORKS = N_("The class takes no more: one browser can hand in 20 times.")


class RoomError(Exception):
    """`refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.value)
