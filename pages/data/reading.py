"""A table of points in a text file: guessed, shown, and then taken, or refused with the line and the column that are wrong."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pages.ui.text import _, ngettext, shortened, thousands
from pages.ui.text.tabular import FileError, decoded, delimiter_of, guarded, unguarded
from spiral_core.points import FARTHEST, LONGEST_LABEL, MOST_CLASSES, MOST_POINTS, Points

MOST_BYTES = 5_000_000
MOST_COLUMNS = 100
_SAMPLE = 50  # lines from which the delimiter is guessed


@dataclass(frozen=True)
class Sheet:
    """A file as rows of cells, none of them read as a number yet."""

    columns: tuple[str, ...]  # no two alike
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # the line of each row in the file, from 1
    delimiter: str
    encoding: str
    header: bool  # whether the first line gave the names

    def column(self, name: str) -> list[str]:
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


class Columns(NamedTuple):
    """Which columns are what."""

    x: str
    y: str
    label: str


def read(content: bytes, delimiter: str | None = None, header: bool | None = None) -> Sheet:
    """The rows of a file; what is None is guessed. Raises FileError."""
    if len(content) > MOST_BYTES:
        raise FileError(_("The file has {size} MB; at most 5 MB are allowed.").format(size=f"{len(content) / 1e6:.1f}"))
    text, encoding = decoded(content)
    full = [line for line in text.splitlines() if line.strip()][:_SAMPLE]
    delimiter = delimiter or delimiter_of(full)
    numbered: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                numbered.append((reader.line_num, [cell.strip() for cell in cells]))
                if len(numbered) > MOST_POINTS + 1:
                    raise FileError(_("The file has more than {most} rows of points.").format(most=thousands(MOST_POINTS)))
    except csv.Error:
        raise FileError(_("Line {number} of the file is not valid CSV.").format(number=reader.line_num)) from None
    if not numbered:
        raise FileError(_("The file is empty."))
    width = len(numbered[0][1])
    if width < 3:
        raise FileError(
            ngettext(
                "The file has {count} column; needed are two with numbers and one with the class.",
                "The file has {count} columns; needed are two with numbers and one with the class.",
                width,
            ).format(count=width)
        )
    if width > MOST_COLUMNS:
        raise FileError(_("The file has {count} columns; at most {most} are allowed.").format(count=width, most=MOST_COLUMNS))
    if header is None:
        header = not any(_number(cell) is not None for cell in numbered[0][1])
    names = numbered[0][1] if header else [""] * width
    body = numbered[1:] if header else numbered
    for line, cells in body:
        if len(cells) != width:
            raise FileError(
                ngettext(
                    "Line {line} has {count} cell; the first line has {width}.",
                    "Line {line} has {count} cells; the first line has {width}.",
                    len(cells),
                ).format(line=line, count=len(cells), width=width)
            )
    if not body:
        raise FileError(_("The file holds no rows of points."))
    if len(body) > MOST_POINTS:
        raise FileError(_("The file has more than {most} rows of points.").format(most=thousands(MOST_POINTS)))
    rows = tuple(tuple(cells) for _line, cells in body)
    return Sheet(_distinct(names), rows, tuple(line for line, _cells in body), delimiter, encoding, header)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, with numbers where they are missing, alike or too long for an axis."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        name = "".join(sign for sign in name if sign.isprintable())[:LONGEST_LABEL].strip()
        name = name or _("column {number}").format(number=number)
        while name in found:
            name = f"{name[: LONGEST_LABEL - 5]} ({number})"
        found.append(name)
    return tuple(found)


def guess(sheet: Sheet) -> Columns:
    """The first two columns of numbers, and of the rest one with few different texts, the last if there are several."""
    numeric = [name for name in sheet.columns if _are_numbers(sheet.column(name))]
    kinds = {name: set(sheet.column(name)) for name in sheet.columns}
    few = [name for name in sheet.columns if 2 <= len(kinds[name]) <= MOST_CLASSES]
    texts = [name for name in few if name not in numeric]
    other = [name for name in sheet.columns if name not in numeric]
    label = (texts or [name for name in few if name in numeric[2:]] or other or few or list(sheet.columns))[-1]
    free = [name for name in [*numeric, *sheet.columns] if name != label]
    x = free[0]
    y = next(name for name in free if name != x)
    return Columns(x, y, label)


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether most cells of a column are numbers: one that is not is told when the points are taken."""
    return sum(_number(cell) is not None for cell in cells) > 0.5 * len(cells)


