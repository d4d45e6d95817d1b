"""A workbook (.xlsx) as rows of cells, within bounds: what it unpacks to is measured before it is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from server.tables.dialect import Row
from server.tables.table import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, TableError

MAX_UNPACKED = 60_000_000  # bytes, all parts of the workbook together
MAX_PARTS = 500
MAX_EMPTY = 1_000  # empty rows on end, after which a sheet is over
_PIECE = 1 << 20
_OLD = b"\xd0\xcf\x11\xe0"  # an .xls file, or a workbook behind a password
_ZIP = b"PK\x03\x04"


class Sheet(NamedTuple):
    rows: list[Row]
    name: str
    names: tuple[str, ...]  # of all sheets that hold cells


def is_workbook(content: bytes) -> bool:
    """Raises TableError for workbooks that cannot be read."""
    if content.startswith(_OLD):
        raise TableError("old_workbook")
    return content.startswith(_ZIP)


def read(content: bytes, name: str | None = None) -> Sheet:
    """The cells of the named sheet, else of the first with three columns, else of the first that holds any. Raises TableError."""
    _check_size(content)
    import openpyxl  # takes 0.2 s, which only workbooks are worth

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = {sheet.title: sheet for sheet in book.worksheets if sheet.sheet_state == "visible"}
        if name is not None and name in sheets:
            return Sheet(_rows(sheets[name]), name, tuple(sheets))
        narrow = None  # as a sheet of remarks is
        for title, sheet in sheets.items():
            rows = _rows(sheet)
            if len(rows) > 1 and len(rows[0].cells) > 2:
                return Sheet(rows, title, tuple(sheets))
            narrow = narrow or (Sheet(rows, title, tuple(sheets)) if len(rows) > 1 else None)
        if narrow:
            return narrow
    except TableError:
        raise
    except Exception:  # the library raises whatever a broken file makes it run into: KeyError, ParseError, TypeError, …
        raise TableError("workbook") from None
    raise TableError("empty")


def _check_size(content: bytes) -> None:
    """Unpacks all parts, a piece at a time, and counts: a zip file's own figures may lie. Raises TableError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise TableError("workbook_large", most=MAX_UNPACKED // 1_000_000)
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise TableError("workbook")
            total = 0
            for part in parts:
                with packed.open(part) as stream:
                    while piece := stream.read(_PIECE):
                        total += len(piece)
                        if total > MAX_UNPACKED:
                            raise TableError("workbook_large", most=MAX_UNPACKED // 1_000_000)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("workbook") from None


def _rows(sheet: Any) -> list[Row]:
    """The rows that hold anything, up to a long empty stretch. Raises TableError."""
    rows: list[Row] = []
    empty = 0
    sheet.reset_dimensions()  # some programs write a size that is not the sheet's
    values: Iterable[Sequence[Any]] = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1)
    for number, values_of_row in enumerate(values, 1):
        cells = [_cell(value, number) for value in values_of_row]
        while cells and cells[-1] == "":
            cells.pop()
        empty = 0 if cells else empty + 1
        if cells:
            rows.append(Row(number, cells))
        if len(rows) > MAX_ROWS:
            raise TableError("rows", most=MAX_ROWS)
        if empty > MAX_EMPTY:
            break
    width = max((len(row.cells) for row in rows), default=0)
    return [Row(line, cells + [""] * (width - len(cells))) for line, cells in rows] if width <= MAX_COLUMNS + 1 else rows


def _cell(value: Any, line: int) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    text = str(value).strip()
    if len(text) > MAX_CELL:
        raise TableError("cell", line=line, most=MAX_CELL)
    return text
