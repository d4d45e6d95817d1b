"""HTTP requests, looked at as they come: what no browser sends and what would keep the server busy is refused before it is read.

A browser sends one request after the other on a connection and says how long a body is; cookies with backslashes are those of other
programs on the same host.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from server import log

READ_AT_ONCE = 16_384  # bytes that a connection is given at a time, before others are
MAX_HEADERS = 65_536  # bytes of a request without its body; on localhost it may hold the cookies of many programs
MAX_AHEAD = 2 * MAX_HEADERS  # bytes of requests that came before the answer to an earlier one


class BoundedRequests(H11Protocol):
    """uvicorn's HTTP protocol, which refuses bodies in chunks (of one byte, say) and cuts who sends requests ahead without end."""

    _refusal = ""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if hasattr(transport, "max_size"):  # of asyncio's own transports
            transport.max_size = READ_AT_ONCE

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if len(self.conn.trailing_data[0]) > MAX_AHEAD:
            log.warning("a connection was cut off", reason="requests before the answers")
            self.transport.abort()
            return
        super().data_received(data)

    def _should_upgrade(self) -> bool:
        """Called with the headers of each request; after True nothing more is read of it here."""
        if any(name == b"transfer-encoding" for name, _value in self.headers):
            self._refusal = "Say how long the body is."
            return True
        self.headers[:] = [(name, plain(value) if name == b"cookie" else value) for name, value in self.headers]
        return super()._should_upgrade()

    def handle_websocket_upgrade(self, event: Any) -> None:
        if self._refusal:
            log.warning("refused: a body of unknown length")
            self.send_400_response(self._refusal)
            return
        super().handle_websocket_upgrade(event)


def plain(cookies: bytes) -> bytes:
    """Cookies without those that hold backslashes: undoing these takes Python's older versions seconds where there are many."""
    if b"\\" not in cookies:
        return cookies
    return b";".join(cookie for cookie in cookies.split(b";") if b"\\" not in cookie).strip()
