"""Charts in a real browser: dots on their curves, playing, pointing, touching, words that stand clear of one another."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import FloatRect, Page, expect

from pages.ui.visit import inside
from pages.ui.visit.presets import PRESETS
from spiral_core import train
from tests.support.browser import SECONDS, OpenAddress, at_rest, chart, settled
from tests.support.server import server_process
from tests.support.text_boxes import collisions

pytestmark = pytest.mark.browser
STOPPED = re.compile(r"Stopped at iteration")


def finished(page: Page) -> None:
    """A run is drawn, whether it diverged or not."""
    bar = chart(page).locator(".bar:not(.live)")
    expect(bar).to_be_visible(timeout=SECONDS)
    expect(chart(page).locator(".main-svg").first).to_be_visible(timeout=SECONDS)
    expect(chart(page).locator(".subplot.x2y2 path.js-line").first).to_be_attached(timeout=SECONDS)


# How far the cursor's dots lie from the drawn lines of their own colour in their own panel, in pixels: the largest distance.
_OFF = """
chart => {
  let off = 0;
  const box = chart.querySelector(".marks").getBoundingClientRect();
  const dots = [...chart.querySelectorAll(".marks .dot")];
  for (const dot of dots) {
    const [x, y] = [box.left + +dot.getAttribute("cx"), box.top + +dot.getAttribute("cy")];
    const panel = dot.dataset.axis === "y2" ? ".subplot.x2y2" : ".subplot.x3y3";
    const wanted = getComputedStyle(dot).fill;
    let nearest = Infinity;
    for (const line of chart.querySelectorAll(panel + " path.js-line")) {
      if (getComputedStyle(line).stroke !== wanted) continue;
      const place = line.getScreenCTM();
      for (const part of line.getAttribute("d").split("M").slice(1)) {
        let [px, py] = [0, 0];
        const corners = ("L" + part).match(/[LHV][^LHV]*/g).flatMap((step) => {
          const numbers = step.slice(1).split(/[ ,]+/).filter(Boolean).map(Number);
          const pairs = step[0] === "L" ? numbers.flatMap((n, i) => (i % 2 ? [[numbers[i - 1], n]] : [])) : numbers;
          return pairs.map((pair) => {
            if (step[0] === "H") px = pair;
            else if (step[0] === "V") py = pair;
            else [px, py] = pair;
            return [px * place.a + place.e, py * place.d + place.f];
          });
        });
        if (corners.length === 1) corners.push(corners[0]);
        for (let i = 1; i < corners.length; i++) {
          const [[ax, ay], [bx, by]] = [corners[i - 1], corners[i]];
          const [dx, dy] = [bx - ax, by - ay];
          const share = dx || dy ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))) : 0;
          nearest = Math.min(nearest, Math.hypot(ax + share * dx - x, ay + share * dy - y));
        }
      }
    }
    off = Math.max(off, nearest);
  }
  return [dots.length, off];
}
"""

HUGE = "learning_rate=100&hidden=100-100-100-100-100-100&reg=10&activation=tanh&init=he&iterations=200"


@pytest.mark.parametrize("query", ["", HUGE], ids=["usual", "huge"])
def test_the_dots_lie_on_their_curves(server: str, open_address: OpenAddress, query: str) -> None:
    page = open_address(f"{server}/?{query}")
    finished(page)
    slider, seen = chart(page).get_by_role("slider"), 0
    for _axes in range(2):
        for key in ("Home", "PageUp", "End", "ArrowLeft"):
            slider.press(key)
            for _look in range(40):  # the next frame may not be painted yet
                count, off = chart(page).evaluate(_OFF)
                if off < 1.5:
                    break
                page.wait_for_timeout(50)
            seen += count
            assert off < 1.5
        chart(page).get_by_role("button", name="log loss").click()
    assert seen >= 8


def test_pointing_at_the_curves_shows_that_iteration_and_dragging_moves_no_picture(server: str, open_address: OpenAddress) -> None:
    """There is a way to zoom, and one back; and a chart without a replay is one stop for the Tab key."""
    page = open_address(server)
    settled(page)
    at_rest(page)
    shown, panel = chart(page).locator("output"), chart(page).locator(".nsewdrag[data-subplot='x2y2']").bounding_box()
    plane = chart(page).locator(".nsewdrag[data-subplot='xy']").bounding_box()
    assert panel
    assert plane
    page.mouse.click(panel["x"] + 0.5 * panel["width"], panel["y"] + 0.1 * panel["height"])  # far above the curve
    assert shown.inner_text() not in ("iteration 0", "iteration 2\u202f000")
    drag(page, panel, (0.5, 0.9), (0.02, 0.9))
    expect(shown).to_have_text(re.compile(r"iteration [01]$"))
    range_of = "e => [...e.querySelector('.plot')._fullLayout.xaxis.range, ...e.querySelector('.plot')._fullLayout.yaxis.range]"
    before = chart(page).evaluate(range_of)
    drag(page, plane, (0.3, 0.3), (0.7, 0.8))
    assert chart(page).evaluate(range_of) == before
    page.mouse.dblclick(plane["x"] + 0.5 * plane["width"], plane["y"] + 0.5 * plane["height"])
    assert chart(page).evaluate(range_of) == before
    more = chart(page).get_by_role("button", name="Chart tools")
    more.click()
    chart(page).get_by_role("button", name="Zoom by dragging").click()
    drag(page, plane, (0.3, 0.3), (0.7, 0.8))
    left = "document.querySelector('.st-key-training .plot')._fullLayout.xaxis.range[0]"
    page.wait_for_function(f"before => Math.abs({left} - before) > 0.1", arg=before[0])
    more.click()
    chart(page).get_by_role("button", name="Reset view").click()
    page.wait_for_function(f"before => Math.abs({left} - before) < 0.02", arg=before[0])
    stops = "e => [...e.querySelectorAll('button, input, a, [tabindex]')].filter(b => b.tabIndex >= 0 && b.offsetParent).length"
    assert chart(page, "confusion").evaluate(stops) == 1
    expect(page.locator(".modebar-btn")).to_have_count(0)


def drag(page: Page, box: FloatRect, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place to another, in shares of a box."""
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=6)
    page.mouse.up()


