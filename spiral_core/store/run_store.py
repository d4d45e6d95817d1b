"""What outlives the server, in one SQLite file: finished runs, shelves, searches with their trials, texts, rooms, plans."""

from __future__ import annotations

import time
from pathlib import Path

from spiral_core.store import fair
from spiral_core.store.database import Database
from spiral_core.store.keys import shelf_of
from spiral_core.store.lesson_plans import LessonPlans
from spiral_core.store.rooms import Rooms
from spiral_core.store.runs import Runs
from spiral_core.store.schema import MIGRATIONS
from spiral_core.store.searches import Searches
from spiral_core.store.shares import Shares
from spiral_core.store.shelves import Shelves
from spiral_core.store.short_links import ShortLinks
from spiral_core.store.texts import Texts
from spiral_core.store.works import RoomWorks

REMOVED_FOR = 30 * 24 * 3600.0  # seconds that removed runs and searches can be brought back

# What nothing else needs: the trials of searches that are gone, and runs saved before :before that no shelf and no search has.
_TRIALS = "DELETE FROM trials WHERE search NOT IN (SELECT id FROM searches)"
_UNNEEDED = "key NOT IN (SELECT key FROM pins UNION SELECT key FROM trials)"
_RUNS = f"DELETE FROM runs WHERE saved < :before AND {_UNNEEDED}"
_OLDEST_RUNS = f"DELETE FROM runs WHERE key IN (SELECT key FROM runs WHERE {_UNNEEDED} ORDER BY saved, rowid LIMIT 200)"
# The shelves on which something happened since :before: a run pinned or taken off, a search at work, an answer, a share, a plan.
_IN_USE = (
    "SELECT shelf FROM pins WHERE pinned >= :before OR removed >= :before UNION SELECT shelf FROM notes WHERE saved >= :before "
    "UNION SELECT shelf FROM searches WHERE beat >= :before OR removed >= :before "
    "UNION SELECT shelf FROM shares WHERE made >= :before UNION SELECT shelf FROM plans WHERE saved >= :before"
)
_OLD = {
    "pinned runs": "DELETE FROM pins WHERE shelf NOT IN in_use",
    "searches": "DELETE FROM searches WHERE shelf NOT IN in_use",
    "answers": "DELETE FROM notes WHERE shelf NOT IN in_use",
    "plans": "DELETE FROM plans WHERE shelf NOT IN in_use",
    "shared shelves": "DELETE FROM shares WHERE shelf NOT IN in_use",
    "short links": "DELETE FROM short_links WHERE used < :before",
    "sets of points": (
        "DELETE FROM points WHERE saved < :before AND NOT EXISTS (SELECT 1 FROM short_links WHERE instr(query, points.name))"
    ),
    "trials": _TRIALS,
    "stored runs": _RUNS,
}


class RunStore(Runs, Shelves, Shares, Searches, Texts, ShortLinks, Rooms, RoomWorks, LessonPlans):
    """All methods raise StoreError where the file fails them.

    path None: in memory, for as long as the process lives; max_bytes: how large the file may grow. Where it nears that, what
    nothing needs goes at once: removed runs and searches, then the runs on no shelf, the oldest first.
    """

    def __init__(self, path: Path | None, max_bytes: int | None = None) -> None:
        super().__init__(Database(path, MIGRATIONS, max_bytes, self.make_room, [shelf_of]))
        self.set_aside = self._database.set_aside  # the damaged file that was found in its place

    @property
    def nbytes(self) -> int:
        """Bytes of the file that are in use. Raises StoreError."""
        return self._database.nbytes

    def close(self) -> None:
        self._database.close()

    def kept_since(self, shelf: str) -> float | None:
        """When a shelf first kept what it still has (runs, searches, answers, plans), in seconds since 1970; None: nothing."""
        rows = self._database.read(
            "SELECT MIN(at) FROM (SELECT MIN(pinned) AS at FROM pins WHERE shelf = ?1 UNION ALL SELECT MIN(saved) FROM notes "
            "WHERE shelf = ?1 UNION ALL SELECT MIN(begun) FROM searches WHERE shelf = ?1 UNION ALL SELECT MIN(saved) FROM plans "
            "WHERE shelf = ?1)",
            shelf,
        )
        return None if rows[0][0] is None else float(rows[0][0])

    def tidy(self) -> None:
        """Forget what was removed long ago, and the trials and runs that nothing else needs."""
        self.close_old_rooms()
        before = {"before": time.time() - REMOVED_FOR}
        with self._database.writing() as connection:
            connection.execute("DELETE FROM pins WHERE removed < :before", before)
            connection.execute("DELETE FROM searches WHERE removed < :before", before)
            connection.execute(_TRIALS)
            connection.execute(_RUNS, before)

    def make_room(self) -> None:
        """Forget what nothing needs, until the file is half as full as it may be."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM pins WHERE removed IS NOT NULL")
            connection.execute("DELETE FROM searches WHERE removed IS NOT NULL")
            connection.execute(_TRIALS)
        gone, most = 1, self._database.max_bytes
        while gone and most and self.nbytes > most / 2:
            with self._database.writing() as connection:
                gone = connection.execute(_OLDEST_RUNS).rowcount

    def clean(self, before: float) -> dict[str, int]:
        """Delete what nobody has touched since `before` (seconds since 1970), for good; returns how many rows of each kind went."""
        with self._database.writing() as connection:
            connection.execute("CREATE TEMP TABLE in_use AS " + _IN_USE, {"before": before})
            gone = {kind: connection.execute(statement, {"before": before}).rowcount for kind, statement in _OLD.items()}
            for table in ("points", "short_links"):
                fair.forget_keepers(connection, table)
            connection.execute("DROP TABLE in_use")
        self._database.shrink()
        return gone
