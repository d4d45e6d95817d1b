"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180.0  # seconds that a slow machine may take


def until(found: Callable[[], object], what: str) -> None:
    """Wait until something is so; what: what did not come about, if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
