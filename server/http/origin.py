"""Who may open a connection: pages of this server alone, not those of another site in a visitor's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config


class OwnOrigin:
    """Refuses the WebSocket of a page from another origin before Streamlit does, which first asks another host for its own address.

    What `server.corsAllowedOrigins` names is allowed, and all where `server.enableCORS` is off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global _open
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if not is_own(headers.get("origin"), headers.get("host", "")):
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
                return
            _open += 1
            try:
                await self.app(scope, receive, send)
            finally:
                _open -= 1
        else:
            await self.app(scope, receive, send)


_open = 0


def open_pages() -> int:
    """How many pages are open in browsers now."""
    return _open


def is_own(origin: str | None, host: str) -> bool:
    """Whether a request's Origin is this server; programs that are no browser send none."""
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    return urlsplit(origin).netloc == host or origin in config.get_option("server.corsAllowedOrigins")
