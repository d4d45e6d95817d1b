"""Starts the server, says where it is, and opens the browser."""

from __future__ import annotations

import argparse
import errno
import http.client
import os
import re
import socket
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from pathlib import Path

from server import log, machine
from server.http import limits
from server.store import store_path
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import RunStore
from spiral_lab import classroom
from spiral_lab.cli import ROOT
from spiral_lab.errors import CommandError

PORT, PORTS = 8501, 100  # the first port that is tried, and how many
PATIENCE = 120.0  # seconds until the server answers
_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")


def run(given: argparse.Namespace) -> int:
    """Check everything, start the server, and stay until it ends."""
    base = base_path(given.base_path)
    if given.workers:
        os.environ[machine.WORKERS] = str(given.workers)
    check_environment()
    check_store(store_path(), named="SPIRAL_LAB_STORE" in os.environ)
    host = "0.0.0.0" if given.for_class else "localhost"
    port = free_port(given.port, host)
    flags = {
        "server.address": host,
        "server.port": port,
        "server.baseUrlPath": base,
        "server.headless": "true",  # else it asks for an e-mail address
        "logger.hideWelcomeMessage": "true",  # said below, and it may ask another host for this one's address
    }
    address = machine.address() if given.for_class else ""
    if address:
        flags["browser.serverAddress"] = address
    follow = threading.Thread(target=_when_ready, args=(port, base, given.for_class, address, not given.no_browser), daemon=True)
    follow.start()
    return _streamlit(flags)


def _streamlit(flags: dict[str, object]) -> int:
    """`streamlit run app.py` in this process, wherever it was started: what .streamlit holds is found beside app.py."""
    import click
    from streamlit.web import cli

    options = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    with suppress(click.Abort, KeyboardInterrupt):  # Ctrl+C is how it is stopped
        cli.main(["run", str(Path(ROOT, "app.py")), *options], standalone_mode=False)
    return 0


def base_path(text: str) -> str:
    """A path such as school/lab, without the slashes around it. Raises CommandError."""
    path = text.strip("/")
    if path and not all(_PATH.fullmatch(part) for part in path.split("/")):
        raise CommandError(f"--base-path must be letters, digits and . _ ~ - with / between, as in school/lab, got {text!r}")
    return path


def check_environment() -> None:
    """What app.py would find wrong with the environment, before anything is started. Raises CommandError."""
    try:
        machine.worker_count()
        log.start()
        for setting in limits.FROM_ENVIRONMENT:
            setting()
    except SystemExit as error:
        raise CommandError(str(error)) from None


def check_store(path: Path, named: bool) -> None:
    """Whether the store can be written. Raises CommandError for one that was named; else it is said, and the server goes on."""
    try:
        store = RunStore(path)
        try:
            store.tidy()
        finally:
            store.close()
    except StoreError as error:
        said = f"the store {path} cannot be used: {error.reason.value}"
        if named:
            raise CommandError(said) from None
        print(f"spiral-lab: {said}; what is kept is lost when the server ends.", file=sys.stderr)
        return
    if store.set_aside:
        print(f"spiral-lab: the store was damaged and is kept as {store.set_aside}; a new one is begun.", file=sys.stderr)


def free_port(wanted: int | None, host: str) -> int:
    """The port that was asked for, or the first free one. Raises CommandError where there is none."""
    for port in range(PORT, PORT + PORTS) if wanted is None else (wanted,):
        with socket.socket() as probe:
            if sys.platform != "win32":  # there it would take a port from a program that uses it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return int(probe.getsockname()[1])
            except OSError as error:
                if wanted is not None and error.errno == errno.EACCES:
                    raise CommandError(f"the system keeps port {port} from this user; --port 0 takes any free one") from None
                if wanted is not None:
                    raise CommandError(f"port {port} is in use; --port 0 takes any free one") from None
    raise CommandError(f"none of the ports {PORT}..{PORT + PORTS - 1} is free; --port 0 takes any free one")


def _when_ready(port: int, base: str, for_class: bool, address: str, browser: bool) -> None:
    """Wait until the server answers, then say where it is and open it."""
    place = f":{port}/{base}".rstrip("/")
    if not _answers(port, base):
        return
    print(f"Spiral Lab is ready: http://localhost{place}", flush=True)
    if for_class:
        _tell_the_class(f"http://{address}{place}" if address else "", address, port)
        print(f"To open a class that votes, reaches goals and hands in: http://localhost{place}/class")
    print("Ctrl+C stops it.", flush=True)
    if browser and has_screen():
        webbrowser.open(f"http://localhost{place}")


def has_screen() -> bool:
    """Whether a browser can be seen here; without one, some systems would open one in the terminal."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _answers(port: int, base: str) -> bool:
    """Whether the server answers before patience ends. No proxy is asked, as urllib would."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", f"/{base}/_stcore/health" if base else "/_stcore/health")
            if connection.getresponse().status == 200:
                return True
        connection.close()
        time.sleep(0.1)
    return False


def _tell_the_class(link: str, address: str, port: int) -> None:
    if link:
        print(f"Your class types this, or points a camera at it:\n\n    {link}\n")
        code = classroom.qr(link)
        with suppress(UnicodeEncodeError):  # a terminal of old has no such characters
            code.encode(sys.stdout.encoding or "ascii")
            print(classroom.coloured(code) if sys.stdout.isatty() else code)
        print()
    for sentence in classroom.hints(address, port):
        print(f"- {sentence}")