def test_a_swipe_on_the_plane_scrolls_the_page(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=60&hidden=8", 390, 844, has_touch=True, is_mobile=True)
    settled(page)
    plane = chart(page).locator(".nsewdrag[data-subplot='xy']")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    assert box
    before = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    devtools = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 20 * step}]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("top => document.querySelector('[data-testid=stMain]').scrollTop > top + 100", arg=before)


def test_k_right_after_a_change_plays_the_run_that_comes(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("learning_rate"), timeout=SECONDS)
    rate = float(re.search(r"learning_rate=([\d.]+)", page.url)[1])  # type: ignore[index]
    expect(chart(page).get_by_role("button", name="Pause")).to_be_visible()
    expect(chart(page).get_by_role("button", name="Play")).to_be_visible(timeout=SECONDS)  # at the end
    loss = train(PRESETS[0].settings.replace(learning_rate=rate)).history.loss[-1]
    expect(chart(page).locator("dd").first).to_contain_text(f"{loss:.4f}", timeout=SECONDS)


# Notes, at each change, the iteration on show, whether the bar is dimmed, which buttons it has, and what is said above.
NOTE = """() => {
  window.seen = [];
  const look = () => {
    const chart = document.querySelector(".st-key-training .lab-chart");
    if (!chart) return;
    const bar = chart.querySelector(".bar");
    const buttons = [...bar.querySelectorAll("button")].map((each) => each.hidden ? "" : each.title || each.textContent);
    const stops = document.querySelectorAll(".st-key-stop button").length;
    const now = [bar.querySelector("output").textContent, bar.className, buttons.join(), stops];
    if (String(seen.at(-1)) !== String(now)) seen.push(now);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  look();
}"""


def test_a_first_picture_comes_before_the_run_is_done_and_nothing_beside_it_changes(open_address: OpenAddress) -> None:
    """On a server that calls an hour a moment, so that the run is done in a moment on any machine."""
    last = 10_000  # more than one slice on the fastest
    with server_process(before="from pages.ui.widgets import live; live.WAIT = 3600") as (address, _process, _log):
        page = open_address(f"{address}/?iterations={last}&hidden=60")
        settled(page)
        at_rest(page)
        page.wait_for_timeout(700)  # a hand at rest
        page.evaluate(NOTE)
        chart(page).evaluate("chart => chart.mark = true")
        page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
        expect(page).to_have_url(re.compile("learning_rate"), timeout=SECONDS)
        at_rest(page)
        seen = page.evaluate("seen")
        assert chart(page).evaluate("chart => chart.mark")  # the same element, with all that its reader has chosen on it
    iterations = [int(re.sub(r"\D", "", each[0])) for each in seen]
    assert iterations[0] == iterations[-1] == last
    assert min(iterations) < last, seen
    assert {tuple(rest) for _iteration, *rest in seen} == {tuple(seen[0][1:])}, seen
    assert seen[0][-1] == 0, seen  # nothing to stop


