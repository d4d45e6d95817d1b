"""Connections that never finish their request: cut, so that they take nobody's place; and a log that they cannot fill."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from server import log

SECONDS_FOR_HEADERS = 10.0
SECONDS_FOR_A_BODY = 60.0
MAX_UNFINISHED = 100  # of one address; of more the oldest go at once
SWEEP = 1.0
WORTH_A_LINE = 5  # browsers open a connection or two ahead and may never use them
MAX_LINES, MINUTE = 20, 60.0  # of one kind that a logger of ours or of a library writes in a minute
LOGGERS = ("", "asyncio", "uvicorn", "uvicorn.error", "streamlit", "websockets", "spiral_lab")


class Sweeper:
    """Knows since when each connection owes the rest of its request, and closes those that owe it for too long.

    connections: uvicorn's own set. Of each it reads `cycle`, the request that is being answered: None, or complete, while none is.
    """

    def __init__(self, connections: set[Any]) -> None:
        self._connections = connections
        self._since: WeakKeyDictionary[Any, tuple[bool, float]] = WeakKeyDictionary()

    def sweep(self, now: float) -> int:
        """Close what is too slow; returns how many connections that were."""
        owing: dict[str, list[tuple[float, Any]]] = defaultdict(list)
        cut = 0
        for connection in list(self._connections):
            if not hasattr(connection, "cycle"):  # a session over WebSocket, which stays open
                continue
            cycle = connection.cycle
            answering = cycle is not None and not cycle.response_complete
            in_body = cycle is not None and answering and cycle.more_body
            if answering and not in_body:
                self._since.pop(connection, None)
                continue
            kind, since = self._since.get(connection, (in_body, now))
            if kind != in_body:
                since = now
            self._since[connection] = (in_body, since)
            if now - since > (SECONDS_FOR_A_BODY if in_body else SECONDS_FOR_HEADERS):
                cut += _close(connection)
            elif not in_body and since < now:  # what has come since the last look may be on its way
                owing[(getattr(connection, "client", None) or ("",))[0]].append((since, connection))
        for waiting in owing.values():
            oldest = sorted(waiting, key=lambda entry: entry[0])[: max(0, len(waiting) - MAX_UNFINISHED)]
            cut += sum(_close(connection) for _since, connection in oldest)
        return cut


def _close(connection: Any) -> bool:
    transport = getattr(connection, "transport", None)
    if transport is None or transport.is_closing():
        return False
    transport.abort()  # whoever does not send hardly reads either
    return True


def _server_connections() -> set[Any] | None:
    """The connections of the uvicorn server that runs this process's app, if one does."""
    import gc

    import uvicorn

    servers = [found for found in gc.get_objects() if isinstance(found, uvicorn.Server)]
    return servers[0].server_state.connections if servers else None


@asynccontextmanager
async def cutting_slow_requests() -> AsyncIterator[None]:
    """While the server runs, cut what never finishes its request."""
    connections = _server_connections()

    async def work(sweeper: Sweeper) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            if (cut := sweeper.sweep(time.monotonic())) >= WORTH_A_LINE:
                log.warning("cut: requests that were never finished", count=cut)

    task = asyncio.create_task(work(Sweeper(connections))) if connections is not None else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class AtMost(logging.Filter):
    """Lets through a bounded number of lines of one kind in a minute, so that nobody can fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[tuple[str, int, str]] = Counter()
        self._until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now > self._until or len(self._counts) > 1000:
            self._counts.clear()
            self._until = now + MINUTE
        kind = (record.name, record.levelno, str(record.msg)[:80])
        self._counts[kind] += 1
        return self._counts[kind] <= MAX_LINES


def bound_log() -> None:
    """Bound what all loggers write, those of the libraries too."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(found, AtMost) for found in logger.filters):
            logger.addFilter(AtMost())


def raise_file_limit() -> None:
    """Let the process hold as many connections as the system allows it."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
