"""What holds for each page, seen in one visit: nothing that axe finds in either theme, nothing wider than the screen or cut."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from pages.ui.visit import navigation
from tests.support.browser import SECONDS, OpenAddress, at_rest, axe_finds

pytestmark = pytest.mark.browser

GROUNDS = {False: "rgb(255, 255, 255)", True: "rgb(18, 21, 28)"}  # of the page, by whether it is dark
SIZES = {"desktop": (1280, 720), "phone": (390, 844), "zoomed to 200 %": (640, 360)}

# Choices of which one runs out of its row, and would be cut there.
CUT_CHOICES = """() => [...document.querySelectorAll("[data-testid=stMain] [data-testid=stButtonGroup] button")]
  .filter((button) => button.offsetParent && (button.scrollWidth > button.clientWidth + 1
    || button.getBoundingClientRect().right > button.closest("[data-testid=stButtonGroup]").getBoundingClientRect().right + 1))
  .map((button) => button.textContent)"""
WIDTH = "document.querySelector('[data-testid=stMain]').scrollWidth"


def sizes(page: Page) -> list[str]:
    """What is wrong with the page on the screens that people have."""
    found = []
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        if page.evaluate(WIDTH) > width:
            found.append(f"{name}: scrolls sideways")
        if "zoomed" not in name:  # Streamlit lets rows scroll there
            found += [f"{name}: cut: {text}" for text in page.evaluate(CUT_CHOICES)]
    return found


@pytest.mark.parametrize("place", navigation.PAGES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_page_is_sound(server: str, open_address: OpenAddress, place: str, language: str) -> None:
    """axe sees the same elements in either language."""
    page = open_address(f"{server}/{place}?iterations=100&lang={language}")
    at_rest(page)
    found = []
    for dark, ground in GROUNDS.items() if language == "en" else ():
        page.emulate_media(color_scheme="dark" if dark else "light")
        expect(page.locator(".stApp")).to_have_css("background-color", ground, timeout=SECONDS)
        at_rest(page)
        found += axe_finds(page)
    assert found == []
    assert sizes(page) == []
