"""WebSocket frames, counted as they come: pings and pieces of messages keep a server busy and never reach an app.

A browser sends a message in one frame, or a few where it is large, and answers a ping now and then.
"""

from __future__ import annotations

import time
from typing import Any

from server import log

FRAMES, BURST = 50.0, 500.0  # of one connection: a second in the long run, and at once
SLICE = 2048  # bytes that are read before frames are counted again; the smallest frame has 6


def bounded(protocol: Any) -> Any:
    """uvicorn's WebSocket protocol with a bound on frames; as it is where it is another than the one that is known here."""
    if not all(hasattr(protocol, name) for name in ("handle_ping", "handle_pong", "handle_cont", "handle_bytes", "handle_text")):
        return protocol

    class Bounded(protocol):  # type: ignore[misc]
        """Ends the connection of who sends more frames than browsers do."""

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._left, self._at = BURST, time.monotonic()

        def data_received(self, data: bytes) -> None:
            for start in range(0, len(data), SLICE):
                if self.transport.is_closing():
                    return
                super().data_received(data[start : start + SLICE])

        def _count(self) -> bool:
            now = time.monotonic()
            self._left = min(BURST, self._left + (now - self._at) * FRAMES) - 1
            self._at = now
            if self._left < 0 and not self.transport.is_closing():
                log.warning("a page was cut off", reason="too many frames")
                self.transport.abort()
            return self._left >= 0

        def handle_ping(self) -> None:
            if self._count():
                super().handle_ping()

        def handle_pong(self, event: Any) -> None:
            if self._count():
                super().handle_pong(event)

        def handle_cont(self, event: Any) -> None:
            if self._count():
                super().handle_cont(event)

        def handle_bytes(self, event: Any) -> None:
            if self._count():
                super().handle_bytes(event)

        def handle_text(self, event: Any) -> None:
            if self._count():
                super().handle_text(event)

    return Bounded
