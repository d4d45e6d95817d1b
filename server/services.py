"""What this server has once: `services()` gives it to pages and tests."""

from __future__ import annotations

from dataclasses import dataclass

from server import searches
from server import store as stores
from server.searches import SearchService
from server.training import service as runs
from server.training.service import RunService
from spiral_core.store.run_store import RunStore


@dataclass(frozen=True)
class Services:
    """The services of one server process."""

    runs: RunService
    searches: SearchService
    store: RunStore


def services() -> Services:
    """The server's services; without a server (in tests, say) ones that work in threads."""
    return Services(runs.service(), searches.service(), stores.store())
