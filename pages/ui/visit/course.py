"""Which lesson is on the screen: kept for the visit, and in the Lessons page's address."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.text import _, shortened
from pages.ui.visit import saved
from pages.ui.visit.state import visit

PAGE = "lessons"
PARAMETERS = ("lesson",)
_NOTE, _DRAWING, _WORDS = "lesson:", "drawing:", "words:"  # how the names of kept answers, drawings and sentences begin

# The lessons in their order, by their names in the address.
LESSONS = (
    "chance", "linear", "folds", "inputs", "depth", "by_hand", "rate", "symmetry", "regularisation", "twenty", "momentum", "check",
    "random", "dead", "noise",
)  # fmt: skip


def lesson() -> str:
    """The lesson on the screen, by its name in the address."""
    return visit().lesson or LESSONS[0]


def choose(name: str) -> None:
    """Put another lesson on the screen."""
    visit().lesson = name


def answer(name: str, options: int) -> int | None:
    """The answer that this browser's owner gave in a lesson with so many options; None before there is one."""
    text = saved.notes().get(_NOTE + name, "")
    return int(text) if text.isdecimal() and int(text) < options else None


def note_answer(name: str, option: int) -> None:
    """Keep the answer for this browser."""
    saved.note(_NOTE + name, str(option))


def own_words(name: str) -> str:
    """Why it is so, in the words of this browser's owner; empty before there are any."""
    return saved.notes().get(_WORDS + name, "")


def note_own_words(name: str, words: str) -> None:
    """Keep them for this browser."""
    saved.note(_WORDS + name, words)


def forget_answers(*names: str) -> None:
    """Forget the answers and drawings in these lessons."""
    saved.forget_notes([kind + name for name in names for kind in (_NOTE, _DRAWING, _WORDS)])


def drawing(name: str) -> str:
    """What this browser's owner drew in a lesson before its runs were shown, packed; empty before there is anything."""
    return saved.notes().get(_DRAWING + name, "")


def note_drawing(name: str, packed: str) -> None:
    """Keep a drawing for this browser."""
    saved.note(_DRAWING + name, packed)


def forget_drawing(name: str) -> None:
    """Forget what was drawn in a lesson."""
    saved.forget_notes([_DRAWING + name])


def reset() -> None:
    """As if the page's address said nothing."""
    visit().lesson = ""


def address() -> dict[str, str]:
    """What the page's address says beside the settings."""
    return {"lesson": lesson()} if lesson() != LESSONS[0] else {}


def read(query: Mapping[str, str]) -> list[str]:
    """Take the lesson from an address; returns a sentence for what could not be taken."""
    asked = query.get("lesson")
    if asked in LESSONS:
        choose(asked)
    elif asked is not None:
        return [
            _("The lesson “{name}” in the link is not known; allowed: {allowed}.").format(
                name=shortened(asked), allowed=", ".join(LESSONS)
            )
        ]
    return []
