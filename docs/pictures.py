"""Make the README's pictures from the running app: `make pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch, running_server

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1280, 720


class Picture(NamedTuple):
    address: str
    dark: bool = False
    press: str = ""  # a button to press first
    wait: str = ".lab-chart image"  # what must then be there
    heading: str = ""  # what to scroll to


PICTURES = {
    "playground": Picture("/"),
    "playground-dark-korean": Picture(
        "/?hidden=50-50&init=he&optimizer=adam&learning_rate=0.01&iterations=1000&lang=ko", dark=True
    ),
    "case-study": Picture("/case_study", heading="4. The gradient"),
    "compare": Picture("/compare", press="Linear against net", wait=".st-key-compare_gallery image", heading="Decision boundaries"),
    "under-the-hood": Picture("/under_the_hood?part=units", wait=".st-key-hood_space .main-svg", heading="Folds"),
    "one-point": Picture("/under_the_hood?iteration=250", wait=".st-key-hood_point_chart .main-svg"),
    "search": Picture("/search", press="Start the search", wait="text=/done in/"),
}


def take(browser: Browser, address: str, name: str) -> None:
    picture = PICTURES[name]
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if picture.dark else "light")
    page = context.new_page()
    page.goto(address + picture.address)
    if picture.press:
        page.get_by_role("button", name=picture.press).click()
    page.wait_for_selector(picture.wait)
    page.wait_for_timeout(2500)
    if picture.heading:
        page.get_by_role("heading", name=picture.heading).evaluate("e => e.scrollIntoView()")
        page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
    with sync_playwright() as playwright, running_server() as address:
        browser = launch(playwright)
        for name in PICTURES:
            take(browser, address, name)
        browser.close()


if __name__ == "__main__":
    main()
