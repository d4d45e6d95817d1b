"""What pages compute for all visits alike, kept within a bound in bytes: a page runs again and again, with the same result."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Found = TypeVar("Found")
MAX_BYTES = 16_000_000
LEAST = 1000  # bytes that each counts for


class Kept:
    """Results by keys that are values: what is equal is computed once. The least lately asked for goes first."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most, self.nbytes = most, 0
        self._found: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()  # not held while anything is computed

    def get(self, key: Hashable, make: Callable[[], Found], size: Callable[[Found], int] = lambda _found: 0) -> Found:
        """The result of this key. size: of what is made, in bytes."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                there: Found = self._found[key][0]
                return there
        made = make()
        with self._lock:
            if key not in self._found:
                self._found[key] = made, LEAST + size(made)
                self.nbytes += self._found[key][1]
            while self.nbytes > self._most:
                self.nbytes -= self._found.popitem(last=False)[1][1]
        return made


kept = Kept()
