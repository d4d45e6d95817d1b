"""Files of points in a real browser: a failing one is put right, a forgotten one asked for again, and nothing moves at a click."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from spiral_core.points import Points, unpack
from tests.support.browser import SECONDS, OpenAddress, at_rest, chart, control, new_context
from tests.support.catalogue import ROOT
from tests.support.server import free_port, server_process

pytestmark = pytest.mark.browser


def send(page: Page, file: Path) -> None:
    page.get_by_text("File", exact=True).click(timeout=2 * SECONDS)
    control(page, "data_upload").locator("input[type=file]").set_input_files(file, timeout=2 * SECONDS)


def choose(page: Page, key: str, option: str) -> None:
    """Choose in a box; one that is drawn anew in this moment would close."""
    found = page.get_by_role("option", name=option, exact=True)
    control(page, key).scroll_into_view_if_needed(timeout=SECONDS)  # a list closes when the page scrolls
    at_rest(page)
    control(page, key).get_by_role("combobox").click(timeout=SECONDS)
    found.click(timeout=SECONDS)


def points_of(page: Page) -> Points:
    return unpack(parse_qs(urlsplit(page.url).query)["points"][0])


def test_a_failing_file_is_put_right_by_changing_what_was_guessed(server: str, open_address: OpenAddress, tmp_path: Path) -> None:
    """Id columns are no axis by guess: here one is wanted."""
    file = tmp_path / "failing.csv"
    file.write_text("Id,b,class\n1,2.5,k\n2,4.5,m\n3,5.5,k\n4,1.5,m\n")
    page = open_address(server + "/data?iterations=20&hidden=4&test_fraction=0")
    send(page, file)
    expect(page.get_by_text("Two columns with measurements are needed; found: 1.")).to_be_visible(timeout=SECONDS)
    expect(control(page, "data_guess_delimiter")).to_be_visible()  # unfolded, since something failed
    choose(page, "data_column_y", "Id")
    page.get_by_role("button", name="Use these points").click(timeout=SECONDS)
    expect(page).to_have_url(re.compile("data=own"), timeout=SECONDS)
    assert points_of(page).X.tolist() == [[2.5, 1], [4.5, 2], [5.5, 3], [1.5, 4]]
    choose(page, "data_guess_header", "no column names")
    expect(page.get_by_text("Line 1, column “column 1”: “Id” is not a number.")).to_be_visible(timeout=SECONDS)
    choose(page, "data_guess_header", "column names in line 1")
    expect(page.get_by_text("Read as: UTF-8, commas, decimal point, column names in line 1")).to_be_visible(timeout=SECONDS)


def test_a_file_that_the_server_forgot_is_asked_for_again(browser: Browser) -> None:
    """The server is started again while the page is open: “Use these points” has none any more, and says so."""
    port = free_port()
    with server_process(port=port) as (address, _process, _log):
        page = new_context(browser).new_page()  # which may complain of the server that is gone for a moment
        page.goto(address + "/data?iterations=20&hidden=4")
        send(page, ROOT / "tests" / "inputs" / "id_column.csv")
        expect(page.get_by_role("button", name="Use these points")).to_be_visible(timeout=SECONDS)
    with server_process(port=port):
        expect(page.get_by_text("Choose the file again.")).to_be_visible(timeout=4 * SECONDS)  # said once it is connected again
        expect(page.get_by_role("button", name="Use these points")).to_have_count(0)
        page.locator("[class*=st-key-data_upload] input[type=file]").set_input_files(ROOT / "tests" / "inputs" / "id_column.csv")
        page.get_by_role("button", name="Use these points").click(timeout=SECONDS)
        expect(page).to_have_url(re.compile("data=own"), timeout=SECONDS)
        assert points_of(page).axes == ("Length", "Width")
        page.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_nothing_moves_under_the_pointer_when_points_are_added(
    server: str, open_address: OpenAddress, width: int, height: int
) -> None:
    """The first point makes a generated set the reader's own, of too many points for a link: said below the plane."""
    page = open_address(server + "/data?iterations=20&hidden=4&points_per_class=500", width, height)
    page.get_by_text("Add", exact=True).click(timeout=SECONDS)
    plane = chart(page, "data_plane_chart").locator(".nsewdrag").first
    expect(plane).to_be_visible(timeout=SECONDS)
    at_rest(page)
    plane.scroll_into_view_if_needed()
    before = plane.bounding_box()
    assert before
    for share in (0.1, 0.15):
        label = str(chart(page, "data_plane_chart").locator(".plot").get_attribute("aria-label"))
        page.mouse.click(before["x"] + before["width"] * share, before["y"] + before["height"] * 0.1)
        expect(chart(page, "data_plane_chart").locator(".plot")).not_to_have_attribute("aria-label", label, timeout=SECONDS)
        expect(page.get_by_text("it works only on this server")).to_be_visible(timeout=SECONDS)
        assert plane.bounding_box() == pytest.approx(before, abs=0.9)  # a browser may round half a pixel either way


def test_each_of_many_quick_clicks_places_a_point(browser: Browser) -> None:
    """However quickly they come, and while the server takes its time: at first it stands still."""
    with server_process() as (address, process, _log):
        page = new_context(browser).new_page()
        page.goto(address + "/data?iterations=20&hidden=4")
        page.get_by_text("Add", exact=True).click(timeout=SECONDS)
        plot = chart(page, "data_plane_chart").locator(".plot")
        placed = chart(page, "data_plane_chart").locator(".placed")
        expect(plot).to_have_attribute("aria-label", re.compile("^300 points"), timeout=SECONDS)
        at_rest(page)
        box = chart(page, "data_plane_chart").locator(".nsewdrag").first.bounding_box()
        assert box

        def click(height: float) -> None:
            for number in range(15):
                page.mouse.click(box["x"] + box["width"] * (0.2 + 0.04 * number), box["y"] + box["height"] * height)

        psutil.Process(process.pid).suspend()
        click(0.1)
        expect(placed).to_have_count(15)  # seen at once
        psutil.Process(process.pid).resume()
        expect(plot).to_have_attribute("aria-label", re.compile("^315 points"), timeout=SECONDS)
        expect(placed).to_have_count(0)
        click(0.2)
        expect(plot).to_have_attribute("aria-label", re.compile("^330 points"), timeout=SECONDS)
        page.close()
