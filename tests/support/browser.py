"""A real browser: how it is started, and what tests read off the page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from pages.ui.visit import navigation

SECONDS = 180_000  # milliseconds that a slow machine may take

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

# Pages that live for seconds do not earn back what the last tier of V8's compilers takes, and need no collection of garbage.
SPARING = ["--js-flags=--no-opt --min-semi-space-size=64 --max-semi-space-size=64"]

# Streamlit's front end tries the page's own folder before the root, and the browser calls that an error.
STREAMLITS_OWN = tuple(f"/{page}/_stcore/{asked}" for page in navigation.PAGES for asked in ("health", "host-config"))


OpenAddress = Callable[..., Page]

# What Streamlit draws, and no rule of ours reaches: wide formulas scroll, but Tab does not stop at them.
_NOT_OURS = {"scrollable-region-focusable"}
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def chromium() -> str | None:
    """The system's Chromium; None: Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), args=QUIET)


def launch_profile(playwright: Playwright, folder: Path, **options: Any) -> BrowserContext:
    """A browser that keeps its profile in a folder, with what scripts were compiled to: pages after the first are there sooner."""
    context = playwright.chromium.launch_persistent_context(folder, executable_path=chromium(), args=[*QUIET, *SPARING], **options)
    context.set_default_timeout(SECONDS)
    return context


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile, whose pages wait as long as a slow machine may take."""
    context = browser.new_context(**options)
    context.set_default_timeout(SECONDS)
    return context


def chart(page: Page, key: str = "training") -> Locator:
    return page.locator(f".st-key-{key} .lab-chart")


def picture(page: Page, key: str = "training") -> str:
    """The boundary on show."""
    image = chart(page, key).locator("image").first
    expect(image).to_have_attribute("href", re.compile("^data:image/png"), timeout=SECONDS)
    return image.get_attribute("href") or ""


def figures(page: Page) -> list[str]:
    """The key figures on show: loss, accuracy, held-out accuracy."""
    texts: list[str] = chart(page).locator("dd").evaluate_all("items => items.map(item => item.firstChild.textContent)")
    return texts


# Whether nothing runs, is on its way, is being replaced or waits for its chart, and the page has kept its size over four looks.
_AT_REST = """() => {
  const [app, main] = [document.querySelector(".stApp"), document.querySelector("[data-testid=stMain]")];
  const busy = app?.dataset.testScriptState !== "notRunning"
    || performance.now() - window.labAsked < 3000 // not everything that is sent is answered
    || document.querySelector("[data-testid=stMain] [data-stale=true], [data-testid=stSpinner], .st-key-stop button");
  const drawn = [...document.querySelectorAll(".lab-chart .plot")].every((plot) => {
    const picture = plot.querySelector(".main-svg");
    return !picture || !plot.clientWidth || Math.abs(picture.clientWidth - plot.clientWidth) < 2;
  });
  const look = [innerWidth, main?.scrollWidth, main?.scrollHeight, main?.querySelectorAll(".lab-chart .main-svg").length].join();
  window.labCalm = !busy && drawn && window.labLook === look ? (window.labCalm ?? 0) + 1 : 0;
  window.labLook = look;
  const fading = document.getAnimations().some((a) => a instanceof CSSTransition && a.playState === "running");
  return window.labCalm >= 4 && !fading;
}"""


def at_rest(page: Page) -> None:
    """Wait until the page has been still for a while."""
    page.wait_for_function(_AT_REST, polling=80, timeout=2 * SECONDS)


def axe_finds(page: Page) -> list[tuple[str, list[str]]]:
    """Faults of accessibility that are ours: the rule, and the elements that break it."""
    page.evaluate(_AXE)
    found = page.evaluate(f"axe.run(document, {{runOnly: {_LEVELS}}})")["violations"]
    if found:  # maybe of what faded just then, as the page began to run again
        at_rest(page)
        found = page.evaluate(f"axe.run(document, {{runOnly: {_LEVELS}}})")["violations"]
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found if fault["id"] not in _NOT_OURS]


def settled(page: Page) -> None:
    """The run is finished and drawn: its first picture, which is there a moment before, would take back what a test does to it."""
    expect(page.locator(".st-key-go_on button:visible").first).to_be_visible(timeout=SECONDS)
    expect(page.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached(timeout=SECONDS)
    expect(chart(page).locator(".main-svg").first).to_be_visible(timeout=SECONDS)


def control(page: Page, key: str) -> Locator:
    """The element of a control, whichever widget shows it now."""
    return page.locator(f".st-key-{key}, [class*='st-key-{key}-']").first
