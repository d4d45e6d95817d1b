"""What is handed in to classes, for pages that look at it again and again: each work is read from the store once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from spiral_core.store.run_store import RunStore
from spiral_core.store.works import Work

MAX_ROOMS = 20  # whose works stay in memory; those looked at last


@dataclass
class _Known:
    works: list[Work] = field(default_factory=list)
    judged: int = 0  # of these


class Works:
    """The works of rooms. Works come one after the other and are never taken back; a judgement comes once."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._rooms: OrderedDict[str, _Known] = OrderedDict()

    def of(self, room: str, count: int, judged: int) -> list[Work]:
        """All works of a room, in their order; count, judged: how many there are by now. Raises StoreError."""
        with self._lock:
            known = self._rooms.pop(room, _Known())
            if len(known.works) < count:
                known.works += self._store.works(room, after=len(known.works))
            if known.judged != judged:
                results = self._store.results(room)  # also of works that have come since
                known.works = [work._replace(result=result) for work, result in zip(known.works, results, strict=False)]
                known.judged = judged
            self._rooms[room] = known
            while len(self._rooms) > MAX_ROOMS:
                self._rooms.popitem(last=False)
            return list(known.works)

    def forget(self, room: str) -> None:
        """A room is closed."""
        with self._lock:
            self._rooms.pop(room, None)
