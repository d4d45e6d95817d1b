"""The points of a table: rows that lack a value are counted, rows that cannot be used are named, too many are sampled."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from server.tables.dialect import Row
from server.tables.header import Layout
from server.tables.names import composed, distinct, revealed
from server.tables.numbers import is_missing_class, is_missing_number, parts, value
from server.tables.table import Cell, Choices, Column, Guess, Reading, TableError, text_of
from server.tables.writing import class_name
from spiral_core.points import MAX_CLASSES, MAX_COORDINATE, MAX_LABEL_LENGTH, MAX_POINTS, Points

_TOTALS = frozenset(
    {
        "total", "totals", "grand total", "subtotal", "sum", "mean", "average", "avg", "median", "count", "min", "minimum", "max",
        "maximum", "std", "stdev", "std dev", "std. dev", "std deviation", "standard deviation", "variance", "summe", "gesamt",
        "gesamtsumme", "zwischensumme", "mittelwert", "durchschnitt", "standardabweichung", "anzahl", "moyenne", "somme",
        "écart-type", "médiane", "promedio", "suma", "합계", "총계", "소계", "총합", "합", "계", "평균", "전체 평균", "최고점",
        "최댓값", "최대값", "최저점", "최솟값", "최소값", "표준편차", "분산", "중앙값", "중위수", "응시자수", "응시자 수", "인원",
        "合計", "平均", "总计", "合计",
    }
)  # fmt: skip
_TOTAL_ENDS = ("평균", "합계", "총점")
_LONG_NUMBER = 6  # characters, from which a class such as 0.000000e+00 is written as 0


def take(reading: Reading, layout: Layout, decimals: Sequence[str], choices: Choices) -> Reading:
    """The reading with its points, or with the reason why there are none. decimals: the signs of x and y."""
    try:
        x, y, label = _columns(reading)
    except TableError as error:
        return dataclasses.replace(reading, error=error)
    width = len(layout.names)
    told = [row.cells[label] for row in layout.body if len(row.cells) == width]
    missing = _missing_classes(told) if choices.missing is None else choices.missing
    if any(is_missing_class(cell) and cell for cell in told):
        reading = dataclasses.replace(reading, guesses=(*reading.guesses, Guess("missing", missing, (True, False))))
    taker = _Taker(reading.columns, (x, y, label), decimals, missing)
    totals = _totals(layout.body)
    for row in layout.body:
        taker.take(row, totals.get(row.line))
    refusal = taker.refusal
    reading = dataclasses.replace(reading, incomplete=taker.incomplete, refused=taker.refused, refusal=refusal)
    if refusal is not None and not choices.leave_out:
        return reading
    try:
        return _made(reading, taker, choices.seed)
    except TableError as error:
        return dataclasses.replace(reading, error=error)


def _columns(reading: Reading) -> tuple[int, int, int]:
    """The columns of x, y and the class. Raises TableError where one is missing, or serves twice."""
    if len(reading.columns) < 3:
        raise TableError("columns_few", count=len(reading.columns))
    if not reading.rows:
        raise TableError("no_rows")
    x, y, label = reading.roles
    if x is None or y is None:
        raise TableError("no_axes", count=sum(axis is not None for axis in (x, y)))
    if label is None:
        raise TableError("no_class")
    if len({x, y, label}) < 3:
        raise TableError("same_column")
    return x, y, label


def _missing_classes(cells: Sequence[Cell]) -> bool:
    """Whether signs such as “-” stand for a class that is not known: not beside “+”, nor where they are one of only two classes."""
    kinds = {text_of(cell) for cell in cells if cell != ""}
    known = {kind for kind in kinds if not is_missing_class(kind)}
    return "+" not in kinds and (len(known) >= 2 or len(kinds) < 2)


def _totals(body: Sequence[Row]) -> dict[int, str]:
    """The lines at the end that a spreadsheet adds, each with its word: one that no other row has in that column."""
    found = {}
    columns: dict[int, Counter[Cell]] = {}
    for row in reversed(body):
        words = {at: cell for at, cell in enumerate(row.cells) if isinstance(cell, str) and _is_total(cell)}
        for at in words.keys() - columns.keys():
            columns[at] = Counter(other.cells[at] for other in body if at < len(other.cells))
        once = [word for at, word in words.items() if columns[at][word] == 1]
        if not once:
            break
        found[row.line] = once[0]
    return found


def _is_total(cell: str) -> bool:
    word = cell.strip(" :.").lower()
    return word in _TOTALS or word.endswith(_TOTAL_ENDS)


class _Taker:
    """Goes through the rows of a table once."""

    def __init__(self, columns: Sequence[Column], roles: tuple[int, int, int], decimals: Sequence[str], missing: bool) -> None:
        self._columns, self._roles, self._decimals, self._missing = columns, roles, decimals, missing
        self.places: list[tuple[float, float]] = []
        self.labels: list[str] = []
        self._known: dict[str, str] = {}
        self.incomplete = self.refused = 0
        self.refusal: TableError | None = None

    def take(self, row: Row, total: str | None = None) -> None:
        """total: the word by which the row gives sums or means of the others."""
        try:
            point = self._point(row)
            if point is not None and total is not None:
                raise TableError("total", line=row.line, text=total)
        except TableError as error:
            self.refused += 1
            self.refusal = self.refusal or error
            return
        if point is None:
            self.incomplete += 1
        else:
            self.places.append(point[:2])
            self.labels.append(point[2])

    def _point(self, row: Row) -> tuple[float, float, str] | None:
        """One row as a point; None if it lacks a value. Raises TableError."""
        if len(row.cells) != len(self._columns):
            raise TableError("cells", line=row.line, count=len(row.cells), width=len(self._columns))
        cells = [row.cells[at] for at in self._roles]
        label = text_of(cells[2])
        if is_missing_number(cells[0]) or is_missing_number(cells[1]) or not label or (self._missing and is_missing_class(label)):
            return None
        if label not in self._known:
            self._known[label] = self._class(row, label)
        return self._number(row, 0), self._number(row, 1), self._known[label]

    def _number(self, row: Row, axis: int) -> float:
        at = self._roles[axis]
        column, cell = self._columns[at], row.cells[at]
        number = value(cell, self._decimals[axis], column.unit)
        if number is not None and abs(number) <= MAX_COORDINATE:
            return number
        found = parts(cell)
        other = found is not None and found.unit != column.unit
        code = "far" if number is not None else ("unit" if column.unit else "unit_alone") if other else "number"
        raise TableError(code, line=row.line, column=column.name, text=revealed(text_of(cell)), unit=column.unit)

    def _class(self, row: Row, text: str) -> str:
        label = revealed(composed(class_name(text)).strip())
        if len(label) > MAX_LABEL_LENGTH:
            raise TableError("class_long", line=row.line, column=self._columns[self._roles[2]].name, most=MAX_LABEL_LENGTH)
        return label


def _made(reading: Reading, taker: _Taker, seed: int) -> Reading:
    """Raises TableError where the rows are not two to eight classes."""
    x, y, label = reading.roles
    assert x is not None
    assert y is not None
    assert label is not None
    title = reading.columns[label].name
    if not taker.labels:
        raise TableError("no_rows_left")
    labels = _shortened(taker.labels)
    names = _in_order(labels)
    if len(names) < 2:
        raise TableError("one_class", column=title)
    if len(names) > MAX_CLASSES:
        raise TableError("classes", column=title, count=len(names), most=MAX_CLASSES)
    kept = sample(labels, MAX_POINTS, seed)
    number_of = {name: number for number, name in enumerate(names)}
    points = Points(
        np.array([taker.places[row] for row in kept], dtype=np.float64), np.array([number_of[labels[row]] for row in kept]),
        tuple(names), _axes(reading.columns[x], reading.columns[y]),
    )  # fmt: skip
    return dataclasses.replace(reading, points=points, sampled_from=len(labels) if len(kept) < len(labels) else 0)


def _axes(*columns: Column) -> tuple[str, str]:
    """What the axes are called: the names of the columns, with the unit of their cells."""
    titles = []
    for column in columns:
        unit = f" ({column.unit})" if column.unit and column.unit not in column.name else ""
        titles.append(column.name[: MAX_LABEL_LENGTH - len(unit)].rstrip() + unit)
    first, second = distinct(titles, "axis {number}")
    return first, second


def _shortened(labels: list[str]) -> list[str]:
    """Classes that are whole numbers, written as 0.000000e+00, as the numbers that they are."""
    new: dict[str, str] = {}
    for label in dict.fromkeys(labels):
        number = value(label, ".")
        if number is None or not number.is_integer() or abs(number) > 1e6:
            return labels
        new[label] = str(int(number)) if len(label) > _LONG_NUMBER else label
    return [new[label] for label in labels] if len(set(new.values())) == len(new) else labels


def _in_order(labels: Sequence[str]) -> list[str]:
    """The different labels: numbers by size, texts as they come."""
    names = list(dict.fromkeys(labels))
    by_size = {name: value(name, ".") for name in names}
    if all(number is not None for number in by_size.values()):
        names.sort(key=lambda name: (by_size[name] or 0.0, name))
    return names


def sample(labels: Sequence[str], most: int, seed: int) -> list[int]:
    """At most so many rows, in their order: of each class the same share, at least one, drawn at random from the seed."""
    if len(labels) <= most:
        return list(range(len(labels)))
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    sizes = Counter({label: max(1, len(own) * most // len(labels)) for label, own in rows.items()})
    rest = most - sum(sizes.values())
    by_remainder = sorted(rows, key=lambda label: -(len(rows[label]) * most % len(labels)))
    for label in by_remainder[: max(rest, 0)]:
        sizes[label] += 1
    if rest < 0:  # classes of one point took a little more than their share
        sizes[max(sizes, key=sizes.__getitem__)] += rest
    rng = random.Random(seed)
    return sorted(row for label, own in rows.items() for row in rng.sample(own, sizes[label]))
