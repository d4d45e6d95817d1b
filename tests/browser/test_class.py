"""Journeys of a class in a real browser: own data, lessons, a teacher's link, the keyboard alone, and what axe finds."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from pages.ui.visit.course import LESSONS
from pages.ui.visit.presets import START
from spiral_core import DataSettings, train
from spiral_core.points import unpack
from tests.support.browser import SECONDS, OpenAddress, at_rest, chart, control, figures, settled

pytestmark = pytest.mark.browser


def points_of(page: Page) -> DataSettings:
    query = parse_qs(urlsplit(page.url).query)
    return DataSettings(name="own", points=query["points"][0], scale=query.get("scale", ["none"])[0], test_fraction=0.2)


def test_a_cp949_file_is_uploaded_and_trained_on(server: str, open_address: OpenAddress, tmp_path: Path) -> None:
    rows = ["이름;키;무게;종류"]
    for i in range(15):
        rows += [f"개{i};{180 + i % 5},5;{70 + i % 7};강아지", f"양{i};{150 + i % 5},5;{50 + i % 7};고양이"]
    file = tmp_path / "animals.csv"
    file.write_bytes("\r\n".join(rows).encode("cp949"))
    page = open_address(server + "/data?iterations=300")
    page.get_by_text("File", exact=True).click()
    control(page, "data_upload").locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Read as: CP949, semicolons, decimal comma, column names in line 1")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Use these points").click()
    expect(page).to_have_url(re.compile("data=own"), timeout=SECONDS)
    assert unpack(points_of(page).points).names == ("강아지", "고양이")
    page.get_by_role("button", name="Open in the Playground").click()
    settled(page)
    expect(chart(page)).to_contain_text("고양이")
    page.reload()
    settled(page)
    run = train(START.replace(iterations=300, data=points_of(page)))
    assert figures(page)[0] == f"{run.history.loss[-1]:.4f}"


def test_who_is_quicker_than_the_page_changes_no_setting(server: str, open_address: OpenAddress) -> None:
    """A click that interrupts the first run of a page: the values of its controls may then be lost on their way to the browser,

    which sends their defaults with the next click.
    """
    for _ in range(2):
        page = open_address(server + "/data?iterations=300&hidden=8")
        page.get_by_text("File", exact=True).click()
        expect(page.get_by_text("Two columns with numbers")).to_be_visible(timeout=SECONDS)
        page.get_by_text("Facts", exact=True).click()
        expect(page.get_by_text("The classes are balanced")).to_be_visible(timeout=SECONDS)
        at_rest(page)
        assert parse_qs(urlsplit(page.url).query) == {"iterations": ["300"], "hidden": ["8"]}


def click_plane(page: Page, x: float, y: float) -> None:
    """Click a place of the plane, as shares of its width and height, and wait until the points have changed."""
    plot = chart(page, "data_plane_chart")
    before = plot.locator(".plot").get_attribute("aria-label")
    box = plot.locator(".nsewdrag").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    expect(plot.locator(".plot")).not_to_have_attribute("aria-label", str(before), timeout=SECONDS)


def test_five_points_are_clicked_and_trained_on(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/data?iterations=300&test_fraction=0")
    expect(chart(page, "data_plane_chart").locator(".nsewdrag").first).to_be_visible(timeout=SECONDS)
    control(page, "data_more").get_by_role("button").click()
    control(page, "data_clear").get_by_role("button").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("The plane is empty.")).to_be_visible(timeout=SECONDS)
    for x, y in ((0.2, 0.2), (0.3, 0.3)):
        click_plane(page, x, y)
    expect(page.get_by_text("Not used for training yet: there are no points of B.")).to_be_visible()
    control(page, "data_class").click()
    page.get_by_role("option", name="B").click()
    expect(control(page, "data_class").get_by_role("combobox")).to_have_value("B")
    at_rest(page)
    for x, y in ((0.7, 0.7), (0.8, 0.6), (0.75, 0.8)):
        click_plane(page, x, y)
    expect(page).to_have_url(re.compile("data=own"), timeout=SECONDS)
    own = unpack(parse_qs(urlsplit(page.url).query)["points"][0])
    assert own.y.tolist() == [0, 0, 1, 1, 1]
    assert own.X[0] == pytest.approx([-0.66, 0.66], abs=0.02)
    page.get_by_role("button", name="Open in the Playground").click()
    settled(page)
    assert figures(page)[1] == "100.0%"


def test_a_teachers_link_shows_only_what_it_should(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/teach?hidden=12&iterations=100")
    for key, name in (("teach_hide", "Noise"), ("teach_lock", "Learning rate"), ("teach_pages", "Lessons")):
        at_rest(page)  # a field that is drawn anew takes no letters
        control(page, key).locator("input").click()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(control(page, key)).to_contain_text(name, timeout=SECONDS)
        page.keyboard.press("Escape")
    control(page, "teach_theme").click()
    page.get_by_role("option", name="dark").click()
    expect(page.get_by_test_id("stCode").first).to_contain_text("dark_theme", timeout=SECONDS)
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    address = page.get_by_test_id("stCode").first.inner_text().strip()
    student = open_address(address)
    settled(student)
    menu = student.get_by_test_id("stHeader").get_by_role("link")
    expect(menu).to_have_count(2)
    expect(menu.last).to_contain_text("Lessons")
    expect(student.get_by_role("slider", name="Learning rate")).to_be_disabled()
    student.get_by_text("Data: Spiral").click()
    expect(student.get_by_role("slider", name="Classes")).to_be_visible()
    expect(student.get_by_role("slider", name="Noise")).to_have_count(0)
    assert student.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(18, 21, 28)"
    menu.last.click()
    expect(student.get_by_role("heading", name="1. The loss before any training")).to_be_visible(timeout=SECONDS)
    assert "lock=learning_rate" in student.url


def test_a_whole_journey_by_keyboard(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=200&hidden=8")
    settled(page)
    page.keyboard.press("k")
    expect(chart(page).get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("k")
    shown = chart(page).locator("output").inner_text()
    page.keyboard.press("l")
    assert chart(page).locator("output").inner_text() != shown
    page.keyboard.press("j")
    assert chart(page).locator("output").inner_text() == shown
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    expect(page).to_have_url(re.compile("learning_rate=0.3"), timeout=SECONDS)
    settled(page)
    page.keyboard.press("u")
    expect(page).not_to_have_url(re.compile("learning_rate"), timeout=SECONDS)
    settled(page)
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile("iterations=1200"), timeout=SECONDS)
    settled(page)
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_contain_text("Keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    lessons = page.get_by_role("link", name="Lessons")
    for _ in range(60):  # the menu is reached by Tab
        page.keyboard.press("Tab")
        if lessons.evaluate("e => e === document.activeElement"):
            break
    look = lessons.evaluate("e => [e === document.activeElement, getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]")
    assert look[0]
    assert look[1:] != ["none", "none"]  # the focus is seen
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1. The loss before any training")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("button", name="Answer and show the runs")).to_be_visible(timeout=SECONDS)
    at_rest(page)  # a key that comes while the page is built is nobody's
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="2. A linear classifier cannot bend")).to_be_visible(timeout=SECONDS)
    page.get_by_role("radio", name="nearly nothing").focus()
    page.keyboard.press("Space")
    run = page.get_by_role("button", name="Answer and show the runs")
    expect(run).to_be_enabled(timeout=SECONDS)
    run.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You predicted “nearly nothing”. Correct.")).to_be_visible(timeout=SECONDS)
    expect(chart(page, "lessons_gallery_linear").locator("image").first).to_be_visible(timeout=SECONDS)
    at_rest(page)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="3. Hidden units make folds")).to_be_visible(timeout=SECONDS)


def test_answers_and_the_closed_hint_are_kept(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=50&hidden=5")
    page.get_by_role("button", name="Got it").click()
    expect(page.get_by_role("button", name="Got it")).to_have_count(0, timeout=SECONDS)
    page.get_by_role("link", name="Lessons").click()
    page.get_by_text("about 1.10").click()
    page.get_by_role("button", name="Answer and show the runs").click()
    expect(page.get_by_text(f"1 of {len(LESSONS)} answered")).to_be_visible(timeout=SECONDS)
    page.reload()
    expect(page.get_by_text("You predicted “about 1.10”. Correct.")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Playground").click()
    settled(page)
    expect(page.get_by_role("button", name="Got it")).to_have_count(0)


def test_little_motion_is_respected(server: str, open_address: OpenAddress) -> None:
    """A replay goes by steps a second, not by frames; nothing plays by itself."""
    page = open_address(server + "/?iterations=200&hidden=8", first=True, reduced_motion="reduce")
    settled(page)
    expect(chart(page).get_by_role("button", name="Pause")).to_have_count(0)
    chart(page).get_by_role("button", name="Play").click()
    page.evaluate("() => new Promise((done) => setTimeout(done, 900))")
    chart(page).get_by_role("button", name="Pause").click()
    assert int(chart(page).locator("input[type=range]").input_value()) <= 4
