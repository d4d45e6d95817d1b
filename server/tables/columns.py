"""What the columns of a table are: numbers, texts, names of rows; and which of them are the two axes and the class."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import NamedTuple

from server.tables.names import distinct
from server.tables.numbers import is_missing_class, is_missing_number, parts, unit_of, value
from server.tables.table import Cell, Column, text_of
from spiral_core.points import MAX_CLASSES, MAX_LABEL_LENGTH

Cells = Sequence[Cell]

# What columns are called that name or number the rows, how such names end, and those that hold classes, in both languages.
_ROW_NAMES = frozenset(
    {
        "id", "ids", "no", "nr", "num", "number", "#", "index", "idx", "row", "rowid", "row_id", "rownames",
        "row.names", "code", "uuid", "name", "names", "student", "subject", "key", "번호", "순번", "연번", "일련번호", "학번",
        "출석번호", "이름", "성명", "학생", "아이디", "행", "sno", "s.no", "srno", "n°", "nº", "№", "nummer", "lfd",
        "plz", "postleitzahl", "zip", "zipcode", "postcode", "identifier", "identifiant", "numéro", "numero", "nom", "prénom",
        "序号", "编号", "学号", "姓名", "番号", "氏名",
    }
)  # fmt: skip
_ROW_NAME_ENDS = re.compile(r"(?:[\s_.-](?:id|no|nr|code|index|idx|key)|nummer|번호|코드|아이디|성명)$|[a-z](?:Id|ID)$")
_NUMBERED = (
    r"id|student|roll|serial|matriculation|registration|enrol(?:l?ment)?|seat|exam|row|record|case|sample|subject|participant|patient"
    r"|customer|order|item|phone|account|member|employee|staff|candidate"
)
_ROW_NUMBERS = re.compile(rf"(?:{_NUMBERED})[\s_.-]*(?:numbers?|num|nos?|nr|#|№)|ids?\W.*|(?:n[°º]|№|#)\W*\w*", re.IGNORECASE)
_CLASS_NAMES = frozenset(
    {
        "class", "classes", "label", "labels", "species", "target", "category", "group", "type", "kind", "sex",
        "gender", "diagnosis", "outcome", "variety", "종류", "분류", "반", "종", "품종", "집단", "그룹", "범주",
        "라벨", "클래스", "구분", "유형", "등급", "진단", "성별",
    }
)  # fmt: skip


_LONG_ID = 5  # digits
_WHOLE = re.compile(r"\d+(?:[.,]0)?")


class Roles(NamedTuple):
    """The columns of the two axes and the class. sure: False where one that only counts rows had to serve as an axis, or where one
    without a name was taken for ids."""

    x: int | None
    y: int | None
    label: int | None
    sure: bool = True


def describe(names: Sequence[str], sample: Sequence[Cells], decimals: Sequence[str], column_word: str) -> list[Column]:
    """Each column by its name and a sample of its cells."""
    unique = distinct(names, column_word)
    columns = []
    for at, (name, cells) in enumerate(zip(names, sample, strict=True)):
        unit = unit_of(cells)
        numeric = unit is not None and _is_numeric(cells, decimals[at], unit)
        unnamed = not name.strip() and any(names) and (at == 0 or counts_rows(cells))
        kind = "id" if _is_row_name(name, at, cells, numeric, unnamed) else "number" if numeric else "text"
        columns.append(Column(unique[at], kind, unit or "" if numeric else ""))
    first = next((at for at, name in enumerate(names) if name.strip()), 0)  # before it, an index of several levels
    levels = range(first) if first > 1 else range(int(not any(names) and bool(names) and _may_be_ids(sample[0])))
    if sum(column.kind == "number" for column in columns[len(levels) :]) >= 2:
        for at in levels:
            if columns[at].kind == "number" and all(map(_is_whole, sample[at])):
                columns[at] = dataclasses.replace(columns[at], kind="id")
    return columns


def _may_be_ids(cells: Cells) -> bool:
    """Whether a column looks like the long numbers by which people or samples are filed: nearly all of them different."""
    there = [text_of(cell) for cell in cells if not is_missing_number(cell)]
    long = sum(text.isdecimal() and len(text) >= _LONG_ID for text in there)
    return len(there) > 2 and long >= 0.9 * len(there) and len(set(there)) >= 0.9 * len(there)


def _is_numeric(cells: Cells, decimal: str, unit: str) -> bool:
    """Whether most cells that say anything are numbers; one that is none is named when the points are made."""
    there = [cell for cell in cells if not is_missing_number(cell)]
    return sum(value(cell, decimal, unit) is not None for cell in there) > 0.5 * len(there)


def _is_row_name(name: str, at: int, cells: Cells, numeric: bool, unnamed: bool) -> bool:
    """Whether a column names or numbers the rows: by what it is called, or because it comes first and counts them."""
    there = [text_of(cell) for cell in cells if not is_missing_number(cell)]
    if len(there) < 2 or len(set(there)) < len(there):
        return False
    if unnamed or _calls_rows(name):
        return not numeric or all(_is_whole(cell) for cell in cells)
    if at or len(there) < 3:
        return False
    return counts_rows(cells)


def _calls_rows(name: str) -> bool:
    bare = name.strip(" .:()[]")
    called = bare.lower()
    ends = _ROW_NAME_ENDS.search(called) or _ROW_NAME_ENDS.search(bare) or _ROW_NUMBERS.fullmatch(bare)
    return called in _ROW_NAMES or name.strip() == "#" or called.startswith("unnamed") or ends is not None


def _is_whole(cell: Cell) -> bool:
    """As 3 is, and 3.0, as which a column of numbers is written where one was missing."""
    found = parts(cell)
    return found is None or not isinstance(cell, str) or (not found.exponent and _WHOLE.fullmatch(found.digits) is not None)


def counts_rows(cells: Cells) -> bool:
    """Whether the cells are 0, 1, 2, … or 1, 2, 3, …"""
    texts = [text_of(cell).removesuffix(".0") for cell in cells]
    return any(texts == [str(number) for number in range(origin, origin + len(texts))] for origin in (0, 1))


def roles(columns: Sequence[Column], sample: Sequence[Cells]) -> Roles:
    """The likeliest class column, and the first two columns of numbers beside it; None where there is no likely one."""
    label = _label(columns, sample)
    numbers = [at for at, column in enumerate(columns) if column.kind == "number" and at != label]
    counting = [
        at for at, column in enumerate(columns)
        if column.kind == "id" and at != label and counts_rows(sample[at]) and not _calls_rows(column.name)
    ]  # fmt: skip
    sure = len(numbers) >= 2
    if not sure:  # a column that counts may be a time, where nothing else can be an axis
        numbers = sorted(numbers + counting[: 2 - len(numbers)])
    x, y = (*numbers, None, None)[:2]
    filed = bool(columns) and columns[0].kind == "id" and not _calls_rows(columns[0].name) and _may_be_ids(sample[0])
    return Roles(x, y, label, (sure or not counting) and not filed)


def _label(columns: Sequence[Column], sample: Sequence[Cells]) -> int | None:
    """The column of the classes: few different values that come again, texts rather than numbers, the last of several."""
    kinds = [{text_of(cell) for cell in cells if not is_missing_class(cell)} for cells in sample]
    usable = [at for at, column in enumerate(columns) if column.kind != "id" and kinds[at]]
    few = [at for at in usable if 2 <= len(kinds[at]) <= MAX_CLASSES]
    called = [at for at in few if _calls_classes(columns[at].name)]
    texts = [at for at in few if columns[at].kind == "text"]
    again = [at for at in texts if len(kinds[at]) < len(sample[at])]
    numbers = [at for at in few if columns[at].kind == "number" and _may_be_spared(at, columns)]
    any_text = [at for at in usable if columns[at].kind == "text" and max(map(len, kinds[at])) <= 4 * MAX_LABEL_LENGTH]
    whole = [at for at in numbers if all(_is_whole(cell) for cell in sample[at])]
    named = [at for at in usable if _calls_classes(columns[at].name)]
    for found in (set(called) & set(texts), again, texts, called, named, whole, numbers, any_text):
        if found:
            return max(found)
    return len(columns) - 1 if len(columns) == 3 and columns[-1].kind != "id" else None


def _may_be_spared(at: int, columns: Sequence[Column]) -> bool:
    """Whether two other columns of numbers remain for the axes."""
    return sum(column.kind != "text" for place, column in enumerate(columns) if place != at) >= 2


def _calls_classes(name: str) -> bool:
    return name.strip(" .:()[]").lower() in _CLASS_NAMES
