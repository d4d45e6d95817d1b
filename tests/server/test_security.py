"""What SECURITY.md promises of the running server."""

from __future__ import annotations

import ast
import http.client
import re
import tomllib
import urllib.request
from typing import Any, cast
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import InvalidStatus

from pages.ui.visit.presets import START
from server.http.cookie import COOKIE
from server.http.origin import OwnPages, is_own
from server.tables.table import MAX_BYTES
from spiral_core.export import weights
from spiral_core.store.keys import new_id
from tests.support import uploads
from tests.support.catalogue import ROOT
from tests.support.named import missing_tests, named_tests
from tests.support.server import server_process
from tests.support.visitor import finish, visit


def test_a_page_of_another_site_cannot_open_a_session(server: str) -> None:
    async def journey() -> None:
        for origin in ("http://evil.example", "http://localhost:1", server.replace("localhost", "localhost.evil.example"), "null"):
            with pytest.raises(InvalidStatus, match="403"):
                async with visit(server, origin=origin):
                    pass
        async with visit(server) as visitor:
            await visitor.picture_after(0.0, "", finished=False, timeout=60)

    finish(journey())


@pytest.mark.parametrize(
    "origin", ["null", "file://", "", "http://", "http://[", "//localhost:8501", "ftp://localhost:8501", "http://localhost:8501@x"]
)
def test_an_origin_without_a_place_is_foreign(origin: str) -> None:
    """A sandboxed frame of any site says "null"."""
    assert not is_own(origin, "localhost:8501")
    assert not is_own(origin, "localhost:8501", "lab.school.example")


def test_streamlit_is_never_asked_about_an_origin() -> None:
    """It would ask another host for this machine's address, and let everybody wait meanwhile."""
    passed: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope)

    async def journey() -> None:
        for origin in (b"http://localhost:8501", b"https://lab.school.example"):
            headers = [(b"host", b"localhost:8501"), (b"origin", origin), (b"x-forwarded-host", b"lab.school.example")]
            scope = {"type": "websocket", "client": ("10.1.1.1", 1), "headers": headers}
            await OwnPages(app)(scope, cast(Any, None), cast(Any, None))

    finish(journey())
    assert len(passed) == 2
    assert not any(name == b"origin" for scope in passed for name, _value in scope["headers"])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, {"127.0.0.1", "::1"}), ({"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_BROWSER_SERVER_ADDRESS": "x"}, {"0.0.0.0"})],
    ids=["usual", "opened to a class"],
)
def test_it_listens_on_this_machine_alone_unless_told_otherwise(environment: dict[str, str], expected: set[str]) -> None:
    with server_process(**environment) as (address, process, _log):
        port = int(address.rpartition(":")[2])
        sockets = psutil.Process(process.pid).net_connections()
        heard = {c.laddr.ip for c in sockets if c.status == psutil.CONN_LISTEN and c.laddr.port == port}
    assert heard
    assert heard <= expected


def test_each_browser_has_a_shelf_that_the_page_cannot_read(server: str) -> None:
    """Another one for each, unguessable, not for scripts, and sent back to this site alone."""
    cookies = set()
    for _ in range(3):
        with urllib.request.urlopen(server) as answer:
            (cookie,) = [value for value in answer.headers.get_all("Set-Cookie") or [] if value.startswith(COOKIE)]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        cookies.add(cookie.split(";")[0])
    assert len(cookies) == 3
    assert all(len(cookie) >= len(COOKIE) + 22 for cookie in cookies)


def test_nobody_sees_the_shelf_or_the_notes_of_another(server: str) -> None:
    mine, other = {COOKIE: new_id()}, {COOKIE: new_id()}

    async def journey() -> None:
        async with visit(server, cookies=mine) as visitor:
            await visitor.picture_after(0.0, "", finished=True, timeout=60)
            await visitor.set("pin", trigger=True)
            await visitor.settled()
        async with visit(server, page="compare", cookies=mine) as visitor:
            assert any(key.startswith("compare_table") for key in visitor.widgets)
        for cookies in (other, {}, {COOKIE: "../" + mine[COOKIE]}, {COOKIE: mine[COOKIE][:-1]}, {COOKIE: "%"}):
            async with visit(server, page="compare", cookies=cookies) as visitor:
                assert not any(key.startswith("compare_table") for key in visitor.widgets)
                assert mine[COOKIE] not in "".join(visitor.texts)

    finish(journey())


