"""Looks after the file of a store from outside the server, which may be running: its size, a copy, and what is old."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from spiral_core.store.database import BUSY_SECONDS, Reason, StoreError, reason_of
from spiral_core.store.rooms import delete_rooms
from spiral_core.store.run_store import RunStore
from spiral_core.store.schema import MIGRATIONS

DAY = 24 * 3600.0


class Held(NamedTuple):
    """What a store holds."""

    nbytes: int  # of the file, and of what SQLite still keeps beside it
    shelves: int
    pins: int
    searches: int
    runs: int
    point_sets: int
    links: int


_COUNTS = (
    "SELECT COUNT(DISTINCT shelf) FROM (SELECT shelf FROM pins WHERE removed IS NULL UNION SELECT shelf FROM notes "
    "UNION SELECT shelf FROM searches WHERE removed IS NULL)",
    "SELECT COUNT(*) FROM pins WHERE removed IS NULL",
    "SELECT COUNT(*) FROM searches WHERE removed IS NULL",
    "SELECT COUNT(*) FROM runs",
    "SELECT COUNT(*) FROM points",
    "SELECT COUNT(*) FROM short_links",
)


def held(path: Path) -> Held:
    """What a store holds. Raises StoreError; FileNotFoundError where there is none."""
    with closing(_opened(path)) as connection:
        try:
            counts = [int(connection.execute(query).fetchone()[0]) for query in _COUNTS]
        except sqlite3.Error as error:
            raise StoreError(reason_of(error)) from error
    return Held(size(path), *counts)


def size(path: Path) -> int:
    """Bytes of a store's files."""
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def backup(path: Path, to: Path) -> None:
    """Copy a store as it is at one moment into a new file, for its owner alone; classes are left out, which end with their day.

    Raises StoreError, FileNotFoundError where there is no store, FileExistsError where the new file is there already.
    """
    with closing(_opened(path)) as source:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(to)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without others beside it
                copy.execute("PRAGMA secure_delete=ON")
                delete_rooms(copy)
                if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise StoreError(Reason.DAMAGED)
        except BaseException as error:
            to.unlink()
            if isinstance(error, sqlite3.Error):
                raise StoreError(reason_of(error)) from error
            raise


def restore(path: Path, backup_file: Path) -> Path | None:
    """Give a store the contents of a backup, even while a server uses it; what it held is copied beside it first.

    Returns that copy; None where there was no store. Raises StoreError for a backup that is none or of a newer version, and
    FileNotFoundError where it is absent.
    """
    with closing(_opened(backup_file)) as source:
        known = source.execute("PRAGMA user_version").fetchone()[0]
        if known > len(MIGRATIONS):
            raise StoreError(Reason.NEWER, f"schema {known}, this one knows {len(MIGRATIONS)}")
        before = None
        if path.exists():
            before = path.with_name(f"{path.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
            backup(path, before)
        RunStore(path).close()  # makes one where there is none
        try:
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as store:
                source.backup(store)
        except sqlite3.Error as error:
            raise StoreError(reason_of(error)) from error
    RunStore(path).close()  # brings an older backup to the present schema
    return before


def clean(path: Path, days: float) -> dict[str, int]:
    """Delete the shelves that nobody has touched for so many days, links unopened since, and what nothing else needs.

    Returns how many rows of each kind went. Raises StoreError; FileNotFoundError where there is no store.
    """
    _opened(path).close()  # so that none is made, and a damaged one stays where it is
    store = RunStore(path)
    try:
        return store.clean(time.time() - days * DAY)
    finally:
        store.close()


def _opened(path: Path) -> sqlite3.Connection:
    """A store to read. Raises StoreError for what is none."""
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        connection = sqlite3.connect(f"file:{quote(path.resolve().as_posix())}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        try:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise StoreError(Reason.DAMAGED)
            connection.execute("SELECT COUNT(*) FROM runs")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(reason_of(error)) from error
    return connection
