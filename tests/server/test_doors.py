"""The doors: names, frames, cookies, unknown addresses, uploads, floods and requests that never end."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import logging
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pages.ui.visit import navigation
from server.http import limits, origin, requests, slow
from server.http.cookie import COOKIE
from server.log import JsonLines
from spiral_core.store.keys import new_id
from tests.support import uploads
from tests.support.server import server_process
from tests.support.visitor import finish, visit


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True), ("localhost:8501", True), ("LOCALHOST.:8501", True), ("lab.localhost", True),
        ("127.0.0.1:8501", True), ("10.0.0.7", True), ("[::1]:8501", True), ("[fe80::1]", True),
        (socket.gethostname(), True), (f"{socket.gethostname().partition('.')[0]}.local:80", True),
        ("evil.example", False), ("evil.example:8501", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False),
        ("", False), ("evil@localhost", False), ("localhost/x", False), ("localhost:99999x", False), ("[::1", False),
    ],
)  # fmt: skip
def test_a_name_that_is_not_this_servers_is_refused(environment: pytest.MonkeyPatch, host: str, own: bool) -> None:
    environment.delenv(limits.HOSTS, raising=False)
    assert limits.is_own_host(host) is own


def test_more_names_are_allowed_by_a_setting(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(limits.HOSTS, "lab.school.example, *.club.example")
    assert limits.is_own_host("lab.school.example:443")
    assert limits.is_own_host("a.b.club.example")
    assert not limits.is_own_host("club.example.evil")
    assert not limits.is_own_host("notclub.example")
    limits.forget()
    environment.setenv(limits.HOSTS, "*")
    assert limits.is_own_host("anything.example")


@pytest.mark.parametrize(
    "site", ["lms.example", "https://lms.example/path", "ftp://lms.example", "https://a;script-src", "https://"]
)
def test_a_bad_site_for_frames_ends_the_start_with_a_sentence(environment: pytest.MonkeyPatch, site: str) -> None:
    environment.setenv(limits.FRAMES, site)
    with pytest.raises(SystemExit, match=f"{limits.FRAMES} must be sites"):
        limits.framing_sites()


@pytest.mark.parametrize("text", ["0", "-1", "x", "1e9", "9" * 30])
def test_a_bad_bound_ends_the_start_with_a_sentence(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv(limits.PAGES, text)
    with pytest.raises(SystemExit, match=rf"{limits.PAGES} must be a whole number in 1\.\.100000, got"):
        limits.max_pages()


def ask(
    address: str, path: str = "/", method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def test_a_rebound_name_gets_neither_a_page_nor_a_session(server: str) -> None:
    port = server.rpartition(":")[2]
    status, headers, body = ask(server, Host=f"evil.example:{port}")
    assert status == 421
    assert b"does not answer to the name 'evil.example" in body
    assert "Set-Cookie" not in headers
    for host, site in ((f"evil.example:{port}", f"http://evil.example:{port}"),):
        connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "A" * 22 + "==",
        }
        connection.request("GET", "/_stcore/stream", headers=upgrade | {"Host": host, "Origin": site})
        assert connection.getresponse().status == 403


def test_a_proxy_that_passes_the_browsers_name_beside_its_own_is_known(server: str) -> None:
    async def journey() -> None:
        with pytest.raises(InvalidStatus, match="403"):
            async with visit(server, origin="https://lab.school.example"):
                pass
        async with visit(
            server, origin="https://lab.school.example", headers={"X-Forwarded-Host": "lab.school.example"}
        ) as visitor:
            await visitor.picture_after(0.0, "", finished=False, timeout=60)

    finish(journey())


def test_every_answer_says_what_a_page_may_do(server: str) -> None:
    for path in ("/", "/compare", "/plotly.js", "/metrics", "/_stcore/health", "/nowhere"):
        _status, headers, _body = ask(server, path)
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "default-src 'self'" in policy
        assert "object-src 'none'" in policy
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_an_unknown_address_is_not_found_and_opens_no_shelf(server: str) -> None:
    for place in navigation.PAGES:
        status, headers, _body = ask(server, f"/{place}")
        assert status == 200, place
        assert COOKIE in str(headers["Set-Cookie"])
    for path in ("/nowhere", "/compare/more", "/index.php", "/.env", "/plotly", "/COMPARE"):
        status, headers, _body = ask(server, path)
        assert status in (400, 404), path
        assert COOKIE not in str(headers.get_all("Set-Cookie")), path


def test_cookies_are_secure_over_https_and_plain_without(server: str) -> None:
    for path in ("/", "/_stcore/health"):
        _status, headers, _body = ask(server, path)
        plain = headers.get_all("Set-Cookie") or []
        _status, headers, _body = ask(server, path, X_Forwarded_Proto="https")
        secure = headers.get_all("Set-Cookie") or []
        assert len(plain) == len(secure) == 1
        assert "secure" not in plain[0].lower()
        assert "secure" in secure[0].lower()
        assert "partitioned" not in secure[0].lower()


def test_a_learning_platform_may_frame_the_app_if_it_is_named() -> None:
    with server_process(SPIRAL_LAB_FRAMES="https://lms.example") as (address, *_):
        _status, headers, _body = ask(address, "/", X_Forwarded_Proto="https")
        assert "frame-ancestors 'self' https://lms.example" in headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in headers
        for path in ("/", "/_stcore/health"):  # the shelf, and Streamlit's token for uploads
            _status, headers, _body = ask(address, path, X_Forwarded_Proto="https")
            for cookie in headers.get_all("Set-Cookie") or []:
                assert {"SameSite=None", "Partitioned", "Secure"} <= {part.strip() for part in cookie.split(";")}
                assert "SameSite=Lax" not in cookie


def test_under_a_base_path_all_that_is_ours_lies_there_too() -> None:
    with server_process(base="school/lab") as (address, *_):
        there = dict.fromkeys(("/school/lab/", "/school/lab/compare", "/school/lab/plotly.js", "/school/lab/metrics"), 200)
        for path, status in (there | dict.fromkeys(("/school/lab/nowhere", "/plotly.js", "/metrics"), 404)).items():
            assert ask(address, path)[0] == status, path


def test_of_the_files_of_a_page_the_newest_are_kept(server: str) -> None:
    token, part = uploads.token(server), uploads.form(b"1" * 4_900_000)

    def kept() -> int:
        found = re.search(rb'cache_type="UploadedFileManager".*? (\d+)', ask(server, "/_stcore/metrics")[2])
        return int(found[1]) if found else 0

    async def journey() -> list[int]:
        async with visit(server, page="data") as visitor:
            place = (await visitor.place_for_upload("a.csv")).upload_url.rpartition("/")[0]
            found = [uploads.put(server, f"{place}/own-name-{number}", part, token) for number in range(6)]
            assert kept() == 2 * 4_900_000
            return found

    assert finish(journey()) == [204] * 6


def test_who_sends_without_end_is_cut_off_and_nobody_else(server: str) -> None:
    async def journey() -> None:
        async with visit(server) as bystander, visit(server) as flooder:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(3000):
                    await flooder.send(b"\x00")
            await asyncio.wait_for(flooder.closed(), 60)
            await bystander.rerun()
            await bystander.settled()
            assert not bystander.errors

    finish(journey())


class Connection:
    """As much of uvicorn's connection as the sweeper reads."""

    def __init__(self, cycle: Any = None, address: str = "a") -> None:
        self.cycle, self.client, self.closed = cycle, (address, 1), False
        self.flow = SimpleNamespace(write_paused=False)
        self.held = 0
        self.transport = SimpleNamespace(
            is_closing=lambda: self.closed, abort=self._close, get_write_buffer_size=lambda: 0 if self.closed else self.held
        )

    def _close(self) -> None:
        self.closed = True


