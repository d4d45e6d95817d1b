"""How often something may happen: so many times a second in the long run, and a burst at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Bucket:
    """Fills at `rate` a second up to `burst`, from which it begins. Beyond what is there it goes below 0 and has to refill."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._at = burst, clock()

    def take(self, weight: float = 1.0) -> bool:
        """Take so much out; whether it was there."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - weight
        self._at = now
        return self._left >= 0

    def wait(self, most: float) -> float:
        """Take one out; seconds until it has come in, so many at most."""
        self.take()
        self._left = max(self._left, -most * self._rate)
        return max(0.0, -self._left / self._rate)

    @property
    def is_full(self) -> bool:
        return self._left + (self._clock() - self._at) * self._rate >= self._burst
