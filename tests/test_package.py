"""The package: what it holds, that it runs where nothing else is, and what its command says to bad input."""

from __future__ import annotations

import ast
import email
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import webbrowser
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import psutil
import pytest
import segno

import spiral_core
from server import machine
from spiral_core.store.run_store import RunStore
from spiral_lab import classroom, command, serving
from spiral_lab.errors import CommandError
from tests.support.catalogue import ROOT
from tests.support.server import free_port
from tests.support.visitor import finish, visit

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def requirements(file: str) -> list[str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    return [line for line in lines if line]


def test_the_package_needs_what_requirements_txt_names() -> None:
    assert PROJECT["dependencies"] == requirements("requirements.txt")
    assert set(PROJECT["optional-dependencies"]["cluster"]) <= set(requirements("requirements-dev.txt"))


def test_what_is_cited_is_this_version() -> None:
    assert f'version: "{spiral_core.__version__}"' in (ROOT / "CITATION.cff").read_text("utf-8").splitlines()


# What is built.


class Built(NamedTuple):
    wheel: Path
    sdist: Path

    def names(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as wheel:
            return set(wheel.namelist())


def build(source: Path, to: Path) -> Built:
    """Both from a source tree, with nothing fetched."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "--directory", to], cwd=source, check=True, capture_output=True)
    return Built(next(to.glob("*.whl")), next(to.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """SPIRAL_LAB_DIST names a folder with what is to be released; else it is built here."""
    if "SPIRAL_LAB_DIST" in os.environ:
        folder = ROOT / os.environ["SPIRAL_LAB_DIST"]
        return Built(next(folder.glob("*.whl")), next(folder.glob("*.tar.gz")))
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def tracked(*places: str) -> set[str]:
    if not (ROOT / ".git").exists():  # an unpacked sdist
        files = (file for place in places for file in (ROOT / place, *(ROOT / place).rglob("*")) if file.is_file())
        return {file.relative_to(ROOT).as_posix() for file in files if file.suffix != ".pyc"}
    listed = subprocess.run(["git", "ls-files", "-z", "--", *places], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def test_the_wheel_holds_all_that_runs_and_nothing_else(built: Built) -> None:
    inside = tracked("app.py", "pages", "server", ".streamlit")
    expected = {f"spiral_lab/{name}" for name in inside} | tracked("spiral_core", "spiral_lab")
    metadata = {name for name in built.names() if ".dist-info/" in name}
    assert built.names() - metadata == expected
    assert {name.rpartition(".")[2] for name in expected} >= {"py", "csv", "js", "css", "html", "png", "po", "mo", "toml"}
    assert {name.partition("/")[2] for name in metadata} == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def test_the_wheel_says_what_it_is(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        said = email.message_from_bytes(wheel.read(name))
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("spiral-lab", spiral_core.__version__, ">=3.11")
    always = [line for line in said.get_all("Requires-Dist") or [] if "extra ==" not in line]
    assert {re.split(r"[<>=]", line)[0] for line in always} == {re.split(r"[<>=]", line)[0] for line in PROJECT["dependencies"]}


@pytest.mark.slow
def test_the_sdist_builds_the_same_wheel(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert {"README.md", "LICENSE", "Makefile", "tests", "requirements.txt"} <= {entry.name for entry in source.iterdir()}
    assert build(source, tmp_path / "again").names() == built.names()


# What is installed.


class Installed(NamedTuple):
    """An environment with the package and what it needs, and nothing of this one."""

    folder: Path

    @property
    def programs(self) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    def python(self, *arguments: str, cwd: Path) -> str:
        command = [str(self.programs / "python"), *arguments]
        return subprocess.run(command, cwd=cwd, env=clean(), check=True, capture_output=True, text=True).stdout


def clean() -> dict[str, str]:
    """The environment variables without those that lead to this source tree or change the app."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and not k.startswith(("SPIRAL_LAB_", "STREAMLIT_"))}


def environment(folder: Path, *wanted: str | Path) -> Installed:
    venv.create(folder, with_pip=True)
    made = Installed(folder)
    made.python("-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), *map(str, wanted), cwd=folder)
    return made


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return environment(tmp_path_factory.mktemp("installed") / "env", built.wheel)


@contextmanager
def started(installed: Installed, cwd: Path, *options: str) -> Iterator[tuple[str, list[str], subprocess.Popen[str]]]:
    """`spiral-lab` with these options: its address, what it said by the time it was ready, and its process."""
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [installed.programs / "spiral-lab", "--port", "0", "--no-browser", "--store", cwd / "kept" / "runs.sqlite", *options],
            cwd=cwd, env=clean(), stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8",
        ) as process,
    ):  # fmt: skip
        assert process.stdout
        try:
            said: list[str] = []
            while not said or not said[-1].startswith("Ctrl+C"):
                line = process.stdout.readline()
                errors.seek(0)
                assert line, errors.read()
                said.append(line.rstrip("\n"))
            yield said[0].removeprefix("Spiral Lab is ready: "), said, process
        finally:
            process.terminate()
            process.wait(20)


def get(host: str, port: int, path: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")


@pytest.mark.slow
def test_an_installed_wheel_runs_from_any_folder_and_for_this_machine_alone(installed: Installed, tmp_path: Path) -> None:
    with started(installed, tmp_path) as (address, said, process):
        port = int(address.rpartition(":")[2])
        assert get("localhost", port, "/_stcore/health") == (200, "ok")
        status, page = get("localhost", port, "/lessons")
        assert (status, "<title>" in page) == (200, True)
        sockets = [c for c in psutil.Process(process.pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert {c.laddr.ip for c in sockets} <= {"127.0.0.1", "::1"}

        async def journey() -> None:
            async with visit(address) as visitor:
                await visitor.picture_after(0.0, "", finished=False, timeout=60)  # trained by a worker of its own

        finish(journey())
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        if sys.platform != "win32":
            process.send_signal(signal.SIGINT)  # Ctrl+C
            assert process.wait(20) == 0
            _gone, alive = psutil.wait_procs(children, 10)
            assert alive == []
    assert len(said) == 2
    assert (tmp_path / "kept" / "runs.sqlite").exists()


@pytest.mark.slow
def test_a_class_is_told_its_address_and_gets_in_by_it(installed: Installed, tmp_path: Path) -> None:
    with started(installed, tmp_path, "--class", "--base-path", "/school/lab/", "--workers", "1") as (address, said, _process):
        assert re.fullmatch(r"http://localhost:\d+/school/lab", address)
        here, port = machine.address(), int(address.split(":")[2].partition("/")[0])
        text = "\n".join(said)
        if not here:
            assert "This machine has no address in a network now" in text
            return
        link = f"http://{here}:{port}/school/lab"
        assert f"    {link}" in said
        assert f"To open a class that votes, reaches goals and hands in: {address}/class" in said
        assert classroom.qr(link) in text
        assert get(here, port, "/school/lab/_stcore/health") == (200, "ok")
        status, page = get(here, port, "/school/lab/")
        links = [urlsplit(urljoin(f"{link}/", found)) for found in re.findall(r'(?:href|src)="([^"]+)"', page)]
        assert status == 200
        assert len([parts for parts in links if parts.path.endswith(".js")]) >= 3  # Streamlit's, Plotly's, the charts'
        assert {get(here, port, f"{parts.path}?{parts.query}")[0] for parts in links} == {200}


@pytest.mark.slow
def test_nothing_comes_from_the_source_tree(installed: Installed, tmp_path: Path) -> None:
    code = (
        "import json, sys; from spiral_lab import cli; sys.argv[1:] = ['--bad']; assert cli.main() == 2\n"
        "import server.machine, spiral_core, spiral_lab; from pages.ui.text import translation\n"
        "print(json.dumps([m.__file__ for m in (server.machine, spiral_core, spiral_lab, translation)]))"
    )
    files = json.loads(installed.python("-c", code, cwd=tmp_path))
    assert all(Path(file).is_relative_to(installed.folder) for file in files)
    shown = installed.python("-m", "pip", "list", "--format", "json", cwd=tmp_path)
    assert {entry["name"] for entry in json.loads(shown)} >= {"spiral-lab", "streamlit", "numpy"}
    assert "hypothesis" not in shown


@pytest.mark.slow
def test_its_configuration_holds_in_any_folder(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        "[browser]\ngatherUsageStats = true\n[server]\nmaxUploadSize = 500\n", "utf-8"
    )
    names = ("browser.gatherUsageStats", "server.maxUploadSize", "client.showErrorDetails", "runner.postScriptGC", "server.address")
    code = (
        "import sys; from streamlit import config; from streamlit.web import bootstrap; from spiral_lab import cli\n"
        f"bootstrap.run_asgi_app = lambda *given: print([config.get_option(name) for name in {names}])\n"
        "sys.argv[1:] = ['--port', '0', '--no-browser', '--store', 'runs.sqlite']; cli.main()"
    )
    assert installed.python("-c", code, cwd=tmp_path) == "[False, 10, 'none', False, 'localhost']\n"


@pytest.mark.slow
def test_the_core_of_the_wheel_needs_numpy_alone(built: Built, tmp_path: Path) -> None:
    alone = environment(tmp_path / "env", "numpy")
    alone.python("-m", "pip", "install", "--quiet", "--no-deps", str(built.wheel), cwd=tmp_path)
    code = "from spiral_core import Settings, train; print(train(Settings(iterations=10)).history.loss[0])"
    assert float(alone.python("-c", code, cwd=tmp_path)) == pytest.approx(1.0986, abs=2e-3)  # ln 3


# What the command says.


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for the store; whatever the command sets in the environment is taken back."""
    for name in ("SPIRAL_LAB_STORE", "SPIRAL_LAB_WORKERS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


BAD = {
    "--clas": "unknown option --clas; spiral-lab --help lists what there is",
    "--port x": "--port must be a whole number in 0..65535, got 'x'; spiral-lab --help lists what there is",
    "--port 65536": "--port must be a whole number in 0..65535, got '65536'; spiral-lab --help lists what there is",
    "--workers 0": f"--workers must be a whole number in 1..{machine.MAX_WORKERS}, got '0'; spiral-lab --help lists what there is",
    "--base-path ../x": "--base-path must be letters, digits and . _ ~ - with / between, as in school/lab, got '../x'",
    "--base-path a//b": "--base-path must be letters, digits and . _ ~ - with / between, as in school/lab, got 'a//b'",
    "--store FOLDER": "the store FOLDER cannot be used: the file cannot be opened",
    "--store FILE/runs.sqlite": "the store FILE/runs.sqlite cannot be used: the file cannot be opened",
    "store show --store FOLDER/none.sqlite": "there is no store at FOLDER/none.sqlite",
    "store show --store FILE": "the store FILE cannot be used: the file is damaged",
    "store backup FILE --store STORE": "FILE is there already; name a new file",
    "store backup FILE/x --store STORE": "FILE/x cannot be written: Not a directory",
    "store restore FOLDER/none --store STORE": "there is no backup at FOLDER/none",
    "store restore FILE --store STORE": "FILE cannot be restored to STORE: the file is damaged",
    "store clean": "the following arguments are required: --older-than; spiral-lab store clean --help lists what there is",
    "store clean --older-than 0": (
        "--older-than must be a whole number in 1..36500, got '0'; spiral-lab store clean --help lists what there is"
    ),
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_sentence_and_code_2(arguments: str, mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mine / "text").write_text("no database, but a text of some length\n" * 100, "utf-8")
    RunStore(mine / "runs.sqlite").close()
    places = {"FOLDER": mine.as_posix(), "FILE": (mine / "text").as_posix(), "STORE": (mine / "runs.sqlite").as_posix()}
    expected = BAD[arguments]
    for name, place in places.items():
        arguments, expected = re.sub(rf"\b{name}\b", place, arguments), re.sub(rf"\b{name}\b", place, expected)
    assert command.run(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"spiral-lab: {expected}\n")
    assert (mine / "text").exists()


def test_a_port_in_use_is_said_and_without_a_wish_the_next_one_is_taken(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command.run(["--port", str(port)]) == 2
        assert capsys.readouterr().err == f"spiral-lab: port {port} is in use; --port 0 takes any free one\n"
        monkeypatch.setattr(serving, "PORT", port)
        assert serving.free_port(None, "localhost") > port
        monkeypatch.setattr(serving, "PORTS", 1)
        with pytest.raises(CommandError, match="none of the ports"):
            serving.free_port(None, "localhost")


def test_a_bad_variable_of_the_environment_is_said_before_anything_starts(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIRAL_LAB_WORKERS", "many")
    assert command.run([]) == 2
    said = f"SPIRAL_LAB_WORKERS must be a whole number in 1..{machine.MAX_WORKERS}, got 'many'"
    assert capsys.readouterr().err == f"spiral-lab: {said}\n"


def test_the_usual_store_may_fail_and_the_server_goes_on(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serving.check_store(mine, named=False)
    assert capsys.readouterr().err.endswith("the file cannot be opened; what is kept is lost when the server ends.\n")


def test_an_old_python_is_said(tmp_path: Path) -> None:
    code = "import sys; sys.version_info = (3, 10, 4); import runpy; runpy.run_module('spiral_lab', run_name='__main__')"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    said = "spiral-lab: Spiral Lab needs Python 3.11 or newer, and this is Python 3.10.4.\n"
    assert (found.returncode, found.stdout, found.stderr) == (2, "", said)
    for name in ("__init__", "__main__", "cli"):  # all that is read until then
        ast.parse((ROOT / "spiral_lab" / f"{name}.py").read_text("utf-8"), feature_version=(3, 6))


def test_what_is_passed_to_streamlit(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: dict[str, object] = {}
    monkeypatch.setattr(serving, "_streamlit", lambda flags: passed.update(flags) or 0)
    monkeypatch.setattr(serving, "_answers", lambda port, base: False)
    monkeypatch.setattr(machine, "address", lambda: "192.0.2.7")
    port = free_port()
    assert command.run(["--port", str(port), "--workers", "3", "--store", str(mine / "a.sqlite"), "--base-path", "/a/b/"]) == 0
    assert passed == {
        "server.address": "localhost",
        "server.port": port,
        "server.baseUrlPath": "a/b",
        "server.headless": "true",
        "logger.hideWelcomeMessage": "true",
    }
    assert (os.environ["SPIRAL_LAB_WORKERS"], os.environ["SPIRAL_LAB_STORE"]) == ("3", str(mine / "a.sqlite"))
    assert command.run(["--class"]) == 0
    assert (passed["server.address"], passed["browser.serverAddress"]) == ("0.0.0.0", "192.0.2.7")


def test_the_browser_is_opened_when_the_server_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(serving, "_answers", lambda port, base: True)
    serving._when_ready(8501, "a", for_class=False, address="", browser=True)
    serving._when_ready(8502, "", for_class=False, address="", browser=False)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    serving._when_ready(8503, "", for_class=False, address="", browser=True)  # a machine without a screen
    assert opened == ["http://localhost:8501/a"]
    ready = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Spiral")]
    assert ready == [f"Spiral Lab is ready: http://localhost:{place}" for place in ("8501/a", 8502, 8503)]


# What a class is told.


def test_the_code_in_the_terminal_is_the_address() -> None:
    text = "http://192.168.10.120:8501/school"
    dark = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    rows = []
    for line in classroom.qr(text).splitlines():
        rows += [[dark[sign][0] for sign in line], [dark[sign][1] for sign in line]]
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=classroom.BORDER)]
    assert rows[: len(modules)] == modules
    assert all(all(row) for row in rows[len(modules) :])  # dark: the ground
    assert len(rows) - len(modules) <= 1
    assert len(rows) // 2 <= 20  # lines of a terminal
    assert classroom.coloured("█\n▀") == "\033[97;40m█\033[0m\n\033[97;40m▀\033[0m"


def test_what_may_keep_students_out_is_said(tmp_path: Path) -> None:
    def said(address: str = "192.168.1.20", platform: str = "linux") -> str:
        return " ".join(classroom.hints(address, 8501, platform, tmp_path))

    assert said("") == "This machine has no address in a network now: connect it, then start again."
    assert "firewall" not in said()
    assert "keep devices apart" in said()
    assert "public one" in said("8.8.8.8")
    assert "Windows asks" in said(platform="win32")
    assert "macOS asks" in said(platform="darwin")
    for name, text in {"etc/ufw/ufw.conf": "# a comment\nENABLED=yes\n", "proc/version": "Linux 6 Microsoft-standard-WSL2"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "run" / "firewalld").mkdir(parents=True)
    assert "sudo ufw allow 8501/tcp" in said()
    assert "sudo firewall-cmd --add-port=8501/tcp" in said()
    assert "(WSL)" in said()
    assert "WSL" not in said(platform="darwin")


def test_windows_has_at_most_61_workers() -> None:
    code = "import ipaddress, os, socket, sys; sys.platform = 'win32'; from server import machine; print(machine.MAX_WORKERS)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "61\n"


# What the README says.


def test_the_readme_begins_with_the_way_in_and_names_what_the_command_takes() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    begin = text[: text.index("## The pages")]
    for line in ("make run", "py -m pip install .", "py -m spiral_lab", "uvx --from . spiral-lab", "pipx install ."):
        assert line in begin
    options = {part for action in command.parser()._actions for part in action.option_strings if part.startswith("--")}
    assert {name for name in options - {"--help", "--version"} if not re.search(rf"[` ]{name}\b", text)} == set()
