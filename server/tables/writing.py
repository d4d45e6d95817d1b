"""Points as a CSV file, and cells that a spreadsheet would run as formulas."""

from __future__ import annotations

import csv
import io
import re

from server.tables.numbers import is_missing_class
from spiral_core.points import Points

# What a spreadsheet would run: a text that begins so, at the start or where a list separator or a line break begins another cell.
_BEGINS = r"(?:\A|(?<=[;\t\r\n]))"
_FORMULA = r"[ '\"\u3000]*[=+\-@\t\r\n＝＋－＠]"
_UNGUARDED, _GUARDED = re.compile(f"{_BEGINS}(?={_FORMULA})"), re.compile(f"{_BEGINS}'(?={_FORMULA})")


def guarded(text: str) -> str:
    """A user's text as a cell that no spreadsheet runs; numbers stay."""
    return text if _is_number(text) else _UNGUARDED.sub("'", text)


def unguarded(text: str) -> str:
    return _GUARDED.sub("", text)


def class_cell(name: str) -> str:
    """A class's name as a cell. One such as NA, which in a table says that the class is not known, gets an apostrophe."""
    return f"'{name}" if _says_missing(name) else guarded(name)


def class_name(cell: str) -> str:
    """The inverse."""
    return cell.removeprefix("'") if _says_missing(cell) else unguarded(cell)


def _says_missing(text: str) -> bool:
    bare = text.lstrip("'")
    return bool(bare) and is_missing_class(bare)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def write(points: Points) -> bytes:
    """The points as CSV that is read back exactly; with a byte order mark, so that spreadsheets read Korean names right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    label = next(name for name in ("class", "class_", "class__") if name not in points.axes)
    writer.writerow([*map(guarded, points.axes), label])
    for (x, y), k in zip(points.X.tolist(), points.y.tolist(), strict=True):
        writer.writerow([x, y, class_cell(points.names[k])])
    return text.getvalue().encode("utf-8-sig")