def ask(address: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
    """Send a request whose body may be shorter than its headers say; returns status and answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_uploads_are_bounded_before_they_are_read_and_nobody_can_read_them(server: str) -> None:
    token, part, kind = uploads.token(server), uploads.form(b"1,2,a"), uploads.KIND

    async def journey() -> None:
        async with visit(server, page="data") as visitor:
            place = (await visitor.place_for_upload("a.csv")).upload_url
            length = {"Content-Length": str(len(part))}
            assert ask(server, "PUT", place, kind | length, part)[0] == 403  # a page of another site has no token
            assert ask(server, "PUT", place, kind | length | token, part)[0] == 204
            assert ask(server, "PUT", place, kind | token | {"Content-Length": "100000000"})[0] == 413
            large = uploads.form(b"x" * 9_000_000)  # as weights may be
            assert ask(server, "PUT", place, kind | token | {"Content-Length": str(len(large))}, large)[0] == 204
            assert b"1,2,a" not in ask(server, "GET", place, token)[1]
            assert ask(server, "PUT", "/_stcore/upload_file/nobody/nothing", kind | length | token, part)[0] == 400

    finish(journey())


def test_metrics_are_counts_and_nothing_of_anybody(server: str) -> None:
    with urllib.request.urlopen(server + "/metrics") as answer:
        text = answer.read().decode()
    assert re.search(r"^spiral_lab_workers \d+$", text, re.M)
    assert re.search(r"^spiral_lab_runs_begun_total [1-9]\d*$", text, re.M)
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) spiral_lab_\w+ .+|spiral_lab_\w+ [0-9.e+]+", line), line


STARTERS = (
    ROOT / "server" / "tables" / "isolated.py",  # the process that reads files, and talks with it alone
    ROOT / "spiral_core" / "fast.py",  # the process that compiles the core's own loops, where numba is installed
)


def test_nothing_that_comes_from_outside_can_be_run() -> None:
    """What the server runs neither unpickles nor evaluates anything, and starts no program."""
    folders = [ROOT / name for name in ("pages", "server", "spiral_core")]
    for file in [ROOT / "app.py", *(file for folder in folders for file in folder.rglob("*.py"))]:
        if file in STARTERS:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert names.isdisjoint({"pickle", "marshal", "shelve", "subprocess", "yaml", "joblib"}), file
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("eval", "exec", "compile", "__import__", "os.system", "pd.eval", "pd.read_pickle"), file
                if called == "np.load":
                    assert {word.arg: ast.unparse(word.value) for word in node.keywords}.get("allow_pickle") == "False", file


def test_html_is_ours_alone() -> None:
    """The few places that write HTML: each says what is in it, and none takes a user's text unescaped."""
    places = {}
    for file in (ROOT / "pages").rglob("*.py"):
        code = file.read_text("utf-8")
        count = len(re.findall(r"st\.html\(|unsafe_allow_html|components\.v1|iframe\(", code))
        if count:
            places[str(file.relative_to(ROOT / "pages"))] = count
    assert places == HTML


# styles; the QR code, whose text is escaped
HTML = {
    "ui/widgets/frame.py": 1, "playground/line.py": 1, "playground/hint.py": 1, "ui/widgets/invite.py": 1, "room/screen.py": 1,
}  # fmt: skip


# What Streamlit reads as Markdown; the options of a select box and the like are plain text.
MARKDOWN = {
    "error", "warning", "info", "success", "toast", "caption", "markdown", "header", "subheader", "button", "checkbox", "toggle",
    "popover", "expander", "metric",
}  # fmt: skip
MARKDOWN_OPTIONS = {"pills", "segmented_control", "radio"}
# What comes from outside: sentences that repeat what was given, and names that people give.
OUTSIDE = re.compile(
    r"explain(_value)?\(|str\(error\)|plan_steps\.problem|class_label\(|own_name\(|"
    r"(entry|pin)\.name\b|(work|draft|points)\.(label|note|names)\b"
)


def unescaped(node: ast.AST) -> list[str]:
    """Parts of an expression from outside that are not inside `escaped`."""
    if (isinstance(node, ast.Call) and ast.unparse(node.func) == "escaped") or any(
        isinstance(child, ast.Name) and child.id == "escaped" for child in ast.iter_child_nodes(node)
    ):
        return []
    if isinstance(node, ast.Call | ast.Attribute) and OUTSIDE.match(ast.unparse(node)):
        return [ast.unparse(node)]
    return [found for child in ast.iter_child_nodes(node) for found in unescaped(child)]


def test_what_others_wrote_is_no_markup() -> None:
    looked, bad = 0, []
    for file in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            parts: list[ast.AST] = []
            if node.func.attr in MARKDOWN and ast.unparse(node.func.value).startswith("st"):
                parts = [*node.args[:1]]
            elif node.func.attr in MARKDOWN_OPTIONS:
                parts = [word.value for word in node.keywords if word.arg == "format_func"]
            looked += len(parts)
            bad += [f"{file.name}:{node.lineno}: {found}" for part in parts for found in unescaped(part)]
    assert bad == []
    assert looked > 200


def test_the_opening_experiment_is_small_enough_for_anybody() -> None:
    assert START.batch_points * START.parameter_count * START.iterations < 1e9


def test_every_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    promises = text.partition("\n## ")[0]
    rows = [row for row in promises.splitlines() if row.startswith("| ") and "Promise" not in row]
    assert len(rows) >= 12
    for row in rows:
        assert named_tests(row) or "tests/server/test_messages.py" in row or "tests/browser/conftest.py" in row, row
    assert missing_tests(promises, here="tests/server/test_security.py") == []


def test_what_an_uploader_says_it_takes_the_server_takes() -> None:
    """The server has one bound for all; a proxy in front of it lets as much through."""
    most = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["server"]["maxUploadSize"]
    said = []
    for file in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.file_uploader":
                said += [int(ast.unparse(word.value)) for word in node.keywords if word.arg == "max_upload_size"] or [most + 1]
    assert len(said) >= 5
    assert max(said) == most
    assert 1e6 * most == weights.MAX_BYTES >= MAX_BYTES
    assert f"client_max_body_size {most + 1}m;" in (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
