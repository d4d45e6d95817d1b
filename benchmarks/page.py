"""How long a student waits: from a fresh server to the first picture, and from a moved slider to the new one.

    python -m benchmarks.page

Starts servers of its own on this machine and drives the system's Chromium. Each moved slider asks for a run that was
never trained before (the default net, 2 000 iterations). Prints medians and the slowest; takes about two minutes.
"""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch, running_server

MOVES = 20

# Run in the page: the time from the key's press to the change of the boundary's picture.
MOVE = """
() => new Promise((resolve) => {
  let pressed;
  document.addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
  const chart = document.querySelector(".st-key-training .lab-chart");
  const before = chart.querySelector("image").getAttribute("href");
  const observer = new MutationObserver(() => {
    const now = chart.querySelector("image")?.getAttribute("href");
    if (pressed && now && now !== before) {
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - pressed));
    }
  });
  observer.observe(chart, { subtree: true, childList: true, attributes: true, attributeFilter: ["href"] });
})
"""


def first_picture(browser: Browser) -> float:
    """Seconds from a server that just came up to the first boundary on the screen, in a browser without a cache."""
    with running_server() as address:
        began = time.perf_counter()
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(address)
        page.wait_for_selector(".st-key-training .lab-chart image")
        seconds = time.perf_counter() - began
        page.context.close()
    return seconds


def moved_slider(browser: Browser) -> list[float]:
    """Seconds from a key on the learning-rate slider to the new boundary, each with a seed of its own."""
    times = []
    with running_server() as address:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        for seed in range(MOVES):
            page.goto(f"{address}/?seed={1000 + seed}")
            page.get_by_role("button", name="Go on").wait_for()
            page.wait_for_selector(".st-key-training .lab-chart image")
            page.wait_for_timeout(500)
            slider = page.get_by_role("slider", name="Learning rate")
            slider.focus()
            waiting = page.evaluate_handle(f"() => ({{ done: ({MOVE})() }})")
            slider.press("ArrowLeft")
            times.append(waiting.evaluate("box => box.done") / 1000)
        context.close()
    return times


def main() -> None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        first = [first_picture(browser) for _ in range(5)]
        moves = moved_slider(browser)
        browser.close()
    report(f"server up → first picture, {len(first)} fresh servers", first)
    report(f"slider moved → new picture, {len(moves)} moves", moves)


def report(what: str, times: list[float]) -> None:
    print(f"{what}: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s")


if __name__ == "__main__":
    main()
