"""A shelf as a file: JSON and CSV, written, and read with care. Results are written for the reader; runs are trained again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, NamedTuple

from pages.ui.text import _, explain, shortened
from pages.ui.text.files import FileError
from server.tables.dialect import guess_delimiter
from server.tables.encoding import decoded
from server.tables.table import TableError
from server.tables.writing import guarded, unguarded
from spiral_core import link
from spiral_core.flat import PARAMETERS
from spiral_core.plain_json import TwiceError, read_json
from spiral_core.points import MAX_PACKED_LENGTH
from spiral_core.records import Summary
from spiral_core.rules import SettingError
from spiral_core.settings import Settings
from spiral_core.store.shelves import MAX_NAME_LENGTH, MAX_NOTE_LENGTH, MAX_PINS

csv.field_size_limit(MAX_PACKED_LENGTH)  # a cell may hold all custom points
_FIRST_LINE = 10_000  # characters: many more than the names of all settings take
_MARK = "spiral_lab_shelf"
_RESULTS = tuple(Summary.__dataclass_fields__)
_LOSS, _LOSS_COLUMN = "loss", "loss_function"  # in CSV a column `loss` is the result, as in files from before there were two losses


class Row(NamedTuple):
    settings: Settings
    name: str
    note: str
    summary: Summary | None


def to_json(rows: Sequence[Row]) -> str:
    runs = [
        {"name": row.name, "note": row.note, "settings": row.settings.to_dict(), "results": _results(row.summary)} for row in rows
    ]
    return json.dumps({_MARK: 1, "runs": runs}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _results(summary: Summary | None) -> dict[str, float | None] | None:
    if summary is None:
        return None
    return {name: value if value == value and abs(value) != float("inf") else None for name, value in asdict(summary).items()}


def to_csv(rows: Sequence[Row]) -> bytes:
    """With a byte order mark, so that spreadsheets read Korean names right."""
    text = io.StringIO()
    taken = "run_iterations"  # the summary's own `iterations` is what was reached; the setting keeps its name
    results = [taken if name == "iterations" else name for name in _RESULTS]
    writer = csv.DictWriter(text, ["name", "note", *map(_column, PARAMETERS), *results], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells: dict[str, Any] = {"name": guarded(row.name), "note": guarded(row.note)}
        cells |= {_column(name): value for name, value in link.to_texts(row.settings).items()}
        done = _results(row.summary) or {}
        cells |= {taken if name == "iterations" else name: value for name, value in done.items()}
        writer.writerow(cells)
    return text.getvalue().encode("utf-8-sig")


def _column(name: str) -> str:
    """The column of a setting."""
    return _LOSS_COLUMN if name == _LOSS else name


def read(name: str, content: bytes) -> list[Row]:
    """The runs of a file that was saved here. Raises FileError."""
    try:
        text = decoded(content).text
    except TableError:
        raise FileError(_("The file is not text.")) from None
    rows = _from_json(text) if name.lower().endswith(".json") else _from_csv(text)
    if not rows:
        raise FileError(_("The file contains no runs."))
    if len(rows) > MAX_PINS:
        raise FileError(_("The file contains {count} runs; a shelf holds at most {most}.").format(count=len(rows), most=MAX_PINS))
    return rows


def _from_json(text: str) -> list[Row]:
    try:
        plain = read_json(text)
    except TwiceError as error:
        raise FileError(_twice(error.name)) from None
    except ValueError:
        raise FileError(_("The file is not valid JSON.")) from None
    if not isinstance(plain, Mapping) or _MARK not in plain or not isinstance(plain.get("runs"), list):
        raise FileError(_("The file is JSON, but not a shelf that was saved here."))
    rows = []
    for number, run in enumerate(plain["runs"][: MAX_PINS + 1], 1):
        if not isinstance(run, Mapping) or not isinstance(run.get("settings"), Mapping):
            raise FileError(_("Run {number} of the file has no settings.").format(number=number))
        try:
            settings = Settings.from_dict(run["settings"])
        except SettingError as error:
            raise FileError(_("Run {number} of the file:").format(number=number) + " " + explain(error)) from None
        rows.append(_row(settings, run.get("name"), run.get("note")))
    return rows


def _from_csv(text: str) -> list[Row]:
    delimiter = guess_delimiter(text[:_FIRST_LINE].splitlines()[:1])[0]
    filled = (line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, line)))
    try:
        lines = list(islice(filled, MAX_PINS + 2))  # the names, and one run more than a shelf holds
    except csv.Error:
        raise FileError(_("The file is not valid CSV.")) from None
    if not lines or not set(lines[0]) & set(PARAMETERS):
        raise FileError(_("The file is CSV, but not a shelf that was saved here: its first line must name settings."))
    twice = [name for name in ("name", "note", *map(_column, PARAMETERS)) if lines[0].count(name) > 1]
    if twice:
        raise FileError(_twice(twice[0]))
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = dict(zip(lines[0], line, strict=False))
        try:
            settings = link.from_texts({name: cells[_column(name)] for name in PARAMETERS if _column(name) in cells})
        except SettingError as error:
            raise FileError(_("Line {number} of the file:").format(number=number) + " " + explain(error)) from None
        rows.append(_row(settings, unguarded(cells.get("name", "")), unguarded(cells.get("note", ""))))
    return rows


def _twice(name: str) -> str:
    return _("The file contains {name} twice.").format(name=shortened(name))


def _row(settings: Settings, name: object, note: object) -> Row:
    texts = [text if isinstance(text, str) else "" for text in (name, note)]
    return Row(settings, texts[0][:MAX_NAME_LENGTH], texts[1][:MAX_NOTE_LENGTH], None)
