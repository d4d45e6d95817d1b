"""Texts in the language of the visit: English in the code, with `_()` round it; other languages in gettext catalogues."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from pages.ui.visit import state

LANGUAGES = {"en": "English", "ko": "한국어"}
DOMAIN = "spiral_lab"
LOCALE = Path(__file__).parent / "locale"

CATALOGUES: dict[str, gettext.NullTranslations] = {
    name: gettext.NullTranslations() if name == "en" else gettext.translation(DOMAIN, LOCALE, [name]) for name in LANGUAGES
}

_forced: ContextVar[str | None] = ContextVar("language outside a visit", default=None)


def language() -> str:
    """The language of this visit."""
    return _forced.get() or state.language()


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """Texts in a language where there is no visit to ask, as in a file that is made when it is downloaded."""
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def _(english: str) -> str:
    """A text in the language of this visit; one that the catalogue lacks stays English (a test finds it)."""
    return CATALOGUES[language()].gettext(english) if english else ""


def ngettext(one: str, many: str, count: float) -> str:
    """The form of a text that suits a count: "{count} run" for 1, "{count} runs" for others; the caller fills the count in."""
    return CATALOGUES[language()].ngettext(one, many, 1 if count == 1 else 2)
