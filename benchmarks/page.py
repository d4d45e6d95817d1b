"""How long a student waits: for the first picture, for a moved slider, for a search and beside one.

    python -m benchmarks.page

Starts servers of its own on this machine and drives the system's Chromium. Each moved slider asks for a run that was
never trained before (the default net, 2 000 iterations). The first two are measured in turns with a bare Streamlit page that has
one slider and the same chart, and trains nothing. Prints medians, the slowest, and ratios; takes about five minutes.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from pages.search import form
from pages.ui.charts import run_charts
from pages.ui.charts.palette import LIGHT
from pages.ui.visit.presets import START
from server.training.service import RunService
from tests.support.browser import launch
from tests.support.server import free_port, running_server

MOVES = 20
PROJECTOR: ViewportSize = {"width": 1280, "height": 720}
WIDE: ViewportSize = {"width": 1600, "height": 900}  # on which all pages are in the menu
BACK_AND_FORTH = ("ArrowLeft", "ArrowRight")

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


# A Streamlit page with one slider and the chart of a finished run, whose picture changes with the slider.
BARE = """
import json, pathlib
import streamlit as st
st.set_page_config(layout="wide")
figure, pictures = json.loads(pathlib.Path(__file__).with_name("chart.json").read_text())
rates = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
rate = st.sidebar.select_slider("Learning rate", rates, 1.0)
figure["layout"]["images"][0]["source"] = pictures[rates.index(rate) % len(pictures)]
st.plotly_chart(figure, key="chart")
"""
BARE_PICTURE = "document.querySelector('.js-plotly-plot image')?.getAttribute('href')"


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    """The bare page on a server that just came up."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "bare.py"), "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://localhost:{port}"
    try:
        while True:
            with suppress(OSError):
                urllib.request.urlopen(address + "/_stcore/health", timeout=1).close()
                break
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait()


def prepare_bare(folder: Path) -> None:
    """Write the bare page and the chart that it shows."""
    view = RunService(0).watch(START, wait=60)
    pictures = list(view.pictures.values())[-2:]
    (folder / "chart.json").write_text(json.dumps([run_charts.training(view, LIGHT), pictures]), "utf-8")
    (folder / "bare.py").write_text(BARE, "utf-8")


def first_picture(browser: Browser, server: AbstractContextManager[str], image: str) -> float:
    """Seconds from a server that just came up to the first boundary on the screen, in a browser without a cache."""
    with server as address:
        began = time.perf_counter()
        page = browser.new_context(viewport=PROJECTOR).new_page()
        page.goto(address)
        page.wait_for_selector(image)
        seconds = time.perf_counter() - began
        page.context.close()
    return seconds


def moved_slider(browser: Browser, folder: Path) -> tuple[list[float], list[float]]:
    """Seconds from a key on the learning-rate slider to the new picture: ours, each with a seed of its own, and the bare page's."""
    ours: list[float] = []
    bares: list[float] = []
    with running_server() as address, bare_server(folder) as bare_address:
        page, bare = (browser.new_context(viewport=PROJECTOR).new_page() for _ in range(2))
        bare.goto(bare_address)
        bare.wait_for_selector(".js-plotly-plot image")
        for seed in range(MOVES):
            page.goto(f"{address}/?seed={1000 + seed}")
            page.get_by_role("button", name="Go on").wait_for()
            page.wait_for_selector(".st-key-training .lab-chart image")
            for each, picture, key, times in (
                (page, PICTURE, "ArrowLeft", ours),
                (bare, BARE_PICTURE, BACK_AND_FORTH[seed % 2], bares),
            ):
                each.bring_to_front()
                each.wait_for_timeout(500)
                slider = each.get_by_role("slider", name="Learning rate")
                slider.focus()
                times.append(seconds(each, picture, partial(slider.press, key)))
        page.context.close()
        bare.context.close()
    return ours, bares


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
            page = browser.new_context(viewport=WIDE).new_page()
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
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare_bare(folder)
            firsts, bares = [], []
            for _round in range(5):
                firsts.append(first_picture(browser, running_server(), ".st-key-training .lab-chart image"))
                bares.append(first_picture(browser, bare_server(folder), ".js-plotly-plot image"))
            report(f"server up → first picture, {len(firsts)} fresh servers", firsts, bares)
            report(f"slider moved → new picture, {MOVES} moves", *moved_slider(browser, folder))
        for name, times in search(browser).items():
            report("search of 500 trials: click → " + (name if name == "first trial" else f"the {name} page, while it runs"), times)
        report("search of 1 000 trials, done: click on a picture → its trial", many_trials(browser))
        browser.close()


def report(what: str, times: list[float], bare: Sequence[float] = ()) -> None:
    beside = ""
    if bare:
        median = statistics.median(bare)
        beside = f"; the bare page {median:.2f} s: {statistics.median(times) / median:.2f} times"
    print(f"{what}: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s{beside}", flush=True)


if __name__ == "__main__":
    main()
