"""Tokens that share a shelf: each opens one shelf, to read or to change too, and nothing else of its owner."""

from __future__ import annotations

import time
from typing import NamedTuple

from spiral_core.store.database import Part
from spiral_core.store.keys import new_id


class Share(NamedTuple):
    """What a token opens."""

    shelf: str
    may_edit: bool


class Shares(Part):
    """A token is no shelf's id: given as one, it shows an empty shelf."""

    def token(self, shelf: str, may_edit: bool) -> str | None:
        """The token of a shelf; None before `share` has made one."""
        rows = self._database.read("SELECT token FROM shares WHERE shelf = ? AND may_edit = ?", shelf, int(may_edit))
        return str(rows[0][0]) if rows else None

    def share(self, shelf: str, may_edit: bool) -> str:
        """The token of a shelf, made at the first call; the same one until `stop_sharing`."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO shares VALUES (?, ?, ?, ?) ON CONFLICT (shelf, may_edit) DO NOTHING",
                (new_id(), shelf, int(may_edit), time.time()),
            )
            row = connection.execute("SELECT token FROM shares WHERE shelf = ? AND may_edit = ?", (shelf, int(may_edit))).fetchone()
        return str(row[0])

    def shared(self, token: str) -> Share | None:
        """What a token opens; None: nothing. The id of a shelf with runs, as older links have it, opens that shelf to read."""
        for shelf, may_edit in self._database.read("SELECT shelf, may_edit FROM shares WHERE token = ?", token):
            return Share(str(shelf), bool(may_edit))
        for (shelf,) in self._database.read("SELECT shelf FROM pins WHERE shelf = ? LIMIT 1", token):
            return Share(str(shelf), False)
        return None

    def stop_sharing(self, shelf: str) -> None:
        """Let no token open a shelf any more."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM shares WHERE shelf = ?", (shelf,))
