"""Numbers as people write them: decimal and thousands signs told apart by a whole column, units, minus signs, missing values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from server.tables.table import Cell

MAX_NUMBER = 60  # characters of a cell that may be a number
MAX_UNIT = 12
_MISSING = frozenset(
    {
        "", "na", "n/a", "nan", "null", "?", "-", "--", "–", "—", ".", "…", "#n/a", "#na", "#value!", "#div/0!",
        "#ref!", "#null!", "#num!", "<na>", "n.a.", "#name?",
    }
)  # fmt: skip
_MISSING_NUMBERS = _MISSING | {"none", "missing", "결측", "없음", "미측정"}
_MISSING_CLASSES = _MISSING - {"."}
# Minus signs and hyphens, full-width and Arabic signs, spaces and apostrophes between thousands.
_SIGNS = str.maketrans(
    "\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d" + "\uff0b\uff0e\uff0c\u066b\u066c" + "\u00a0\u202f\u2009\u2007" + "\u2019\u02bc`",
    "-------" + "+.,.," + "    " + "'''",
)
_CURRENCY = r"[$€£¥₩₹₽₺₫฿₱₴]|(?:CHF|EUR|USD|GBP|JPY|KRW|INR|CNY|US\$|Rs\.?)(?=\s?\d)"
_PARTS = re.compile(rf"([+-]?)\s?({_CURRENCY})?\s?(\d[\d.,' ]*|[.,]\d+)([eE][+-]?\d{{1,4}})?(.*)", re.DOTALL)
_GROUPED = {
    ".": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,3}(?:[ ']\d{3})+"),  # groups of two: lakh and crore
    ",": re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ ']\d{3})+"),
}
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?")
_CERTAIN = re.compile(r"-?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,20})")  # the same with a decimal point beyond doubt
_POWERS = re.compile(r"(?<=m)[23](?![0-9])")
_THREE = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # thousands, or a number with three decimals: the cell alone cannot tell


class Parts(NamedTuple):
    """A cell as the pieces of a number. digits: with all its signs; unit: what stands before or behind."""

    sign: str
    digits: str
    exponent: str
    unit: str


def parts(cell: Cell) -> Parts | None:
    """The pieces of a number with its unit; None for a cell that cannot be one."""
    if not isinstance(cell, str):
        return Parts("", repr(cell), "", "") if math.isfinite(cell) else None
    if not 0 < len(cell) <= MAX_NUMBER:
        return None
    found = _PARTS.fullmatch(cell.translate(_SIGNS))
    if found is None:
        return None
    sign, currency, digits, exponent, rest = found.groups("")
    unit = rest.strip()
    if unit and (currency or not _is_unit(unit)):
        return None
    return Parts(sign, digits.strip(), exponent, currency or unit)


def _is_unit(text: str) -> bool:
    """Letters or signs such as % ° ㎏ first, then nothing that could be another number: of digits only those of m2 and m3."""
    first = text[0] in "%‰'\"°″′" or unicodedata.category(text[0]) in {"Ll", "Lu", "Lo", "So", "Sc", "Lm"}
    if not first or len(text) > MAX_UNIT or any(sign.isspace() or sign in ",;:" for sign in text):
        return False
    return text.isalpha() or not any(map(str.isdecimal, _POWERS.sub("", text)))


def looks_numeric(cell: Cell) -> bool:
    """Whether a cell is a number in some notation, with any unit."""
    found = parts(cell)
    if found is None:
        return False
    return not isinstance(cell, str) or any(_value(found, decimal) is not None for decimal in ".,")


def value(cell: Cell, decimal: str, unit: str = "") -> float | None:
    """The number in a cell, given the decimal sign and the unit of its column; None if it is none."""
    if not isinstance(cell, str):
        return float(cell) if math.isfinite(cell) and not unit else None
    if decimal == "." and not unit and _PLAIN.fullmatch(cell):  # what nearly all cells are
        return float(cell)
    found = parts(cell)
    if found is None or found.unit != unit:  # 0.5 among 45% may be 50%, 1.74 among 174cm is hardly in cm
        return None
    return _value(found, decimal)


def _value(found: Parts, decimal: str) -> float | None:
    whole, _sign, fraction = found.digits.partition(decimal)
    if not whole.isdecimal() and whole:
        if not _GROUPED[decimal].fullmatch(whole):
            return None
        whole = "".join(filter(str.isdecimal, whole))
    if (fraction and not fraction.isdecimal()) or not (whole or fraction):
        return None
    number = float(f"{found.sign}{whole or 0}.{fraction or 0}{found.exponent}")
    return number if math.isfinite(number) else None


def is_missing_number(cell: Cell) -> bool:
    return (isinstance(cell, str) and cell.lower() in _MISSING_NUMBERS) or (isinstance(cell, float) and math.isnan(cell))


def is_missing_class(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.lower() in _MISSING_CLASSES


def unit_of(cells: Iterable[Cell]) -> str | None:
    """The unit of most cells, "" for bare numbers; None where the texts behind the numbers differ, as in 1a, 2b, 3c."""
    units = Counter(found.unit for cell in cells if (found := parts(cell)) is not None)
    if not units:
        return ""
    (unit, count), *others = units.most_common()
    strays = [other for other, _count in others if other]
    alike = len(strays) <= (0 if unit else 1)  # nothing but bare numbers beside a unit, or one unit beside bare numbers
    share = count / units.total()
    return unit if share > 0.5 and (alike or share >= 0.8) else None


class Evidence(NamedTuple):
    """What the cells of a column say of its decimal sign. sign: "" where nothing settles it; open: the sign that may be either."""

    sign: str
    open: str


def evidence(cells: Sequence[Cell]) -> Evidence:
    """Which decimal sign a whole column has."""
    votes: Counter[str] = Counter()
    either: Counter[str] = Counter()  # numbers such as 1,601
    plain = []  # digits alone
    for cell in cells:
        if not isinstance(cell, str):
            continue
        if _CERTAIN.fullmatch(cell):
            votes["."] += 1
            continue
        found = parts(cell)
        if found is None:
            continue
        digits = found.digits
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            votes["." if digits.rfind(".") > digits.rfind(",") else ","] += 1
        elif points > 1 or commas > 1:
            votes["," if points > 1 else "."] += 1
        elif not points and not commas:
            plain.append(len(digits))
        elif _THREE.fullmatch(digits) and not found.exponent:
            either["." if points else ","] += 1
        else:
            votes["." if points else ","] += 1
    if votes:
        return Evidence(max(votes, key=votes.__getitem__), "")
    if either[","] and not either["."]:
        return Evidence("." if plain and max(plain) <= 3 else "", ",")  # 1,601 beside 936: thousands
    if either["."] and not either[","]:  # 1.601: thousands, or three decimals; nobody groups 1.601 and writes 1500
        return Evidence(".", "") if max(plain, default=0) > 3 else Evidence("", ".")
    return Evidence("", "," if either else "")


class Signs:
    """The decimal signs of the columns of a file. A column that does not settle its own has the sign of the others."""

    def __init__(self, found: Iterable[Evidence], delimiter: str, chosen: str | None = None) -> None:
        self._found, self._delimiter, self._chosen = list(found), delimiter, chosen

    def hear(self, column: int, found: Evidence) -> None:
        """Better evidence of one column."""
        self._found[column] = found

    def of(self, column: int) -> str:
        return self._chosen or self._found[column].sign or self._of_file()

    def all(self) -> list[str]:
        return [self.of(column) for column in range(len(self._found))]

    def of_all(self, columns: Sequence[int]) -> str:
        """The one sign to name for several columns: of one that has a sign at all."""
        signed = [column for column in columns if self._found[column] != Evidence("", "")]
        return self.of(signed[0]) if signed else self._chosen or self._of_file()

    def sure(self, columns: Sequence[int]) -> bool:
        """Whether the file itself settles the signs of these columns."""
        open_ones = [column for column in columns if not self._found[column].sign and self._is_open(self._found[column].open)]
        return bool(self._chosen) or not open_ones or any(found.sign for found in self._found)

    def _of_file(self) -> str:
        votes = Counter(found.sign for found in self._found if found.sign)
        if votes:
            return max(votes, key=votes.__getitem__)
        doubtful = {found.open for found in self._found if found.open}
        if doubtful == {","} and self._delimiter in (";", "\t", " "):
            return ","  # where semicolons stand between cells, commas usually stand in numbers
        return "," if doubtful == {"."} and self._delimiter == ";" else "."

    def _is_open(self, sign: str) -> bool:
        """Whether a point may stand between thousands: hardly where commas, and so no decimal commas, stand between cells."""
        return bool(sign) and not (sign == "." and self._delimiter == ",")
