"""Whether there is something new in a room: a few bytes that a browser asks for again and again, without running a page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.http.cookie import COOKIE
from server.services import services
from spiral_core.store.database import StoreError
from spiral_core.store.keys import shelf_of

PLACE = "class_news"


def route(base_path: str) -> Route:
    return Route(f"{base_path}/{PLACE}", _answer)


def address(room: str) -> str:
    """Relative to the page."""
    return f"./{PLACE}?room={room}"


def _answer(request: Request) -> Response:
    """Runs in a thread of its own: it may read the store."""
    try:
        news = services().rooms.news(request.query_params.get("room", "")[:100], shelf_of(request.cookies.get(COOKIE, "")))
    except StoreError:
        return PlainTextResponse("", 503)
    return PlainTextResponse(news or "closed", headers={"Cache-Control": "no-store"})
