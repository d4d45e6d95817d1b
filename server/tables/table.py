"""What goes into the reading of a file and what comes out: the user's choices, the guesses, the points, the errors as codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spiral_core.points import Points

MAX_BYTES = 5_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 100
MAX_CELL = 2_000  # characters
PREVIEW_ROWS = 6

Cell = str | float  # a workbook's numbers stay numbers: no decimal sign needs to be guessed for them


def text_of(cell: Cell) -> str:
    """A cell as its reader sees it: whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)


class TableError(ValueError):
    """What is wrong with a file, as a code; the pages put it into words. params: what the sentence names."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code, params)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.code, self.params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableError) and (self.code, self.params) == (other.code, other.params)

    __hash__ = ValueError.__hash__


def _restored(code: str, params: dict[str, Any]) -> TableError:
    return TableError(code, **params)


@dataclass(frozen=True)
class Choices:
    """What the user has decided; None leaves it to be guessed. Columns are numbered from 0, lines from 1."""

    encoding: str | None = None
    sheet: str | None = None  # of a workbook
    delimiter: str | None = None  # " " is any run of spaces and tabs
    decimal: str | None = None  # "." or ","
    header: int | None = None  # the line that names the columns; 0: there is none
    x: int | None = None
    y: int | None = None
    label: int | None = None
    missing: bool | None = None  # whether "NA", "?" and the like stand for a class that is not known
    leave_out: bool = False  # rows that cannot be used
    seed: int = 0  # of the sample, where there are too many rows
    column_word: str = "column {number}"  # for a column without a name


@dataclass(frozen=True)
class Guess:
    """One decision about a file. sure: False where the file itself does not settle it, so that the user is asked."""

    kind: str  # encoding, sheet, delimiter, decimal, header, missing
    value: Any
    options: tuple[Any, ...]
    sure: bool = True


@dataclass(frozen=True)
class Column:
    """name: unique, printable, fit for an axis; kind: number, text or id (a row's name or number, which is no measurement)."""

    name: str
    kind: str
    unit: str = ""


@dataclass(frozen=True)
class Reading:
    """A file as far as it could be read. error: why there are no points, or None; what was understood until then is kept."""

    error: TableError | None = None
    guesses: tuple[Guess, ...] = ()
    columns: tuple[Column, ...] = ()
    preview: tuple[tuple[str, ...], ...] = ()
    preview_lines: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()  # lines that are neither points nor names
    rows: int = 0
    roles: tuple[int | None, int | None, int | None] = (None, None, None)  # the columns of x, y and the class
    axes_sure: bool = True  # False where a column of whole numbers may number the rows, or be measured
    points: Points | None = None
    incomplete: int = 0  # rows without one of the three values, left out
    refused: int = 0  # rows that cannot be used
    refusal: TableError | None = None  # what is wrong with the first of them
    unfit: tuple[int, int] | None = None  # the line whose names fit no columns, and how many they are
    sampled_from: int = 0  # usable rows, where the points are a sample of them

    def guess(self, kind: str) -> Guess | None:
        return next((guess for guess in self.guesses if guess.kind == kind), None)
