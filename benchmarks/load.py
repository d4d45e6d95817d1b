"""A class on one server: N sessions and three real browsers, all on this machine.

    python -m benchmarks.load [N ...]      # 1 10 20 40 80 unless told otherwise; about a minute each

Each session opens the Playground over Streamlit's own WebSocket, as a browser does. At one moment all of them ask for the
article's net with 10 000 iterations, each with another seed. When all are done, they move a slider or change the page every
few seconds. Three Chromium tabs do the same with the keyboard. Prints what they waited for, and writes benchmarks/load.json, and
where all classes were measured docs/load.md and its picture.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from benchmarks import load_report
from tests.support.browser import QUIET, chromium
from tests.support.server import server_process
from tests.support.visitor import Visitor, visit

CLASSES = (1, 10, 20, 40, 80)
BROWSERS = 3
ARTICLE = "iterations=10000&test_fraction=0"
RATES = ("0.01", "0.03", "0.1", "0.3", "1", "3")
PAGES = ("compare", "lessons", "data", "case_study")
MIXED_SECONDS = 20.0
PATIENCE = 120.0
TURNS = re.compile(r"\d+ runs (take turns|come first)")
RESULTS = Path(__file__).with_name("load.json")


@dataclass
class Waits:
    """Seconds, by what was waited for."""

    first: list[float] = field(default_factory=list)  # click → first picture
    gaps: list[float] = field(default_factory=list)  # between two pictures of a run
    finished: list[float] = field(default_factory=list)  # click → last picture
    opened: list[float] = field(default_factory=list)  # another page opened while all train
    moved: list[float] = field(default_factory=list)  # slider → first picture of the new run, in the mixed phase
    slider: list[float] = field(default_factory=list)  # slider → last picture
    switched: list[float] = field(default_factory=list)  # another page, in the mixed phase
    painted: list[float] = field(default_factory=list)  # slider → picture on the screen of a real browser
    errors: list[str] = field(default_factory=list)


def memory_of(number: int) -> float:
    """Megabytes of the server with this process id and its workers; what they share is counted once."""
    total, server = 0.0, psutil.Process(number)
    for process in [server, *server.children(recursive=True)]:
        with suppress(psutil.Error):
            total += getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    return total / 1e6


async def train(visitor: Visitor, seed: int, waits: Waits, start: asyncio.Event) -> None:
    """Ask for a run that nobody else has, and note when its pictures come."""
    await start.wait()
    before, clicked = visitor.run, time.perf_counter()
    await visitor.set("seed", int_value=seed)
    waits.first.append(await visitor.picture_after(clicked, before, finished=False, timeout=PATIENCE) - clicked)
    end = await visitor.picture_after(clicked, before, finished=True, timeout=PATIENCE)
    waits.finished.append(end - clicked)
    moments = [at for at, _done, run in visitor.pictures if clicked < at <= end and run != before]
    waits.gaps += [later - earlier for earlier, later in pairwise(moments)]


async def mixed(visitor: Visitor, dice: random.Random, waits: Waits, until: float) -> None:
    """Move a slider, or look at another page and come back, every few seconds."""
    while time.perf_counter() < until:
        await asyncio.sleep(dice.uniform(2, 5))
        began = time.perf_counter()
        if dice.random() < 0.75:
            before = visitor.run
            visitor.rate = dice.choice([rate for rate in RATES if rate != visitor.rate])
            await visitor.set("learning_rate", text=visitor.rate)
            try:
                waits.moved.append(await visitor.picture_after(began, before, finished=False, timeout=PATIENCE) - began)
                waits.slider.append(await visitor.picture_after(began, before, finished=True, timeout=PATIENCE) - began)
            except TimeoutError:
                waits.errors.append(f"no finished picture in {PATIENCE:.0f} s")
        else:
            await visitor.rerun(page=dice.choice(PAGES))
            await visitor.settled(PATIENCE)
            waits.switched.append(time.perf_counter() - began)
            await visitor.rerun(page="")
            await visitor.settled(PATIENCE)


async def look_round(address: str, waits: Waits, done: asyncio.Event) -> None:
    """Somebody who opens another page every second while all train."""
    while not done.is_set():
        began = time.perf_counter()
        async with visit(address, page="compare") as visitor:
            waits.opened.append(time.perf_counter() - began)
            waits.errors += visitor.errors
        await asyncio.sleep(1)


SHOWN = "document.querySelector('.st-key-training .plot')?.getAttribute('aria-label')"  # the chart's sentence, with its numbers


async def at_a_screen(page: Page, dice: random.Random, waits: Waits, until: float) -> None:
    """A real browser: arrow keys on the regularisation, until another run is on the screen."""
    slider = page.get_by_role("slider", name="Regularisation")
    while time.perf_counter() < until:
        await asyncio.sleep(dice.uniform(2, 4))
        before, began = await page.evaluate(SHOWN), time.perf_counter()
        await slider.press(dice.choice(["ArrowLeft", "ArrowRight"]))
        try:
            await page.wait_for_function(f"before => {SHOWN} !== before", arg=before, timeout=PATIENCE * 1000)
        except PlaywrightTimeout:
            waits.errors.append(f"nothing new on a screen in {PATIENCE:.0f} s")
            return
        waits.painted.append(time.perf_counter() - began)


async def screen(browser: Browser, address: str) -> Page:
    """A browser that shows the Playground."""
    tab = await (await browser.new_context(viewport={"width": 1280, "height": 720})).new_page()
    await tab.goto(address)
    await tab.wait_for_selector(".st-key-training .lab-chart image")
    return tab


async def class_of(count: int, address: str, server: int) -> dict[str, Any]:
    """One class, from the door to the end of the lesson."""
    waits, dice = Waits(), random.Random(count)
    memory = [memory_of(server)]
    over = asyncio.Event()

    async def watch_memory() -> None:
        while not over.is_set():
            memory.append(memory_of(server))
            await asyncio.sleep(1)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        tabs = [await screen(browser, f"{address}/?seed={900 + i}") for i in range(BROWSERS)]
        doors = [visit(address, ARTICLE) for _ in range(count)]
        began = time.perf_counter()
        visitors = [await door.__aenter__() for door in doors]
        entered = time.perf_counter() - began
        watcher = asyncio.create_task(watch_memory())
        start, done = asyncio.Event(), asyncio.Event()
        looker = asyncio.create_task(look_round(address, waits, done))
        trainings = [asyncio.create_task(train(visitor, 1000 + i, waits, start)) for i, visitor in enumerate(visitors)]
        await asyncio.sleep(0.1)
        start.set()
        began = time.perf_counter()
        await asyncio.gather(*trainings)
        all_done = time.perf_counter() - began
        told_of_queue = sum(any(TURNS.search(text) for text in visitor.texts) for visitor in visitors)
        done.set()
        await looker
        await asyncio.sleep(2)  # a control moved in the very moment in which a run ends would be answered at the next one
        for visitor in visitors:
            await visitor.set("iterations", text="2000")
            await visitor.settled()
        reruns, began = sum(v.reruns for v in visitors), time.perf_counter()
        until = began + MIXED_SECONDS
        await asyncio.gather(
            *(mixed(visitor, random.Random(i), waits, until) for i, visitor in enumerate(visitors)),
            *(at_a_screen(tab, dice, waits, until) for tab in tabs),
        )
        rate = (sum(v.reruns for v in visitors) - reruns) / (time.perf_counter() - began)
        over.set()
        await watcher
        waits.errors += [error for visitor in visitors for error in visitor.errors]
        for door in doors:
            await door.__aexit__(None, None, None)
        await browser.close()
    return {
        "sessions": count, "entered": entered, "all_done": all_done, "reruns_a_second": rate, "memory_mb": max(memory),
        "told_of_queue": told_of_queue, "errors": waits.errors,
        **{name: summary(getattr(waits, name)) for name in load_report.ROWS},
    }  # fmt: skip


def summary(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the largest."""
    if not values:
        return {}
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], "max": ordered[-1]}