def test_only_what_owes_the_rest_of_its_request_is_cut() -> None:
    half = Connection()
    answering = Connection(SimpleNamespace(response_complete=False, more_body=False))
    sending = Connection(SimpleNamespace(response_complete=False, more_body=True))
    session = Connection()
    del session.cycle  # a WebSocket has no request to finish
    sweeper = slow.Sweeper({half, answering, sending, session})
    assert sweeper.sweep(0.0) == 0
    assert sweeper.sweep(slow.SECONDS_FOR_HEADERS - 0.1) == 0
    assert sweeper.sweep(slow.SECONDS_FOR_HEADERS + 0.1) == 1
    assert (half.closed, answering.closed, sending.closed) == (True, False, False)
    sweeper.sweep(slow.SECONDS_FOR_A_BODY + 0.1)
    assert (answering.closed, sending.closed, session.closed) == (False, True, False)


def test_who_reads_nothing_of_an_answer_is_cut() -> None:
    reading, stuck = (Connection(SimpleNamespace(response_complete=False, more_body=False)) for _ in range(2))
    sweeper = slow.Sweeper({reading, stuck})
    stuck.flow.write_paused = True
    for second in range(int(slow.SECONDS_UNREAD) + 1):
        reading.flow.write_paused = second % 10 > 0  # slow, but it takes some
        assert sweeper.sweep(float(second)) == 0
    assert sweeper.sweep(slow.SECONDS_UNREAD + 0.1) == 1
    assert (reading.closed, stuck.closed) == (False, True)
    reading.flow.write_paused = True
    assert sweeper.sweep(slow.SECONDS_UNREAD + 0.2, is_ending=True) == 1  # the server's end waits for nobody


