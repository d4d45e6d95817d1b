"""How long a student waits: for the first picture, for a moved slider, for a search and beside one.

    python -m benchmarks.page

Starts servers of its own on this machine and drives the system's Chromium. Each moved slider asks for a run that was
never trained before (the default net, 2 000 iterations). Prints medians and the slowest; takes about three minutes.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from pages.search import form
from tests.support.browser import launch
from tests.support.server import running_server

MOVES = 20
PROJECTOR: ViewportSize = {"width": 1280, "height": 720}

# Run in the page: the time from the next key or click to the frame after something is there that was not.
WATCH = """
() => {
  const state = () => (%s);
  const before = state();
  let began;
  const begin = () => (began ??= performance.now());
  for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, begin, { capture: true, once: true });
  window.waited = null;
  const observer = new MutationObserver(() => {
    if (!began || !state() || state() === before) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.waited = performance.now() - began)));
  });
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
}
"""
PICTURE = "document.querySelector('.st-key-training .lab-chart image')?.getAttribute('href')"


def seconds(page: Page, state: str, act: Callable[[], object]) -> float:
    """Seconds from a key or a click to the first frame in which `state`, an expression, has another value."""
    page.evaluate(WATCH % state)
    act()
    return float(page.wait_for_function("window.waited", timeout=60_000).json_value()) / 1000


def first_picture(browser: Browser) -> float:
    """Seconds from a server that just came up to the first boundary on the screen, in a browser without a cache."""
    with running_server() as address:
        began = time.perf_counter()
        page = browser.new_context(viewport=PROJECTOR).new_page()
        page.goto(address)
        page.wait_for_selector(".st-key-training .lab-chart image")
        seconds = time.perf_counter() - began
        page.context.close()
    return seconds


def moved_slider(browser: Browser) -> list[float]:
    """Seconds from a key on the learning-rate slider to the new boundary, each with a seed of its own."""
    times = []
    with running_server() as address:
        context = browser.new_context(viewport=PROJECTOR)
        page = context.new_page()
        for seed in range(MOVES):
            page.goto(f"{address}/?seed={1000 + seed}")
            page.get_by_role("button", name="Go on").wait_for()
            page.wait_for_selector(".st-key-training .lab-chart image")
            page.wait_for_timeout(500)
            slider = page.get_by_role("slider", name="Learning rate")
            slider.focus()
            times.append(seconds(page, PICTURE, lambda slider=slider: slider.press("ArrowLeft")))  # type: ignore[misc]
        context.close()
    return times


def chosen_trials(page: Page, trials: int) -> None:
    """Set the form's number of trials."""
    page.get_by_role("slider", name="Trials").focus()
    for _ in range(form.TRIALS.index(trials) - form.TRIALS.index(64)):
        page.keyboard.press("ArrowRight")
    page.get_by_text(re.compile(f"{trials % 1000:03} trials,")).wait_for()
    page.wait_for_timeout(1000)


def search(browser: Browser) -> dict[str, list[float]]:
    """A search of 500 trials: the first trial after the click, and other pages while it runs."""
    pages = {
        "Compare": "document.querySelector('.st-key-compare_header')",
        "Playground": PICTURE,
        "Search": "document.querySelector('.st-key-search_status')",
    }
    times: dict[str, list[float]] = {name: [] for name in ("first trial", *pages)}
    with running_server() as address:
        for _round in range(5):
            page = browser.new_context(viewport=PROJECTOR).new_page()
            page.goto(f"{address}/search")
            chosen_trials(page, 500)
            start = page.get_by_role("button", name="Start the search")
            times["first trial"].append(seconds(page, "/best so far/.test(document.body.innerText)", start.click))
            page.wait_for_timeout(2000)
            for name, there in pages.items():
                times[name].append(seconds(page, there, page.get_by_role("link", name=name).click))
                page.wait_for_timeout(1000)
            page.get_by_role("button", name="Stop").last.click()
            page.get_by_role("button", name="Resume").wait_for(timeout=60_000)
            page.context.close()
    return times


def many_trials(browser: Browser) -> list[float]:
    """A finished search of 1 000 trials: from the click on a trial to its name."""
    with running_server() as address:
        page = browser.new_context(viewport={"width": 1280, "height": 2400}).new_page()
        page.goto(f"{address}/search?iterations=50&hidden=5")
        chosen_trials(page, 1000)
        page.get_by_role("button", name="Start the search").click()
        page.get_by_text(re.compile("done in")).wait_for(timeout=120_000)
        page.wait_for_timeout(3000)
        best = page.get_by_role("button", name=re.compile(r"^#\d+ · "))
        times = [seconds(page, "document.querySelector('h4')?.innerText", best.nth(number).click) for number in (1, 2, 3, 4, 5)]
        page.context.close()
    return times


def main() -> None:
    os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        first = [first_picture(browser) for _ in range(5)]
        report(f"server up → first picture, {len(first)} fresh servers", first)
        moves = moved_slider(browser)
        report(f"slider moved → new picture, {len(moves)} moves", moves)
        for name, times in search(browser).items():
            report("search of 500 trials: click → " + (name if name == "first trial" else f"the {name} page, while it runs"), times)
        report("search of 1 000 trials, done: click on a picture → its trial", many_trials(browser))
        browser.close()


def report(what: str, times: list[float]) -> None:
    print(f"{what}: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s")


if __name__ == "__main__":
    main()
