"""Workbooks: what is read of them, and that none can unpack to more than the server can bear."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from typing import Any

import openpyxl
import pytest

from server.tables import sheet
from server.tables.reading import read
from server.tables.table import Choices, TableError


def workbook(*sheets: tuple[str, list[list[Any]]], hidden: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        made = book.create_sheet(name)
        for row in rows:
            made.append(row)
        made.sheet_state = "hidden" if name == hidden else "visible"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


POINTS: list[list[Any]] = [["x", "y", "class"], [1.5, 2, "a"], [3, 4.25, "b"]]


def test_numbers_stay_numbers_whatever_the_decimal_sign() -> None:
    content = workbook(("points", [["a", "b", "class"], [1.601, 936, 1], [-2, 1e-3, 0], [4, 5, 1]]))
    for choices in (Choices(), Choices(decimal=",")):
        points = read(content, choices).points
        assert points is not None
        assert points.X.tolist() == [[1.601, 936], [-2, 1e-3], [4, 5]]
        assert (points.axes, points.names, points.y.tolist()) == (("a", "b"), ("0", "1"), [1, 0, 1])


def test_titles_empty_rows_and_columns_and_texts_as_numbers() -> None:
    rows: list[list[Any]] = [
        ["Class 3"],
        [],
        [None, "no", "a", "b", "class"],
        [None, 1, "1,5", 2, "k"],
        [None, 2, "2,5", 3, "m"],
        [None, 3, "4,25", 4, None],
    ]
    reading = read(workbook(("points", rows)))
    assert reading.points is not None
    assert reading.points.X.tolist() == [[1.5, 2], [2.5, 3]]
    assert reading.points.axes == ("a", "b")
    assert (reading.incomplete, reading.skipped) == (1, (1,))


def test_the_first_sheet_with_a_table_is_read_and_another_can_be_chosen() -> None:
    content = workbook(
        ("secret", POINTS), ("about", [["made by hand"]]), ("one", POINTS), ("two", [*POINTS, [5, 6, "a"]]), hidden="secret"
    )
    reading = read(content)
    guess = reading.guess("sheet")
    assert guess is not None
    assert (guess.value, guess.options) == ("one", ("about", "one", "two"))
    other = read(content, Choices(sheet="two"))
    assert other.points is not None
    assert len(other.points) == 3


def test_a_sheet_of_remarks_before_the_points_is_passed_over() -> None:
    remarks = [["About these points"], ["measured in May"]]
    reading = read(workbook(("read me", remarks), ("points", POINTS)))
    assert reading.points is not None
    guess = reading.guess("sheet")
    assert guess is not None
    assert (guess.value, guess.options) == ("points", ("read me", "points"))
    alone = read(workbook(("read me", remarks)))
    assert alone.error == TableError("columns_few", count=1)


def test_dates_booleans_and_errors_are_texts() -> None:
    rows: list[list[Any]] = [
        ["x", "y", "class"],
        [1.5, 2, True],
        [3, 4, False],
        [datetime.date(2024, 1, 2), 1, True],
        ["#N/A", 1, True],
    ]
    reading = read(workbook(("points", rows)))
    assert reading.refusal == TableError("number", line=4, column="x", text="2024-01-02 00:00:00", unit="")
    assert reading.incomplete == 1
    kept = read(workbook(("points", rows)), Choices(leave_out=True)).points
    assert kept is not None
    assert kept.names == ("TRUE", "FALSE")


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with some parts exchanged or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *parts}:
            new.writestr(name, parts.get(name) or old.read(name))
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() -> None:
    bomb = repacked(workbook(("points", POINTS)), **{"xl/media/image1.png": b"\0" * (sheet.MAX_UNPACKED + 1)})
    assert len(bomb) < 100_000
    assert read(bomb).error == TableError("workbook_large", most=60)


def test_a_workbook_that_lies_about_its_sizes_is_found_out() -> None:
    """The directory says that a part is small; it is counted while it is unpacked, and no more is unpacked than it says."""
    content = repacked(workbook(("points", POINTS)), **{"xl/media/image1.png": b"\0" * (sheet.MAX_UNPACKED + 1)})
    real, said = struct.pack("<I", sheet.MAX_UNPACKED + 1), struct.pack("<I", 10)
    assert content.count(real) == 2  # in the part's own head and in the directory
    error = read(content.replace(real, said)).error
    assert error in (TableError("workbook_large", most=60), TableError("workbook"))


def test_entities_that_multiply_are_not_followed() -> None:
    """The “billion laughs”: ten entities, each ten times the one before."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    declared = f"<!DOCTYPE worksheet [{entities}]>".encode()
    content = workbook(("points", POINTS))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        cells = packed.read("xl/worksheets/sheet1.xml")
    evil = declared + cells.replace(b"<v>1.5</v>", b"<v>&a9;</v>")
    assert evil != declared + cells
    assert read(repacked(content, **{"xl/worksheets/sheet1.xml": evil})).error == TableError("workbook")


def test_a_cell_in_the_far_corner_costs_no_more_than_its_row() -> None:
    book = openpyxl.Workbook()
    made = book.active
    for row in POINTS:
        made.append(row)
    made.cell(1_048_576, 16_384, "far")
    out = io.BytesIO()
    book.save(out)
    reading = read(out.getvalue())
    assert reading.points is not None
    assert len(reading.points) == 2


@pytest.mark.parametrize("cut", [10, 500, 2000, -1])
def test_broken_workbooks_have_one_reason(cut: int) -> None:
    assert read(workbook(("points", POINTS))[:cut]).error == TableError("workbook")


def test_other_zip_files_are_no_workbooks() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as other:
        other.writestr("points.csv", "x,y,class\n1,2,a\n")
    assert read(out.getvalue()).error == TableError("workbook")
    assert read(workbook(("empty", []))).error == TableError("empty")
