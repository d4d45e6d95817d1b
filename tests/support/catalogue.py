"""The catalogue of translations: gathered from the code by Babel, kept as .po, compiled to .mo (`make translations`)."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pages.ui.text.translation import DOMAIN, LANGUAGES, LOCALE

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
FOLDERS = ("spiral_core", "server", "pages")
PLURALS = {"ko": "nplurals=1; plural=0;"}

Text = str | tuple[str, str]  # English: one form, or singular and plural


class _Plain(Catalog):
    """A catalogue whose header says nothing that changes with the day or the tool, so that equal texts make equal files."""

    def _headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "Spiral Lab"),
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", PLURALS[str(self.locale)]),
        ]

    mime_headers = property(_headers, lambda _self, _headers: None)


def sources() -> list[Path]:
    """The files whose texts users see."""
    return [ROOT / "app.py", *(file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")))]


def _calls(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Line, keyword, literals and comments of each call, for Babel, whose own reader passes over calls inside f-strings."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords:
            literals = [getattr(argument, "value", None) for argument in node.args]
            yield node.lineno, node.func.id, tuple(text if isinstance(text, str) else None for text in literals), []


def extracted() -> set[Text]:
    """All texts in `_("…")` and `N_("…")`, and both forms of those in `ngettext("…", "…", n)`."""
    found: set[Text] = set()
    for source in sources():
        with source.open("rb") as file:
            for _line, text, _comments, _context in extract(_calls, file, KEYWORDS):
                found.add(text if isinstance(text, str) else (text[0], text[1]))
    plural = {text[0] for text in found if isinstance(text, tuple)}
    return {text for text in found if text not in plural}  # gettext finds a plural by its singular alone


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The catalogue as its .po file has it."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Its texts, without the header."""
    return (message for message in catalogue if message.id)


def translations(language: str) -> dict[Text, str]:
    """English → translation."""
    return {_english(message): _translated(message) for message in messages(read(language))}


def _english(message: Message) -> Text:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def _translated(message: Message) -> str:
    """The translation; the first form where there are several (Korean has one)."""
    text = message.string
    return text if isinstance(text, str) else text[0] if text else ""


def brought_up(language: str) -> Catalog:
    """The catalogue with all texts of the code and no other; new ones have an empty translation."""
    known = translations(language)
    catalogue = _Plain(language, header_comment=f"# Spiral Lab in {LANGUAGES[language]}.", fuzzy=False)
    for text in extracted():
        string = known.get(text, "")
        if isinstance(text, tuple):  # a plural that was one form before keeps its translation
            string = string or known.get(text[1], "")
        catalogue.add(text, string if isinstance(text, str) else (string,))
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The .po file: sorted, a text a line, and without the places in the code, so that branches merge."""
    file = io.BytesIO()
    write_po(file, catalogue, width=0, no_location=True, omit_header=False, sort_output=True)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = brought_up(language)
        po_file(language).write_bytes(as_po(catalogue))
        po_file(language).with_suffix(".mo").write_bytes(as_mo(catalogue))
        missing = [message.id for message in messages(catalogue) if not _translated(message)]
        print(f"{language}: {len(catalogue)} texts" + "".join(f"\n  not translated: {text}" for text in missing))


if __name__ == "__main__":
    main()
