"""A real browser for each test process, and pages in fresh profiles that may not complain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import STREAMLITS_OWN, OpenAddress, launch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_address(browser: Browser) -> Iterator[OpenAddress]:
    """Open an address in a fresh profile. At the end: no error in the console, no request to another host."""
    contexts = []
    complaints: list[str] = []

    def open_address(
        address: str, width: int = 1280, height: int = 720, dark: bool = False, locale: str = "en-US",
        first: bool = False, **more: Any,
    ) -> Page:  # fmt: skip
        """first: the browser has not been here before, so that the replay plays once; more: of the browser's context."""
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale=locale, **more
        )
        if not first:
            context.add_init_script("localStorage.setItem('spiral-lab-seen', '1')")
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
