"""Finished runs, under the key of their settings."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable
from typing import Any

from spiral_core.records import Record
from spiral_core.settings import Settings
from spiral_core.store.database import Part, Reason, StoreError
from spiral_core.store.keys import key_of, to_json

MAX_SETTINGS_LENGTH = 4000  # characters of settings that are written beside a run, for people who read the file


class Runs(Part):
    """Keeps finished runs, and gives them back."""

    def save(self, records: Iterable[Record]) -> None:
        """Store finished runs; those that are stored already are not changed."""
        with self._database.writing() as connection:
            for record in records:
                connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", run_row(record))

    def load(self, wanted: Iterable[Settings]) -> dict[str, Record]:
        """The stored runs of these settings, by their keys."""
        found = {}
        for settings in wanted:
            key = key_of(settings)
            for plain, history, parameters in self._database.read("SELECT plain, history, parameters FROM runs WHERE key = ?", key):
                found[key] = record_of(settings, plain, history, parameters)
        return found


def run_row(record: Record) -> tuple[Any, ...]:
    """A run as a row of its table."""
    plain, history, parameters = record.packed()
    settings = to_json(record.settings.to_dict())
    shown = settings if len(settings) <= MAX_SETTINGS_LENGTH else ""  # large custom points would be kept with each run
    return key_of(record.settings), shown, to_json(plain), history, parameters, time.time()


def record_of(settings: Settings, plain: Any, history: Any, parameters: Any) -> Record:
    """The run of a row. Raises StoreError for a damaged one."""
    try:
        return Record.unpacked(settings, json.loads(plain), history, parameters)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise StoreError(Reason.DAMAGED) from error
