"""Serves plotly.js, which lies inside the plotly package: no other host is asked for it."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import plotly
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.answers import is_page


@lru_cache(maxsize=1)
def _packed() -> bytes:
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes(), compresslevel=6)


# The script's address: with the version, so that a browser may keep it for good.
ADDRESS = f"plotly.js?v={plotly.__version__}"


class PreloadPlotly:
    """Tells the browser with the page itself that it will need plotly.js, so that it is there when the first chart is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_hint(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if is_page(message):
                    headers.append("Link", f"<./{ADDRESS}>; rel=preload; as=script")
            await send(message)

        await self.app(scope, receive, send_with_hint if scope["type"] == "http" else send)


def plotly_script(request: Request) -> Response:
    """plotly.js, compressed."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(_packed(), media_type="text/javascript", headers=headers)
    return Response(gzip.decompress(_packed()), media_type="text/javascript", headers=headers)
