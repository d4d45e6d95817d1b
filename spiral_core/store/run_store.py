"""What outlives the server: finished runs, the shelves they are pinned to, and searches with their trials, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import secrets
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from spiral_core.records import Record
from spiral_core.search import Plan, Trial
from spiral_core.settings import Settings
from spiral_core.store import shares, short_links
from spiral_core.store.database import NEWER, REASONS, Database, StoreError
from spiral_core.training import Checkpoint

MOST_PINS = 50  # on one shelf
LONGEST_NAME, LONGEST_NOTE = 80, 500
MOST_SETS = 400  # of own points too many for a link; the least lately used go first
MOST_NOTES = 200  # on one shelf
LONGEST_KEPT = 4000  # characters of settings that are written beside a run for the reader of the file
MOST_CHECKPOINT = 1_000_000  # bytes; a larger trial that is interrupted begins again
REMOVED_FOR = 30 * 24 * 3600.0  # seconds that removed runs and searches can be brought back

MIGRATIONS = (
    """
    CREATE TABLE runs (key TEXT PRIMARY KEY, settings TEXT NOT NULL, plain TEXT NOT NULL, history BLOB NOT NULL,
                       parameters BLOB NOT NULL, saved REAL NOT NULL);
    CREATE TABLE pins (shelf TEXT NOT NULL, key TEXT NOT NULL, settings TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL,
                       position INTEGER NOT NULL, pinned REAL NOT NULL, removed REAL, PRIMARY KEY (shelf, key))
    """,
    """
    CREATE TABLE searches (id TEXT PRIMARY KEY, shelf TEXT NOT NULL, plan TEXT NOT NULL, begun REAL NOT NULL,
                           state TEXT NOT NULL, beat REAL NOT NULL, owner TEXT NOT NULL);
    CREATE INDEX searches_of_shelf ON searches (shelf);
    CREATE TABLE trials (search TEXT NOT NULL, number INTEGER NOT NULL, rung INTEGER NOT NULL, key TEXT NOT NULL,
                         score REAL, failure TEXT NOT NULL, checkpoint BLOB, place TEXT NOT NULL,
                         PRIMARY KEY (search, number, rung))
    """,
    """
    ALTER TABLE searches ADD COLUMN removed REAL
    """,
    """
    CREATE TABLE points (key TEXT PRIMARY KEY, packed TEXT NOT NULL, saved REAL NOT NULL);
    CREATE TABLE notes (shelf TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, saved REAL NOT NULL, PRIMARY KEY (shelf, name))
    """,
    shares.MIGRATION,
    short_links.MIGRATION,
)


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


@dataclass(frozen=True)
class SavedSearch:
    """A search on a shelf. state: running, stopped or finished; beat: when its server last said that it works on it."""

    id: str
    plan: Plan
    begun: float
    state: str
    beat: float


def key_of(settings: Settings) -> str:
    """The name of a run in the store: equal settings have equal keys."""
    return hashlib.sha256(_json(settings.to_dict()).encode()).hexdigest()[:32]


def points_name(packed: str) -> str:
    """The name of packed points in the store: a digest, so that only who has them can tell it."""
    return hashlib.sha256(packed.encode()).hexdigest()[:32]


def new_id() -> str:
    """An id that nobody can guess, for a shelf or a search."""
    return secrets.token_urlsafe(16)


class RunStore:
    """All methods raise StoreError where the file fails them. Whoever knows a shelf's id can read and change it.

    What came last is told by the order of rows, not by the clock, which may be set back.
    """

    def __init__(self, path: Path | None) -> None:
        self._database = Database(path, MIGRATIONS)
        self.set_aside = self._database.set_aside

    def close(self) -> None:
        self._database.close()

    # runs

    def save(self, records: Iterable[Record]) -> None:
        """Keep finished runs; those that are there already stay."""
        with self._database.writing() as connection:
            for record in records:
                connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", _row(record))

    def load(self, wanted: Iterable[Settings]) -> dict[str, Record]:
        """The runs of these settings that are there, by their keys."""
        found = {}
        for settings in wanted:
            key = key_of(settings)
            for plain, history, parameters in self._database.read("SELECT plain, history, parameters FROM runs WHERE key = ?", key):
                found[key] = _unpacked_record(settings, plain, history, parameters)
        return found

    # points of one's own that are too many for a link

    def keep_points(self, packed: str) -> None:
        """Keep packed points under their name."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", (points_name(packed), packed, time.time()))
            connection.execute(
                "DELETE FROM points WHERE key NOT IN (SELECT key FROM points ORDER BY rowid DESC LIMIT ?)", (MOST_SETS,)
            )

    def points(self, name: str) -> str | None:
        """The packed points of a name; None where there are none."""
        rows = self._database.read("SELECT packed FROM points WHERE key = ?", name)
        return str(rows[0][0]) if rows else None

    # what a browser's owner has done, as short texts by name: answers in lessons, hints that were closed

    def note(self, shelf: str, name: str, text: str) -> None:
        """Keep a text under a name; the least lately written beyond MOST_NOTES go."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)", (shelf, name[:LONGEST_NAME], text[:LONGEST_NOTE], time.time())
            )
            connection.execute(
                "DELETE FROM notes WHERE shelf = ?1 AND name NOT IN "
                "(SELECT name FROM notes WHERE shelf = ?1 ORDER BY rowid DESC LIMIT ?2)",
                (shelf, MOST_NOTES),
            )

    def notes(self, shelf: str) -> dict[str, str]:
        """All texts of a shelf by their names."""
        return {str(name): str(text) for name, text in self._database.read("SELECT name, text FROM notes WHERE shelf = ?", shelf)}

    def forget_notes(self, shelf: str, names: Iterable[str]) -> None:
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM notes WHERE shelf = ? AND name = ?", [(shelf, name) for name in names])

    # shelves

    def pin(self, shelf: str, settings: Settings, name: str = "", note: str = "") -> None:
        """Put a run at the end of a shelf; one that is there stays as it is. Raises ValueError for a full shelf."""
        with self._database.writing() as connection:
            count, last = connection.execute(
                "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM pins WHERE shelf = ? AND removed IS NULL", (shelf,)
            ).fetchone()
            if count >= MOST_PINS:
                raise ValueError(f"a shelf holds at most {MOST_PINS} runs")
            row = (shelf, key_of(settings), _json(settings.to_dict()), name[:LONGEST_NAME], note[:LONGEST_NOTE])
            connection.execute(
                "INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (shelf, key) DO UPDATE SET removed = NULL, "
                "position = excluded.position WHERE removed IS NOT NULL",
                (*row, last + 1, time.time()),
            )

    def pins(self, shelf: str) -> list[Pin]:
        """The runs of a shelf in their order."""
        rows = self._database.read(
            "SELECT settings, name, note, pinned FROM pins WHERE shelf = ? AND removed IS NULL ORDER BY position", shelf
        )
        return [Pin(_settings(settings), str(name), str(note), float(pinned)) for settings, name, note, pinned in rows]  # type: ignore[arg-type]

    def describe(self, shelf: str, key: str, name: str, note: str) -> None:
        """Give a pinned run another name and note."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE pins SET name = ?, note = ? WHERE shelf = ? AND key = ?",
                (name[:LONGEST_NAME], note[:LONGEST_NOTE], shelf, key),
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

    def restore(self, shelf: str) -> list[str]:
        """Bring back what was removed last, where it stood; returns the keys."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "UPDATE pins SET removed = NULL WHERE shelf = ?1 AND removed = (SELECT MAX(removed) FROM pins WHERE shelf = ?1) "
                "RETURNING key",
                (shelf,),
            ).fetchall()
        return [key for (key,) in rows]

    # shares and short links

    def share(self, shelf: str, may_edit: bool) -> str:
        """The token that opens a shelf, to read or to change too, and nothing else."""
        return shares.share(self._database, shelf, may_edit)

    def shared(self, token: str) -> shares.Share | None:
        """What a token opens; None: nothing."""
        return shares.shared(self._database, token)

    def stop_sharing(self, shelf: str) -> None:
        """Let no token open a shelf any more."""
        shares.stop_sharing(self._database, shelf)

    def keep_link(self, query: str) -> str:
        """Keep the query of a link; returns its short name."""
        return short_links.keep(self._database, query)

    def link(self, name: str) -> str | None:
        """The query that was kept under a short name; None where there is none."""
        return short_links.read(self._database, name)

    # searches

    def add_search(self, shelf: str, plan: Plan) -> str:
        """Keep a plan that is about to be carried out; returns its id."""
        name, now = new_id(), time.time()
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO searches VALUES (?, ?, ?, ?, 'running', ?, ?, NULL)",
                (name, shelf, _json(plan.to_dict()), now, now, _this_process()),
            )
        return name

    def searches(self, shelf: str) -> list[SavedSearch]:
        """The searches of a shelf, the latest first."""
        rows = self._database.read(
            "SELECT id, plan, begun, state, beat FROM searches WHERE shelf = ? AND removed IS NULL ORDER BY rowid DESC",
            shelf,
        )
        return [SavedSearch(str(i), _plan(plan), float(begun), str(state), float(beat)) for i, plan, begun, state, beat in rows]  # type: ignore[arg-type]

    def claim(self, search: str, silence: float) -> bool:
        """Take over a search whose server is gone, or has not spoken for `silence` seconds; False if it works, or there is none."""
        now = time.time()
        with self._database.writing() as connection:
            row = connection.execute("SELECT state, beat, owner FROM searches WHERE id = ?", (search,)).fetchone()
            if row is None or (row[0] == "running" and abs(now - row[1]) < silence and _may_live(row[2])):
                return False
            connection.execute(
                "UPDATE searches SET state = 'running', beat = ?, owner = ? WHERE id = ?", (now, _this_process(), search)
            )
        return True

    def beat(self, search: str) -> None:
        """Say that this server works on a search."""
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET beat = ? WHERE id = ?", (time.time(), search))

    def end_search(self, search: str, state: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET state = ?, beat = ? WHERE id = ?", (state, time.time(), search))

    def remove_search(self, search: str) -> None:
        """Take a search off its shelf; `restore_search` brings it back."""
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET removed = ? WHERE id = ?", (time.time(), search))

    def restore_search(self, search: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET removed = NULL WHERE id = ?", (search,))

    def tidy(self) -> None:
        """Forget what was removed long ago, and the trials and runs that nothing else needs."""
        before = time.time() - REMOVED_FOR
        with self._database.writing() as connection:
            connection.execute("DELETE FROM pins WHERE removed < ?", (before,))
            connection.execute("DELETE FROM searches WHERE removed < ?", (before,))
            connection.execute("DELETE FROM trials WHERE search NOT IN (SELECT id FROM searches)")
            connection.execute(
                "DELETE FROM runs WHERE saved < ? AND key NOT IN (SELECT key FROM pins UNION SELECT key FROM trials)", (before,)
            )

    def add_trials(self, search: str, trials: Iterable[Trial]) -> None:
        """Keep what came of trials, with all that they need to go on."""
        with self._database.writing() as connection:
            for trial in trials:
                if trial.record:
                    connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", _row(trial.record))
                score = trial.score if math.isfinite(trial.score) else None
                place, blob = _packed(trial.checkpoint)
                key = key_of(trial.settings)
                connection.execute(
                    "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (search, trial.number, trial.rung, key, score, trial.failure, blob, place),
                )
                connection.execute(
                    "UPDATE trials SET checkpoint = NULL WHERE search = ? AND number = ? AND rung < ?",
                    (search, trial.number, trial.rung),
                )

    def trials(self, search: str, plan: Plan) -> list[Trial]:
        """All trials of a search, those of lower rungs too."""
        rows = self._database.read(
            "SELECT number, rung, score, failure, checkpoint, place, plain, history, parameters FROM trials "
            "LEFT JOIN runs ON runs.key = trials.key WHERE search = ? ORDER BY rung, number",
            search,
        )
        found = []
        for number, rung, score, failure, blob, place, plain, history, parameters in rows:
            settings = plan.settings(number, rung)  # type: ignore[arg-type]
            record = _unpacked_record(settings, plain, history, parameters) if plain else None
            checkpoint = _unpacked(place, blob, settings.parameter_count)
            if record or failure:
                found.append(
                    Trial(number, rung, settings, math.inf if score is None else score, record, checkpoint, failure)  # type: ignore[arg-type]
                )
        return found


def _this_process() -> str:
    return f"{os.getpid()}@{platform.node()}"


def _may_live(owner: str) -> bool:
    """Whether the process that worked on a search may still do so; known of those of this machine alone."""
    number, _, machine = owner.partition("@")
    if owner == _this_process():
        return False
    if machine != platform.node() or os.name != "posix":
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _row(record: Record) -> tuple[Any, ...]:
    plain, history, parameters = record.packed()
    settings = _json(record.settings.to_dict())
    shown = settings if len(settings) <= LONGEST_KEPT else ""  # large points of one's own would be kept with each run
    return key_of(record.settings), shown, _json(plain), history, parameters, time.time()


def _settings(text: Any) -> Settings:
    try:
        return Settings.from_dict(json.loads(text))
    except ValueError as error:
        raise StoreError(NEWER) from error


@lru_cache(maxsize=128)  # a plan checks each of its trials
def _plan(text: Any) -> Plan:
    try:
        return Plan.from_dict(json.loads(text))
    except ValueError as error:
        raise StoreError(NEWER) from error


def _unpacked_record(settings: Settings, plain: Any, history: Any, parameters: Any) -> Record:
    try:
        return Record.unpacked(settings, json.loads(plain), history, parameters)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise StoreError(REASONS["damaged"]) from error


def _packed(checkpoint: Checkpoint | None) -> tuple[str, bytes | None]:
    """Where training is as JSON, and its arrays in full precision; nothing for one that is too large."""
    if checkpoint is None or checkpoint.nbytes > MOST_CHECKPOINT:
        return "{}", None
    place = {
        "iteration": checkpoint.iteration,
        "logged_iteration": checkpoint.logged_iteration,
        "logged_loss": checkpoint.logged_loss,
    }
    return _json(place), np.vstack([checkpoint.parameters, checkpoint.logged_parameters, *checkpoint.memory]).tobytes()


def _unpacked(place: Any, blob: Any, count: int) -> Checkpoint | None:
    if blob is None:
        return None
    parameters, logged, *memory = np.frombuffer(blob).reshape(-1, count).copy()
    slots = np.array(memory).reshape(len(memory), count)
    return Checkpoint(parameters=parameters, logged_parameters=logged, memory=slots, **json.loads(place))
