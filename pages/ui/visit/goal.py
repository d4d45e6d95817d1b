"""The goal that this visit works on: its class's, else that of its link."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.text import _, rule_text, shortened
from pages.ui.visit import experiment
from pages.ui.visit.state import visit
from server.rooms import Look
from spiral_core.classroom.goals import GOAL, Goal
from spiral_core.rules import SettingError

PARAMETER = "goal"  # its name in the address


def of_visit(look: Look | None) -> Goal | None:
    """The goal, if there is one."""
    return (look.state.goal if look else None) or visit().goal


def address() -> dict[str, str]:
    """What every page's address says of the link's goal."""
    found = visit().goal
    return {PARAMETER: found.to_query()} if found else {}


def read(query: Mapping[str, str]) -> list[str]:
    """Take the goal from an address, about the experiment that it opens; returns a sentence for what could not be taken."""
    text, here = query.get(PARAMETER), visit()
    try:
        found = Goal.from_query(text, experiment.current()) if text else None
    except SettingError:
        here.goal = None
        said = _("The goal “{text}” in the link is not one; allowed: {allowed}.")
        return [said.format(text=shortened(text or ""), allowed=rule_text(GOAL))]
    if found is None or here.goal is None or here.goal.to_query() != found.to_query():
        set_own(found)
    return []


def set_own(found: Goal | None) -> None:
    """Work on another goal, or on none."""
    visit().goal, visit().goal_best = found, None
