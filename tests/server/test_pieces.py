"""Large answers go in pieces, the next when the one before is on its way: packed, cut out, or as they are."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.web.server.starlette.starlette_routes import create_media_routes

from server.http.pieces import PIECE, InPieces
from tests.support.visitor import finish

TEXT = "".join(f"{number}, " for number in range(200_000)).encode()  # more than a megabyte
STORAGE = MemoryMediaFileStorage("/media")
FILE = "/media/" + STORAGE.load_and_get_id(TEXT, "application/json", MediaFileKind.DOWNLOADABLE, "weights.json") + ".json"


LARGE = Route("/large", lambda request: Response(TEXT, media_type="text/plain"))
# Streamlit's own door to files, and an answer that is large; packed as Streamlit packs.
APP = Starlette(routes=[LARGE, *create_media_routes(STORAGE, None)], middleware=[Middleware(InPieces), Middleware(GZipMiddleware)])


class Reader:
    """Asks for something and takes so many messages of the answer, and no more."""

    def __init__(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] = MappingProxyType({}),
        most: int = 1000,
        app: ASGIApp = APP,
    ) -> None:
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": given, "client": ("here", 1),
        }  # fmt: skip
        self.messages: list[Message] = []
        self._app, self._most = app, most

    async def _receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        self.messages.append(message)
        if len(self.messages) > self._most:
            await asyncio.Event().wait()

    async def take(self, seconds: float | None = None) -> list[Message]:
        """What was sent, to the end or within some time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._app(self._scope, self._receive, self._send)
        return self.messages


def unread(path: str, **headers: str) -> list[Message]:
    """What is sent to who takes the start of an answer and nothing of the body: the server waits with what it sent first."""
    return finish(Reader(path, "GET", headers, most=1).take(0.5))


class Answer(NamedTuple):
    """An answer as a browser has it, and its body as it came."""

    status: int
    headers: Headers
    body: bytes

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


def asked(path: str, method: str = "GET", app: ASGIApp = APP, **headers: str) -> Answer:
    start, *bodies = finish(Reader(path, method, headers, app=app).take())
    assert all(len(body["body"]) <= PIECE for body in bodies)
    assert [body.get("more_body", False) for body in bodies] == [True] * (len(bodies) - 1) + [False]
    return Answer(start["status"], Headers(raw=start["headers"]), b"".join(body["body"] for body in bodies))


@pytest.mark.parametrize("path", [FILE, "/large"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_reads_nothing_is_sent_a_piece(path: str, encoding: str) -> None:
    start, body = unread(path, accept_encoding=encoding)
    assert start["status"] == 200
    assert body["more_body"]
    assert 0 < len(body["body"]) <= PIECE


def test_a_range_is_sent_in_pieces_too() -> None:
    start, body = unread(FILE, range="bytes=1-")
    assert start["status"] == 206
    assert body["body"] == TEXT[1 : 1 + PIECE]


@pytest.mark.parametrize("path", [FILE, "/large"])
def test_all_of_it_comes_with_its_length(path: str) -> None:
    plain, packed = asked(path, accept_encoding="identity"), asked(path, accept_encoding="gzip")
    assert plain.content == packed.content == TEXT
    assert int(plain.headers["content-length"]) == len(TEXT)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-length" not in packed.headers or int(packed.headers["content-length"]) < len(TEXT)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_asks_for_the_headers_of_a_file_gets_them_alone(encoding: str) -> None:
    whole, head = asked(FILE, accept_encoding=encoding), asked(FILE, "HEAD", accept_encoding=encoding)
    assert (head.status, head.body) == (200, b"")
    for answer in (whole, head):
        assert answer.headers["content-disposition"] == 'attachment; filename="weights.json"'
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("wanted", "first", "end"),
    [
        ("bytes=0-9", 0, 10), ("bytes=0-", 0, len(TEXT)), ("bytes=-5", len(TEXT) - 5, len(TEXT)), ("bytes=7-7", 7, 8),
        (f"bytes=10-{len(TEXT) * 2}", 10, len(TEXT)), (f"bytes=5-{5 + 3 * PIECE - 1}", 5, 5 + 3 * PIECE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_range_is_what_was_asked_for(wanted: str, first: int, end: int, encoding: str) -> None:
    answer = asked(FILE, range=wanted, accept_encoding=encoding)
    assert answer.status == 206
    assert answer.content == TEXT[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(TEXT)}"
    assert int(answer.headers["content-length"]) == end - first
    assert "content-encoding" not in answer.headers
    head = asked(FILE, "HEAD", range=wanted, accept_encoding=encoding)
    assert (head.status, head.body) == (206, b"")
    assert int(head.headers["content-length"]) == end - first


@pytest.mark.parametrize("wanted", [f"bytes={len(TEXT)}-", "bytes=9-2", "bytes=x-", "lines=1-2", "bytes=0-1,3-4"])
def test_a_range_that_is_none_is_refused(wanted: str) -> None:
    answer = asked(FILE, range=wanted)
    assert (answer.status, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(TEXT)}"


def test_a_file_that_is_not_there_is_not_found_in_part_either() -> None:
    assert asked("/media/none.json", range="bytes=0-9").status == 404


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1])
def test_no_length_loses_a_byte(length: int) -> None:
    body = bytes(range(256)) * (length // 256 + 1)
    routes = [Route("/", lambda request: Response(body[:length]))]
    assert asked("/", app=InPieces(Starlette(routes=routes))).body == body[:length]
