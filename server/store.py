"""The server's one run store. What cannot be saved costs the saving alone, and is said."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from server import log
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import RunStore


class Opened:
    """The store that this server uses, and why it is not the file, if it is not."""

    def __init__(self, path: Path) -> None:
        self.path, self.problem = path, ""
        try:
            self.store = RunStore(path)
            with suppress(StoreError):  # a full disk, say, which the first saving tells
                self.store.tidy()
        except StoreError as error:
            log.fail("the run store cannot be used; runs are kept in memory", file=path, reason=error)
            self.problem, self.store = error.reason.value, RunStore(None)
        if self.store.set_aside:
            log.fail("the run store was damaged; a new one is begun", kept_as=self.store.set_aside)


_current: Opened | None = None
_lock = threading.Lock()


def store_path() -> Path:
    """Where runs are kept: SPIRAL_LAB_STORE, else the user's own folder for such files."""
    named = os.environ.get("SPIRAL_LAB_STORE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", "~\\AppData\\Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Application Support")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share")
    return base.expanduser() / "spiral-lab" / "runs.sqlite"


def opened() -> Opened:
    global _current
    with _lock:
        if _current is None:
            _current = Opened(store_path())
        return _current


def store() -> RunStore:
    """The server's store, opened at the first call."""
    return opened().store


def close() -> None:
    """The server ends, or a test wants another store."""
    global _current
    with _lock:
        if _current:
            _current.store.close()
        _current = None
