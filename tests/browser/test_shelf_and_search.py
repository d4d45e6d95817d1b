"""Compare and Search in a real browser: shelves that stay, a search from the click to the Playground."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from spiral_core import Settings, train
from spiral_core.case_study import SOFTMAX
from tests.support.browser import SECONDS, OpenAddress, chart, figures, settled

pytestmark = pytest.mark.browser


def test_a_shelf_stays_with_its_browser_and_with_nobody_else(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/compare")
    expect(page.get_by_text("The shelf is empty")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Linear versus net").click()
    expect(chart(page, "compare_gallery").locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    page.reload()
    expect(chart(page, "compare_gallery").locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["spiral_lab_shelf"]["httpOnly"]
    assert cookies["spiral_lab_shelf"]["value"] not in page.url
    other = open_address(server + "/compare")
    expect(other.get_by_text("The shelf is empty")).to_be_visible(timeout=SECONDS)


def test_boundaries_are_scrubbed_together(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/compare")
    page.get_by_role("button", name="Linear versus net").click()
    gallery = chart(page, "compare_gallery")
    expect(gallery.locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    expect(gallery.get_by_text(f"loss {train(SOFTMAX).history.loss[-1]:.4f}")).to_be_visible()
    images = gallery.locator("image")
    ends = [images.nth(i).get_attribute("href") for i in range(2)]
    gallery.get_by_role("slider").press("Home")
    expect(gallery.locator("output")).to_have_text("iteration 0")
    expect(images.nth(0)).not_to_have_attribute("href", ends[0] or "")
    expect(images.nth(1)).not_to_have_attribute("href", ends[1] or "")
    first = train(Settings(iterations=1)).history.loss[0]
    expect(gallery.get_by_text(f"loss {first:.4f}").last).to_be_visible()


def searched(page: Page) -> None:
    page.get_by_role("button", name="Start the search").click()
    expect(page.get_by_text(re.compile("64 of 64 trials · done"))).to_be_visible(timeout=2 * SECONDS)
    expect(chart(page, "search_scatter").locator(".main-svg").first).to_be_visible(timeout=SECONDS)


def test_a_search_from_the_click_to_the_playground(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/search?iterations=200&hidden=10", height=2400)
    searched(page)
    title = page.get_by_role("heading", name=re.compile("^Trial"))
    before = title.inner_text()
    point = chart(page, "search_scatter").locator(".points path").nth(20)
    point.click(force=True)
    expect(title).to_have_text("Trial 21")
    assert before != "Trial 21"
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("button", name="Pinned", exact=True)).to_be_disabled(timeout=SECONDS)

    page.reload()  # the finished search is there again
    expect(page.get_by_text("64 of 64 trials")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name=re.compile(r"^#\d+ · ")).nth(1).click()
    chosen = title.inner_text()
    page.get_by_role("button", name="Open in the Playground").click()
    settled(page)
    assert chosen.startswith("Trial")
    rate, reg = (float(re.search(name + r"=([\d.e-]+)", page.url)[1]) for name in ("learning_rate", "[?&]reg"))  # type: ignore[index]
    run = train(Settings.from_dict(Settings(hidden=(10,), iterations=200, learning_rate=rate, reg=reg).to_dict() | HELD_OUT))
    assert figures(page)[0] == f"{run.history.loss[-1]:.4f}"


HELD_OUT = {"data": {"test_fraction": 0.2}}


# Where the first axis stands on the screen, and 30 and 60 % of its height.
FIRST_AXIS = """plot => {
  const [{ left, top }, { xaxis, yaxis }] = [plot.getBoundingClientRect(), plot._fullLayout];
  return [left + xaxis._offset + xaxis.d2p(0), top + yaxis._offset + yaxis.d2p(0.3), top + yaxis._offset + yaxis.d2p(0.6)];
}"""


def test_ranges_drawn_on_the_parallel_coordinates_choose_trials(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/search?iterations=50&hidden=5", height=2400)
    searched(page)
    x, low, high = chart(page, "search_parallel").locator(".plot").evaluate(FIRST_AXIS)
    page.mouse.move(x, low)
    page.mouse.down()
    page.mouse.move(x, high, steps=5)
    page.mouse.up()
    expect(chart(page, "search_parallel").locator(".range")).to_have_count(1)
    expect(page.get_by_text(re.compile(r"Chosen: \d+ of 64 trials"))).to_be_visible(timeout=SECONDS)
    page.mouse.click(x, low + 40)  # beside the range: lets go
    expect(chart(page, "search_parallel").locator(".range")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"Chosen: \d+ of 64 trials"))).to_have_count(0, timeout=SECONDS)
    assert page.locator(".lab-chart canvas").count() == 0  # a chart that draws on one could lose it to another tab


def test_a_click_on_the_scatter_brings_its_trial_into_sight(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/search?iterations=50&hidden=5")
    searched(page)
    scatter = chart(page, "search_scatter")
    scatter.locator(".points path").nth(7).click(force=True)
    detail = page.locator(".st-key-search_detail h4")
    expect(detail).to_have_text("Trial 8", timeout=SECONDS)
    expect(detail).to_be_in_viewport(timeout=SECONDS)
