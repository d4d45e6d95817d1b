"""Connections that never finish their request, or never read their answer: cut, so that they take nobody's place; and a log
that they cannot fill."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from server import log
from server.http import frames, metered, requests
from server.over import over

SECONDS_FOR_HEADERS = 10.0
SECONDS_FOR_A_BODY = 60.0
SECONDS_UNREAD = 30.0  # in which who is answered takes nothing of the answer
MAX_UNFINISHED = 100  # requests of one address; of more the oldest go at once
MAX_UNREAD = 500  # answers of one address, which hold a piece each: eighty browsers that load a page at once have fewer
SECONDS_TO_FINISH = 2  # for what is being answered when the server ends
SWEEP = 0.5  # seconds between two looks
WORTH_A_LINE = 5  # browsers open a connection or two ahead and may never use them
MAX_LINES, MAX_LINES_IN_ALL, MINUTE = 20, 300, 60.0  # of one kind in a minute; of all warnings and errors
PATIENCE = {"request": SECONDS_FOR_HEADERS, "body": SECONDS_FOR_A_BODY, "reading": SECONDS_UNREAD}
AT_MOST = {"request": MAX_UNFINISHED, "reading": MAX_UNREAD}


class Sweeper:
    """Knows since when each connection owes the rest of its request or the reading of its answer, and closes what owes too long.

    connections: uvicorn's own set. Of each it reads `cycle`, the request that is being answered: None, or complete, while none is;
    `flow`, which pauses while the other side takes nothing; and what `transport` still holds of an answer that is complete.
    """

    def __init__(self, connections: set[Any]) -> None:
        self._connections = connections
        self._since: WeakKeyDictionary[Any, tuple[str, float]] = WeakKeyDictionary()

    def sweep(self, now: float, is_ending: bool = False) -> int:
        """Close what is too slow, and at the server's end what is not read as it comes; returns how many connections that were."""
        owing: dict[tuple[str, str], list[tuple[float, Any]]] = defaultdict(list)
        cut = 0
        for connection in list(self._connections):
            if not hasattr(connection, "cycle"):  # a session over WebSocket, which stays open
                continue
            cycle = connection.cycle
            answering = cycle is not None and not cycle.response_complete
            is_held = connection.flow.write_paused or (not answering and _holds(connection))
            owed = "body" if answering and cycle.more_body else "reading" if answering or is_held else "request"
            if owed == "reading" and not is_held:  # at work, or read as it comes
                self._since.pop(connection, None)
                continue
            if owed == "reading" and is_ending:
                cut += _close(connection)
                continue
            before, since = self._since.get(connection, (owed, now))
            if before != owed:
                since = now
            self._since[connection] = (owed, since)
            if now - since > PATIENCE[owed]:
                cut += _close(connection)
            elif owed in AT_MOST and since < now:  # what has come since the last look may be on its way
                owing[owed, (getattr(connection, "client", None) or ("",))[0]].append((since, connection))
        for (owed, _address), waiting in owing.items():
            oldest = sorted(waiting, key=lambda entry: entry[0])[: max(0, len(waiting) - AT_MOST[owed])]
            cut += sum(_close(connection) for _since, connection in oldest)
        return cut


def _holds(connection: Any) -> bool:
    """Whether there is something in its buffer. A transport that is closing has that read first, and waits for it without end."""
    transport = getattr(connection, "transport", None)
    return transport is not None and transport.get_write_buffer_size() > 0


def _close(connection: Any) -> bool:
    transport = getattr(connection, "transport", None)
    if transport is None or (transport.is_closing() and not _holds(connection)):
        return False
    transport.abort()  # whoever does not send hardly reads either
    return True


def _server() -> Any:
    """The uvicorn server that runs this process's app; None where none does."""
    import gc

    import uvicorn

    return next((found for found in gc.get_objects() if isinstance(found, uvicorn.Server)), None)


@asynccontextmanager
async def cutting_slow_requests() -> AsyncIterator[None]:
    """While the server runs, cut what never finishes its request or reads its answer, messages too large, too many frames, and
    requests that no browser sends.

    When it ends, nobody keeps it waiting who reads nothing.
    """
    server = _server()
    if server is not None:  # Streamlit takes the bound on what it sends, 200 MB, for what it receives too
        server.config.ws_max_size = metered.MAX_BYTES
        server.config.http_protocol_class = requests.BoundedRequests
        server.config.h11_max_incomplete_event_size = requests.MAX_HEADERS
        server.config.ws_protocol_class = frames.bounded(server.config.ws_protocol_class)
        server.config.timeout_graceful_shutdown = SECONDS_TO_FINISH

    async def work(sweeper: Sweeper) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            if (cut := sweeper.sweep(time.monotonic(), metered.is_ending())) >= WORTH_A_LINE:
                log.warning("cut: requests that were never finished, answers that nobody read", count=cut)

    task = asyncio.create_task(work(Sweeper(server.server_state.connections))) if server is not None else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class AtMost:
    """Says of each record whether it is written: a bounded number of one kind in a minute, and of all warnings and errors."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int, str]] = Counter()
        self._until = 0.0

    def __call__(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now > self._until:
            self._counts.clear()
            self._until = now + MINUTE
        kind = (record.name, record.levelno, str(record.msg)[:80])
        if self._counts[kind] >= MAX_LINES or (record.levelno > logging.INFO and self._counts.total() >= MAX_LINES_IN_ALL):
            return False
        if len(self._counts) < 10 * MAX_LINES_IN_ALL:
            self._counts[kind] += 1
        return True


def bound_log() -> None:
    """Bound what all loggers write, those of the libraries too, which have handlers of their own; once for the process."""
    at_most = AtMost()

    @over(logging.Logger, "handle")
    def handle_at_most(handle: Callable[..., None], logger: logging.Logger, record: logging.LogRecord) -> None:
        if at_most(record):
            handle(logger, record)


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
