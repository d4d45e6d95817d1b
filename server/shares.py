"""Deals workers among searches: who had least of them lately comes first, so that a new small search is done before large ones.

First among addresses, then among the browsers of one, then among a browser's searches: no number of pages makes a share larger.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from server.training import cost
from server.training.pool import Lanes, Pool, pass_on
from server.turns import Whose

HALF_LIFE = 10.0  # seconds after which time that was had counts half
SOON = 0.25  # seconds that a call in progress counts for
MAX_REMEMBERED = 1000  # names whose use is known


class _Call(NamedTuple):
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Name = TypeVar("Name", bound=Hashable)


class Usage(Generic[Name]):
    """Seconds of work that each had lately; what lies further back counts less and less."""

    def __init__(self, half_life: float = HALF_LIFE) -> None:
        self._half_life = half_life
        self._used: dict[Name, tuple[float, float]] = {}  # seconds, as of when

    def of(self, name: Name) -> float:
        seconds, at = self._used.get(name, (0.0, 0.0))
        return seconds * math.exp2((at - time.monotonic()) / self._half_life)

    def claim(self: Usage[str], whose: Whose) -> tuple[float, ...]:
        """Whose is less, comes first: first among addresses, then among the browsers of one."""
        return tuple(self.of(name) for name in whose.names)

    def add_all(self, names: Iterable[Name], seconds: float) -> None:
        for name in names:
            self.add(name, seconds)

    def above(self, seconds: float) -> list[Name]:
        """Who had more than that lately."""
        return [name for name in self._used if self.of(name) > seconds]

    def add(self, name: Name, seconds: float) -> None:
        self._used[name] = (self.of(name) + seconds, time.monotonic())
        if len(self._used) > MAX_REMEMBERED:
            del self._used[min(self._used, key=self.of)]


@dataclass(eq=False)
class _Lane:
    """What waits for one pool."""

    pool: Pool
    waiting: dict[Share, deque[_Call]] = field(default_factory=dict)
    working: int = 0
    under_way: Counter[str] = field(default_factory=Counter)  # by the names of shares: calls in progress


class Share(Executor):
    """An executor for one search: its calls wait in a line of their own.

    names: under which its use counts, from the address to the search alone. heavy: a call of its took far too long, so that all
    that follow are taken for heavy.
    """

    heavy = False

    def __init__(self, shares: Shares, whose: Whose, search: str) -> None:
        self.names = (*whose.names, f"{whose.names[-1]} {search}")
        self._shares = shares

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """args: settings first, which say whether the call is heavy."""
        assert not kwargs
        future: Future[Any] = Future()
        self._shares.add(self, _Call(future, fn, args))
        return future


class Shares:
    """The workers of all searches. beyond: the seconds that a call took beyond its time, by its arguments and its result."""

    def __init__(self, lanes: Lanes, beyond: Callable[[tuple[Any, ...], Any], float]) -> None:
        self._lanes, self._beyond = lanes, beyond
        self._by_pool = {pool: _Lane(pool) for pool in (lanes.light, lanes.heavy)}
        self._usage = Usage[str]()
        self._lock = threading.Lock()  # never held while anything of the pools or of a future runs

    def executor(self, whose: Whose, search: str) -> Share:
        return Share(self, whose, search)

    def add(self, share: Share, call: _Call) -> None:
        lane = self._by_pool[self._lanes.heavy if share.heavy else self._lanes.of(call.arguments[0])]
        with self._lock:
            lane.waiting.setdefault(share, deque()).append(call)
        self._deal(lane)

    def _deal(self, lane: _Lane) -> None:
        """Hand over calls while there are free workers."""
        while True:
            with self._lock:
                if lane.working >= lane.pool.size or not lane.waiting:
                    return
                share = self._next(lane)
                call = lane.waiting[share].popleft()
                if not lane.waiting[share]:
                    del lane.waiting[share]
                if not call.future.set_running_or_notify_cancel():
                    continue
                lane.working += 1
                lane.under_way.update(share.names)
            self._begin(lane, share, call)

    def _next(self, lane: _Lane) -> Share:
        """Whose call is next: of the address with the least claim the browser with the least, and of its searches."""
        shares = list(lane.waiting)
        for level in range(len(shares[0].names)):
            names = dict.fromkeys(share.names[level] for share in shares)
            least = min(names, key=lambda name: self._claim(lane, name))
            shares = [share for share in shares if share.names[level] == least]
        return shares[0]

    def _claim(self, lane: _Lane, name: str) -> float:
        """Seconds that somebody had lately, with those that they will have had soon."""
        return self._usage.of(name) + lane.under_way[name] * SOON

    def _begin(self, lane: _Lane, share: Share, call: _Call) -> None:
        began = time.monotonic()

        def done(answer: Future[Any]) -> None:
            with self._lock:
                lane.working -= 1
                lane.under_way -= Counter(share.names)  # keeps none that is 0
                self._usage.add_all(share.names, time.monotonic() - began)
            if not answer.cancelled() and not answer.exception():
                share.heavy |= self._beyond(call.arguments, answer.result()) > cost.TOO_LONG
            pass_on(answer, call.future)
            self._deal(lane)

        inner: Future[Any] = Future()
        inner.add_done_callback(done)
        try:
            lane.pool.call(inner, call.function, *call.arguments)
        except RuntimeError:  # closed
            inner.cancel()
