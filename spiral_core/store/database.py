"""One SQLite file that several servers and sessions write to at once, with a numbered schema."""

from __future__ import annotations

import errno
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any

from spiral_core.marking import N_

BUSY_SECONDS = 2.0  # how long to wait for another writer
NEARLY_FULL = 0.9  # of the size that a file may have
RELIEF_SECONDS = 60.0  # between two attempts to make room, the first of them in vain


class Reason(Enum):
    """Why a store fails, as the end of a sentence."""

    LOCKED = N_("the file is locked by another program")
    FULL = N_("the disk is full")
    BOUND = N_("this server keeps as much as it is allowed to")
    NETWORK = N_("a great deal was saved from your network within the last hour")
    BROWSER = N_("a great deal was saved from this browser within the last hour")
    READ_ONLY = N_("writing to the file is not allowed")
    CANNOT_OPEN = N_("the file cannot be opened")
    DAMAGED = N_("the file is damaged")
    NEWER = N_("it was written by a newer version of Spiral Lab")
    UNKNOWN = N_("the file cannot be used")


# The reason by what the system says, and by what SQLite says.
_KINDS: dict[type[OSError], Reason] = {
    PermissionError: Reason.READ_ONLY,
    NotADirectoryError: Reason.CANNOT_OPEN,
    IsADirectoryError: Reason.CANNOT_OPEN,
    FileExistsError: Reason.CANNOT_OPEN,
    FileNotFoundError: Reason.CANNOT_OPEN,
}
_NUMBERS: dict[int | None, Reason] = {errno.ENOSPC: Reason.FULL, errno.EROFS: Reason.READ_ONLY}
_SIGNS = {
    "locked": Reason.LOCKED,
    "busy": Reason.LOCKED,
    "full": Reason.FULL,
    "readonly": Reason.READ_ONLY,
    "unable to open": Reason.CANNOT_OPEN,
    "damaged": Reason.DAMAGED,
    "malformed": Reason.DAMAGED,
    "not a database": Reason.DAMAGED,
}


class StoreError(Exception):
    """Something could not be kept or read. `reason` says why; str() adds details for the log."""

    def __init__(self, reason: Reason, details: str = "") -> None:
        self.reason, self.details = reason, details
        super().__init__(reason.value + (f" ({details})" if details else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.details)


class Database:
    """A file (None: memory, for as long as the process lives) brought to the newest schema.

    migrations: the SQL that leads from each version of the schema to the next; functions: what it may call, from text to text;
    max_bytes: how large the file may grow; make_room is called before a transaction where it is nearly as large. Raises StoreError
    where the file cannot be used; one that is no database, or damaged, is set aside first and named in `set_aside`.
    """

    def __init__(
        self,
        path: Path | None,
        migrations: Sequence[str],
        max_bytes: int | None = None,
        make_room: Callable[[], None] = lambda: None,
        functions: Sequence[Callable[[str], str]] = (),
    ) -> None:
        self._lock = threading.RLock()
        self._functions = functions
        self.max_bytes, self._make_room = max_bytes, make_room
        self._next_relief = 0.0  # seconds of the monotonic clock before which no room is made
        self.set_aside: Path | None = None
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)  # for its owner alone, as are the files that SQLite puts beside it
            try:
                self._open(path, migrations)
            except sqlite3.DatabaseError as error:
                if path is None or isinstance(error, sqlite3.OperationalError):
                    raise
                self._connection.close()
                self.set_aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
                path.rename(self.set_aside)
                for rest in ("-wal", "-shm"):
                    path.with_name(path.name + rest).unlink(missing_ok=True)
                self._open(path, migrations)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(reason_of(error)) from error

    def _open(self, path: Path | None, migrations: Sequence[str]) -> None:
        self._connection = sqlite3.connect(path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        run = self._connection.execute
        if path and run("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        version = run("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise StoreError(Reason.NEWER, f"schema {version}, this one knows {len(migrations)}")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA secure_delete=ON")  # what is deleted is overwritten
        run("PRAGMA synchronous=NORMAL")  # a killed server loses nothing; a power cut may lose the last moments
        if version < len(migrations):
            run("BEGIN IMMEDIATE")
            version = run("PRAGMA user_version").fetchone()[0]  # another server may have been first
            for function in self._functions:
                self._connection.create_function(function.__name__, 1, function, deterministic=True)
            for number, script in enumerate(migrations[version:], version + 1):
                for statement in script.split(";"):
                    if statement.strip():
                        run(statement)
                run(f"PRAGMA user_version={number}")
            run("COMMIT")
        if self.max_bytes is not None:
            run(f"PRAGMA max_page_count={self.max_bytes // run('PRAGMA page_size').fetchone()[0]}")

    @property
    def nbytes(self) -> int:
        """Bytes of the file that are in use. Raises StoreError."""
        return int(
            self.read(
                "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
            )[0][0]
        )

    def _is_nearly_full(self) -> bool:
        return self.max_bytes is not None and self.nbytes > NEARLY_FULL * self.max_bytes

    def _relieve(self) -> None:
        """Make room where the file is nearly as large as it may be; where that was in vain, not again for a while."""
        if time.monotonic() >= self._next_relief and self._is_nearly_full():
            self._next_relief = math.inf  # making room writes too
            try:
                self._make_room()
            finally:
                self._next_relief = time.monotonic() + RELIEF_SECONDS if self._is_nearly_full() else 0.0

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: it is committed as a whole or, with a StoreError, rolled back."""
        with self._lock:
            self._relieve()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                reason = reason_of(error)  # SQLite calls a file that may not grow a full disk
                raise StoreError(Reason.BOUND if reason is Reason.FULL and self._is_nearly_full() else reason) from error

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises StoreError."""
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(reason_of(error)) from error

    def leave_no_trace(self) -> None:
        """Let what was deleted vanish from the file of the latest changes too; while another server reads, when that ends."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def shrink(self) -> None:
        """Give the room of deleted rows back to the disk. Raises StoreError."""
        with self._lock:
            try:
                self._connection.execute("VACUUM")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise StoreError(reason_of(error)) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class Part:
    """The tables of one module in the shared database."""

    def __init__(self, database: Database) -> None:
        self._database = database


def reason_of(error: Exception) -> Reason:
    """Why SQLite or the system failed."""
    if isinstance(error, OSError):  # its text may be in the system's language
        numbered = _NUMBERS.get(error.errno, Reason.UNKNOWN)
        return next((reason for kind, reason in _KINDS.items() if isinstance(error, kind)), numbered)
    text = str(error)
    return next((reason for sign, reason in _SIGNS.items() if sign in text), Reason.UNKNOWN)
