"""How much the browsers behind one network address may have this server keep within an hour: one student cannot fill its disk.

A whole school may stand behind one address; what is counted is forgotten with the hour, and no address is written down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server import log
from server.http import limits
from spiral_core.store.database import Reason, StoreError

HOUR = 3600.0
A_WHILE = 600.0  # seconds after which a browser counts as known
LEAST = 1_000_000  # bytes that each browser counts for as soon as it saves anything: a new one is made by clearing a cookie


@dataclass
class _Hour:
    """What came from an address since `began`: bytes by shelf."""

    began: float
    bytes_of: dict[str, int] = field(default_factory=dict)


class Allowances:
    """Asked before anything is saved.

    since: when a shelf first kept something, in seconds since 1970; None where it keeps nothing. Those that have been here for a
    while have a part of their own, so that who comes as a crowd of strangers leaves a class what it needs.
    """

    def __init__(self, since: Callable[[str], float | None]) -> None:
        self._since = since
        self._lock = threading.Lock()
        self._hours: dict[tuple[str, bool], _Hour] = {}

    def spend(self, address: str, shelf: str, nbytes: int) -> None:
        """Take so many bytes off what an address may still save. Raises StoreError where that is not enough."""
        since = self._since(shelf)
        is_known = since is not None and time.time() - since > A_WHILE
        now = time.monotonic()
        with self._lock:
            for other in [other for other, hour in self._hours.items() if now - hour.began > HOUR]:
                del self._hours[other]
            hour = self._hours.setdefault((address, is_known), _Hour(now))
            wanted = hour.bytes_of | {shelf: hour.bytes_of.get(shelf, 0) + nbytes}
            if sum(max(LEAST, each) for each in wanted.values()) <= limits.max_saved_per_address():
                hour.bytes_of = wanted
                return
        log.warning("not saved: an address had more kept within an hour than is allowed", limit=limits.SAVED_PER_ADDRESS)
        raise StoreError(Reason.NETWORK)