def told(result: dict[str, Any]) -> str:
    lines = [
        f"{result['sessions']} sessions: all trained in {result['all_done']:.1f} s, {result['memory_mb']:.0f} MB, "
        f"{result['reruns_a_second']:.1f} reruns a second, {result['told_of_queue']} were told their place, "
        f"{len(result['errors'])} errors"
    ]
    for name, (title, _most) in load_report.ROWS.items():
        values = result[name]
        if values:
            lines.append(f"    {title:36s} p50 {values['p50']:6.2f}  p95 {values['p95']:6.2f}  max {values['max']:6.2f} s")
    return "\n".join(lines + result["errors"][:5])


def main() -> None:
    results = []
    for count in map(int, sys.argv[1:]) if len(sys.argv) > 1 else CLASSES:
        os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
        with server_process() as (address, process, _log):
            time.sleep(9)  # the presets are trained, as before a class
            results.append(asyncio.run(class_of(count, address, process.pid)))
        print(told(results[-1]), flush=True)
    kernels = os.environ.get("OPENBLAS_CORETYPE", "OpenBLAS's own")
    machine = {"cores": os.cpu_count(), "kernels": kernels, "python": platform.python_version()}
    found = {"machine": machine, "classes": results}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if len(results) >= len(CLASSES):
        load_report.write(found)


if __name__ == "__main__":
    main()
