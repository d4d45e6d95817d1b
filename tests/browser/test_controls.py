"""Controls tell the truth: what a control shows, the address and the run on the screen are one and the same."""

from __future__ import annotations

import os
import random
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.ui.visit import navigation
from tests.support import bursts
from tests.support.browser import SECONDS, OpenAddress, at_rest, chart, control, new_context, settled

pytestmark = pytest.mark.browser
BURSTS = int(os.environ.get("SPIRAL_LAB_BURSTS", "8"))
VISITS = 2  # that share them: a fresh page is where a control is most easily lost
FIRST_SEED = int(os.environ.get("SPIRAL_LAB_BURST_SEED", "0"))


def ready(page: Page) -> None:
    page.locator(".st-key-training .lab-chart .main-svg").first.wait_for(timeout=SECONDS)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + VISITS))
def test_controls_address_and_run_agree_after_random_bursts(server: str, open_address: OpenAddress, seed: int) -> None:
    rng = random.Random(seed)
    page = open_address(server + "/?iterations=60&hidden=8&learning_rate=0.3")
    for number in range(BURSTS // VISITS):
        if number % 10 == 0:  # fresh, and not yet at rest
            page.goto(server + "/?iterations=60&hidden=8&learning_rate=0.3")
            ready(page)
        done = bursts.burst(page, rng)
        bursts.rest(page)
        assert bursts.differences(page) == [], (seed, number, done, page.url)


def test_back_while_a_change_is_on_its_way(server: str, open_address: OpenAddress) -> None:
    """The browser goes back before it hears which address the change before has got."""
    rng = random.Random(5)
    page = open_address(server + "/?iterations=60&hidden=8&learning_rate=0.3")
    ready(page)
    for _round in range(4):
        page.get_by_role("slider", name="Learning rate").focus()
        for _press in range(3):
            page.keyboard.press(rng.choice(("ArrowLeft", "ArrowRight")))
            page.wait_for_timeout(rng.randint(0, 150))
        page.evaluate("history.back()")
        bursts.rest(page)
        assert bursts.differences(page) == []


# Exact values.


def shown(page: Page, name: str) -> str:
    return control(page, name).locator("[data-testid=stSliderThumbValue]").inner_text().strip()


def test_an_exact_value_is_typed(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=60&hidden=8-5")
    ready(page)
    control(page, "units_1").locator("[data-testid=stSliderThumbValue]").click()
    field = page.get_by_role("textbox", name="Units in layer 2: exact value, then Enter")
    expect(field).to_be_focused()
    page.keyboard.type("137")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("hidden=8-137"), timeout=SECONDS)
    control(page, "learning_rate").locator("input[type=range]").focus()
    page.keyboard.type("0.37")  # the first digit opens the field
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"learning_rate=0\.37"), timeout=SECONDS)
    expect(control(page, "learning_rate").locator("[data-testid=stSliderThumbValue]")).to_have_text("0.37")
    control(page, "learning_rate").locator("input[type=range]").press("ArrowRight")  # to the next step of the slider
    expect(page).not_to_have_url(re.compile("learning_rate"), timeout=SECONDS)


@pytest.mark.parametrize(
    ("query", "said"), [("", "must be a number in 0..10; “abc” is not."), ("&lang=ko", "“abc”")], ids=["English", "Korean"]
)
def test_a_bad_value_gets_a_sentence_beside_its_control(server: str, open_address: OpenAddress, query: str, said: str) -> None:
    page = open_address(server + "/?iterations=60&hidden=8" + query)
    ready(page)
    control(page, "reg").locator("input[type=range]").press("Enter")
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.locator(".stSidebar").get_by_role("alert")).to_contain_text(said, timeout=SECONDS)
    assert shown(page, "reg") == "0.001"
    control(page, "reg").locator("input[type=range]").press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(page.locator(".lab-type")).to_have_count(0)
    assert "reg" not in page.url


