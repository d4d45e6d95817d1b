"""How much the browsers behind one network address may have this server keep within an hour: one student cannot fill its disk.

A whole school may stand behind one address; what is counted is forgotten with the hour, and no address is written down. One browser
has a part of it, and a part is kept for what a lesson needs however much others save: classes, answers, what is handed in.
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
SHARE, RESERVE = 10, 5  # one browser's part of an address's hour is a tenth, what is kept for small things a fifth
SMALL = 100_000  # bytes up to which a thing is small
MOST_RESERVED = 6_000_000  # bytes of it that one browser may have: a class that it opens, and a million for small things


@dataclass
class _Hour:
    """What came from an address since `began`: bytes by shelf, and what of it came out of the reserve."""

    began: float
    bytes_of: dict[str, int] = field(default_factory=dict)
    reserved_of: dict[str, int] = field(default_factory=dict)


class Allowances:
    """Asked before anything is saved.

    since: when a shelf first kept something, in seconds since 1970; None where it keeps nothing. Those that have been here for a
    while have a part of their own, so that who comes as a crowd of strangers leaves a class what it needs.
    """

    def __init__(self, since: Callable[[str], float | None]) -> None:
        self._since = since
        self._lock = threading.Lock()
        self._hours: dict[tuple[str, bool], _Hour] = {}

    def spend(self, address: str, shelf: str, nbytes: int, is_small: bool | None = None) -> None:
        """Take so many bytes off what an address may still save. Raises StoreError where that is not enough.

        is_small: whether the reserve may be used; where it is not said, for what is small.
        """
        since = self._since(shelf)
        is_known = since is not None and time.time() - since > A_WHILE
        now = time.monotonic()
        with self._lock:
            for other in [other for other, hour in self._hours.items() if now - hour.began > HOUR]:
                del self._hours[other]
            hour = self._hours.setdefault((address, is_known), _Hour(now))
            refused = _refused(hour, shelf, nbytes, nbytes <= SMALL if is_small is None else is_small)
        if refused:
            log.warning(
                "not saved: more was kept within an hour than is allowed", limit=limits.SAVED_PER_ADDRESS, reason=refused.value
            )
            raise StoreError(refused)


def _refused(hour: _Hour, shelf: str, nbytes: int, is_small: bool) -> Reason | None:
    """Count what a shelf saves, or say why it may not."""
    most = limits.max_saved_per_address()
    wanted = hour.bytes_of | {shelf: hour.bytes_of.get(shelf, 0) + nbytes}
    if _counted(wanted) > most - most // RESERVE:
        refused = Reason.NETWORK
    elif wanted[shelf] > max(LEAST, most // SHARE):
        refused = Reason.BROWSER
    else:
        hour.bytes_of = wanted
        return None
    reserved = hour.reserved_of | {shelf: hour.reserved_of.get(shelf, 0) + nbytes}
    if not is_small or reserved[shelf] > MOST_RESERVED or _counted(reserved) > most // RESERVE:
        return refused
    hour.reserved_of = reserved
    return None


def _counted(bytes_of: dict[str, int]) -> int:
    return sum(max(LEAST, each) for each in bytes_of.values())
