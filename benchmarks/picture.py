"""A Plotly figure as a PNG file, drawn by the browser with the app's own bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from server.http.scripts import CARTESIAN
from tests.support.browser import launch


def save(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], path: Path) -> None:
    """layout: with width and height in pixels."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": layout["width"], "height": layout["height"]})
        page.set_content('<body style="margin:0"><div id="plot"></div></body>')
        page.add_script_tag(content=CARTESIAN.read_text("utf-8"))
        page.evaluate(f"Plotly.newPlot('plot', {json.dumps(traces)}, {json.dumps(layout)}, {{staticPlot: true}})")
        page.screenshot(path=path)
        browser.close()
