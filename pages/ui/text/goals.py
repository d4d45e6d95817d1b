"""Goals in the reader's language."""

from __future__ import annotations

import time

from pages.ui.text.labels import parameter_label
from pages.ui.text.numbers import clock_time, thousands
from pages.ui.text.translation import _, ngettext
from spiral_core.classroom.goals import Goal


def amount(goal: Goal, value: float) -> str:
    """A result in the goal's measure."""
    return f"{value:.1%}" if goal.measure == "accuracy" else f"{value:.4g}"


def asked(goal: Goal) -> str:
    """The value that a goal asks for."""
    return f"{100 * goal.target:.4g}%" if goal.measure == "accuracy" else f"{goal.target:.4g}"


def target(goal: Goal) -> str:
    """What a goal asks for, as a sentence."""
    said = _("Reach an accuracy of at least {value} on points that no run has seen.")
    if goal.start.data.given is not None:  # there are no others
        said = _("Reach an accuracy of at least {value} on held-out points.")
    if goal.measure == "loss":
        said = _("Bring the loss down to at most {value} on points that no run has seen.")
        if goal.start.data.given is not None:
            said = _("Bring the loss down to at most {value} on held-out points.")
    return said.format(value=asked(goal))


def limits(goal: Goal, until: float | None = None) -> list[str]:
    """On what terms, a phrase each. until: when its time is over, in seconds since 1970."""
    found = []
    if goal.weights:
        found.append(_("at most {count} weights and biases").format(count=thousands(goal.weights)))
    if goal.iterations:
        found.append(_("at most {count} iterations").format(count=thousands(goal.iterations)))
    if goal.free:
        found.append(_("only these may be changed: {names}").format(names=", ".join(map(parameter_label, goal.free))))
    if until is not None:
        over = until < time.time()
        found.append(_("the time is over") if over else _("time until {clock}").format(clock=clock_time(until)))
    elif goal.minutes:
        found.append(ngettext("{count} minute", "{count} minutes", goal.minutes).format(count=goal.minutes))
    return found
