"""What this server process has once: `services()` gives it to pages and tests; app.py makes it and closes it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import ClientContext

from server.allowances import Allowances
from server.http import crowd
from server.http.cookie import COOKIE
from server.rooms import RoomService
from server.searches import SearchService
from server.store import Opened, store_path
from server.training.landscapes import LandscapeService
from server.training.service import RunService
from server.turns import Whose, own
from spiral_core.store.run_store import RunStore


@dataclass(frozen=True)
class Services:
    """The services of one server process."""

    runs: RunService
    searches: SearchService
    landscapes: LandscapeService
    rooms: RoomService
    allowances: Allowances
    opened: Opened  # the store, and why it is not the file, if it is not

    @classmethod
    def make(cls, workers: int) -> Services:
        """workers: processes for runs, and as many for searches; 0 works in threads."""
        opened = Opened(store_path())
        runs = RunService(workers, visit, whose)
        searches = SearchService(workers, opened.store, visit, is_here, whose)
        return cls(
            runs,
            searches,
            LandscapeService(workers, whose_page),
            RoomService(opened.store, runs, is_here, whose),
            Allowances(opened.store.kept_since),
            opened,
        )

    @property
    def store(self) -> RunStore:
        return self.opened.store

    def close(self) -> None:
        """The server ends: workers are killed, in whatever state they are."""
        self.rooms.close()
        self.searches.close()
        self.landscapes.close()
        self.runs.close()
        self.store.close()


def visit() -> str:
    """The name of the visit whose page is asking; outside of any, an empty one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def is_here(visit: str) -> bool:
    """Whether a visit's browser is connected, whichever page it shows."""
    return runtime.exists() and runtime.get_instance().is_active_session(visit)


def _context(visit: str) -> ClientContext | None:
    """What a visit's page connected with; None where that is not known."""
    client = runtime.get_instance().get_client(visit) if runtime.exists() else None
    return client.client_context if client else None


def whose(visit: str) -> Whose:
    """Whose a visit is; its own where that is not known, as after its end."""
    context = _context(visit)
    if context is None:
        return own(visit)
    return Whose(context.remote_ip or "", context.cookies.get(COOKIE) or visit)


def page_names(visit: str) -> crowd.Names:
    """Under which a visit's scripts are counted."""
    context = _context(visit)
    if context is None:
        return crowd.NOBODY
    return crowd.names_of(context.headers, context.remote_ip or "", context.cookies.get(COOKIE, ""))


def whose_page() -> Whose:
    """Whose page is asking."""
    return whose(visit())


_current: Services | None = None
_lock = threading.Lock()


def open_services(workers: int) -> Services:
    """Make the services of this process."""
    global _current
    with _lock:
        assert _current is None, "the services are open already"
        _current = Services.make(workers)
        return _current


def services() -> Services:
    """The services of this process; without a server (in tests, say) ones that work in threads."""
    global _current
    if _current is None:
        with _lock:
            if _current is None:
                _current = Services.make(workers=0)
    return _current


def close_services() -> None:
    """Close them; the next call of `services` makes others."""
    global _current
    with _lock:
        closing, _current = _current, None
    if closing:
        closing.close()
