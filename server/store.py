"""Opens the server's run store, in memory where the file cannot be used."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from server import log
from server.http import limits
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import RunStore

SAID_FROM = 0.8  # of the size that the store may have


class Opened:
    """The store that this server uses, and why it is not the file, if it is not."""

    def __init__(self, path: Path) -> None:
        self.path, self.problem = path, ""
        try:
            self.store = RunStore(path, limits.max_store())
            with suppress(StoreError):  # a full disk, say, which the first saving tells
                self.store.tidy()
        except StoreError as error:
            log.error("the run store cannot be used; runs are kept in memory", file=path, reason=error)
            self.problem, self.store = error.reason.value, RunStore(None, limits.max_store())
        if self.store.set_aside:
            log.error("the run store was damaged; a new one is begun", kept_as=self.store.set_aside)
        with suppress(StoreError):
            if self.store.nbytes > SAID_FROM * limits.max_store():
                log.warning("the run store is nearly as large as it may be", bytes=self.store.nbytes, limit=limits.STORE)


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
