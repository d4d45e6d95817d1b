"""The net, drawn, in a real browser: pointed at, walked through by keyboard, set by hand, replayed, looked into, on a phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from pages.ui.visit import inside
from pages.ui.visit.presets import START
from spiral_core import Network, link, train
from spiral_core.arrays import FloatArray
from tests.support.browser import SECONDS, OpenAddress, at_rest, axe_finds, chart, control, figures, picture, settled

pytestmark = pytest.mark.browser

QUERY = "?hidden=8-8&init=he&learning_rate=0.3"
SETTINGS = START.replace(hidden=(8, 8), init="he", learning_rate=0.3)


def opened(page: Page) -> Locator:
    """The diagram, in place of the curves."""
    settled(page)
    expect(chart(page).locator(".net")).to_be_hidden()
    chart(page).get_by_role("button", name="Net", exact=True).click()
    diagram = chart(page).get_by_role("group", name="The net")
    expect(diagram.locator(".node").first).to_be_visible()
    return diagram


def unit(diagram: Locator, layer: int, number: int) -> Locator:
    return diagram.locator(f"[data-unit=hidden-{layer}-{number - 1}]")


def click_between(page: Page, a: Locator, b: Locator, share: float) -> None:
    """Click the line from one unit to another."""
    left, right = a.bounding_box(), b.bounding_box()
    assert left
    assert right
    x = left["x"] + left["width"] + share * (right["x"] - left["x"] - left["width"])
    y = left["y"] + left["height"] / 2 + share * (right["y"] + right["height"] / 2 - left["y"] - left["height"] / 2)
    page.mouse.click(x, y)


def test_a_unit_is_shown_on_the_plane_by_pointer_and_by_keyboard(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/{QUERY}")
    diagram = opened(page)
    says, fold, image = chart(page).locator(".says"), chart(page).locator(".marks .fold"), chart(page).locator("image").first
    assert "2 – 8 – 8 – 3" in (diagram.get_attribute("aria-description") or "")
    assert axe_finds(page) == []
    boundary = picture(page)
    unit(diagram, 1, 4).hover()
    expect(says).to_have_text(re.compile(r"Layer 1, unit 4: on for \d+% of the points; pushes (towards|away from) class \d\."))
    expect(fold).to_be_attached()
    expect(image).not_to_have_attribute("href", boundary)
    chart(page).locator(".nsewdrag[data-subplot='xy']").hover(position={"x": 60, "y": 60}, force=True)
    expect(says).to_have_text(re.compile(r"At \(−?\d\.\d\d, −?\d\.\d\d\): class \d, \d+%"))
    expect(unit(diagram, 1, 4).locator(".value")).to_have_text(re.compile(r"\d"))
    chart(page).locator("output").hover()
    expect(fold).to_have_count(0)
    expect(image).to_have_attribute("href", boundary)

    stops = diagram.locator(".node[tabindex='0']")
    expect(stops).to_have_count(1)
    page.keyboard.press("Tab")
    chart(page).get_by_role("button", name="Net", exact=True).focus()
    for _stop in range(2):  # the tools of the chart, then the diagram
        page.keyboard.press("Tab")
    expect(unit(diagram, 1, 1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(unit(diagram, 2, 2)).to_be_focused()
    expect(says).to_have_text(re.compile("Layer 2, unit 2"))
    expect(fold).to_be_attached()
    page.keyboard.press("Escape")
    expect(fold).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(inside.PAGE), timeout=SECONDS)
    expect(page.get_by_role("spinbutton", name="Unit")).to_have_value("3", timeout=SECONDS)
    expect(page.get_by_role("radio", name="Hidden layer 2")).to_be_checked()


def test_weights_are_set_by_hand_and_the_replay_takes_the_net_along(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/{QUERY}")
    diagram = opened(page)
    hand, before, boundary = chart(page).locator(".hand"), figures(page), picture(page)
    click_between(page, diagram.locator("[data-unit=input-0-0]"), unit(diagram, 1, 1), 0.5)
    expect(chart(page).locator(".says")).to_have_text(re.compile(r"Weight Input x → Layer 1, unit 1: .+; gradient"))
    value = hand.get_by_role("spinbutton", name="Its value")
    run = train(SETTINGS)
    network, data = run.network_at(), run.data.train
    assert float(value.input_value()) == pytest.approx(network.weights[0][0, 0], rel=1e-4)
    first = float(value.input_value())
    page.keyboard.press("ArrowUp")
    expect(value).not_to_have_value(f"{first:.5g}")
    assert float(value.input_value()) > first
    page.mouse.wheel(0, 100)  # over the line
    expect(value).to_have_value(f"{first:.5g}")
    value.fill("-1.5")
    network.weights[0][0, 0] = -1.5
    loss = network.loss(data.X, data.y, SETTINGS.reg)
    expect(chart(page).locator("dd").first).to_contain_text(f"{loss:.4f}")
    expect(chart(page).locator("image").first).not_to_have_attribute("href", boundary)
    for _change in range(3):
        hand.get_by_role("button", name="Undo").click()
    expect(hand.get_by_role("button", name="Undo")).to_be_hidden()
    assert figures(page) == before
    expect(chart(page).locator("image").first).to_have_attribute("href", boundary)

    unit(diagram, 2, 3).click()
    hand.get_by_role("button", name="Silence this unit").click()
    silenced = Network(network.sizes, "relu", run.snapshots[-1].copy())
    silenced.weights[2][2] = 0
    expect(chart(page).locator("dd").first).to_contain_text(f"{silenced.loss(data.X, data.y, SETTINGS.reg):.4f}")
    hand.get_by_role("button", name="As it was").click()
    assert figures(page) == before

    painted = "node => node.querySelector('canvas').toDataURL()"
    end = unit(diagram, 1, 1).evaluate(painted)
    chart(page).get_by_role("slider").press("Home")
    expect(chart(page).locator("output")).to_have_text("iteration 0")
    page.wait_for_function(
        "([node, end]) => node.querySelector('canvas').toDataURL() !== end", arg=[unit(diagram, 1, 1).element_handle(), end]
    )
    chart(page).get_by_role("button", name="Curves").click()
    expect(chart(page).locator(".subplot.x2y2 path.js-line").first).to_be_attached()
    expect(diagram).to_be_hidden()


def test_on_a_phone_the_diagram_scrolls_in_its_own_box_and_a_tap_points(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/?hidden=3-3-3-3-3-3&iterations=100&init=he", 390, 844, dark=True, has_touch=True, is_mobile=True)
    diagram = opened(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    assert diagram.evaluate("box => box.parentElement.scrollWidth > box.parentElement.clientWidth")
    assert axe_finds(page) == []
    unit(diagram, 2, 2).tap()
    expect(chart(page).locator(".says")).to_have_text(re.compile("Layer 2, unit 2"))
    expect(page).not_to_have_url(re.compile(inside.PAGE))


def test_of_the_default_net_a_dozen_units_are_drawn_and_the_rest_is_said(server: str, open_address: OpenAddress) -> None:
    page = open_address(server)
    diagram = opened(page)
    expect(diagram.locator(".node.hidden")).to_have_count(12)
    expect(diagram).to_contain_text("88 more")
    expect(chart(page).locator(".why")).to_contain_text("Only nets of up to 24 hidden units can be set by hand")


def test_the_gradient_goes_on_from_a_weight_set_by_hand(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/?hidden=3&init=he&iterations=200&features=x-y-xy")
    diagram = opened(page)
    expect(diagram).to_contain_text("x·y")
    click_between(page, diagram.locator("[data-unit=input-0-2]"), unit(diagram, 1, 3), 0.5)
    hand = chart(page).locator(".hand")
    hand.get_by_role("spinbutton", name="Its value").fill("2.5")
    hand.get_by_role("button", name="Let the gradient go on").click()
    expect(page).to_have_url(re.compile("edits="), timeout=SECONDS)
    settled(page)
    before = START.replace(hidden=(3,), init="he", iterations=200, features=("x", "y", "xy"))
    net = train(before).network_at()
    place = net.split(np.arange(float(net.parameters.size)))[0][0][2, 2]
    settings = before.branched(200, [(int(place), 2.5)], iterations=1000)
    h = train(settings).history
    expect(chart(page).locator("dd").first).to_contain_text(f"{h.loss[-1]:.4f}", timeout=SECONDS)
    expect(chart(page).locator("output")).to_have_text("iteration 1\u202f200")
    page.get_by_role("button", name="Undo").first.click()
    expect(page).not_to_have_url(re.compile("edits="), timeout=SECONDS)


def test_live_training_moves_picture_by_picture_until_it_is_paused(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/?hidden=8&init=he&test_fraction=0")
    settled(page)
    page.get_by_role("button", name="Train live").click()
    page.get_by_role("button", name="From random weights").click()
    line = page.locator(".st-key-status")
    expect(line).to_contain_text("takes effect from here on", timeout=SECONDS)
    shown = chart(page).locator("output")
    expect(shown).to_have_text(re.compile(r"iteration ([3-9]\d|\d{3})"), timeout=SECONDS)
    drawn, first = chart(page).locator(".plot").element_handle(), picture(page)
    expect(shown).to_have_text(re.compile(r"iteration (8[1-9]|9\d|\d[\d, ]{2,})"), timeout=SECONDS)
    assert picture(page) != first
    assert drawn.evaluate("node => node.isConnected")  # no picture blinked
    slower = control(page, "learning_rate").get_by_role("slider")
    story = page.locator(".st-key-story").filter(has_text="at rate 1, then")
    for _attempt in range(6):  # a key that meets a picture being shown is answered at the next one, or lost
        slower.press("ArrowLeft")
        try:
            story.wait_for(timeout=4000)
        except TimeoutError:
            continue
        break
    expect(story).to_be_visible(timeout=SECONDS)
    page.locator(".st-key-status").click(position={"x": 5, "y": 5})  # keys are for a slider while it has the focus
    page.keyboard.press("t")
    settled(page)
    at_rest(page)
    settings = link.from_query(dict(parse_qsl(urlsplit(page.url).query)), START)[0]
    assert settings.phases[0].learning_rate == 1.0
    assert settings.phases[-1].learning_rate < 1.0
    told = figures(page)
    assert told[0] == f"{train(settings).history.loss[-1]:.4f}"
    page.reload()
    settled(page)
    assert figures(page) == told


def test_a_fold_is_dragged_on_the_plane_moved_by_its_middle_and_turned_by_its_ends(server: str, open_address: OpenAddress) -> None:
    page = open_address(f"{server}/?hidden=4&init=he&test_fraction=0&iterations=300&seed=3")
    diagram = opened(page)
    run = train(START.replace(hidden=(4,), init="he", iterations=300, seed=3, data=START.data.replace(test_fraction=0.0)))
    network, data = run.network_at(), run.data.train
    before = figures(page)
    hand = chart(page).locator(".hand")
    unit(diagram, 1, 2).click()
    plane = chart(page).locator(".nsewdrag[data-subplot='xy']").bounding_box()
    assert plane
    left, right, bottom, top = area_of(page)

    def to_pixels(x: float, y: float) -> tuple[float, float]:
        across, up = (x - left) / (right - left), (top - y) / (top - bottom)
        return plane["x"] + across * plane["width"], plane["y"] + up * plane["height"]

    w, b = network.weights[0][:, 1].copy(), float(network.biases[0][1])

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        page.mouse.move(*to_pixels(*start))
        page.mouse.down()
        page.mouse.move(*to_pixels(*((np.array(start) + end) / 2)), steps=3)
        page.mouse.move(*to_pixels(*end), steps=3)
        page.mouse.up()

    ends = fold_ends(w, b, (left, right, bottom, top))
    middle = (ends[0] + ends[1]) / 2
    target = middle + 0.2 * w / np.linalg.norm(w)
    drag(tuple(middle), tuple(target))
    b = -float(w @ target)
    network.biases[0][1] = b
    loss = network.loss(data.X, data.y, START.reg)
    assert float(figures(page)[0]) == pytest.approx(loss, abs=2e-2)  # a pixel or two
    assert figures(page) != before

    ends = fold_ends(w, b, (left, right, bottom, top))
    middle, grip = (ends[0] + ends[1]) / 2, ends[0] + 0.08 * (ends[1] - ends[0])
    away = middle + rotated(grip - middle, 0.5)
    drag(tuple(grip), tuple(away))
    typed = hand.get_by_role("spinbutton", name="Its value")
    click_between(page, diagram.locator("[data-unit=input-0-0]"), unit(diagram, 1, 2), 0.5)
    turned = rotated(w, 0.5)
    assert float(typed.input_value()) == pytest.approx(turned[0], abs=0.03 * float(np.linalg.norm(w)))
    for _drag in range(2):
        hand.get_by_role("button", name="Undo").click()
    assert figures(page) == before
    expect(hand.get_by_role("button", name="Undo")).to_be_hidden()


def area_of(page: Page) -> list[float]:
    """The plane that is drawn: left, right, bottom, top."""
    layout = "document.querySelector('.st-key-training .plot')._fullLayout"
    return [float(edge) for axis in ("xaxis", "yaxis") for edge in page.evaluate(f"{layout}.{axis}.range")]


def rotated(vector: FloatArray, angle: float) -> FloatArray:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ vector)


def fold_ends(w: FloatArray, b: float, area: tuple[float, float, float, float]) -> list[FloatArray]:
    """Where w·x + b = 0 leaves the plane."""
    left, right, bottom, top = area
    found = [np.array([x, -(w[0] * x + b) / w[1]]) for x in (left, right)]
    found += [np.array([-(w[1] * y + b) / w[0], y]) for y in (bottom, top)]
    inside = [p for p in found if left - 1e-9 <= p[0] <= right + 1e-9 and bottom - 1e-9 <= p[1] <= top + 1e-9]
    assert len(inside) == 2
    return inside


def test_a_phase_begins_at_the_iteration_on_show(server: str, open_address: OpenAddress) -> None:
    """The form of "Change and continue" opens with the iteration at which the replay stands."""
    page = open_address(server + "/?iterations=400&hidden=8")
    settled(page)
    slider = chart(page).locator("input[type=range]")
    for _step in range(4):
        slider.press("ArrowLeft")
    shown = int((chart(page).locator("output").text_content() or "").split()[-1])
    assert 0 < shown < 400
    control(page, "otherwise").get_by_role("button").first.click()
    expect(page.get_by_role("slider", name="From iteration")).to_have_attribute("aria-valuetext", str(shown), timeout=SECONDS)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page).to_have_url(re.compile(rf"after=iterations%3A{shown}(&|$)"), timeout=SECONDS)