def _number(cell: str) -> float | None:
    """A finite number, with a decimal point or a decimal comma."""
    try:
        value = float(cell)
    except ValueError:
        try:
            value = float(cell.replace(",", "."))
        except ValueError:
            return None
    return value if math.isfinite(value) and "_" not in cell else None


def problem(sheet: Sheet, columns: Columns, row: int) -> str:
    """What is wrong with a row, in a sentence; empty if nothing is."""
    cells = dict(zip(sheet.columns, sheet.rows[row], strict=True))
    where = _("Line {line}, column “{column}”:")
    for name in columns[:2]:
        value = _number(cells[name])
        if value is None:
            said = _("“{text}” is not a number.") if cells[name] else _("the cell is empty; a number is needed.")
        elif abs(value) > FARTHEST:
            said = _("“{text}” is too far from 0; at most 1 000 000 000 is allowed.")
        else:
            continue
        return where.format(line=sheet.lines[row], column=name) + " " + said.format(text=shortened(cells[name]))
    label = cells[columns.label]
    if not label:
        said = _("the cell is empty; a class is needed.")
    elif len(label) > LONGEST_LABEL:
        said = _("the class name is longer than {most} characters.").format(most=LONGEST_LABEL)
    elif not label.isprintable():
        said = _("the class name holds signs that cannot be shown.")
    else:
        return ""
    return where.format(line=sheet.lines[row], column=columns.label) + " " + said


def unusable(sheet: Sheet, columns: Columns) -> list[int]:
    """The rows that cannot be taken."""
    return [row for row in range(len(sheet.rows)) if problem(sheet, columns, row)]


class RowsError(FileError):
    """Rows of a file that cannot be taken: what is wrong with the first, and how many there are."""

    def __init__(self, sentence: str, count: int) -> None:
        self.count = count
        super().__init__(sentence)


def points(sheet: Sheet, columns: Columns, leave_out: bool = False) -> Points:
    """The points of a sheet. Rows that cannot be taken are left out if asked for; else they are a RowsError."""
    if len(set(columns)) < 3:
        raise FileError(_("Choose three different columns."))
    bad = unusable(sheet, columns)
    if bad and not leave_out:
        raise RowsError(problem(sheet, columns, bad[0]), len(bad))
    places = [sheet.columns.index(name) for name in columns]
    kept = [sheet.rows[row] for row in sorted(set(range(len(sheet.rows))) - set(bad))]
    labels = [unguarded(row[places[2]]) for row in kept]
    names = _in_order(labels)
    if len(names) < 2:
        raise FileError(_("Column “{column}” names fewer than two classes.").format(column=columns.label))
    if len(names) > MOST_CLASSES:
        said = _("Column “{column}” holds {count} different classes; at most {most} are allowed.")
        raise FileError(said.format(column=columns.label, count=len(names), most=MOST_CLASSES))
    X = np.array([[_number(row[place]) for place in places[:2]] for row in kept], dtype=np.float64)
    number_of = {name: number for number, name in enumerate(names)}
    return Points(X, np.array([number_of[label] for label in labels]), tuple(names), (columns.x, columns.y))


def _in_order(labels: Sequence[str]) -> list[str]:
    """The different labels: numbers by size, texts as they come."""
    names = list(dict.fromkeys(labels))
    values = [_number(name) for name in names]
    if all(value is not None for value in values):
        names.sort(key=lambda name: (_number(name), name))
    return names


def write(points: Points) -> bytes:
    """The points as CSV that `read` takes back exactly; with a byte order mark, so that spreadsheets read Korean names right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    label = next(name for name in ("class", "class_", "class__") if name not in points.axes)
    writer.writerow([*map(guarded, points.axes), label])
    for (x, y), k in zip(points.X.tolist(), points.y.tolist(), strict=True):
        writer.writerow([x, y, guarded(points.names[k])])
    return text.getvalue().encode("utf-8-sig")
