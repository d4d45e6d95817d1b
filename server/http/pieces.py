"""Large answers in pieces: a connection holds one of them, however slowly its other side reads.

A body that is sent at once lies in the connection's buffer until it is read, each time that it is asked for. Files that pages offer
are packed, and parts of them cut out, piece by piece too: Streamlit would make a copy of all for each that asks.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_app_utils import parse_range_header

PIECE = 131_072  # bytes that are sent at once; smaller ones would be packed on the event loop


class InPieces:
    """Sends what is large piece by piece, the next when the one before is on its way.

    base_path: behind which the files of pages lie.
    """

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        self.app = app
        self._files = f"{base_path}/media/"
        self._packed = GZipMiddleware(self._file, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].startswith(self._files):
            await self._packed(scope, receive, send)
        else:
            await self.app(scope, receive, _in_pieces(send))

    async def _file(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page's file, of which Streamlit gives the whole as it lies in memory."""
        headers = Headers(scope=scope)
        plain = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"accept-encoding")]
        answer = _Part(_in_pieces(send), headers.get("range", ""), scope["method"] == "HEAD")
        await self.app({**scope, "headers": plain}, receive, answer.send)


class _Part:
    """Sends the part of an answer that was asked for: a range, and of its body nothing where that was not wanted."""

    def __init__(self, send: Send, wanted: str, is_head: bool) -> None:
        self._send, self._wanted, self._is_head = send, wanted, is_head
        self._first, self._end = 0, 0  # of the body, where a range is sent
        self._is_ranged = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and self._wanted:
            self._is_ranged = True
            self._begin(message)
        elif message["type"] == "http.response.body":
            if self._is_ranged:
                message["body"] = memoryview(message.get("body", b""))[self._first : self._end]
            if self._is_head:
                message["body"] = b""
        await self._send(message)

    def _begin(self, message: Message) -> None:
        """Turn the start of the whole answer into that of a range, or of a refusal."""
        headers = MutableHeaders(raw=message["headers"])
        whole = int(headers["content-length"])
        try:
            first, last = parse_range_header(self._wanted, whole)
        except ValueError:
            message["status"] = 416
            headers["content-range"] = f"bytes */{whole}"
        else:
            self._first, self._end = first, last + 1
            message["status"] = 206
            headers["content-range"] = f"bytes {first}-{last}/{whole}"
        headers["content-length"] = f"{self._end - self._first}"


def _in_pieces(send: Send) -> Send:
    async def send_pieces(message: Message) -> None:
        if body := message.get("body", b""):
            last = (len(body) - 1) // PIECE * PIECE
            for start in range(0, last, PIECE):
                await send({"type": "http.response.body", "body": bytes(body[start : start + PIECE]), "more_body": True})
            message["body"] = bytes(body[last:])
        await send(message)

    return send_pieces
