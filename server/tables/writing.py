"""Points as a CSV file, and cells that a spreadsheet would run as formulas."""

from __future__ import annotations

import csv
import io

from spiral_core.points import Points

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so


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


def write(points: Points) -> bytes:
    """The points as CSV that is read back exactly; with a byte order mark, so that spreadsheets read Korean names right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    label = next(name for name in ("class", "class_", "class__") if name not in points.axes)
    writer.writerow([*map(guarded, points.axes), label])
    for (x, y), k in zip(points.X.tolist(), points.y.tolist(), strict=True):
        writer.writerow([x, y, guarded(points.names[k])])
    return text.getvalue().encode("utf-8-sig")
