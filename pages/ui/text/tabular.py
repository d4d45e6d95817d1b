"""Text files with tables, as users have them: which encoding, which delimiter, and cells that a spreadsheet would run."""

from __future__ import annotations

import csv
from typing import NamedTuple

from pages.ui.text import _
from spiral_core.points import MAX_PACKED_LENGTH

csv.field_size_limit(MAX_PACKED_LENGTH)  # a cell may hold all points of one's own

DELIMITERS = (",", ";", "\t", "|", " ")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so


class FileError(ValueError):
    """What is wrong with a file, in a sentence for the user."""


class Decoded(NamedTuple):
    text: str
    encoding: str


def decoded(content: bytes) -> Decoded:
    """The text of a file. Raises FileError for what is not text in an encoding that spreadsheets write."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return Decoded(text.removeprefix("\ufeff"), encoding.removesuffix("-sig").upper())
    raise FileError(_("The file is not text in UTF-8, UTF-16 or CP949."))


def _encodings(content: bytes) -> tuple[str, ...]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    head = content[:2000]  # UTF-16 without a mark shows by its many zero bytes, which fall on one side
    for zeros, encoding in ((head[1::2], "utf-16-le"), (head[::2], "utf-16-be")):
        if len(zeros) > 1 and zeros.count(0) > 0.6 * len(zeros):
            return (encoding,)
    return ("utf-8-sig", "cp949")


def delimiter_of(lines: list[str]) -> str:
    """The delimiter that cuts the lines into the most equal rows."""

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts), key=counts.count)
        return (counts.count(usual) if usual else 0, usual)

    return max(DELIMITERS, key=evenness) if lines else ","


def guarded(text: str) -> str:
    """A user's text as a cell that no spreadsheet runs; numbers stay."""
    return "'" + text if text.startswith(_FORMULA) and not _is_number(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