def test_who_does_not_read_the_end_of_an_answer_is_cut_though_its_connection_is_closing() -> None:
    """It has been sent as far as the server is concerned; a transport that closes waits for the reader without end."""
    slow_one, stuck = (Connection(SimpleNamespace(response_complete=True, more_body=False)) for _ in range(2))
    stuck.transport.is_closing = lambda: True
    sweeper = slow.Sweeper({slow_one, stuck})
    slow_one.held = stuck.held = 50_000
    for second in range(int(slow.SECONDS_UNREAD) + 1):
        assert sweeper.sweep(float(second)) == 0
    slow_one.held = 0
    assert sweeper.sweep(slow.SECONDS_UNREAD + 0.1) == 1
    assert (slow_one.closed, stuck.closed) == (False, True)


def test_of_many_answers_that_one_address_does_not_read_the_oldest_go_at_once() -> None:
    mine = [Connection(SimpleNamespace(response_complete=False, more_body=False), "mine") for _ in range(slow.MAX_UNREAD + 30)]
    other = Connection(SimpleNamespace(response_complete=False, more_body=False), "other")
    for connection in (*mine, other):
        connection.flow.write_paused = True
    connections = {*mine, other}
    sweeper = slow.Sweeper(connections)
    assert sweeper.sweep(0.0) == 0  # a slow line is no attack
    bystander = Connection(SimpleNamespace(response_complete=False, more_body=False), "mine")
    bystander.flow.write_paused = True
    connections.add(bystander)
    assert sweeper.sweep(slow.SWEEP) == 30
    assert (other.closed, bystander.closed) == (False, False)


def test_of_many_half_requests_of_one_address_the_oldest_go_at_once() -> None:
    mine = [Connection(address="mine") for _ in range(slow.MAX_UNFINISHED + 30)]
    other = Connection(address="other")
    connections = {*mine, other}
    sweeper = slow.Sweeper(connections)
    assert sweeper.sweep(0.0) == 0  # what has just come may be on its way
    bystander = Connection(address="mine")
    connections.add(bystander)
    assert sweeper.sweep(slow.SWEEP) == 30
    assert not other.closed
    assert not bystander.closed


