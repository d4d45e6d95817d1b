"""The cookie that gives each browser a shelf of its own: its id is set by the server alone, and no page or link shows it."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spiral_core.store.keys import new_id

COOKIE = "spiral_lab_shelf"
_SHELF = re.compile(r"[A-Za-z0-9_-]{22}")
_YEAR = 365 * 24 * 3600


class ShelfCookie:
    """Gives each browser that has none the id of a new shelf."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = f"{COOKIE}={new_id()}; Max-Age={_YEAR}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        has_one = scope["type"] != "http" or is_shelf(Request(scope).cookies.get(COOKIE, ""))
        await self.app(scope, receive, send if has_one else send_with_cookie)


def is_shelf(text: object) -> bool:
    return isinstance(text, str) and bool(_SHELF.fullmatch(text))
