"""What a student does, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pages.ui.visit.presets import START
from spiral_core import Settings, train
from tests.support.browser import SECONDS, OpenAddress, at_rest, chart, figures, new_context, picture, settled
from tests.support.server import running_server

pytestmark = pytest.mark.browser


def expected_figures(settings: Settings) -> list[str]:
    h = train(settings).history
    held_out = "–" if settings.data.test_fraction == 0 else f"{h.test_accuracy[-1]:.1%}"
    return [f"{h.loss[-1]:.4f}", f"{h.train_accuracy[-1]:.1%}", held_out]


def test_a_control_moved_by_keyboard_changes_the_boundary(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)  # the first picture comes without a click
    assert figures(page) == expected_figures(START)
    before = picture(page)
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"learning_rate=0\.3"))
    expect(chart(page).locator("dd").first).to_contain_text(expected_figures(START.replace(learning_rate=0.3))[0])
    expect(chart(page).locator("image").first).not_to_have_attribute("href", before)
    page.get_by_role("button", name="Undo").click()
    expect(chart(page).locator("image").first).to_have_attribute("href", before)


def test_replay_plays_steps_and_scrubs(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)
    end, shown = picture(page), chart(page).locator("output")
    expect(shown).to_have_text("iteration 2 000")
    chart(page).get_by_role("button", name="To the start").click()
    expect(shown).to_have_text("iteration 0")
    start = picture(page)
    assert start != end
    assert figures(page)[0] == f"{train(START.replace(iterations=1)).history.loss[0]:.4f}"
    chart(page).get_by_role("button", name="One step forward").click()
    expect(shown).to_have_text("iteration 1")
    chart(page).get_by_role("slider").press("End")
    expect(shown).to_have_text("iteration 2 000")
    assert picture(page) == end
    chart(page).get_by_role("slider").press("ArrowLeft")
    expect(shown).to_have_text("iteration 1 800")
    chart(page).get_by_role("button", name="To the end").click()
    chart(page).get_by_role("button", name="Play").click()
    expect(shown).to_have_text(re.compile(r"iteration [1-9]\d?$"))
    chart(page).get_by_role("button", name="Pause").click()
    paused = shown.inner_text()
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")  # three frames of a replay that goes on
    expect(shown).to_have_text(paused)
    chart(page).get_by_role("button", name="Play").click()
    expect(shown).to_have_text("iteration 2 000", timeout=SECONDS)
    assert picture(page) == end


def test_log_axes_can_be_switched(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)
    ticks = chart(page).locator(".xaxislayer-above .x3tick, .x3tick")
    expect(ticks.first).to_have_text("0")
    texts = ticks.all_text_contents()
    chart(page).get_by_role("button", name="log iterations").click()
    expect(chart(page).get_by_role("button", name="log iterations")).to_have_attribute("aria-pressed", "false")
    expect(ticks).not_to_have_text(texts)
    chart(page).get_by_role("button", name="log loss").click()
    expect(chart(page).get_by_role("button", name="log loss")).to_have_attribute("aria-pressed", "true")


def test_a_long_run_shows_progress_and_can_be_stopped(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=100000&hidden=300&seed=4711")
    expect(page.get_by_text(re.compile(r"of 100.000 iterations · loss \d"))).to_be_visible(timeout=SECONDS)
    main = page.get_by_test_id("stMain")
    expect(chart(page).locator("image").first).to_be_visible(timeout=SECONDS)
    first = picture(page)
    expect(chart(page).locator("image").first).not_to_have_attribute("href", first, timeout=SECONDS)
    main.get_by_role("button", name="Stop").click()
    settled(page)
    expect(page).to_have_url(re.compile(r"iterations=\d+"))
    stopped = int(re.search(r"iterations=(\d+)", page.url).group(1))  # type: ignore[union-attr]
    assert 0 < stopped < 100_000
    expect(chart(page).locator("output")).to_have_text(re.compile("iteration [1-9]"))
    main.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(f"iterations={stopped + 1000}"), timeout=SECONDS)
    settled(page)


def test_a_link_on_a_fresh_server_gives_the_same_digits(open_address: OpenAddress) -> None:
    settings = START.replace(hidden=(12, 7), activation="tanh", learning_rate=0.123, optimizer="momentum", iterations=700, seed=3)
    query = "hidden=12-7&activation=tanh&learning_rate=0.123&optimizer=momentum&iterations=700&seed=3"
    with running_server() as address:
        page = open_address(f"{address}/?{query}")
        settled(page)
        assert figures(page) == expected_figures(settings)
        assert set(page.url.split("?")[1].split("&")) == set(query.split("&"))
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.close()


def test_a_deep_link_on_a_fresh_server_opens_its_page(open_address: OpenAddress) -> None:
    with running_server() as address:
        page = open_address(address + "/case_study?lang=ko")
        expect(page.get_by_role("heading", name="11. 원문의 모든 손실")).to_be_visible(timeout=SECONDS)
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert picture(page, "case_net")
        page.get_by_role("link", name="실험실").click()
        expect(page.get_by_role("slider", name="학습률")).to_be_visible(timeout=SECONDS)
        expect(page).to_have_url(re.compile(r"/\?lang=ko$"))
        page.close()


def test_the_language_switch_and_the_browsers_language(server: str, open_address: OpenAddress) -> None:
    page = open_address(server, locale="ko-KR")
    expect(page.get_by_role("slider", name="학습률")).to_be_visible(timeout=SECONDS)
    assert "lang" not in page.url
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("slider", name="Learning rate")).to_be_visible(timeout=SECONDS)
    expect(page).to_have_url(re.compile(r"lang=en"))
    page.reload()
    expect(page.get_by_role("slider", name="Learning rate")).to_be_visible(timeout=SECONDS)


def test_a_bad_link_is_told_and_the_page_works(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?learning_rate=1e999&foo=1")
    settled(page)
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("Learning rate (learning_rate) must be a number in 0.000001..100; “1e999” is not.")
    expect(alert).to_contain_text("Ignored in the link because they are not settings: “foo”")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_browsers_back_button_brings_the_experiment_back(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?seed=1")
    settled(page)
    page.get_by_role("slider", name="Iterations").press("ArrowLeft")
    expect(page).to_have_url(re.compile("iterations=1000"))
    expect(chart(page).locator("output")).to_have_text("iteration 1 000", timeout=SECONDS)
    page.go_back()
    expect(chart(page).locator("output")).to_have_text("iteration 2 000", timeout=SECONDS)
    assert "iterations" not in page.url


def test_dark_theme_draws_light_on_dark(server: str, open_address: OpenAddress) -> None:
    page = open_address(server, dark=True)
    settled(page)
    colour = chart(page).locator(".x3tick text").first.evaluate("e => getComputedStyle(e).fill")
    assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 200


def test_the_theme_menu_recolours_the_charts(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)
    page.get_by_role("button", name="Main menu").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    for key, text in (("training", ".x3tick text"), ("confusion", ".xtick text")):
        label = chart(page, key).locator(text).first
        expect(label).to_have_css("fill", re.compile(r"rgb\(2\d\d, 2\d\d, 2\d\d\)"), timeout=SECONDS)


def test_calculator_and_open_in_playground(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/case_study")
    field = page.get_by_role("spinbutton", name="p₀")
    field.fill("0.4")
    field.press("Enter")
    expect(page.get_by_text("These sum to 1.200, so each is divided by it: probabilities sum to 1.")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Open in the Playground").first.click()
    settled(page)
    expect(page).to_have_url(re.compile(r"hidden=&iterations=200|iterations=200"))
    assert figures(page) == ["0.7863", "49.3%", "–"]


def test_the_downloaded_script_prints_the_losses_of_the_screen(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?hidden=9&iterations=100&optimizer=momentum&learning_rate=0.1", height=1800)
    settled(page)
    page.get_by_text("Export").click()
    at_rest(page)  # a button that is drawn anew under the click hears nothing of it
    with page.expect_download() as download:
        page.get_by_role("button", name="Python script").click()
    assert download.value.suggested_filename == "spiral_run.py"
    done = subprocess.run([sys.executable, download.value.path()], capture_output=True, text=True, check=True)
    last = re.search(r"iteration 100: loss ([\d.]+)", done.stdout)
    assert last
    assert f"{float(last[1]):.4f}" == figures(page)[0]


def test_the_report_shows_its_charts_offline(server: str, open_address: OpenAddress, browser: Browser, tmp_path: Path) -> None:
    page = open_address(server + "/?hidden=9&iterations=100", height=1800)
    settled(page)
    page.get_by_text("Export").click()
    at_rest(page)  # a button that is drawn anew under the click hears nothing of it
    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    context = new_context(browser, offline=True)
    offline = context.new_page()
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(file.as_uri())
    expect(offline.locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    expect(offline.locator("image").first).to_have_attribute("href", re.compile("^data:image/png"))
    expect(offline.get_by_text(figures(page)[0]).first).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_the_first_path_leaves_the_page_before_it_as_it_was(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/about?hidden=7&iterations=50")
    page.get_by_role("button", name="Three minutes from a line to a net").click(timeout=SECONDS)
    expect(page.get_by_text("1 of 5 · A line")).to_be_visible(timeout=SECONDS)
    at_rest(page)
    ahead = page.get_by_role("button", name="Next").bounding_box()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 5 · Three folds")).to_be_visible(timeout=SECONDS)
    at_rest(page)
    assert page.get_by_role("button", name="Next").bounding_box() == pytest.approx(ahead, abs=1)  # nothing moves under the pointer
    page.go_back()
    expect(page.get_by_text("1 of 5 · A line")).to_be_visible(timeout=SECONDS)
    at_rest(page)
    for _entry in range(2):  # Streamlit writes the new query before it changes the page
        page.go_back()
        expect(page.get_by_role("heading", name="How to cite")).to_be_visible(timeout=SECONDS)
        at_rest(page)
    assert page.url.endswith("/about?hidden=7&iterations=50")
