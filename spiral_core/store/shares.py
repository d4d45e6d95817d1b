"""Tokens that share a shelf: each opens one shelf, to read or to change too, and nothing else of its owner."""

from __future__ import annotations

import secrets
import time
from typing import NamedTuple

from spiral_core.store.database import Database

MIGRATION = """
    CREATE TABLE shares (token TEXT PRIMARY KEY, shelf TEXT NOT NULL, may_edit INTEGER NOT NULL, made REAL NOT NULL,
                         UNIQUE (shelf, may_edit))
    """


class Share(NamedTuple):
    """What a token opens."""

    shelf: str
    may_edit: bool


def share(database: Database, shelf: str, may_edit: bool) -> str:
    """The token of a shelf, made at the first call; the same one until `stop_sharing`."""
    with database.writing() as connection:
        connection.execute(
            "INSERT INTO shares VALUES (?, ?, ?, ?) ON CONFLICT (shelf, may_edit) DO NOTHING",
            (secrets.token_urlsafe(16), shelf, int(may_edit), time.time()),
        )
        row = connection.execute("SELECT token FROM shares WHERE shelf = ? AND may_edit = ?", (shelf, int(may_edit))).fetchone()
    return str(row[0])


def shared(database: Database, token: str) -> Share | None:
    """What a token opens; None: nothing. The id of a shelf with runs, as older links have it, opens that shelf to read."""
    for shelf, may_edit in database.read("SELECT shelf, may_edit FROM shares WHERE token = ?", token):
        return Share(str(shelf), bool(may_edit))
    for (shelf,) in database.read("SELECT shelf FROM pins WHERE shelf = ? LIMIT 1", token):
        return Share(str(shelf), False)
    return None


def stop_sharing(database: Database, shelf: str) -> None:
    """Let no token open a shelf any more."""
    with database.writing() as connection:
        connection.execute("DELETE FROM shares WHERE shelf = ?", (shelf,))
