"""Where a table begins: titles and units above it, the line with the names of its columns, the first row of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from server.tables.dialect import Row
from server.tables.numbers import is_missing_number, looks_numeric
from server.tables.table import MAX_COLUMNS, TableError, text_of

MAX_ABOVE = 20  # rows that may stand above the first row of numbers
MIN_BELOW = 4  # rows that can tell a header of numbers from a point
_SAMPLE = 400  # rows that tell which columns hold numbers
_UNITS = frozenset(
    {
        "m", "cm", "mm", "km", "in", "ft", "kg", "g", "mg", "lb", "oz", "s", "ms", "min", "h", "°c", "°f", "℃", "℉",
        "k", "%", "l", "ml", "원", "천원", "만원", "세", "점", "회", "명", "개", "㎝", "㎏", "㎜", "㎞",
    }
)  # fmt: skip


class Layout(NamedTuple):
    """names: one a column, "" where there is none; header: the line they come from, 0 for none; skipped: lines above the points;
    unfit: the line that has names which do not fit the columns, and how many, or None."""

    names: list[str]
    body: list[Row]  # each with as many cells as there are names, but for rows that cannot be used
    header: int
    sure: bool
    skipped: tuple[int, ...]
    unfit: tuple[int, int] | None = None


def layout(rows: Sequence[Row], titles: Sequence[Row], header: int | None = None, delimiter: str | None = None) -> Layout:
    """Names and body of a table. titles: a comment that may be the header; header: the line that the user chose, 0 for none;
    delimiter: None for a workbook, whose rows may end early. Raises TableError."""
    width = _width(rows)
    if width > MAX_COLUMNS:
        raise TableError("columns_many", count=width, most=MAX_COLUMNS)
    start = _first_of_points(rows, width)
    title, sure = _header_row(rows, titles, start, width) if header is None else (_chosen(rows, titles, header), True)
    if title is not None and title in rows:
        start = max(start, rows.index(title) + 1) if header is None else rows.index(title) + 1
    elif header == 0:
        start = min(start, _first_of_width(rows, width))
    body = [_fitted(row, width, ragged=delimiter is None) for row in rows[start:]]
    unfit = None
    if title is not None and header is None and delimiter and not _fits(title, body, width, delimiter):
        unfit, title = (title.line, _named(title)), None
    names = [text_of(cell) for cell in title.cells] if title else []
    skipped = tuple(row.line for row in rows[:start] if row is not title)
    found = Layout(_aligned(names, body, width), body, title.line if title else 0, sure and not unfit, skipped, unfit)
    return _without_empty_columns(found)


def _width(rows: Sequence[Row]) -> int:
    """The number of cells that most rows have; of equally many rows the later ones decide, for titles stand above."""
    counts = Counter(len(row.cells) for row in rows)
    last = {len(row.cells): at for at, row in enumerate(rows)}
    return max(counts, key=lambda width: (counts[width], last[width]))


def _first_of_width(rows: Sequence[Row], width: int) -> int:
    return next((at for at, row in enumerate(rows) if len(row.cells) == width and sum(map(bool, row.cells)) > 1), 0)


def _first_of_points(rows: Sequence[Row], width: int) -> int:
    """The index of the first row that has numbers where the rows far below have them."""
    full = [row.cells for row in rows if len(row.cells) == width]
    below = full[len(full) // 2 :][:_SAMPLE]
    numeric = [at for at in range(width) if 2 * sum(looks_numeric(cells[at]) for cells in below) > len(below)]
    for at, row in enumerate(rows[: MAX_ABOVE + 1]):
        if len(row.cells) != width or not numeric:
            continue
        fitting = sum(looks_numeric(row.cells[column]) for column in numeric)
        missing = sum(is_missing_number(row.cells[column]) and row.cells[column] != "" for column in numeric)
        if 2 * (fitting + missing) >= len(numeric) and fitting:
            return at
    return 0 if numeric else 1  # texts alone: the first row names them


def _header_row(rows: Sequence[Row], titles: Sequence[Row], start: int, width: int) -> tuple[Row | None, bool]:
    """The row that names the columns, or None, and whether that is certain."""
    above = [row for row in rows[:start] if sum(map(bool, row.cells)) > 1 and not _are_units(row) and not _is_rule(row)]
    if above:
        best = max(above, key=lambda row: (min(sum(map(bool, row.cells)), width), _is_plain(row), -row.line))
        if 2 * sum(map(bool, best.cells)) >= width - 1:
            return best, True
    for title in titles:
        if _named(title) in (width, width - 1) and all(map(bool, title.cells[:1])) and not any(map(looks_numeric, title.cells)):
            return title, True
    return _numbers_as_names(rows, start, width)


def _is_plain(row: Row) -> bool:
    """Whether no cell comes again, nor is empty before the last, as with names of groups that stand above several columns each."""
    named = row.cells[: _named(row)]
    return "" not in named and len(set(named)) == len(named)


def _fits(title: Row, body: Sequence[Row], width: int, delimiter: str) -> bool:
    """Whether it is certain which column each name belongs to. In R's tables the names of the rows have none; where commas stand
    between the cells, and numbers first, they are rather decimal commas."""
    full = [row.cells for row in body if len(row.cells) == width]
    there = max((_named(Row(0, cells)) for cells in full[:_SAMPLE]), default=width)
    if len(title.cells) == width or there <= _named(title) <= width:
        return True
    firsts = [text_of(cells[0]) for cells in full[:_SAMPLE]]
    called = len(set(firsts)) == len(firsts) and all(
        (first.isdecimal() and delimiter != ",") or not looks_numeric(first) for first in firsts
    )
    return _named(title) == width - 1 and called


def _named(row: Row) -> int:
    """The number of cells of a row without the empty ones at its end."""
    return max((at + 1 for at, cell in enumerate(row.cells) if cell != ""), default=0)


def _are_units(row: Row) -> bool:
    """Whether a row below the names gives units, such as cm, (kg), –."""
    filled = [text_of(cell).strip("()[] ").lower() for cell in row.cells if cell not in ("", "-", "–")]
    return bool(filled) and all(cell in _UNITS for cell in filled)


def _is_rule(row: Row) -> bool:
    """Whether a row is drawn below the names, as |---|:---:| in Markdown."""
    return all(set(text_of(cell)) <= set(":-=_") for cell in row.cells)


def _numbers_as_names(rows: Sequence[Row], start: int, width: int) -> tuple[Row | None, bool]:
    """Whether the first row of numbers is a header, such as 0, 1, 2 or 2019, 2020, class. Where it might be, the user is asked."""
    below = [row.cells for row in rows[start + 1 :][:_SAMPLE] if len(row.cells) == width]
    if len(below) < 2:
        return None, True
    first = rows[start]
    counted = [text_of(cell) for cell in first.cells if cell != ""]
    for origin in (0, 1):
        if counted == [str(number) for number in range(origin, origin + len(counted))] and len(counted) > 2:
            fractions = any("." in text_of(cell) or "," in text_of(cell) for cells in below for cell in cells)
            return (first, False) if fractions else (None, False)
    whole = all(text_of(cell).isdecimal() for cell in first.cells if looks_numeric(cell))
    if not whole or len(below) < MIN_BELOW:
        return None, True
    for at, cell in enumerate(first.cells[:width]):
        column = Counter(text_of(cells[at]) for cells in below)
        alone = text_of(cell) not in column and min(column.values()) > 1  # where each other class comes again
        if alone and cell != "" and not looks_numeric(cell) and not is_missing_number(cell):
            return first, False
    return None, True


def _chosen(rows: Sequence[Row], titles: Sequence[Row], header: int) -> Row | None:
    return next((row for row in [*rows, *titles] if header and row.line == header), None)


def _fitted(row: Row, width: int, ragged: bool) -> Row:
    """A row with empty cells added or taken away at its end, where only they are too few or too many."""
    cells = row.cells
    if len(cells) > width and not any(cell != "" for cell in cells[width:]):
        cells = cells[:width]
    if len(cells) < width and ragged:
        cells = cells + [""] * (width - len(cells))
    return Row(row.line, cells)


def _aligned(names: list[str], body: Sequence[Row], width: int) -> list[str]:
    """One name a column. A header that is one short stands above the columns behind the names of the rows, as R writes it."""
    while names and len(names) > width and not names[-1]:
        names.pop()
    full = [row.cells for row in body if len(row.cells) == width]
    if len(names) == width - 1 and any(cells[-1] != "" for cells in full):
        return ["", *names]
    return (names + [""] * width)[:width]


def _without_empty_columns(found: Layout) -> Layout:
    """Columns without name and cells are the work of delimiters at the ends of lines, or of formatted empty cells."""
    names, body = found.names, found.body
    width = len(names)
    full = [row.cells for row in body if len(row.cells) == width]
    kept = [at for at in range(width) if names[at] or any(cells[at] != "" for cells in full)]
    if len(kept) < width and full:
        names = [names[at] for at in kept]
        body = [Row(line, [cells[at] for at in kept] if len(cells) == width else cells) for line, cells in body]
        body = [row for row in body if any(cell != "" for cell in row.cells)]
    return found._replace(names=names, body=body)