def test_what_a_link_says_becomes_no_link(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=20&hidden=3&www.evil.example/login=1&goal=http://evil.example&reg=me@evil.example")
    warning = page.get_by_text("evil.example")
    expect(warning.first).to_be_visible(timeout=SECONDS)
    assert page.locator("a[href*=evil]").count() == 0


# Keys, languages, translators.


def press(page: Page, key: str, code: str) -> None:
    """A key as another layout sends it."""
    page.evaluate(
        "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true}))", [key, code]
    )


def test_keys_go_by_their_place_on_the_keyboard(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=200&hidden=8")
    settled(page)
    press(page, "л", "KeyK")
    expect(chart(page).get_by_role("button", name="Pause")).to_be_visible()
    press(page, "ㅏ", "KeyK")
    expect(chart(page).get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"learning_rate=0\.3"), timeout=SECONDS)
    settled(page)
    press(page, "ㅕ", "KeyU")
    expect(page).not_to_have_url(re.compile("learning_rate"), timeout=SECONDS)


# What of the menu the language switch lies on.
UNDER_THE_SWITCH = """() => {
  const box = document.querySelector(".st-key-language").getBoundingClientRect();
  const parts = [...document.querySelectorAll("[data-testid=stHeader] :is(a, button), [data-testid=stTopNavSection]")];
  return parts.filter((part) => {
    const { left, right, top, bottom, width } = part.getBoundingClientRect();
    const seen = width && getComputedStyle(part).visibility !== "hidden" && !part.closest(".st-key-language");
    return seen && left < box.right - 1 && right > box.left + 1 && top < box.bottom - 1 && bottom > box.top + 1;
  }).map((part) => part.textContent);
}"""


@pytest.mark.parametrize("query", ["", "embed=true&"], ids=["plain", "embedded"])
def test_the_language_switch_covers_nothing(server: str, open_address: OpenAddress, query: str) -> None:
    page = open_address(server + "/about")
    for language in ("en", "ko"):
        page.goto(f"{server}/about?{query}lang={language}")
        expect(page.locator(".st-key-language")).to_be_visible(timeout=SECONDS)
        for width in (1280, 1000, 800, 390):
            page.set_viewport_size({"width": width, "height": 720})
            at_rest(page)
            assert page.evaluate(UNDER_THE_SWITCH) == [], (language, width)


def test_lists_follow_the_language(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/")
    settled(page)
    field = control(page, "preset").get_by_role("combobox")
    expect(field).to_have_value("Neural net")
    page.locator(".st-key-language").get_by_text("한국어").click()
    expect(control(page, "preset").get_by_role("combobox")).to_have_value("신경망", timeout=SECONDS)
    assert page.evaluate("document.documentElement.lang") == "ko"


# What a browser's translation does: each text that may be translated stands in new elements.
TRANSLATE = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  const kept = "script, style, svg, canvas, textarea, code, [translate=no]";
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.trim() && !text.parentElement.closest(kept)) found.push(text);
  }
  for (const text of found) {
    const outer = document.createElement("font"), inner = document.createElement("font");
    inner.textContent = text.data;
    outer.append(inner);
    text.replaceWith(outer);
  }
}"""


def test_translators_do_not_break_any_page(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=60&hidden=8")
    settled(page)
    for place in navigation.PAGES:
        page.goto(f"{server}/{place}?iterations=60&hidden=8")
        expect(page.get_by_test_id("stMainBlockContainer")).to_be_visible(timeout=SECONDS)
        expect(page.locator("html")).to_have_attribute("translate", "no", timeout=SECONDS)
        page.evaluate(TRANSLATE)
        page.locator(".st-key-language").get_by_text("한국어").click()  # all that is on the page changes
        expect(page.locator("html")).to_have_attribute("lang", "ko", timeout=SECONDS)
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
    page.goto(f"{server}/?iterations=60&hidden=8")
    settled(page)
    page.evaluate(TRANSLATE)
    page.locator(".st-key-model").get_by_text("Linear").click()
    expect(page).to_have_url(re.compile("hidden=&"), timeout=SECONDS)
    bursts.rest(page)
    assert bursts.differences(page) == []


# Links and small screens.


def test_tracking_parameters_go_without_a_word(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?hidden=8&iterations=60&fbclid=abc&utm_source=mail")
    settled(page)
    expect(page.locator(".st-key-link_errors")).to_have_count(0)
    expect(page).to_have_url(server + "/?hidden=8&iterations=60")


def test_a_page_that_does_not_exist_offers_the_link_of_the_playground(server: str, browser: Browser) -> None:
    page = new_context(browser).new_page()  # whose console may tell of the page that is not there
    page.goto(server + "/nowhere?hidden=8&iterations=60")
    settled(page)
    page.keyboard.press("Escape")  # what Streamlit says of it
    expect(page.get_by_test_id("stCode").filter(has_text="hidden=8").first).to_have_text(f"{server}/?hidden=8&iterations=60")
    page.close()


def test_a_theme_asked_for_by_the_link_stays(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=60&hidden=8&embed_options=dark_theme")
    settled(page)
    page.get_by_role("link", name="Lessons").click()
    expect(page.get_by_role("heading", name="1. The loss before any training")).to_be_visible(timeout=SECONDS)
    expect(page).to_have_url(re.compile("embed_options=dark_theme"), timeout=SECONDS)
    page.reload()
    expect(page.get_by_role("heading", name="1. The loss before any training")).to_be_visible(timeout=SECONDS)
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(18, 21, 28)"


def test_on_a_phone_the_picture_stays_in_sight_of_the_controls(server: str, browser: Browser) -> None:
    context = new_context(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server + "/?iterations=60&hidden=8")
    ready(page)
    page.get_by_test_id("stExpandSidebarButton").tap()
    choice = page.locator(".st-key-model").get_by_text("Linear")
    choice.tap()
    expect(page).to_have_url(re.compile("hidden=&"), timeout=SECONDS)
    bursts.rest(page)
    sheet, plane = page.get_by_test_id("stSidebar").bounding_box(), chart(page).locator("image").first.bounding_box()
    assert sheet
    assert plane
    assert sheet["y"] > 0.5 * 844
    assert plane["y"] > 0
    assert min(plane["y"] + plane["height"], sheet["y"]) - plane["y"] > 0.8 * plane["height"]
    control(page, "learning_rate").locator("[data-testid=stSliderThumbValue]").tap()
    page.keyboard.type("0.37")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"learning_rate=0\.37"), timeout=SECONDS)
    small = page.evaluate(
        "() => [...document.querySelectorAll('.stButton button, .stSidebar :is(.stButtonGroup [role=radio], summary, a)'),"
        "...document.querySelectorAll('.lab-chart button')]"
        ".filter((e) => e.offsetParent && e.getBoundingClientRect().height < 40).map((e) => e.outerHTML.slice(0, 200))"
    )
    assert small == []
    page.goto(server + "/lessons?lesson=folds&iterations=60&hidden=8")
    answers = page.locator("[data-testid=stMain] [role=radiogroup] label")
    expect(answers.first).to_be_visible(timeout=SECONDS)
    assert all(answer.bounding_box()["height"] >= 40 for answer in answers.all())  # type: ignore[index]
    context.close()


def test_what_a_teacher_locks_looks_locked_and_nothing_else(server: str, open_address: OpenAddress) -> None:
    """The seed is 0, so that its field cannot be made smaller."""
    for query, mark in (("", "none"), ("&lock=seed", '"lock"')):
        page = open_address(f"{server}/?iterations=20&hidden=4{query}")
        page.get_by_text(re.compile("^Initial weights:")).click(timeout=SECONDS)
        expect(page.get_by_label("Seed", exact=True)).to_be_visible(timeout=SECONDS)
        label = control(page, "seed").locator("[data-testid=stWidgetLabel] p")
        assert label.evaluate("label => getComputedStyle(label, '::after').content") == mark
