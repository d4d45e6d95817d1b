"""What all visitors keep in one bounded table: whoever keeps most loses first, and each shelf keeps its latest longest."""

from __future__ import annotations

import sqlite3


def keep(connection: sqlite3.Connection, table: str, name: str, shelf: str) -> None:
    """Note that a shelf keeps a row of a table, which others may keep too."""
    connection.execute("INSERT OR IGNORE INTO keepers VALUES (?, ?, ?)", (table, name, shelf))


def drop_beyond(connection: sqlite3.Connection, table: str, most: int) -> None:
    """Delete all but `most` rows of a table.

    A row's place is how many rows of its shelf were used since, at the best of its shelves; those of the last place go first, of
    these the longest unused. So nobody pushes out the latest of others by keeping more. (A row that is used is written anew: the
    order is that of rows, not of the clock, which may be set back.)
    """
    if connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] <= most:
        return
    connection.execute(
        f"DELETE FROM {table} WHERE name NOT IN (SELECT name FROM (SELECT name, {table}.rowid AS used, "
        f"ROW_NUMBER() OVER (PARTITION BY shelf ORDER BY {table}.rowid DESC) AS place "
        f"FROM {table} JOIN keepers USING (name) WHERE kind = ?) GROUP BY name ORDER BY MIN(place), used DESC LIMIT ?)",
        (table, most),
    )
    forget_keepers(connection, table)


def forget_keepers(connection: sqlite3.Connection, table: str) -> None:
    """Forget who kept the rows that a table no longer has."""
    connection.execute(f"DELETE FROM keepers WHERE kind = ? AND name NOT IN (SELECT name FROM {table})", (table,))
