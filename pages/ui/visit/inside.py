"""Which part of Under the hood is on the screen, at which iteration: kept for the visit, and in that page's address."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.text import _, shortened
from pages.ui.visit.state import visit
from spiral_core.marking import N_
from spiral_core.settings import FIELDS

PAGE = "under_the_hood"
PARAMETERS = ("part", "iteration")

# The parts of the page by their names in its address, and their titles in English.
PARTS = {
    "point": N_("One point"),
    "units": N_("Units"),
    "gradient": N_("Gradient check"),
    "health": N_("Health"),
    "landscape": N_("Landscape"),
    "diagnosis": N_("Diagnosis"),
    "start": N_("Initial weights"),
}


def part() -> str:
    """The part on the screen, by its name in the address."""
    return visit().part or "point"


def choose(name: str) -> None:
    """Put another part on the screen."""
    visit().part = name


def iteration() -> int | None:
    """The iteration that was asked for; None is the end of the run."""
    return visit().iteration


def look_at(at: int | None) -> None:
    """Show another iteration; None is the end of the run."""
    visit().iteration = at


def reset() -> None:
    """As if the page's address said nothing."""
    visit().part, visit().iteration = "", None


def address() -> dict[str, str]:
    """What the page's address says beside the settings."""
    query = {"part": part()} if part() != "point" else {}
    return query | ({} if iteration() is None else {"iteration": str(iteration())})


def read(query: Mapping[str, str]) -> list[str]:
    """Take part and iteration from an address; returns a sentence for each that could not be taken."""
    told = []
    asked = query.get("part")
    if asked in PARTS:
        choose(asked)
    elif asked is not None:
        told.append(
            _("The part “{name}” in the link is not known; allowed: {allowed}.").format(
                name=shortened(asked), allowed=", ".join(PARTS)
            )
        )
    at = query.get("iteration")
    if at is not None:
        if at.isascii() and at.isdecimal() and len(at) < 10 and int(at) <= FIELDS["iterations"].high:
            look_at(int(at))
        else:
            told.append(_("“{name}” in the link is not an iteration.").format(name=shortened(at)))
    return told