def test_half_requests_keep_nobody_out(server: str) -> None:
    port = int(server.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        half = []
        for _ in range(400):
            with contextlib.suppress(OSError):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-More: ")
                half.append(connection)
        assert len(half) > 300
        assert ask(server, "/compare")[0] == 200

        def open_ones() -> int:
            count = 0
            for connection in half:
                connection.setblocking(False)
                try:
                    count += connection.recv(1) != b""
                except BlockingIOError:
                    count += 1
                except OSError:
                    pass
            return count

        deadline = time.monotonic() + 3 * slow.SECONDS_FOR_HEADERS
        while open_ones() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert open_ones() == 0


def test_a_session_that_says_nothing_stays_open(server: str) -> None:
    async def journey() -> None:
        async with visit(server) as visitor:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(visitor.closed(), slow.SECONDS_FOR_HEADERS + 3)

    finish(journey())


def test_pages_are_bounded_by_address_and_the_proxys_word_for_it_counts() -> None:
    """Behind a proxy on this machine an address is that of the browser; what it closes makes room."""

    async def journey(server: str) -> None:
        async with visit(server, headers={"X-Forwarded-For": "10.0.0.2"}):
            async with visit(server, headers={"X-Forwarded-For": "10.0.0.1"}):
                with pytest.raises(InvalidStatus, match="403"):
                    async with visit(server, headers={"X-Forwarded-For": "10.0.0.1"}):
                        pass
            async with visit(server, headers={"X-Forwarded-For": "10.0.0.1"}):
                pass

    with server_process(SPIRAL_LAB_PAGES_PER_ADDRESS="1") as (address, _process, _log):
        finish(journey(address))


def test_who_waits_to_come_in_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(origin, "is_ending", lambda: bool(ended))
    door = origin.OwnPages(lambda *_given: pytest.fail("it was let in"))
    monkeypatch.setattr(door._lines["websocket"], "wait", lambda *_whose: 60.0)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def journey() -> None:
        came = asyncio.create_task(door({"type": "websocket", "headers": [], "client": ("school", 1)}, send, send))  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        assert not came.done()
        ended.append(True)
        await asyncio.wait_for(came, 30)

    finish(journey())
    assert sent == [{"type": "websocket.close", "code": 1012}]


def test_a_browser_that_never_stops_coming_holds_up_no_classmate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = origin.Lines(5, 200)
    waits = []
    for _time in range(2000):
        now[0] += 0.05
        waits.append(lines.wait("school", "attacker"))
    assert max(waits) == origin.LONGEST_WAIT
    assert lines.wait("school", "classmate") == 0.0
    assert lines.wait("school") == 0.0


def test_an_address_comes_as_fast_as_a_school_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = origin.Lines(5, 200)
    assert max(lines.wait("school") for _ in range(200)) == pytest.approx(0, abs=1e-6)
    waits = [lines.wait("school") for _ in range(500)]
    assert waits[:3] == pytest.approx([0.2, 0.4, 0.6])
    assert max(waits) == origin.LONGEST_WAIT
    assert lines.wait("somebody else") == 0.0
    assert lines.wait("school", "who is in") == 0.0
    now[0] += 60
    assert lines.wait("school") == 0.0
    for number in range(5000):
        now[0] += 1
        lines.wait(f"{number}")
    assert len(lines._buckets) <= origin.MANY + 1


def test_who_has_a_page_open_does_not_wait_for_those_who_reconnect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind one address a program takes all the room there is for those who come anew."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(origin, "_sleep", sleep)

    async def comes(cookie: str, meanwhile: Awaitable[None] | None = None) -> float:
        """How long a session waits that ends once `meanwhile` is done."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if meanwhile:
                await meanwhile

        headers = [(b"host", b"localhost"), (b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else [(b"host", b"localhost")]
        door.app = app
        waits.clear()
        await door({"type": "websocket", "client": ("10.0.0.9", 1), "headers": headers}, cast(Any, None), cast(Any, None))
        return waits[0] if waits else 0.0

    async def reconnect() -> None:
        others.extend([await comes("") for _ in range(300)])
        known.append(await comes("browser"))

    async def journey() -> None:
        await comes("browser", reconnect())
        left.append(await comes("browser"))

    door = origin.OwnPages(cast(Any, None))
    known: list[float] = []
    left: list[float] = []
    others: list[float] = []
    finish(journey())
    assert others[0] == 0.0
    assert others[-1] == pytest.approx(origin.LONGEST_WAIT, abs=1)
    assert known == [0.0]
    assert left[0] > 1  # without a page it is one of those who come anew
    assert not origin._visitors


def test_nobody_fills_the_log() -> None:
    logger = logging.getLogger("spiral_lab_test_flood")
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    logger.addHandler(Keep())
    logger.propagate = False
    child = logging.getLogger("spiral_lab_test_flood.of.a.library")  # with a handler of its own, as Streamlit's have
    child.addHandler(Keep())
    child.propagate = False
    handle = logging.Logger.handle
    slow.bound_log()
    try:
        for each in (logger, child):
            for number in range(1000):
                each.warning("refused: %s", number)
        logger.warning("something else")
        assert len(seen) == 2 * slow.MAX_LINES + 1
        assert seen[-1] == "something else"
        for number in range(1000):
            child.warning(f"never the same: {number}")
        assert len(seen) == slow.MAX_LINES_IN_ALL
    finally:
        logging.Logger.handle = handle  # type: ignore[method-assign]


def test_a_refused_page_is_logged_with_what_would_allow_it() -> None:
    with server_process(SPIRAL_LAB_LOG="warning") as (address, _process, log):
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(urllib.request.Request(address, headers={"Host": "lab.school.example"}))
        log.seek(0)
        text = log.read()
    assert "lab.school.example" in text
    assert limits.HOSTS in text


# What no browser sends.


def connected(server: str) -> socket.socket:
    connection = socket.create_connection(("localhost", int(server.rpartition(":")[2])), timeout=20)
    connection.settimeout(20)
    return connection


def all_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes. Raises TimeoutError where it does not."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65_536):
            found += data
    connection.close()
    return found


def test_a_body_in_chunks_is_refused_before_it_is_read(server: str) -> None:
    """Each chunk, of one byte, say, is work for the server."""
    connection = connected(server)
    with contextlib.suppress(ConnectionError):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nA\r\n" * 40_000)
    assert all_of(connection)[:12] in (b"HTTP/1.1 400", b"")  # the answer may be lost with what was sent in vain


def test_who_sends_requests_ahead_without_end_is_cut(server: str) -> None:
    connection = connected(server)
    reader = threading.Thread(target=all_of, args=(connection,), daemon=True)
    reader.start()
    request, sent = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000, 0
    with contextlib.suppress(OSError):
        while sent < 50_000_000:
            connection.sendall(request)
            sent += len(request)
    reader.join(20)
    assert sent < 50_000_000


def test_a_few_requests_ahead_are_answered(server: str) -> None:
    """By tools; browsers send none."""
    connection = connected(server)
    ask = b"GET /_stcore/health HTTP/1.1\r\nHost: localhost\r\n"
    connection.sendall((ask + b"\r\n") * 4 + ask + b"Connection: close\r\n\r\n")
    assert all_of(connection).count(b"200 OK") == 5


def test_cookies_with_backslashes_are_passed_over_and_the_others_stay(server: str) -> None:
    """Some Pythons take seconds to undo many of them. Other programs on the same host may have some."""
    shelf = new_id()
    quotes = '\\"' * 20_000
    _status, headers, _body = ask(server, "/", Cookie=f'a="{quotes}"; {COOKIE}={shelf}; b="x\\054y"')
    assert f"{COOKIE}={shelf};" in headers["Set-Cookie"]
    assert requests.plain(b'a=1; b="\\054"; c=2') == b"a=1; c=2"
    assert requests.plain(b"a=1; c=2") == b"a=1; c=2"
    assert requests.plain(b'a="\\"') == b""


@pytest.mark.parametrize("more", [f"Sec-WebSocket-Protocol: {'a,' * 20_000}a", "\r\n".join(f"X-{n}: 1" for n in range(200))])
def test_a_handshake_that_cannot_be_read_is_not_held_open(server: str, more: str) -> None:
    connection = connected(server)
    connection.sendall(
        b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" + more.encode() + b"\r\n\r\n"
    )
    assert b"101" not in all_of(connection)[:20]


# The shelf's cookie.


def test_a_browser_that_lost_its_cookie_and_kept_the_page_gets_another(server: str) -> None:
    """An answer from its cache would bring none, and what it pins would be lost."""
    _status, headers, _body = ask(server, "/")
    assert headers["Cache-Control"] == "private, no-cache"
    fresh: Any = {"If_None_Match": headers["ETag"], "If_Modified_Since": headers["Last-Modified"]}
    status, headers, _body = ask(server, "/", **fresh)
    assert (status, COOKIE in str(headers["Set-Cookie"])) == (200, True)
    shelf = re.search(rf"{COOKIE}=([^;]+)", headers["Set-Cookie"])[1]  # type: ignore[index]
    status, _headers, _body = ask(server, "/", Cookie=f"{COOKIE}={shelf}", **fresh)
    assert status == 304


def test_a_shelf_lasts_a_year_from_the_last_visit(server: str) -> None:
    shelf = new_id()
    _status, headers, _body = ask(server, "/", Cookie=f"{COOKIE}={shelf}")
    assert f"{COOKIE}={shelf}; Max-Age={365 * 24 * 3600}; Path=/;" in headers["Set-Cookie"]
    _status, headers, _body = ask(server, "/", Cookie=f"{COOKIE}=forged;")
    assert "forged" not in str(headers.get_all("Set-Cookie"))


# The log.


def test_no_sign_in_the_log_is_heeded_by_a_terminal() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "refused: \x9b31m \x1b[2J \x85 \u2028 \x7f 한", (), None)
    line = JsonLines().format(record)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)
    assert json.loads(line)["event"] == record.getMessage()
