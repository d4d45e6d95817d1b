"""WebSocket frames, counted as they come: pings and pieces of messages keep a server busy and never reach an app.

A browser sends a message in one frame, or a few where it is large, and answers a ping now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server import log
from server.http.bucket import Bucket

FRAMES, BURST = 50.0, 500.0  # of one connection: a second in the long run, and at once
SLICE = 2048  # bytes that are read before frames are counted again; the smallest frame has 6
_HANDLERS = ("handle_ping", "handle_pong", "handle_cont", "handle_bytes", "handle_text")  # of the protocol, for each kind of frame


def bounded(protocol: Any) -> Any:
    """uvicorn's WebSocket protocol with a bound on frames; as it is where it is another than the one that is known here."""
    if not all(hasattr(protocol, name) for name in _HANDLERS):
        return protocol

    class Bounded(protocol):  # type: ignore[misc]
        """Ends the connection of who sends more frames than browsers do."""

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._frames = Bucket(FRAMES, BURST)

        def data_received(self, data: bytes) -> None:
            for start in range(0, len(data), SLICE):
                if self.transport.is_closing():
                    return
                super().data_received(data[start : start + SLICE])
                if getattr(self.conn, "handshake_exc", None) and not self.handshake_complete:  # which would stay open, unanswered
                    self.transport.abort()

    for name in _HANDLERS:
        setattr(Bounded, name, _counted(getattr(protocol, name)))
    return Bounded


def _counted(handle: Callable[..., None]) -> Callable[..., None]:
    def handle_counted(self: Any, *event: Any) -> None:
        if self._frames.take():
            handle(self, *event)
        elif not self.transport.is_closing():
            log.warning("a page was cut off", reason="too many frames")
            self.transport.abort()

    return handle_counted
