"""The first path, three minutes from a line over folds to the article's net: its steps, and the one that this visit is at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pages.ui.text import _, shortened
from pages.ui.visit import experiment, saved
from pages.ui.visit.presets import START
from pages.ui.visit.state import visit
from spiral_core.marking import N_
from spiral_core.settings import Settings

PARAMETER = "tour"  # its name in the address


class Step(NamedTuple):
    title: str
    text: str
    settings: Settings


_FOLDED = START.replace(init="he", optimizer="adam", learning_rate=0.02)

STEPS = (
    Step(
        N_("A line"),
        N_(
            "A linear classifier has a score for each class, each a plane over x and y, so its boundaries are straight. "
            "Press ▶: they turn until nothing better is left, and about half of the points stay wrong. What would a "
            "boundary need to follow the arms?"
        ),
        START.replace(hidden=()),
    ),
    Step(
        N_("Three folds"),
        N_(
            "A hidden unit is one more plane, cut off at 0: there the scores fold. Click “Net” above the chart and point "
            "at a unit to see its fold. A boundary bends where it crosses a fold, and nowhere else. How many folds would be "
            "enough?"
        ),
        _FOLDED.replace(hidden=(3,)),
    ),
    Step(
        N_("Twelve folds"),
        N_(
            "The same training with twelve units. Press ▶ and watch the folds move to where they are needed: more than "
            "95% of the training points are right at the end. Point at a unit: at which points does it switch on?"
        ),
        _FOLDED.replace(hidden=(12,)),
    ),
    Step(
        N_("The article's net"),
        N_(
            "One hundred units and plain gradient descent, as in the article. The boundary looks round, and it is still "
            "made of straight pieces. Look at the curves: where does the loss fall fastest, and what does the boundary do "
            "then?"
        ),
        START,
    ),
    Step(
        N_("Now you"),
        N_(
            "Change one thing at a time and say first what will happen: fewer units, another learning rate, more noise "
            "under “Data”. The lessons ask such questions, each with its reason."
        ),
        START,
    ),
)


def step() -> int:
    """The step on the screen, from 1; 0: none."""
    return visit().tour


def go(number: int) -> None:
    """Put a step, from 1, and its settings on the screen."""
    visit().tour = number
    experiment.change(STEPS[number - 1].settings)


def leave() -> None:
    """The path is left, and nobody is asked to take it again; the settings stay."""
    visit().tour = 0
    saved.note("hint", "closed")


def address() -> dict[str, str]:
    """What every page's address says of the path."""
    return {PARAMETER: str(step())} if step() else {}


def read(query: Mapping[str, str]) -> list[str]:
    """Take the step from an address; returns a sentence for what could not be taken."""
    asked = query.get(PARAMETER)
    numbers = [str(number) for number in range(1, len(STEPS) + 1)]
    visit().tour = numbers.index(asked) + 1 if asked in numbers else 0
    if asked is None or asked in numbers:
        return []
    said = _("The step “{name}” in the link is not known; allowed: {allowed}.")
    return [said.format(name=shortened(asked), allowed=", ".join(numbers))]
