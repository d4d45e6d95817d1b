"""Text cut into rows of cells: comment lines, a `sep=` line, the delimiter, quotation marks."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from server.tables.numbers import looks_numeric
from server.tables.table import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, TableError

DELIMITERS = (",", ";", "\t", "|", " ")  # the last stands for any run of spaces and tabs
COMMENTS = ("#", "%", "//")
MAX_CELLS = 1_000  # of a row: far more than columns may be, so that the sentence can say how many there are
MAX_LINE = 100_000  # characters
_SAMPLE = 60  # lines from which the delimiter is guessed
_SAMPLE_LENGTH = 50_000  # characters of them
_NEAR = 0.9  # a second delimiter whose rows are this good leaves the guess open
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_SEP = re.compile(r"""["']?sep=(.|\\t)["']?""", re.IGNORECASE)


class Row(NamedTuple):
    line: int  # in the file, from 1
    cells: list[Cell]


class Cut(NamedTuple):
    """A text as rows. comments: the lines that are none; title: the last comment above the rows, which may name the columns."""

    rows: list[Row]
    delimiter: str
    sure: bool
    comments: tuple[int, ...]
    title: tuple[Row, ...]


def cut(text: str, delimiter: str | None = None) -> Cut:
    """The rows of a text. Raises TableError."""
    if text.count("\n") + text.count("\r") > 2 * MAX_ROWS + 2:
        raise TableError("rows", most=MAX_ROWS)
    lines = [(number, line) for number, line in enumerate(_END_OF_LINE.split(text), 1) if line.strip()]
    if not lines:
        raise TableError("empty")
    for number, line in lines:
        if len(line) > MAX_LINE:
            raise TableError("line", line=number, most=MAX_LINE)
    told = _SEP.fullmatch(lines[0][1].strip())
    skipped = [lines[0][0]] if told else []
    content, comments = _without_comments(lines[1:] if told else lines)
    sure = True
    if told and delimiter is None:
        delimiter = {"\\t": "\t"}.get(told[1].lower(), told[1])
        delimiter = delimiter if delimiter in DELIMITERS else None
    if delimiter is None:
        delimiter, sure = guess_delimiter(_sample(content))
    rows = _rows(content, delimiter)
    if len(rows) > MAX_ROWS:
        raise TableError("rows", most=MAX_ROWS)
    above = [entry for entry in comments if content and entry[0] < content[0][0]]
    title = tuple(_title(*above[-1], delimiter)) if above else ()
    return Cut(rows, delimiter, sure, (*skipped, *(number for number, _line in comments)), title)


def _without_comments(lines: list[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The lines that hold cells, and the comments. Where most lines begin with the sign it is part of the data."""
    for mark in COMMENTS:
        marked = [entry for entry in lines if entry[1].lstrip().startswith(mark)]
        if marked and 2 * len(marked) <= len(lines):
            return [entry for entry in lines if not entry[1].lstrip().startswith(mark)], marked
    return lines, []


def _title(number: int, line: str, delimiter: str) -> list[Row]:
    """A comment read as the names of columns: without its mark, and with it, as in a column that is called “#”."""
    bare = line.strip()
    mark = next(mark for mark in COMMENTS if bare.startswith(mark))
    return _rows([(number, bare.lstrip(mark))], delimiter) + _rows([(number, bare)], delimiter)


def _sample(lines: Sequence[tuple[int, str]]) -> list[str]:
    """The first lines, as many as are read quickly."""
    sample: list[str] = []
    length = 0
    for _number, line in lines[:_SAMPLE]:
        length += len(line)
        if sample and length > _SAMPLE_LENGTH:
            break
        sample.append(line)
    return sample


def guess_delimiter(lines: Sequence[str]) -> tuple[str, bool]:
    """The delimiter that cuts the lines into the most even rows with the most numbers, and whether no other does as well."""
    scores = {delimiter: _score(lines, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=scores.__getitem__)
    others = max(score for delimiter, score in scores.items() if delimiter != best)
    return best, scores[best] > 0 and others < _NEAR * scores[best]


def _score(lines: Sequence[str], delimiter: str) -> float:
    """How well a delimiter fits: the share of rows of the usual width, times how many columns hold numbers."""
    try:
        rows = [row.cells for row in _rows(list(enumerate(lines, 1)), delimiter)]
    except TableError:
        return 0.0
    widths = Counter(len(cells) for cells in rows)
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    if width < 2:
        return 0.0
    usual = [cells for cells in rows if len(cells) == width]
    numeric = sum(2 * sum(looks_numeric(cell) for cell in column) >= len(usual) for column in zip(*usual, strict=True))
    others = [sign for sign in DELIMITERS[1:4] if sign != delimiter]
    torn = any(sign in str(cell) for cells in usual for cell in cells for sign in others)
    even = len(usual) / len(rows)
    return even * (1 + 2 * min(numeric, 3)) * (0.8 if torn else 1.0) * (0.95 if delimiter == " " else 1.0)


def _rows(lines: Sequence[tuple[int, str]], delimiter: str) -> list[Row]:
    """The cells of each line, trimmed; a quoted cell may go on over several lines. Raises TableError."""
    texts = [line.replace("\t", " ").strip() if delimiter == " " else line for _number, line in lines]
    reader = csv.reader((text + "\n" for text in texts), delimiter=delimiter, skipinitialspace=True)
    rows: list[Row] = []
    first = 0
    try:
        for cells in reader:
            number, first = lines[first][0], reader.line_num
            if len(cells) > MAX_CELLS:
                raise TableError("columns_many", count=len(cells), most=MAX_COLUMNS)
            if max(map(len, cells), default=0) > MAX_CELL:
                raise TableError("cell", line=number, most=MAX_CELL)
            trimmed: list[Cell] = [cell.strip() for cell in cells]
            if any(trimmed):
                rows.append(Row(number, trimmed))
    except csv.Error:
        raise TableError("cell", line=lines[min(first, len(lines) - 1)][0], most=MAX_CELL) from None
    return rows
