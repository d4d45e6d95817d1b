"""What may go wrong round a real server: a browser that leaves, a server that is killed, two servers on one run store."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pages.ui.visit.presets import START
from server.http.cookie import COOKIE
from spiral_core import train
from spiral_core.search import Plan, Search, carry_out
from spiral_core.search.space import Dimension
from spiral_core.store.keys import key_of, new_id, shelf_of
from spiral_core.store.run_store import RunStore
from tests.support.server import server_process
from tests.support.visitor import finish, query_of, visit

KILLS = int(os.environ.get("SPIRAL_LAB_KILLS", "2"))
LONG = START.replace(iterations=30_000)
PATIENCE = 400.0


async def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


def test_who_leaves_in_the_middle_of_a_run_finds_it_again(server: str) -> None:
    async def journey() -> None:
        async with visit(server, query_of(LONG)) as visitor:
            await until(lambda: "training" in visitor.charts and visitor.iteration >= 3000, "the run does not go on")
            before = visitor.iteration
        async with visit(server, query_of(LONG)) as visitor:
            await visitor.picture_after(0.0, "", finished=False, timeout=PATIENCE)
            assert visitor.iteration >= before
            await visitor.picture_after(0.0, "", finished=True, timeout=PATIENCE)
            assert visitor.loss == f"{train(LONG).history.loss[-1]:.4f}"

    finish(journey())


def test_forty_equal_clicks_are_one_training(tmp_path: Path) -> None:
    asked = START.replace(seed=4040)

    async def journey(address: str) -> None:
        async with contextlib.AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(visit(address)) for _ in range(40)]
            await asyncio.gather(*(visitor.set("seed", int_value=asked.seed) for visitor in visitors))
            await asyncio.gather(*(visitor.settled() for visitor in visitors))
            await until(lambda: all(visitor.pictures[-1][1] for visitor in visitors), "not all are done")
            assert {visitor.loss for visitor in visitors} == {f"{train(asked).history.loss[-1]:.4f}"}

    with server_process(SPIRAL_LAB_LOG="info", SPIRAL_LAB_STORE=str(tmp_path / "runs.sqlite")) as (address, _process, log):
        finish(journey(address))
        log.seek(0)
        events = [json.loads(line) for line in log if line.startswith("{")]
    of_this_run = [event["event"] for event in events if event.get("run") == key_of(asked)[:12]]
    assert of_this_run == ["a run begins", "a run is finished"]


def test_a_server_that_is_killed_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    """Killed in the middle of a run and of a search, again and again (SPIRAL_LAB_KILLS=20 for the long way)."""
    path, cookies, dice = tmp_path / "runs.sqlite", {COOKIE: new_id()}, random.Random(0)
    shelf = shelf_of(cookies[COOKIE])
    plan = Plan((Dimension("learning_rate", "log", 0.01, 1.0),), START.replace(iterations=2000), trials=8 + 6 * KILLS)
    store = RunStore(path)
    name = store.add_search(shelf, plan)
    store.end_search(name, "stopped")

    async def one_life(address: str, last: bool) -> None:
        async with (
            visit(address, query_of(LONG), cookies=cookies) as running,
            visit(address, page="search", cookies=cookies) as searching,
        ):
            if "search_resume" in searching.widgets:
                await searching.set("search_resume", trigger=True)
                await searching.settled()
            known = len(store.trials(name, plan))
            if last:
                await until(lambda: len(store.trials(name, plan)) == plan.count, "the search does not end")
                await running.picture_after(0.0, "", finished=True, timeout=PATIENCE)
                assert running.loss == f"{train(LONG).history.loss[-1]:.4f}"
            else:
                await until(lambda: len(store.trials(name, plan)) > min(known, plan.count - 1), "the search does not go on")
                await asyncio.sleep(dice.uniform(0, 0.5))
                assert running.pictures

    kept: dict[str, bytes] = {}
    for life in range(KILLS + 1):
        with server_process(SPIRAL_LAB_STORE=str(path)) as (address, process, _log):
            if life == 0:
                finish(pin(address, cookies))
            finish(one_life(address, last=life == KILLS))
            process.kill()
            process.wait(10)
        for trial in store.trials(name, plan):  # what was finished stays as it was, to the bit
            assert trial.record
            key = str((trial.number, trial.rung))
            assert kept.setdefault(key, trial.record.history.loss.tobytes()) == trial.record.history.loss.tobytes()
        assert [found.settings for found in store.pins(shelf)] == [START]
    whole = Search(plan)
    with ThreadPoolExecutor(1) as pool:
        carry_out(whole, lambda: pool, 2)
    assert len(kept) == plan.count
    for trial in whole.trials:
        assert trial.record
        assert kept[str((trial.number, trial.rung))] == trial.record.history.loss.tobytes()
    store.close()


async def pin(address: str, cookies: dict[str, str]) -> None:
    async with visit(address, cookies=cookies) as visitor:
        await visitor.picture_after(0.0, "", finished=True, timeout=PATIENCE)
        await until(lambda: "pin" in visitor.widgets, "no button to pin")
        await visitor.set("pin", trigger=True)
        await visitor.settled()


def test_two_servers_share_one_store(tmp_path: Path) -> None:
    """What is pinned at one is seen at the other, but by its own browser alone."""
    path, mine, other = tmp_path / "runs.sqlite", {COOKIE: new_id()}, {COOKIE: new_id()}

    async def journey(a: str, b: str) -> None:
        await asyncio.gather(pin(a, mine), pin(b, other))
        await pin(b, mine)  # is there already
        async with visit(a, page="compare", cookies=mine) as visitor:
            assert not visitor.errors
        store = RunStore(path)
        for cookies in (mine, other):
            assert [found.settings for found in store.pins(shelf_of(cookies[COOKIE]))] == [START]
        store.close()

    with server_process(SPIRAL_LAB_STORE=str(path)) as (a, *_), server_process(SPIRAL_LAB_STORE=str(path)) as (b, *_rest):
        finish(journey(a, b))
