"""Files that are made at a click: one at a time, and kept until the browser has fetched it, whatever other pages do in between.

Streamlit makes as many at once as are asked for, bounds them in no way, and drops a made file after two more runs of anybody's page
script: in a class, before the browser of the one who clicked has asked for it.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError

KEPT = 20.0  # seconds, in which a browser begins to fetch what it asked for
MAX_BYTES = 64_000_000  # of files that no page shows; of more the oldest go at once


def keep_for_a_while(manager: MediaFileManager) -> None:
    """Let files that no page shows go only when they have been unused for some seconds, or are too many; make one at a time."""
    unused, make = manager._get_inactive_file_ids, manager.execute_deferred
    since: dict[str, float] = {}  # in the order in which they came
    making = threading.Lock()

    def long_unused() -> set[str]:
        found, now = unused(), time.monotonic()
        for gone in since.keys() - found:
            del since[gone]
        for new in found - since.keys():
            since[new] = now
        return {file for file in since if now - since[file] > KEPT} | _too_many(manager, list(since))

    def one_at_a_time(file_id: str) -> str:
        with making:
            made = make(file_id)
            manager.remove_orphaned_files()
        return made

    manager._get_inactive_file_ids = long_unused  # type: ignore[method-assign]
    manager.execute_deferred = one_at_a_time  # type: ignore[method-assign]


def _too_many(manager: MediaFileManager, files: list[str]) -> set[str]:
    """The oldest of these beyond the bytes that may be kept; never the newest."""
    left, found = MAX_BYTES, set()
    for number, file in enumerate(reversed(files)):
        with suppress(MediaFileStorageError):
            left -= manager._storage.get_file(file).content_size  # type: ignore[attr-defined]
        if left < 0 and number:
            found.add(file)
    return found
