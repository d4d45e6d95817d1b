"""Shelves: the runs that a visitor pinned, in order, with names and notes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from spiral_core.settings import Settings
from spiral_core.store.database import Part
from spiral_core.store.keys import key_of, settings_of, to_json

MAX_PINS = 50  # on one shelf
MAX_NAME_LENGTH, MAX_NOTE_LENGTH = 80, 500


@dataclass(frozen=True)
class Pin:
    """A run on a shelf."""

    settings: Settings
    name: str
    note: str
    pinned: float  # seconds since 1970

    @property
    def key(self) -> str:
        return key_of(self.settings)


class Shelves(Part):
    """Whoever knows a shelf's id can read and change it.

    The latest entries are found by the order of rows, not by the clock, which may be set back.
    """

    def pin(self, shelf: str, settings: Settings, name: str = "", note: str = "", as_before: bool = False) -> None:
        """Put a run at the end of a shelf; one that is already there stays as it is. Raises ValueError for a full shelf.

        as_before: one that was removed has its former name and note again.
        """
        with self._database.writing() as connection:
            count, last = connection.execute(
                "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM pins WHERE shelf = ? AND removed IS NULL", (shelf,)
            ).fetchone()
            if count >= MAX_PINS:
                raise ValueError(f"a shelf holds at most {MAX_PINS} runs")
            row = (shelf, key_of(settings), to_json(settings.to_dict()), name[:MAX_NAME_LENGTH], note[:MAX_NOTE_LENGTH])
            anew = "" if as_before else "name = excluded.name, note = excluded.note, pinned = excluded.pinned, "
            connection.execute(
                "INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (shelf, key) DO UPDATE SET removed = NULL, "
                f"{anew}position = excluded.position WHERE removed IS NOT NULL",
                (*row, last + 1, time.time()),
            )

    def pins(self, shelf: str) -> list[Pin]:
        """The runs of a shelf in their order."""
        rows = self._database.read(
            "SELECT settings, name, note, pinned FROM pins WHERE shelf = ? AND removed IS NULL ORDER BY position", shelf
        )
        return [Pin(settings_of(settings), str(name), str(note), float(pinned)) for settings, name, note, pinned in rows]

    def describe(self, shelf: str, key: str, name: str | None = None, note: str | None = None) -> None:
        """Give a pinned run another name or note; None leaves it as it is."""
        new = (name and name[:MAX_NAME_LENGTH], note and note[:MAX_NOTE_LENGTH])
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE pins SET name = COALESCE(?, name), note = COALESCE(?, note) WHERE shelf = ? AND key = ?", (*new, shelf, key)
            )

    def reorder(self, shelf: str, keys: Iterable[str]) -> None:
        """Put the runs of a shelf in this order."""
        with self._database.writing() as connection:
            connection.executemany(
                "UPDATE pins SET position = ? WHERE shelf = ? AND key = ?", [(i, shelf, key) for i, key in enumerate(keys, 1)]
            )

    def remove(self, shelf: str, keys: Iterable[str]) -> None:
        """Take runs off a shelf; `restore` brings the last ones back."""
        with self._database.writing() as connection:
            (last,) = connection.execute("SELECT COALESCE(MAX(removed), 0) FROM pins WHERE shelf = ?", (shelf,)).fetchone()
            now = max(time.time(), last + 1e-3)  # a clock that is set back does not mix removals up
            connection.executemany("UPDATE pins SET removed = ? WHERE shelf = ? AND key = ?", [(now, shelf, key) for key in keys])

    def has_removed(self, shelf: str) -> bool:
        """Whether `restore` would bring something back."""
        return bool(self._database.read("SELECT 1 FROM pins WHERE shelf = ? AND removed IS NOT NULL LIMIT 1", shelf))

    def restore(self, shelf: str) -> list[str]:
        """Bring back what was removed last, where it stood; returns the keys."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "UPDATE pins SET removed = NULL WHERE shelf = ?1 AND removed = (SELECT MAX(removed) FROM pins WHERE shelf = ?1) "
                "RETURNING key",
                (shelf,),
            ).fetchall()
        return [key for (key,) in rows]
