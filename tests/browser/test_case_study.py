"""The case study on a projector: large type, and still every formula, number and line of code in full."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import expect

from tests.support.browser import SECONDS, OpenAddress

pytestmark = pytest.mark.browser

# What reaches beyond the column it stands in, or hides a part of itself.
CUT = """() => [...document.querySelectorAll("[data-testid=stMain] :is(.base, pre, td, th, [data-testid=stMetricValue] *)")]
  .filter((part) => {
    const column = part.closest("[data-testid=stColumn], [data-testid=stMainBlockContainer]").getBoundingClientRect();
    const hides = part.matches("pre, [data-testid=stMetricValue] *") && part.scrollWidth > part.clientWidth + 1;
    return part.getBoundingClientRect().right > column.right + 1 || hides;
  })
  .map((part) => part.textContent.slice(0, 60))"""


ARC_MINUTE = math.pi / 180 / 60


@pytest.mark.parametrize(("language", "width", "height"), [("en", 1280, 720), ("ko", 1280, 720), ("ko", 1920, 1080)])
def test_nothing_is_cut_on_a_projector(server: str, open_address: OpenAddress, language: str, width: int, height: int) -> None:
    """And its text has 16 arc minutes from 8 m away, on a picture 2.4 m wide, whatever the resolution."""
    page = open_address(f"{server}/case_study?lang={language}&projector=1", width, height)
    expect(page.locator("#digits")).to_be_attached(timeout=SECONDS)
    expect(page.locator("[data-testid=stTable]").last).to_be_visible(timeout=SECONDS)
    assert page.locator(".katex-html").count() > 10
    assert page.evaluate(CUT) == []
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('[data-testid=stMain] .stMarkdown p')).fontSize)")
    assert size / width * 2.4 / 8 >= 16 * ARC_MINUTE
