"""Bytes become points: each step keeps what it understood, so that a user can put right whatever was guessed wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from server.tables import columns, dialect, encoding, header, numbers, sheet, taking
from server.tables.dialect import Row
from server.tables.header import Layout
from server.tables.table import MAX_BYTES, PREVIEW_ROWS, Choices, Guess, Reading, TableError, text_of

_SAMPLE = 2_000  # rows that tell what a column is
MAX_HEADER_LINE = 30
_SHOWN = 60  # characters of a cell


def read(content: bytes, choices: Choices = Choices()) -> Reading:  # noqa: B008 (frozen)
    """A file as far as it can be read; never raises TableError, but says it with what was understood until then."""
    reading = Reading()
    try:
        if len(content) > MAX_BYTES:
            raise TableError("large", megabytes=len(content) / 1e6, most=MAX_BYTES // 1_000_000)
        if not content.strip():
            raise TableError("empty")
        if sheet.is_workbook(content):
            reading, rows, titles = _workbook(content, choices)
        else:
            reading, rows, titles = _text(content, choices)
    except _StopError as stopped:
        return dataclasses.replace(stopped.reading, error=stopped.error)
    except TableError as error:
        return dataclasses.replace(reading, error=error)
    return _table(reading, rows, titles, choices)


class _StopError(Exception):
    """What was understood, and why it went no further."""

    def __init__(self, reading: Reading, error: TableError) -> None:
        self.reading, self.error = reading, error
        super().__init__(error)


def _workbook(content: bytes, choices: Choices) -> tuple[Reading, list[Row], Sequence[Row]]:
    found = sheet.read(content, choices.sheet)
    guesses = (Guess("sheet", found.name, found.names),) if len(found.names) > 1 else ()
    reading = Reading(guesses=guesses)
    if not found.rows:
        raise _StopError(reading, TableError("empty"))
    return reading, found.rows, ()


def _text(content: bytes, choices: Choices) -> tuple[Reading, list[Row], Sequence[Row]]:
    """Raises _StopError: the delimiter can be changed even if it cannot be guessed, and so can the encoding."""
    guesses: tuple[Guess, ...] = (Guess("encoding", choices.encoding or "utf-8", encoding.ENCODINGS),)
    try:
        text, name, sure = encoding.decoded(content, choices.encoding)
        guesses = (Guess("encoding", name, encoding.ENCODINGS, sure),)
        cut = dialect.cut(text, choices.delimiter)
    except TableError as error:
        if error.code == "binary" and choices.encoding is None:
            raise
        delimiter = Guess("delimiter", choices.delimiter or ",", dialect.DELIMITERS)
        raise _StopError(Reading(guesses=(*guesses, delimiter)), error) from None
    guesses += (Guess("delimiter", cut.delimiter, dialect.DELIMITERS, cut.sure),)
    if not cut.rows:
        raise _StopError(Reading(guesses=guesses, skipped=cut.comments), TableError("empty"))
    return Reading(guesses=guesses, skipped=cut.comments), cut.rows, cut.title


def _table(reading: Reading, rows: Sequence[Row], titles: Sequence[Row], choices: Choices) -> Reading:
    """From rows of cells to points."""
    delimiter = reading.guess("delimiter")
    reading = dataclasses.replace(reading, **_preview(rows))
    try:
        layout = header.layout(rows, titles, choices.header, delimiter.value if delimiter else None)
    except TableError as error:
        return dataclasses.replace(reading, error=error)
    full = [row.cells for row in layout.body if len(row.cells) == len(layout.names)]
    cells = list(zip(*full, strict=True)) if full else [()] * len(layout.names)
    sample = [column[:_SAMPLE] for column in cells]
    signs = numbers.Signs(map(numbers.evidence, sample), delimiter.value if delimiter else "", choices.decimal)
    found = columns.describe(layout.names, sample, signs.all(), choices.column_word)
    roles = columns.roles(found, sample)
    own = (choices.x, choices.y, choices.label)
    x, y, label = (
        mine if mine is not None and mine < len(found) else guessed for mine, guessed in zip(own, roles[:3], strict=True)
    )
    axes = [axis for axis in (x, y) if axis is not None]
    for axis in axes:
        signs.hear(axis, numbers.evidence(cells[axis]))  # the whole column has the last word
    reading = dataclasses.replace(
        reading,
        guesses=(
            *reading.guesses,
            Guess("decimal", signs.of_all(axes), (".", ","), signs.sure(axes)),
            _header_guess(layout, rows, titles),
        ),
        columns=tuple(found),
        skipped=tuple(sorted({*reading.skipped, *layout.skipped} - {layout.header})),
        rows=len(layout.body),
        unfit=layout.unfit,
        roles=(x, y, label),
        axes_sure=roles.sure or (choices.x is not None and choices.y is not None),
        **_preview(layout.body),
    )
    return taking.take(reading, layout, [signs.of(axis) for axis in axes], choices)


def _header_guess(layout: Layout, rows: Sequence[Row], titles: Sequence[Row]) -> Guess:
    """The line with the names, among the first lines; 0 stands for none."""
    lines = {0, layout.header, *(row.line for row in [*titles, *rows[:MAX_HEADER_LINE]])}
    return Guess("header", layout.header, tuple(sorted(lines)), layout.sure)


def _preview(rows: Sequence[Row]) -> dict[str, Any]:
    """The first rows as texts, cut where they would fill the screen."""
    shown = rows[:PREVIEW_ROWS]
    return {
        "preview": tuple(tuple(text_of(cell)[:_SHOWN] for cell in row.cells) for row in shown),
        "preview_lines": tuple(row.line for row in shown),
    }
