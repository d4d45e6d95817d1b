"""Make the README's pictures from the running app: `make pictures`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch, running_server

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1280, 720

# name → address, dark theme, and what to scroll to
PICTURES = {
    "playground": ("/", False, None),
    "playground-dark-korean": ("/?hidden=50-50&init=he&optimizer=adam&learning_rate=0.01&iterations=1000&lang=ko", True, None),
    "case-study": ("/case_study", False, "4. The gradient"),
}


def take(browser: Browser, address: str, name: str) -> None:
    path, dark, heading = PICTURES[name]
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_selector(".lab-chart image")
    page.wait_for_timeout(2500)
    if heading:
        page.get_by_role("heading", name=heading).evaluate("e => e.scrollIntoView()")
        page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, running_server() as address:
        browser = launch(playwright)
        for name in PICTURES:
            take(browser, address, name)
        browser.close()


if __name__ == "__main__":
    main()
