"""How long the drawn net takes for a frame of the replay, in software rendering.

    python -m benchmarks.diagram

Starts a server of its own, shows the net of a finished run in the system's Chromium at 1280 × 720, scrubs through its replay, and
prints the median and the 90th percentile of the time from one painted frame to the next; 33 ms are 30 frames a second.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import chart, launch, settled
from tests.support.server import running_server

NETS = {"2 – 8 – 8 – 3": "hidden=8-8&init=he&learning_rate=0.3", "2 – 12 – 12 – 3": "hidden=12-12&init=he", "the default net": ""}
FRAMES = 120

SCRUB = """
async (frames) => {
  const slider = document.querySelector(".st-key-training input[type=range]");
  const times = [];
  let last = performance.now();
  for (let i = 0; i < frames; i++) {
    slider.value = String(i % +slider.max);
    slider.dispatchEvent(new Event("input"));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times;
}
"""


def frame_times(browser: Browser, address: str, query: str) -> list[float]:
    """Milliseconds of each frame."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.add_init_script("localStorage.setItem('spiral-lab-seen', '1')")
    page.goto(f"{address}/?{query}")
    settled(page)
    chart(page).get_by_role("button", name="Net", exact=True).click()
    chart(page).locator(".node").first.wait_for()
    page.wait_for_timeout(1000)  # until the other charts of the page are drawn
    times: list[float] = page.evaluate(SCRUB, FRAMES)
    page.context.close()
    return times


def main() -> None:
    with running_server() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for name, query in NETS.items():
            times = frame_times(browser, address, query)
            print(f"{name}: median {statistics.median(times):.1f} ms, 90 % under {statistics.quantiles(times, n=10)[-1]:.1f} ms")
        browser.close()


if __name__ == "__main__":
    main()
