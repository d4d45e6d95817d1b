"""Under the hood in a real browser: look inside at an iteration, click a point and read its numbers, put a bug in."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, TimeoutError, expect

from pages.ui.visit.presets import START
from server.training.pictures import area, painted
from spiral_core import train
from spiral_core.analysis.landscape import landscape
from spiral_core.analysis.trace import forward_back
from spiral_core.run import network_of
from tests.support.browser import SECONDS, OpenAddress, at_rest, axe_finds, chart, picture, settled

pytestmark = pytest.mark.browser


def drawn(page: Page, key: str) -> None:
    expect(chart(page, key).locator(".main-svg").first).to_be_visible(timeout=SECONDS)


def middle_of(mark: Locator) -> tuple[float, float]:
    box = mark.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def click_until(page: Page, place: Sequence[float], seen: Locator) -> None:
    """Click at a place of a chart until something is there: a click that meets a chart being drawn anew is lost."""
    for _attempt in range(6):
        page.mouse.move(place[0] + 4, place[1])
        page.mouse.move(place[0], place[1])
        page.wait_for_timeout(300)  # Plotly says what is under the mouse
        page.mouse.click(place[0], place[1])
        try:
            seen.first.wait_for(timeout=5000)
        except TimeoutError:
            continue
        return
    raise AssertionError("no click was answered")


def test_look_inside_at_the_iteration_on_show(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?seed=3", height=1600)
    settled(page)
    bar = chart(page, "training")
    bar.get_by_role("slider").press("Home")
    expect(bar.locator("output")).to_have_text("iteration 0")
    bar.get_by_role("slider").press("ArrowRight")
    bar.get_by_role("button", name="look inside").click()
    drawn(page, "hood_point_chart")
    expect(page.get_by_role("slider", name=re.compile("^Iteration of"))).to_have_attribute("aria-valuetext", "1")
    assert "iteration=1" in page.url
    assert "seed=3" in page.url
    page.reload()
    expect(page.get_by_role("slider", name=re.compile("^Iteration of"))).to_have_attribute("aria-valuetext", "1", timeout=SECONDS)


def test_a_clicked_point_shows_its_arithmetic(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/under_the_hood", height=1800)
    drawn(page, "hood_point_chart")
    run = train(START)
    own = [i for i in range(len(run.data.train)) if run.data.train.y[i] == 2]
    points = chart(page, "hood_point_chart").locator(".scatterlayer .trace").nth(3).locator("path.point")
    expect(points).to_have_count(len(own))
    number = own[40]
    click_until(page, middle_of(points.nth(40)), page.get_by_text(re.compile(rf"point {number + 1} \(training\)")))
    p = run.network_at().probabilities(run.data.train.X[number : number + 1])[0, 2]
    expect(page.get_by_text(re.compile(f"{p:.1%}")).first).to_be_visible()

    net = chart(page, "hood_point_chart").locator(".scatterlayer .trace").first.locator("path.point")
    click_until(page, middle_of(net.nth(0)), page.get_by_text("a point of your own"))  # the lower left corner of the plane


def test_a_points_numbers_flow_through_the_net_and_back(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/under_the_hood?hidden=6&init=he&iterations=300", height=1200)
    drawn(page, "hood_point_chart")
    net = chart(page, "hood_point_chart").locator(".net")
    expect(net).to_be_visible()
    page.get_by_role("spinbutton", name="x₁").fill("0.5")
    page.get_by_role("spinbutton", name="x₁").press("Enter")
    expect(page.get_by_text("a point of your own")).to_be_visible(timeout=SECONDS)
    page.get_by_role("spinbutton", name="x₂").fill("-0.25")
    page.get_by_role("spinbutton", name="x₂").press("Enter")
    inputs = net.locator(".node.input .value")
    expect(inputs).to_have_text(["0.5", "−0.25"], timeout=SECONDS)
    at_rest(page)
    run = train(START.replace(hidden=(6,), init="he", iterations=300))
    network, data = run.network_at(), run.data.train
    label = data.y[forward_back(network, data.X, data.y).losses.argmax()]  # of the point that the page begins with
    done = forward_back(network, np.array([[0.5, -0.25]]), np.array([label]))

    def numbers(kind: str) -> list[float]:
        texts = net.locator(f".node.{kind} .value").all_inner_texts()
        return [float(text.replace("−", "-")) for text in texts]

    assert numbers("hidden") == pytest.approx(done.layers[0].h[0], rel=6e-3, abs=1e-9)
    assert numbers("output") == pytest.approx(done.probs[0], rel=6e-3)
    net.get_by_role("button", name="Backward").click()
    expect(inputs).to_have_text(["", ""])
    assert numbers("hidden") == pytest.approx(done.layers[0].dz[0], rel=6e-3, abs=1e-9)
    assert numbers("output") == pytest.approx(done.dscores[0], rel=6e-3)
    assert axe_finds(page) == []

    unit = net.locator(".node.hidden").nth(3)
    unit.hover()
    expect(net.locator(".says")).to_contain_text("Unit 4: the gradient at its z is")
    unit.click()
    unit.click()
    expect(page.get_by_role("heading", name="Unit 4")).to_be_visible(timeout=SECONDS)
    at_rest(page)
    page.go_back()
    drawn(page, "hood_point_chart")
    assert "hidden=6" in page.url
    assert "2 – 6 – 3" in (net.get_by_role("group").first.get_attribute("aria-description") or "")


def test_a_unit_is_chosen_on_its_fold(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/under_the_hood?part=units&hidden=6&init=he&iterations=300", height=2000)
    drawn(page, "hood_folds")
    drawn(page, "hood_space")
    heading = page.get_by_role("heading", name=re.compile(r"^Unit \d+$"))
    before = heading.inner_text()
    line = chart(page, "hood_folds").locator(".scatterlayer .trace path.js-line").first
    middle = line.evaluate(
        """path => { const at = path.getPointAtLength(path.getTotalLength() / 13 * 3), m = path.getScreenCTM();
                     return [at.x * m.a + m.e, at.y * m.d + m.f]; }"""
    )
    click_until(page, middle, page.get_by_role("heading", name=re.compile(rf"^Unit (?!{before.split()[1]}$)\d+$")))


def test_a_bug_is_put_in_and_found(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/under_the_hood?part=gradient&iterations=300", height=1200)
    expect(page.get_by_text("The gradient passes")).to_be_visible(timeout=SECONDS)
    drawn(page, "hood_error")
    page.get_by_text("ReLU mask forgotten").click()
    expect(page.get_by_text("It looks like: ReLU mask forgotten.")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("The check fails in W1, b1.")).to_be_visible()


def test_a_diagnosis_is_acted_on(server: str, open_address: OpenAddress) -> None:
    page = open_address(server + "/?learning_rate=0.01", height=1800)
    settled(page)
    expect(page.get_by_text("The learning rate is probably too low.").first).to_be_visible(timeout=SECONDS)
    remedy = page.get_by_role("button", name=re.compile("^.*try "))
    expect(remedy.first).to_be_visible(timeout=SECONDS)  # once it was tried
    expect(page.get_by_text(re.compile("Tried: held-out loss"))).not_to_have_count(0)
    remedy.first.click()
    expect(page).not_to_have_url(re.compile("learning_rate=0.01(&|$)"), timeout=SECONDS)


def pixels(address: str) -> np.ndarray:
    """The colours of a picture in a page, 150 cells a side."""
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGBA").resize((150, 150), Image.Resampling.NEAREST))


def test_a_place_of_the_landscape_shows_the_net_there(server: str, open_address: OpenAddress) -> None:
    """A click on the contour lines: the boundary and the numbers of that place's net, from which training goes on."""
    settings = START.replace(hidden=(6,), init="he", iterations=300)
    page = open_address(server + "/under_the_hood?part=landscape&hidden=6&init=he&iterations=300", height=1100)
    drawn(page, "hood_landscape")
    drawn(page, "hood_place_net")
    run = train(settings)
    found = landscape(settings, run.data, [run.snapshots], 41)
    column, row = 10, 30
    box = chart(page, "hood_landscape").locator(".nsewdrag").first.bounding_box()
    assert box
    across, up = (i / 40 for i in (column, row))
    place = (box["x"] + box["width"] * across, box["y"] + box["height"] * (1 - up))
    click_until(page, place, page.get_by_text("The net at the place you chose"))
    net = network_of(settings, run.data.train, found.plane.parameters((found.a[column], found.b[row])))
    loss = f"Training loss {found.heights.data[row, column]:.4f}"
    expect(page.get_by_text(loss).first).to_be_visible(timeout=SECONDS)
    there = pixels(painted(net, area(settings.data), 150))
    shown = pixels(picture(page, "hood_place_net"))
    own = pixels(painted(run.network_at(), area(settings.data), 150))
    assert (shown != own).any(axis=2).mean() > 0.2
    assert (shown != there).any(axis=2).mean() < 0.01  # the place that was sent is rounded

    assert axe_finds(page) == []

    at = int(run.snapshot_iterations[-6])
    step = chart(page, "hood_landscape").locator(".scatterlayer .trace").first.locator("path.point").nth(len(run.snapshots) - 6)
    click_until(page, middle_of(step), page.get_by_text(f"The net at iteration {at}", exact=True))
    assert f"iteration={at}" in page.url
    click_until(page, place, page.get_by_text("The net at the place you chose"))

    page.get_by_text("Surface", exact=True).click()
    expect(chart(page, "hood_surface").locator("canvas").first).to_be_visible(timeout=SECONDS)
    expect(page.locator("canvas")).to_have_count(1)  # one context of the graphics card, and only now
    page.get_by_text("Contour lines", exact=True).click()
    drawn(page, "hood_landscape")
    expect(page.locator("canvas")).to_have_count(0)

    page.get_by_role("button", name="Go on training from here").click()
    settled(page)
    chart(page).get_by_role("slider").press("Home")
    expect(chart(page).locator("output")).to_have_text("iteration 0")
    assert "edits=" in page.url