def test_during_a_long_run_the_bar_shows_how_far_it_is_and_play_waits_for_its_end(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?iterations=100000&hidden=300&seed=815")
    expect(chart(page).locator(".bar.live")).to_be_visible(timeout=SECONDS)
    expect(chart(page).locator("output")).to_have_text(re.compile("iteration [1-9]"), timeout=SECONDS)
    slider = chart(page).locator("input[type=range]")
    assert 0 < int(slider.input_value()) < 1000
    assert slider.is_disabled()
    chart(page).get_by_role("button", name="Play").click()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    settled(page)
    expect(chart(page).get_by_role("button", name="Pause")).to_be_visible(timeout=SECONDS)


def test_the_charts_stay_where_they_are_whatever_the_preset_says(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    settled(page)
    tops = set()
    for preset in PRESETS:
        page.get_by_role("combobox", name="Start from").click()
        page.get_by_role("option", name=preset.name, exact=True).click()
        expect(chart(page).locator(".bar:not(.live)")).to_be_visible(timeout=SECONDS)
        told = page.locator(".st-key-status")
        expect(told).to_contain_text(STOPPED if preset.name == "Blows up" else preset.name, timeout=SECONDS)
        place = chart(page).bounding_box()
        assert place
        tops.add(round(place["y"]))
    assert len(tops) == 1


def test_a_sick_run_says_so_on_the_first_screen(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?learning_rate=0.01")
    settled(page)
    box = page.locator(".st-key-status strong").last.bounding_box()
    assert box
    assert box["y"] + box["height"] < 720
    expect(page.locator(".st-key-intro")).to_contain_text("Spiral Lab")
    expect(page.locator(".st-key-intro").get_by_role("link", name="CS231n")).to_be_visible()


def test_cells_of_the_confusion_matrix_light_up_points_and_wrong_ones_are_circled(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?hidden=3")
    settled(page)
    cell = chart(page, "confusion").locator(".nsewdrag").first
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 6, box["y"] + box["height"] / 6)  # class 0 taken for class 0
    chip = chart(page).locator(".chip")
    expect(chip).to_contain_text(re.compile(r"Training points: 0 → 0 \(\d+\)"))
    count = int(re.search(r"\((\d+)\)", chip.inner_text())[1])  # type: ignore[index]
    strong = "e => [...e.querySelectorAll('.subplot.xy .points path')].filter(p => +getComputedStyle(p).opacity > 0.9).length"
    assert chart(page).evaluate(strong) == count
    chip.click()
    expect(chip).to_have_count(0)
    assert chart(page).evaluate(strong) == 300
    h = train(PRESETS[0].settings.replace(hidden=(3,))).history
    chart(page).get_by_role("button", name="circle wrong points").click()
    for key, row in (("Home", 0), ("End", -1)):  # at the iteration on show
        chart(page).get_by_role("slider").press(key)
        wrong = round(240 * (1 - h.train_accuracy[row]) + 60 * (1 - h.test_accuracy[row]))
        expect(chart(page).locator(".ring")).to_have_count(wrong)


PLACES = {
    "playground": "?hidden=30",
    "many classes": "?classes=8&points_per_class=1250&hidden=5&iterations=100",
    "overflow": "?hidden=&learning_rate=30&reg=0.1",
    "case_study": "case_study?",
    "data": "data?classes=8",
    "under the hood": f"{inside.PAGE}?hidden=10&iterations=200",
    "compare": "compare?",
    "search": "search?hidden=5&iterations=50",
}


# Each place in one of these in the suite, in all of them with SPIRAL_LAB_LONG=1.
WAYS = ("lang=en", "lang=ko&projector=1", "lang=ko", "lang=en&projector=1")


def ways(place: str) -> tuple[str, ...]:
    """The Playground's titles are the longest: in English they wrap on a projector."""
    if os.environ.get("SPIRAL_LAB_LONG"):
        return WAYS
    return (WAYS[0], WAYS[3]) if place == "playground" else (WAYS[list(PLACES).index(place) % len(WAYS)],)


@pytest.mark.parametrize(("place", "way"), [(place, way) for place in PLACES for way in ways(place)])
def test_words_of_charts_stand_clear_of_one_another(server: str, open_address: OpenAddress, place: str, way: str) -> None:
    found = []
    page = open_address(f"{server}/{PLACES[place]}&{way}")
    button = {"compare": "compare_pair", "search": "search_start"}.get(place)
    if button:
        page.locator(f".st-key-{button} button").first.click(timeout=SECONDS)
    expect(page.locator(".lab-chart .main-svg").first).to_be_attached(timeout=SECONDS)
    for width, height in ((1280, 720), (1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        found += [f"{way} {width}: {words}" for words in collisions(page)]
    assert found == []


def test_a_page_that_is_left_empty_loads_itself_again_once(server: str, open_address: OpenAddress) -> None:
    """As the front end leaves it when it gives up."""
    page = open_address(f"{server}/?seed=7")
    settled(page)
    empty = "window.before = true; document.getElementById('root').replaceChildren()"
    page.evaluate(empty)
    page.wait_for_function("!window.before && document.querySelector('.st-key-training .main-svg')", timeout=SECONDS)
    settled(page)
    assert "seed=7" in page.url
    page.evaluate(empty)  # and not again and again
    page.wait_for_timeout(2500)
    assert page.evaluate("window.before") is True
