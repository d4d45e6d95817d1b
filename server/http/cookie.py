"""The cookie that gives each browser a shelf of its own: its id is set by the server alone, and no page or link shows it."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http import limits
from server.http.answers import is_page
from spiral_core.store.keys import new_id

COOKIE = "spiral_lab_shelf"
_SHELF = re.compile(r"[A-Za-z0-9_-]{22}")
_YEAR = 365 * 24 * 3600


class ShelfCookie:
    """Gives each browser that opens a page the id of its shelf, a new one or the one it has, for another year.

    It comes back below the base path alone. A browser without it gets the whole page, though it may have that in its cache: an
    answer from there brings no cookie.
    Over HTTPS all cookies are Secure; where other sites may frame the app, they also are partitioned: one jar for each such site,
    which is what browsers still allow inside a frame.
    """

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        self.app = app
        self._path = "/" + base_path.strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        shelf = Request(scope).cookies.get(COOKIE, "")

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if is_page(message):
                    own = shelf if is_shelf(shelf) else new_id()
                    headers.append("Set-Cookie", f"{COOKIE}={own}; Max-Age={_YEAR}; Path={self._path}; HttpOnly; SameSite=Lax")
                    headers["Cache-Control"] = "private, no-cache"
                if is_https(scope):
                    _secure(headers)
            await send(message)

        await self.app(scope if is_shelf(shelf) else _unconditional(scope), receive, send_with_cookie)


def _unconditional(scope: Scope) -> Scope:
    """The request without "only if it has changed"."""
    conditions = (b"if-none-match", b"if-modified-since")
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in conditions]}


def is_https(scope: Scope) -> bool:
    """Whether the browser speaks TLS, to this server or to the proxy before it."""
    return scope.get("scheme") == "https" or Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip() == "https"


def _secure(headers: MutableHeaders) -> None:
    """Mark the cookies of an answer over HTTPS, Streamlit's among them."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        name, *attributes = (part.strip() for part in cookie.split(";"))
        if limits.framing_sites():
            attributes = [part for part in attributes if not part.lower().startswith("samesite")] + ["SameSite=None", "Partitioned"]
        attributes = [part for part in attributes if part.lower() != "secure"] + ["Secure"]
        headers.append("set-cookie", "; ".join([name, *attributes]))


def is_shelf(text: object) -> bool:
    """Whether a text can be the id of a shelf."""
    return isinstance(text, str) and bool(_SHELF.fullmatch(text))
