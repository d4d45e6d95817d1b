"""What outlives the server, in one SQLite file: finished runs, shelves, searches with their trials, texts, rooms, plans."""

from __future__ import annotations

import time
from pathlib import Path

from spiral_core.store.database import Database
from spiral_core.store.lesson_plans import LessonPlans
from spiral_core.store.rooms import Rooms
from spiral_core.store.runs import Runs
from spiral_core.store.schema import MIGRATIONS
from spiral_core.store.searches import Searches
from spiral_core.store.shares import Shares
from spiral_core.store.shelves import Shelves
from spiral_core.store.short_links import ShortLinks
from spiral_core.store.texts import Texts

REMOVED_FOR = 30 * 24 * 3600.0  # seconds that removed runs and searches can be brought back

# What nothing else needs: the trials of searches that are gone, and runs saved before :before that no shelf and no search has.
_TRIALS = "DELETE FROM trials WHERE search NOT IN (SELECT id FROM searches)"
_RUNS = "DELETE FROM runs WHERE saved < :before AND key NOT IN (SELECT key FROM pins UNION SELECT key FROM trials)"
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
        "DELETE FROM points WHERE saved < :before AND NOT EXISTS (SELECT 1 FROM short_links WHERE instr(query, points.key))"
    ),
    "trials": _TRIALS,
    "stored runs": _RUNS,
}


class RunStore(Runs, Shelves, Shares, Searches, Texts, ShortLinks, Rooms, LessonPlans):
    """All methods raise StoreError where the file fails them. path None: in memory, for as long as the process lives."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(Database(path, MIGRATIONS))
        self.set_aside = self._database.set_aside  # the damaged file that was found in its place

    def close(self) -> None:
        self._database.close()

    def tidy(self) -> None:
        """Forget what was removed long ago, and the trials and runs that nothing else needs."""
        self.close_old_rooms()
        before = {"before": time.time() - REMOVED_FOR}
        with self._database.writing() as connection:
            connection.execute("DELETE FROM pins WHERE removed < :before", before)
            connection.execute("DELETE FROM searches WHERE removed < :before", before)
            connection.execute(_TRIALS)
            connection.execute(_RUNS, before)

    def clean(self, before: float) -> dict[str, int]:
        """Delete what nobody has touched since `before` (seconds since 1970), for good; returns how many rows of each kind went."""
        with self._database.writing() as connection:
            connection.execute("CREATE TEMP TABLE in_use AS " + _IN_USE, {"before": before})
            gone = {kind: connection.execute(statement, {"before": before}).rowcount for kind, statement in _OLD.items()}
            connection.execute("DROP TABLE in_use")
        self._database.shrink()
        return gone
