"""What every answer says to the browser: what the page may load, who may frame it, and that an unknown address is one."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http import limits

# Streamlit's page and its components run inline scripts and styles, and compile some at run time; nothing comes from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self' ws: wss: data: blob:; "
    "worker-src 'self' blob:; frame-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
)


class PlainAnswers:
    """Adds the security headers to each answer, and the status 404 to the page that an unknown address gets.

    places: what may stand in an address behind the base path; all else that Streamlit would answer with its page is not found.
    """

    def __init__(self, app: ASGIApp, places: Collection[str], base_path: str = "") -> None:
        self.app = app
        base = base_path.strip("/")
        self._known = {f"/{base}/{place}".replace("//", "/").rstrip("/") for place in places}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if is_page(message) and scope["path"].rstrip("/").removesuffix("/index.html") not in self._known:
                    message["status"] = 404
                for name, value in security_headers().items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_more if scope["type"] == "http" else send)


def is_page(message: Message) -> bool:
    """Whether an answer's start is that of a page, which a downloaded report is not."""
    headers = Headers(raw=message["headers"])
    html = headers.get("content-type", "").startswith("text/html")
    return html and message["status"] == 200 and "content-disposition" not in headers


def security_headers() -> dict[str, str]:
    """The headers of each answer."""
    sites = limits.framing_sites()
    ancestors = "*" if "*" in sites else " ".join(["'self'", *sites])
    found = {
        "Content-Security-Policy": f"{POLICY}; frame-ancestors {ancestors}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    return found if sites else found | {"X-Frame-Options": "SAMEORIGIN"}
