"""A real browser for each test process, and pages that may not complain.

Chromium takes seconds to compile the front end in a fresh tab, so most tests use one tab after another: without what the
test before has left there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright

from tests.support.browser import SECONDS, STREAMLITS_OWN, OpenAddress, launch, launch_profile, new_context

LOCALE = "en-US"
# As in a browser that has been here before, where the replay does not play by itself; and `at_rest` knows since when the server
# owes an answer.
SEEN = """
  try { localStorage.setItem('spiral-lab-seen', '1') } catch {}
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...given) {
    if (!this.labHears) this.addEventListener("message", () => { window.labAsked = undefined; });
    this.labHears = true;
    window.labAsked = performance.now();
    return send.apply(this, given);
  };
"""


class Watch:
    """Notes errors in the console and requests to other hosts."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.host = ""

    def follow(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")) and request.url.split("/")[2] != self.host:
            self.complaints.append(f"request to {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not where.endswith(STREAMLITS_OWN):
            self.complaints.append(f"console: {message.text} {where}")


class Tab:
    """One tab that serves test after test."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(SEEN)
        self._context = context
        self._page: Page | None = None
        self.watch = Watch()

    def open(self, address: str, width: int, height: int, dark: bool) -> Page:
        """The tab as a fresh profile would be. address: where it goes next."""
        if self._page is None or self._page.is_closed():
            self._page = self._context.new_page()
            self.watch.follow(self._page)
        page = self._page
        page.goto("about:blank")  # what is still on its way from the page before goes nowhere
        self.watch.complaints.clear()
        self.watch.host = address.split("/")[2]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.context.clear_cookies()
        origin = "/".join(address.split("/")[:3])
        page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        return page

    def leave(self) -> None:
        if self._page and not self._page.is_closed():
            for other in self._context.pages:
                if other != self._page:
                    other.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=SECONDS)
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def tab(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with launch_profile(playwright, tmp_path_factory.mktemp("profile"), locale=LOCALE) as context:
        yield Tab(context)


@pytest.fixture
def open_address(browser: Browser, tab: Tab) -> Iterator[OpenAddress]:
    """Open an address: the first in the tab, others each in a fresh profile.

    At the end: no error in the console, no request to another host.
    """
    contexts: list[BrowserContext] = []
    watch, used = Watch(), False

    def open_address(
        address: str, width: int = 1280, height: int = 720, dark: bool = False, locale: str = LOCALE,
        first: bool = False, **more: Any,
    ) -> Page:  # fmt: skip
        """first: the browser has not been here before, so that the replay plays once; more: of the browser's context."""
        nonlocal used
        if not used and locale == LOCALE and not first and not more:
            used, page = True, tab.open(address, width, height, dark)
        else:
            context = new_context(
                browser,
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                locale=locale,
                **more,
            )
            contexts.append(context)
            if not first:
                context.add_init_script(SEEN)
            page = context.new_page()
            watch.host = address.split("/")[2]
            watch.follow(page)
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    if used:
        tab.leave()
    assert watch.complaints + (tab.watch.complaints if used else []) == []
