"""Who may connect: requests that name this server, and sessions of this server's own pages, as many as it can bear."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from server import log
from server.http import crowd, limits
from server.http.bucket import Bucket
from server.http.cookie import COOKIE
from server.http.metered import Metered, is_ending

# From one address, a second in the long run and at once: sessions that begin, and requests; a first page takes about sixty.
SESSIONS, SESSIONS_AT_ONCE = 5.0, 200.0
REQUESTS, REQUESTS_AT_ONCE = 400.0, 6000.0
OF_ONE_BROWSER = 1 / 4  # of these, that one with a page open may have
LONGEST_WAIT = 5.0  # seconds
LOOK = 0.25  # seconds between two looks whether the server ends
MANY = 1000  # lines, beyond which those without a wait are forgotten

_open: Counter[str] = Counter()  # address → pages that it has open
_visitors: Counter[str] = Counter()  # a browser's cookie → pages that it has open


def open_pages() -> int:
    """How many pages are open in browsers now."""
    return _open.total()


class Lines:
    """Lets those of one address come as fast as a school does, and not as fast as a program can.

    Who has a page open waits in another line than who comes anew or was cut off, and behind a line of the own browser.
    """

    def __init__(self, rate: float, at_once: float) -> None:
        self._rate, self._at_once = rate, at_once
        self._buckets: dict[tuple[str, str, float], Bucket] = {}

    def wait(self, address: str, browser: str = "") -> float:
        """Seconds until one more may come. browser: of who has a page open."""
        if len(self._buckets) > MANY:
            self._buckets = {line: bucket for line, bucket in self._buckets.items() if not bucket.is_full}
        own = self._wait(address, browser, OF_ONE_BROWSER) if browser else 0.0
        return own or self._wait(address, browser and "all", 1.0)  # who waits for what is its own takes nothing from the others

    def _wait(self, address: str, line: str, part: float) -> float:
        rate, at_once = self._rate * part, self._at_once * part
        bucket = self._buckets.setdefault((address, line, part), Bucket(rate, at_once, lambda: time.monotonic()))
        return bucket.wait(LONGEST_WAIT)


class OwnPages:
    """Refuses requests under a foreign name, sessions of a foreign page, and what is too much for one server.

    What `server.corsAllowedOrigins` names is allowed, and all where `server.enableCORS` is off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._lines = {"websocket": Lines(SESSIONS, SESSIONS_AT_ONCE), "http": Lines(REQUESTS, REQUESTS_AT_ONCE)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in self._lines:
            await self.app(scope, receive, send)
            return
        address, visitor = (scope.get("client") or ("",))[0], HTTPConnection(scope).cookies.get(COOKIE, "")
        await _sleep(self._lines[scope["type"]].wait(address, visitor if visitor in _visitors else ""))
        if scope["type"] == "websocket" and is_ending():
            await send({"type": "websocket.close", "code": 1012})
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not limits.is_own_host(host):
            await _refuse(
                scope, receive, send, f"This server does not answer to the name {host[:80]!r}.", "a foreign host name", host
            )
        elif scope["type"] == "http":
            await self.app(scope, receive, send)
        elif not is_own(headers.get("origin"), host, headers.get("x-forwarded-host", "")):
            await _refuse(scope, receive, send, "foreign origin", "a page of a foreign origin", headers.get("origin", ""), host)
        elif open_pages() >= limits.max_pages() or _open[address] >= limits.max_pages_per_address():
            await _refuse(scope, receive, send, "too many pages are open", "one page too many", str(open_pages()))
        else:
            with _counted(_open, address), _counted(_visitors, visitor):
                scope, names = crowd.named(_as_checked(scope), address, visitor)
                await self.app(scope, Metered(receive, send, names=names), send)


async def _sleep(seconds: float) -> None:
    """Not beyond the end of the server."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not is_ending():
        await asyncio.sleep(min(left, LOOK))


@contextmanager
def _counted(counts: Counter[str], key: str) -> Iterator[None]:
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _as_checked(scope: Scope) -> Scope:
    """The scope without the origin, which is checked: Streamlit's own check asks another host, on the event loop."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"origin"]}


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str, what: str, *given: str) -> None:
    log.warning(
        f"refused: {what}", given=[text[:80] for text in given], allow=f"{limits.HOSTS}, or Host and X-Forwarded-Host of the proxy"
    )
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": sentence[:120]})
    else:
        await PlainTextResponse(f"{sentence} Who runs it can allow it with {limits.HOSTS}.\n", 421)(scope, receive, send)


def is_own(origin: str | None, host: str, forwarded_host: str = "") -> bool:
    """Whether a request's Origin is this server, by the name that it or the proxy before it was asked for; programs send none."""
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    named = _place(origin)
    return (bool(named) and named in (host, forwarded_host)) or origin in config.get_option("server.corsAllowedOrigins")


def _place(origin: str) -> str:
    """The host and port of an origin; "" of one that has none, such as a file's or a sandboxed frame's."""
    try:
        parts = urlsplit(origin)
    except ValueError:  # brackets that hold no address
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""
