"""A curve drawn before it is shown: by mouse, by keys, by numbers, by touch, alone in a lesson and with a class."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import LOCALE, SEEN
from tests.browser.test_classroom import People, opened
from tests.support.browser import SECONDS, OpenAddress, at_rest, axe_finds, chart, new_context

pytestmark = pytest.mark.browser


def lesson(page: Page, answer: str = "momentum") -> Locator:
    """The axes of lesson 11, once an answer was chosen."""
    page.locator(".st-key-lessons_answer_momentum").get_by_text(answer, exact=True).click(timeout=SECONDS)
    page.get_by_text("Draw what you expect first").click(timeout=SECONDS)
    return pad(page, "lessons_drawing_momentum")


def pad(page: Page, key: str) -> Locator:
    found = chart(page, key).locator(".pad")
    expect(found).to_be_visible(timeout=SECONDS)
    at_rest(page)
    found.scroll_into_view_if_needed()
    return found


def stroke(page: Page, on: Locator, heights: list[float]) -> None:
    """From the left end to the right through these shares of the height, from the top."""
    box = on.bounding_box()
    assert box
    for i, height in enumerate(heights):
        across = 0.002 + 0.98 * i / (len(heights) - 1)
        page.mouse.move(box["x"] + across * box["width"], box["y"] + height * box["height"], steps=5)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def drawn(page: Page, key: str) -> list[tuple[float, float]]:
    """The corners of the line on show, in pixels."""
    path = chart(page, key).locator(".marks .drawn").get_attribute("d", timeout=SECONDS) or ""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_line_drawn_by_mouse_in_a_lesson_is_held_against_the_run(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/lessons?lesson=momentum")
    stroke(page, lesson(page), [0.9, 0.9])
    heights = {round(y) for _x, y in drawn(page, "lessons_drawing_momentum")}
    assert max(heights) - min(heights) <= 1  # level, where it was drawn, and there at once
    stroke(page, pad(page, "lessons_drawing_momentum"), [0.2, 0.6])
    corners = drawn(page, "lessons_drawing_momentum")
    assert corners[0][1] < corners[len(corners) // 2][1] < corners[-1][1]  # drawn again, over the first
    at_rest(page)
    assert axe_finds(page) == []
    page.reload()
    page.locator(".st-key-lessons_answer_momentum").get_by_text("momentum", exact=True).click(timeout=SECONDS)
    pad(page, "lessons_drawing_momentum")
    assert len(drawn(page, "lessons_drawing_momentum")) > 40  # kept for this browser
    page.get_by_role("button", name="Answer and show the runs").click()
    said = page.get_by_text("On average your line is")
    expect(said).to_contain_text("How will the loss of the run with momentum go?", timeout=SECONDS)
    expect(chart(page, "lessons_curves_momentum").get_by_text("your drawing")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Delete my answers").click()
    expect(page.get_by_role("button", name="Answer and show the runs")).to_be_disabled(timeout=SECONDS)


def test_keys_and_numbers_draw_too(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/lessons?lesson=momentum")
    field = lesson(page)
    expect(field).to_have_attribute("aria-valuetext", "iteration 0: nothing drawn")
    field.focus()
    for key in ("ArrowUp", "End", "PageDown", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(field).to_have_attribute("aria-valuetext", "iteration 500: loss 0.38")  # 21 − 11 of 40 steps of 1.5
    page.keyboard.press("Home")
    expect(field).to_have_attribute("aria-valuetext", "iteration 0: loss 0.79")
    corners = drawn(page, "lessons_drawing_momentum")
    assert corners[0][1] < corners[-1][1]
    page.get_by_text("Give numbers instead").click()
    numbers = chart(page, "lessons_drawing_momentum").locator(".fields input")
    assert [numbers.nth(i).input_value() for i in (0, 4)] == ["0.787", "0.375"]
    page.get_by_label("iteration 500").fill("1.5")
    page.get_by_label("iteration 500").press("Tab")
    expect(field).to_have_attribute("aria-valuetext", "iteration 0: loss 0.79")
    page.get_by_role("button", name="Clear the line").click()
    expect(chart(page, "lessons_drawing_momentum").locator(".marks .drawn")).to_have_count(0)
    at_rest(page)
    field.focus()
    page.keyboard.press("PageUp")
    expect(field).to_have_attribute("aria-valuetext", "iteration 0: loss 0.94")
    page.wait_for_timeout(1200)  # the page is told when no key came for a while
    at_rest(page)
    page.get_by_role("button", name="Answer and show the runs").click()
    expect(page.get_by_text("On average your line is")).to_be_visible(timeout=SECONDS)


def test_a_finger_draws_and_the_page_stays_where_it_is(server: str, browser: Browser) -> None:
    context = new_context(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale=LOCALE)
    context.add_init_script(SEEN)
    page = context.new_page()
    page.goto(f"{server}/lessons?lesson=momentum")
    field = lesson(page)
    box = field.bounding_box()
    assert box
    main = page.locator("[data-testid=stMain]")
    before = main.evaluate("main => main.scrollTop")
    touch = context.new_cdp_session(page)
    for i in range(11):
        at = {"x": box["x"] + 2 + (box["width"] - 8) * i / 10, "y": box["y"] + box["height"] * (0.1 + 0.08 * i)}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if i else "touchStart", "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    corners = drawn(page, "lessons_drawing_momentum")
    assert corners[-1][1] - corners[0][1] > 0.7 * box["height"]
    assert main.evaluate("main => main.scrollTop") == before
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    context.close()


def test_a_class_draws_and_sees_all_drawings_with_the_run(server: str, browser: Browser) -> None:
    people = People(browser, server)
    teacher, code = opened(people)
    students = [people.comes(f"/class?room={code}", *((390, 844) if number == 0 else ())) for number in range(5)]
    expect(teacher.get_by_text("5 students are here").first).to_be_visible(timeout=SECONDS)
    teacher.get_by_text("A drawing", exact=True).click()
    teacher.get_by_role("button", name="Let them draw").click(timeout=SECONDS)
    for number, student in enumerate(students):
        stroke(student, pad(student, "room_sketch"), [0.1 + 0.2 * number] * 2)
        expect(student.get_by_text("Sent. You can draw again")).to_be_visible(timeout=SECONDS)
        assert axe_finds(student) == []
    expect(teacher.get_by_text("5 of 5 have drawn")).to_be_visible(timeout=SECONDS)
    assert teacher.locator(".st-key-room_drawings").count() == 0  # nothing while they come in
    teacher.get_by_role("button", name="Close the drawing").click()
    expect(students[1].get_by_text("Your drawing is in.")).to_be_visible(timeout=SECONDS)
    assert students[1].locator(".st-key-room_drawings").count() == 0
    teacher.get_by_role("button", name="Show all drawings and the run").click(timeout=SECONDS)
    screen = teacher.context.new_page()
    screen.goto(f"{server}/class?room={code}&screen=1")
    for page in (teacher, screen, *students):
        alt = chart(page, "room_drawings").locator(".plot").first
        expect(alt).to_have_attribute("aria-label", re.compile("The median of 5 drawings goes from 1.2. to 1.2."), timeout=SECONDS)
    expect(students[0].get_by_text("Far from what happened. On average your line is")).to_be_visible(timeout=SECONDS)
    expect(teacher.get_by_text("On average your line is")).to_have_count(0)
    assert axe_finds(screen) == []
    assert students[0].evaluate("document.scrollingElement.scrollWidth") <= 390
    for context in people.contexts:
        context.close()


def test_boundaries_are_drawn_on_the_plane_and_laid_over_the_net(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/lessons?lesson=linear", height=1000)
    key = "lessons_drawing_linear"
    page.locator(".st-key-lessons_answer_linear").get_by_text("nearly nothing", exact=True).click(timeout=SECONDS)
    page.get_by_text("Draw what you expect first").click(timeout=SECONDS)
    field = pad(page, key)
    stroke(page, field, [0.5, 0.5])
    stroke(page, field, [0.2, 0.8])
    expect(chart(page, key).locator(".marks .drawn")).to_have_attribute("d", re.compile("^M[^M]*M[^M]*$"), timeout=SECONDS)
    level = [y for _x, y in drawn(page, key)[:5]]
    assert max(level) - min(level) <= 2  # where the hand went
    at_rest(page)
    assert axe_finds(page) == []
    page.get_by_role("button", name="Undo line").click()
    expect(chart(page, key).locator(".marks .drawn")).to_have_attribute("d", re.compile("^M[^M]*$"))
    field.focus()
    for name in ("ArrowUp", " ", "ArrowUp", "ArrowUp", "ArrowRight", " "):
        page.keyboard.press(name)
    expect(field).to_have_attribute("aria-valuetext", re.compile("pen lifted at"))
    expect(chart(page, key).locator(".marks .drawn")).to_have_attribute("d", re.compile("^M[^M]*M[^M]*$"))
    at_rest(page)
    expect(field).to_be_focused()  # for the next line, though the page has drawn itself anew
    page.reload()
    page.locator(".st-key-lessons_answer_linear").get_by_text("nearly nothing", exact=True).click(timeout=SECONDS)
    pad(page, key)
    expect(chart(page, key).locator(".marks .drawn")).to_have_attribute("d", re.compile("^M[^M]*M[^M]*$"))  # kept for this browser
    page.get_by_role("button", name="Answer and show the runs").click()
    expect(page.get_by_text("On average your lines are")).to_be_visible(timeout=SECONDS)
    expect(chart(page, "lessons_borders_linear").get_by_text("your drawing")).to_be_visible(timeout=SECONDS)
