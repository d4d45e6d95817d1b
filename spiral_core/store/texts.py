"""Texts that are kept by name: custom points that are too many for a link, and each visitor's notes."""

from __future__ import annotations

import time
from collections.abc import Iterable

from spiral_core.store import fair
from spiral_core.store.database import Part
from spiral_core.store.keys import points_name
from spiral_core.store.shelves import MAX_NAME_LENGTH, MAX_NOTE_LENGTH

MAX_POINT_SETS = 1000  # of custom points too many for a link, over all shelves
MAX_NOTES = 200  # on one shelf


class Texts(Part):
    """Packed points are found by the digest of their text; notes belong to a shelf: answers in lessons, hints that were closed."""

    def keep_points(self, packed: str, shelf: str) -> None:
        """Store packed points under their name, for a shelf; beyond MAX_POINT_SETS those go whose shelf has kept most since."""
        name = points_name(packed)
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", (name, packed, time.time()))
            fair.keep(connection, "points", name, shelf)
            fair.drop_beyond(connection, "points", MAX_POINT_SETS)

    def points(self, name: str) -> str | None:
        """The packed points of a name; None where there are none."""
        rows = self._database.read("SELECT packed FROM points WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def note(self, shelf: str, name: str, text: str) -> None:
        """Store a text under a name; beyond MAX_NOTES the least recently written go."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)",
                (shelf, name[:MAX_NAME_LENGTH], text[:MAX_NOTE_LENGTH], time.time()),
            )
            connection.execute(
                "DELETE FROM notes WHERE shelf = ?1 AND name NOT IN "
                "(SELECT name FROM notes WHERE shelf = ?1 ORDER BY rowid DESC LIMIT ?2)",
                (shelf, MAX_NOTES),
            )

    def notes(self, shelf: str) -> dict[str, str]:
        """All texts of a shelf by their names."""
        return {str(name): str(text) for name, text in self._database.read("SELECT name, text FROM notes WHERE shelf = ?", shelf)}

    def forget_notes(self, shelf: str, names: Iterable[str]) -> None:
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM notes WHERE shelf = ? AND name = ?", [(shelf, name) for name in names])
        self._database.leave_no_trace()
