"""Names from outside made fit for a screen: visible, short, and each once, in one pass whose length is bounded by their number."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from spiral_core.points import INVISIBLE, MAX_LABEL_LENGTH


def is_visible(sign: str) -> bool:
    return sign.isprintable() and sign not in INVISIBLE


def composed(text: str) -> str:
    """Letters in one piece: names typed on a Mac come with the parts of each syllable apart, and look the same."""
    apart = any(unicodedata.combining(sign) or "\u1160" <= sign <= "\u11ff" for sign in text)
    return unicodedata.normalize("NFC", text) if apart else text


def revealed(text: str) -> str:
    """A text in which each sign that cannot be seen is spelled out, so that names that differ also look different."""
    return "".join(sign if is_visible(sign) else f"⟨U+{ord(sign):04X}⟩" for sign in text)


def distinct(names: Sequence[str], column_word: str) -> tuple[str, ...]:
    """The names of columns: printable, at most MAX_LABEL_LENGTH long, numbered where they are missing or alike."""
    taken: set[str] = set()
    found = []
    for number, name in enumerate(names, 1):
        shown = "".join(sign if is_visible(sign) else " " for sign in composed(name[: 4 * MAX_LABEL_LENGTH]))
        base = " ".join(shown.split())[:MAX_LABEL_LENGTH].strip() or column_word.format(number=number)
        name = next(candidate for candidate in _numbered(base, len(names)) if candidate not in taken)
        taken.add(name)
        found.append(name)
    return tuple(found)


def _numbered(base: str, others: int) -> list[str]:
    """The name itself, then more different names than there are others to clash with: endings are never cut."""
    endings = ["", *(f" ({k})" for k in range(2, others + 2))]
    return [base[: MAX_LABEL_LENGTH - len(ending)].rstrip() + ending for ending in endings]
