"""Make the pictures of the README and of docs/teaching.md from the running app: `make pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import at_rest, control, launch
from tests.support.server import running_server

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1280, 720


class Picture(NamedTuple):
    address: str
    dark: bool = False
    press: tuple[str, ...] = ()  # what to click first
    wait: str = ".lab-chart image"  # what must then be there
    heading: str = ""  # what to scroll to


def button(name: str) -> str:
    return f'role=button[name="{name}"]'


PICTURES = {
    "playground": Picture("/", press=(button("Got it"),)),
    "playground-dark-korean": Picture(
        "/?hidden=50-50&init=he&optimizer=adam&learning_rate=0.01&iterations=1000&lang=ko",
        dark=True,
        press=(button("알겠습니다"),),
    ),
    "net": Picture(
        "/?hidden=8-8&init=he&learning_rate=0.3",
        press=(button("Got it"), '.lab-chart button:text-is("Net")', "[data-unit=hidden-1-3]"),
    ),
    "case-study": Picture("/case_study", heading="4. The gradient"),
    "data": Picture("/data?data=penguins&scale=standardise", wait=".st-key-data_plane_chart .main-svg"),
    "lessons": Picture(
        "/lessons?lesson=folds",
        press=("text=somewhere between 3 and 50", button("Answer and show the runs")),
        wait=".st-key-lessons_gallery_folds image",
    ),
    "projector": Picture("/?projector=1"),
    "compare": Picture(
        "/compare", press=(button("Linear versus net"),), wait=".st-key-compare_gallery image", heading="Decision boundaries"
    ),
    "under-the-hood": Picture("/under_the_hood?part=units", wait=".st-key-hood_space .main-svg", heading="Folds"),
    "one-point": Picture("/under_the_hood?iteration=250", wait=".st-key-hood_point_chart .main-svg"),
    "search": Picture("/search", press=(button("Start the search"),), wait="text=/done in/"),
}


def take(browser: Browser, address: str, name: str) -> None:
    picture = PICTURES[name]
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if picture.dark else "light")
    page = context.new_page()
    page.goto(address + picture.address)
    for target in picture.press:
        page.locator(target).first.click()
        page.wait_for_timeout(800)
    page.wait_for_selector(picture.wait)
    page.wait_for_timeout(2500)
    if picture.heading:
        page.get_by_role("heading", name=picture.heading).evaluate("e => e.scrollIntoView()")
        page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


# A class, for docs/teaching.md: the teacher's pages, the screen, and a student's phone, in each language.

CLASS_WIDTH, CLASS_HEIGHT = 1100, 620
ANSWERS = (0, 0, 1, 0, 2, 1, 0)  # of seven students, to the question whether more iterations bend a line


def take_class(browser: Browser, address: str, language: str) -> None:
    size = {"width": CLASS_WIDTH, "height": CLASS_HEIGHT}
    teacher = browser.new_context(viewport=size).new_page()

    def shoot(page: Page, name: str) -> None:
        at_rest(page)
        page.mouse.move(0, CLASS_HEIGHT - 1)
        page.wait_for_timeout(800)
        page.screenshot(path=FOLDER / f"{name}{'-korean' if language == 'ko' else ''}.png")

    def click(page: Page, key: str) -> None:
        at_rest(page)
        control(page, key).get_by_role("button").first.click()
        at_rest(page)

    teacher.goto(f"{address}/teach?lang={language}")
    at_rest(teacher)
    control(teacher, "teach_part").get_by_role("radio").nth(1).click()
    at_rest(teacher)
    teacher.wait_for_timeout(1500)  # an expander that is drawn anew closes
    teacher.get_by_test_id("stExpander").locator("summary").first.click()
    click(teacher, "plans_take_line")
    shoot(teacher, "class-plans")

    teacher.goto(f"{address}/class?lang={language}")
    for key in ("room_open", "room_plan_choose", "room_plan_take", "room_plan_next", "room_plan_next"):
        click(teacher, key)
    code = parse_qs(urlsplit(teacher.url).query)["room"][0]
    students = [browser.new_context(viewport={"width": 390, "height": 700}).new_page() for _ in ANSWERS]
    for student, answer in zip(students, ANSWERS, strict=True):
        student.goto(f"{address}/class?room={code}&lang={language}")
        at_rest(student)
        student.locator("[data-testid=stMain] [data-testid=stRadio] label").nth(answer + 1).click()
        click(student, "room_send")
    shoot(students[0], "class-student")
    teacher.wait_for_timeout(2000)
    shoot(teacher, "class-controls")
    click(teacher, "room_to_talk")
    click(teacher, "room_to_shown")
    teacher.goto(f"{address}/class?room={code}&screen=1&lang={language}")
    shoot(teacher, "class-screen")
    for page in (teacher, *students):
        page.context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
    with sync_playwright() as playwright, running_server() as address:
        browser = launch(playwright)
        for name in PICTURES:
            take(browser, address, name)
        for language in ("en", "ko"):
            take_class(browser, address, language)
        browser.close()


if __name__ == "__main__":
    main()
