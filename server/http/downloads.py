"""Files that were made at a click: kept until the browser has fetched them, whatever other pages do in between.

Streamlit drops a made file after two more runs of anybody's page script: in a class, before the browser of the one who clicked has
asked for it.
"""

from __future__ import annotations

import time

from streamlit.runtime.media_file_manager import MediaFileManager

KEPT = 20.0  # seconds, in which a browser begins to fetch what it asked for


def keep_for_a_while(manager: MediaFileManager) -> None:
    """Let files that no page shows go only when they have been unused for some seconds."""
    unused = manager._get_inactive_file_ids
    since: dict[str, float] = {}

    def long_unused() -> set[str]:
        found, now = unused(), time.monotonic()
        for gone in since.keys() - found:
            del since[gone]
        return {file for file in found if now - since.setdefault(file, now) > KEPT}

    manager._get_inactive_file_ids = long_unused  # type: ignore[method-assign]
