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
HEADINGS = ("; ", "! ")  # comments above the rows, and nowhere else
MAX_CELLS = 1_000  # of a row: far more than columns may be, so that the sentence can say how many there are
MAX_LINE = 100_000  # characters
_SAMPLE = 60  # lines from which the delimiter is guessed
_SAMPLE_LENGTH = 50_000  # characters of them
_TABLE = 4.5  # the score of rows that are nearly all alike, with two columns of numbers
_NEAR = 0.9  # a second delimiter whose rows are this good leaves the guess open
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_ARFF = re.compile(r"@(?:relation|data|end|attribute\s+('[^']*'|\"[^\"]*\"|[^\s'\"]+))", re.IGNORECASE)
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
    rows, comments = _with_data_of(comments, rows, delimiter)
    if len(rows) > MAX_ROWS:
        raise TableError("rows", most=MAX_ROWS)
    above = [entry for entry in comments if content and entry[0] < content[0][0]]
    title = _titles(above, delimiter) if above else ()
    return Cut(rows, delimiter, sure, (*skipped, *(number for number, _line in comments)), title)


def _without_comments(lines: list[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The lines that hold cells, and the comments. Where most lines begin with the sign it is part of the data."""
    comments = [entry for entry in lines if _ARFF.match(entry[1].lstrip())]
    lines = [entry for entry in lines if not _ARFF.match(entry[1].lstrip())] if comments else lines
    for mark in COMMENTS + HEADINGS:
        marked = [entry for entry in lines if entry[1].lstrip().startswith(mark)]
        others = [entry for entry in lines if not entry[1].lstrip().startswith(mark)] if marked else []
        if 0 < len(marked) <= len(others) and (mark in COMMENTS or marked[-1] < others[0]):
            lines, comments = others, comments + marked
    return lines, sorted(comments)


def _with_data_of(comments: list[tuple[int, str]], rows: list[Row], delimiter: str) -> tuple[list[Row], list[tuple[int, str]]]:
    """The rows with those that were taken for comments and are none, as with classes such as #cats; and the other comments."""
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0] if rows else 0
    usual = [row.cells for row in rows if len(row.cells) == width][:_SAMPLE]
    numeric = [at for at in range(width) if 2 * sum(looks_numeric(cells[at]) for cells in usual) > len(usual)]
    if not numeric or numeric[0] == 0:  # a row of numbers behind the sign is one that somebody left out
        return rows, comments
    below = [entry for entry in comments if entry[0] > rows[0].line]
    cut = _rows([entry for entry in below if '"' not in entry[1]], delimiter)
    cut += [row for entry in below if '"' in entry[1] for row in _rows([entry], delimiter)]
    data = [row for row in cut if len(row.cells) == width and all(looks_numeric(row.cells[at]) for at in numeric)]
    found = {row.line for row in data}
    return sorted([*rows, *data]), [entry for entry in comments if entry[0] not in found]


def _titles(comments: Sequence[tuple[int, str]], delimiter: str) -> tuple[Row, ...]:
    """The comments above the rows read as the names of columns: attributes one by one, or else the last comment.

    It is read without its mark, and with it, as in a column that is called “#”.
    """
    attributes = [found[1].strip("'\"") for _number, line in comments if (found := _ARFF.match(line.lstrip())) and found[1]]
    number, line = comments[-1]
    if attributes:
        return (Row(number, list(attributes)),)
    bare = line.strip()
    mark = next((mark for mark in COMMENTS + HEADINGS if bare.startswith(mark)), "")
    return (*_rows([(number, bare.lstrip(mark))], delimiter), *_rows([(number, bare)], delimiter))


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
    if scores["\t"] >= _TABLE:  # the spaces beside tabs belong to cells, as in 1 200
        scores[" "] = 0.0
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
