"""The scripts that draw: plotly.js and the charts' own. No other host is asked for them.

Of plotly.js the bundle without 3-D, maps and the like is served, a third of the whole. The whole, which lies inside the plotly
package, is fetched by the charts that need it.

Each has an address with its version, so that a browser fetches it once and keeps it for good; a chart's message only names it.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import plotly
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.answers import is_page


class Script:
    """A script that this server serves.

    name: of its file, below the app's path; read: gives its text; version: what changes with it, else a digest of it.
    """

    def __init__(self, name: str, read: Callable[[], str], version: str = "") -> None:
        self.name = name
        self._read, self._version = read, version

    @cached_property
    def address(self) -> str:
        """Relative to the page."""
        return f"./{self.name}?v={self._version or hashlib.sha256(self._plain).hexdigest()[:12]}"

    @cached_property
    def _plain(self) -> bytes:
        return self._read().encode()

    @cached_property
    def _packed(self) -> bytes:
        return gzip.compress(self._plain, compresslevel=6)

    def route(self, base_path: str) -> Route:
        return Route(f"{base_path}/{self.name}", self._answer)

    def _answer(self, request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Response(self._packed, media_type="text/javascript", headers=headers)
        return Response(self._plain, media_type="text/javascript", headers=headers)


CARTESIAN = Path(__file__).parent / "vendor" / "plotly-cartesian.min.js"  # as npm has it: `make plotly`
PLOTLY = Script("plotly.js", lambda: CARTESIAN.read_text("utf-8"))
PLOTLY_3D = Script(
    "plotly-3d.js", lambda: (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text("utf-8"), plotly.__version__
)


class Preload:
    """Tells the browser with the page itself which scripts it will need, so that they are there when the first chart is.

    scripts: classic ones; modules: those that are imported.
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[Script], modules: Sequence[Script]) -> None:
        self.app = app
        self._hints = [f"<{script.address}>; rel=preload; as=script" for script in scripts]
        self._hints += [f"<{module.address}>; rel=modulepreload" for module in modules]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_hints(message: Message) -> None:
            if message["type"] == "http.response.start" and is_page(message):
                headers = MutableHeaders(scope=message)
                for hint in self._hints:
                    headers.append("Link", hint)
            await send(message)

        await self.app(scope, receive, send_with_hints if scope["type"] == "http" else send)
