"""A file as a browser sends it to Streamlit: as a form, with the token that the site gave it."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

Source = tuple[str, int] | None  # an address of this machine, and the port or 0, that a connection comes from

KIND = {"Content-Type": "multipart/form-data; boundary=x"}


def form(content: bytes, name: str = "a.csv") -> bytes:
    """The body of the request, of the type `KIND`."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n"


def token(address: str) -> dict[str, str]:
    """The headers by which a server knows a page of its own."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", "/_stcore/health")
        given = connection.getresponse().headers.get_all("Set-Cookie") or []
    finally:
        connection.close()
    cookie = next(value for value in given if "xsrf" in value).split(";")[0]
    return {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2].strip('"')}


def put(address: str, path: str, body: bytes, headers: dict[str, str], source: Source = None) -> int:
    """Send a form; the answer's status."""
    return request(address, "PUT", path, body, source, **headers, **KIND)


def request(address: str, method: str, path: str, body: bytes = b"", source: Source = None, **headers: str) -> int:
    """The status of the answer, 0 where the connection was broken off."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20, source_address=source)
    try:
        connection.request(method, path, body or None, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
