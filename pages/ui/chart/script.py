"""Serves plotly.js, which lies inside the plotly package: no other host is asked for it."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response


@lru_cache(maxsize=1)
def _packed() -> bytes:
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes(), compresslevel=6)


def plotly_script(request: Request) -> Response:
    """plotly.js, compressed; the address carries the version, so that a browser may keep it for good."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(_packed(), media_type="text/javascript", headers=headers)
    return Response(gzip.decompress(_packed()), media_type="text/javascript", headers=headers)
