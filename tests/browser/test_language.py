"""The language switched on an open page: all that the page shows follows, the chosen options of its controls too."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from pages.ui.visit import navigation
from pages.ui.widgets import translated
from tests.support import catalogue
from tests.support.browser import SECONDS, OpenAddress, settled

pytestmark = pytest.mark.browser

# Not the defaults, so that a control that falls back to its default is seen too.
SETTINGS = "data=moons&hidden=8&iterations=200&schedule=step&scale=standardise&activation=sigmoid&test_fraction=0.2"

# Texts, chosen values and what fields say, without code, formulas and Plotly's own tools.
ALL_TEXTS = """() => {
  const found = new Set();
  const skip = "script, style, code, pre, .katex, .modebar, [data-testid=stJson], " +
    "[data-testid=stIconMaterial], [data-testid=stExpanderIcon]";
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) found.add(node.textContent.trim());
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(skip)) return;
    if (node.matches("input") && node.value) found.add(node.value.trim());
    for (const name of ["aria-label", "title", "placeholder"]) {
      const text = node.getAttribute(name);
      if (text) found.add(text.trim());
    }
    node.childNodes.forEach(visit);
  };
  visit(document.body);
  return [...found];
}"""

# Streamlit's own names of things, which are English words of ours too; no setting makes it say something else.
STREAMLITS = {"Search", "Download as CSV"} | set(translated.WORDS.values())

ROUNDS = 2 if os.environ.get("SPIRAL_LAB_LONG") else 1


def texts(page: Page) -> set[str]:
    return set(page.evaluate(ALL_TEXTS))


def english_alone() -> set[str]:
    """English texts that Korean says otherwise."""
    korean = catalogue.translations("ko")
    whole = {text: translation for text, translation in korean.items() if isinstance(text, str) and "{" not in text}
    return {text for text, translation in whole.items() if text != translation} - set(whole.values()) - STREAMLITS


def switch(page: Page, name: str) -> None:
    group = page.get_by_role("radiogroup", name={"한국어": "언어", "English": "Language"}[name])  # named in the new language
    page.get_by_role("radio", name=name).click()
    expect(group.get_by_role("radio", name=name)).to_be_checked(timeout=SECONDS)


def other_language(page: Page, name: str, english: set[str]) -> set[str]:
    """What is left of the other language once everything has followed."""
    for _attempt in range(100):  # elements follow one by one
        seen = texts(page)
        left = seen & english if name == "한국어" else {text for text in seen if re.search("[가-힣]", text)} - {"한국어"}
        if not left:
            break
        page.wait_for_timeout(100)
    return left


def test_everything_follows_the_language(server: str, open_address: OpenAddress) -> None:
    """On each page one way, on its neighbours the other; with two rounds both, as a round has an odd number of pages."""
    pages = [*navigation.PAGES.items()]
    pages += pages[1:2] if len(pages) % 2 == 0 else []
    english, korean = english_alone(), catalogue.translations("ko")
    page = open_address(f"{server}/?lang=en&{SETTINGS}", width=1700)  # the whole menu
    expect(page.get_by_role("combobox", name="Activation")).to_have_value("Sigmoid", timeout=SECONDS)
    name = "English"
    for place, (_script, title, _icon) in pages * ROUNDS:
        own_title = title if name == "English" else korean[title]
        page.get_by_test_id("stTopNavLink").filter(has_text=own_title).click()
        expect(page.get_by_test_id("stTopNavLink").and_(page.locator("[aria-current=page]"))).to_have_text(re.compile(own_title))
        page.wait_for_load_state("networkidle")
        name = "한국어" if name == "English" else "English"
        switch(page, name)
        assert other_language(page, name, english) == set(), f"on {place or 'the Playground'}"


def test_the_settings_stay_what_they_are(server: str, open_address: OpenAddress) -> None:
    """Nothing but words changes, also on a page that was left in the other language and is opened again."""
    page = open_address(f"{server}/?lang=en&{SETTINGS}")
    settled(page)
    before = page.url
    switch(page, "한국어")
    page.get_by_test_id("stTopNavLink").filter(has_text="탐색").click()
    expect(page.get_by_role("heading", name="탐색")).to_be_visible(timeout=SECONDS)
    switch(page, "English")
    page.get_by_test_id("stTopNavLink").filter(has_text="Playground").click()
    settled(page)
    expect(page.get_by_role("combobox", name="Activation")).to_have_value("Sigmoid", timeout=SECONDS)
    assert page.url.replace("lang=ko", "lang=en") == before


def test_streamlits_own_words_are_korean(server: str, open_address: OpenAddress) -> None:
    """Each place that the style sheet names is there, and shows our word."""

    def shown(selector: str) -> str:
        spot = page.locator(selector).first
        expect(spot).to_be_attached(timeout=SECONDS)
        return str(spot.evaluate("spot => getComputedStyle(spot).fontSize + getComputedStyle(spot, '::after').content"))

    korean = catalogue.translations("ko")
    page = open_address(f"{server}/teach?lang=ko", width=900)
    page.get_by_role("combobox", name="숨길 항목").click(timeout=SECONDS)
    seen = {place: shown(place) for place in translated.WORDS if "select_all" in place or "TopNav" in place}
    page.keyboard.press("Escape")
    page.get_by_test_id("stMainMenuButton").click()
    seen |= {place: shown(place) for place in translated.WORDS if "MainMenu" in place}
    page = open_address(f"{server}/data?lang=ko")
    page.get_by_role("radio", name="파일").click(timeout=SECONDS)
    seen |= {place: shown(place) for place in translated.WORDS if "Uploader" in place}
    assert seen == {place: f'0px"{korean[words]}"' for place, words in translated.WORDS.items()}
