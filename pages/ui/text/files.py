"""What is wrong with a file, in a sentence for its user."""

from __future__ import annotations

from pages.ui.text import _, shortened, thousands
from server.tables.table import TableError
from spiral_core.marking import N_


class FileError(ValueError):
    """What is wrong with a file, in the user's language."""


SENTENCES = {
    "binary": N_("The file is neither text nor an Excel workbook (.xlsx)."),
    "encoding": N_("The file is not text in {encoding}. Choose another encoding."),
    "empty": N_("The file is empty."),
    "large": N_("The file is {megabytes} MB; at most {most} MB are allowed."),
    "rows": N_("The file has more than {most} rows."),
    "line": N_("Line {line} has more than {most} characters."),
    "cell": N_("Line {line}: a cell has more than {most} characters. A quotation mark may be missing."),
    "columns_many": N_("The file has {count} columns; at most {most} are allowed."),
    "columns_few": N_("Two columns with numbers and one with the class are needed. Read this way, the file has {count}."),
    "no_rows": N_("There are no rows below the column names."),
    "no_rows_left": N_("No row has two numbers and a class."),
    "no_axes": N_("Two columns with measurements are needed; found: {count}. Choose the columns."),
    "no_class": N_("No column looks like class labels. Choose one below."),
    "same_column": N_("Choose three different columns."),
    "one_class": N_("Column “{column}” contains fewer than two classes."),
    "classes": N_("Column “{column}” contains {count} different classes; at most {most} are allowed."),
    "cells": N_("Line {line} has a different number of cells ({count}) from the others ({width})."),
    "number": N_("Line {line}, column “{column}”: “{text}” is not a number."),
    "far": N_("Line {line}, column “{column}”: “{text}” is too far from 0; at most 1 000 000 000 is allowed."),
    "unit": N_("Line {line}, column “{column}”: “{text}” is not in {unit} like the others."),
    "unit_alone": N_("Line {line}, column “{column}”: “{text}” has a unit, and most others have none."),
    "total": N_("Line {line} is not a point but a sum or a mean of the others: “{text}”."),
    "class_long": N_("Line {line}, column “{column}”: the class name is longer than {most} characters."),
    "old_workbook": N_("This is an old Excel file (.xls), or one with a password. Save it as .xlsx or CSV, without a password."),
    "workbook": N_("The file looks like an Excel workbook but cannot be read. Save it again as .xlsx, or as CSV."),
    "workbook_large": N_("Unpacked, the workbook is larger than {most} MB. Save the sheet with the points as CSV."),
    "slow": N_("Reading the file took too long and was stopped."),
    "memory": N_("Reading the file took too much memory and was stopped."),
    "died": N_("Reading the file failed on our side; nothing else is affected."),
    "no_reader": N_("Files cannot be read on this server now. Try again in a minute."),
    "busy": N_("Many files are being read now. Try again in a minute."),
}

ENCODINGS = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16 BE", "utf-32": "UTF-32", "cp949": "CP949",
    "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "shift_jis": "Shift JIS", "gb18030": "GB 18030",
}  # fmt: skip


def in_words(error: TableError) -> str:
    """The sentence of an error's code, with texts from the file cut where they would fill the screen."""
    given = {name: _shown(value) for name, value in error.params.items()}
    if "encoding" in given:
        given["encoding"] = ENCODINGS.get(given["encoding"], given["encoding"])
    return _(SENTENCES[error.code]).format(**given)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return thousands(value) if isinstance(value, int) else shortened(str(value))
