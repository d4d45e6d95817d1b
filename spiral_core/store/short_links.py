"""Links kept under short names, for QR codes that a camera can read from the last row."""

from __future__ import annotations

import hashlib
import re
import time
from contextlib import suppress

from spiral_core.store import fair
from spiral_core.store.database import Part, StoreError

MAX_LINKS = 2000  # over all shelves
MAX_QUERY = 100_000  # characters
_SHORTEST = 6  # characters of a name; more where two links would have the same
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no characters that look alike on a board


class ShortLinks(Part):
    """A name is made of the query's digest, so that equal links have equal names."""

    def keep_link(self, query: str, shelf: str) -> str:
        """Keep the query of a link for a shelf; returns its name, the same for the same query.

        Beyond MAX_LINKS those go whose shelf has kept most since. Raises ValueError for a query that is too long.
        """
        if len(query) > MAX_QUERY:
            raise ValueError(f"a link's query must have at most {MAX_QUERY} characters, got {len(query)}")
        digest = int.from_bytes(hashlib.sha256(query.encode()).digest())
        letters = "".join(_ALPHABET[digest // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(40))
        with self._database.writing() as connection:
            known = connection.execute("SELECT name FROM short_links WHERE query = ?", (query,)).fetchone()
            taken = (letters[:length] for length in range(_SHORTEST, len(letters) + 1))
            name = known[0] if known else next(
                name for name in taken if not connection.execute("SELECT 1 FROM short_links WHERE name = ?", (name,)).fetchone()
            )  # fmt: skip
            connection.execute("INSERT OR REPLACE INTO short_links VALUES (?, ?, ?)", (name, query, time.time()))
            fair.keep(connection, "short_links", name, shelf)
            fair.drop_beyond(connection, "short_links", MAX_LINKS)
        return str(name)

    def link(self, name: str) -> str | None:
        """The query that was kept under a name; None where there is none."""
        if not re.fullmatch(f"[{_ALPHABET}]{{{_SHORTEST},40}}", name):
            return None
        rows = self._database.read("SELECT query FROM short_links WHERE name = ?", name)
        if not rows:
            return None
        with suppress(StoreError), self._database.writing() as connection:  # a link opens though nothing can be written
            connection.execute("INSERT OR REPLACE INTO short_links VALUES (?, ?, ?)", (name, rows[0][0], time.time()))
        return str(rows[0][0])
