"""A real server and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from pages.ui.widgets import frame
from tests.support.catalogue import ROOT

# Chromium's own calls home, which have nothing to do with the app.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Streamlit's front end tries the page's own folder before the root, and the browser calls that an error.
STREAMLITS_OWN = tuple(f"/{page}/_stcore/{asked}" for page in frame.PAGES for asked in ("health", "host-config"))


def free_port() -> int:
    """Of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server() -> Iterator[str]:
    """`streamlit run app.py` on a free port; its address."""
    with server_process() as (address, _process, _log):
        yield address


@contextmanager
def server_process(**environment: str) -> Iterator[tuple[str, subprocess.Popen[str], IO[str]]]:
    """The same with its process, and what it logs; `environment` is added to this process's."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.port", str(port)]
    with (
        tempfile.TemporaryFile("w+") as log,  # a pipe that nobody reads would stop the server once it is full
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log, text=True, env=os.environ | environment
        ) as process,
    ):
        address = f"http://localhost:{port}"
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(address + "/_stcore/health", timeout=1)
                    break
                except OSError:
                    log.seek(0)
                    assert process.poll() is None, log.read()
                    time.sleep(0.1)
            yield address, process, log
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_server() as address:
        yield address


def chromium() -> str | None:
    """The system's Chromium; None: Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), args=QUIET)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


OpenAddress = Callable[..., Page]


@pytest.fixture
def open_address(browser: Browser) -> Iterator[OpenAddress]:
    """Open an address in a fresh profile. At the end: no error in the console, no request to another host."""
    contexts = []
    complaints: list[str] = []

    def open_address(address: str, width: int = 1280, height: int = 720, dark: bool = False, locale: str = "en-US") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale=locale
        )
        contexts.append(context)
        page = context.new_page()
        host = address.split("/")[2]

        def check_request(url: str) -> None:
            if not url.startswith(("data:", "blob:")) and url.split("/")[2] != host:
                complaints.append(f"request to {url}")

        def check_console(kind: str, text: str, url: str) -> None:
            if kind == "error" and not url.endswith(STREAMLITS_OWN):
                complaints.append(f"console: {text} {url}")

        page.on("request", lambda request: check_request(request.url))
        page.on("console", lambda message: check_console(message.type, message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert complaints == []
