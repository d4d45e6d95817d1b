"""The case study on a projector: large type, and still every formula, number and line of code in full."""

from __future__ import annotations

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


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_is_cut_on_a_projector(server: str, open_address: OpenAddress, language: str) -> None:
    page = open_address(f"{server}/case_study?lang={language}&projector=1")
    expect(page.locator("#digits")).to_be_attached(timeout=SECONDS)
    expect(page.locator("[data-testid=stTable]").last).to_be_visible(timeout=SECONDS)
    assert page.locator(".katex-html").count() > 10
    assert page.evaluate(CUT) == []
