"""Controls tell the truth: what a control shows, the address and the run on the screen are one and the same."""

from __future__ import annotations

import os
import random

import pytest
from playwright.sync_api import Page

from tests.support import bursts
from tests.support.browser import SECONDS, OpenAddress

pytestmark = pytest.mark.browser
BURSTS = int(os.environ.get("SPIRAL_LAB_BURSTS", "40"))
VISITS = 4  # that share them: a fresh page is where a control is most easily lost
FIRST_SEED = int(os.environ.get("SPIRAL_LAB_BURST_SEED", "0"))


def ready(page: Page) -> None:
    page.locator(".st-key-training .lab-chart .main-svg").first.wait_for(timeout=SECONDS)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + VISITS))
def test_controls_address_and_run_agree_after_random_bursts(server: str, open_address: OpenAddress, seed: int) -> None:
    rng = random.Random(seed)
    page = open_address(server + "/?iterations=60&hidden=8&learning_rate=0.3")
    for number in range(BURSTS // VISITS):
        if number % 10 == 0:  # fresh, and not yet at rest
            page.goto(server + "/?iterations=60&hidden=8&learning_rate=0.3")
            ready(page)
        done = bursts.burst(page, rng)
        bursts.rest(page)
        assert bursts.differences(page) == [], (seed, number, done, page.url)
