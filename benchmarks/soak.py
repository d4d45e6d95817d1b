"""Whether a server that runs for weeks keeps its memory and its temper.

    python -m benchmarks.soak [sessions]        # 2000 sessions opened and closed in a row
    python -m benchmarks.soak hour [minutes]    # an hour of a class of 40, in 6 minutes unless told otherwise

The sessions: each opens a page, every third one changes a setting, and leaves. Prints the memory of the server and its workers as
it goes, and at the end how far it grew after the first 200 sessions. Streamlit keeps what belongs to somebody who has left for two
minutes, in case that the connection only dropped; here for ten seconds, so that what is measured is what stays.

The hour: forty students come in, move sliders, go on, stop, look at other pages, pin, answer lessons, close their browsers and come
back, each at a pace ten times that of a class. Prints each minute's memory, slowest answer and errors.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import sys
import tempfile
import time
import urllib.request

from benchmarks.load import RATES, memory_of
from server.http.cookie import COOKIE
from spiral_core.store.keys import new_id
from tests.support.server import server_process
from tests.support.visitor import Visitor, visit

PAGES = ("", "compare", "lessons", "data", "case_study", "search", "under_hood", "teach", "about")
SESSIONS, WARM, EVERY = 2000, 200, 100
SEEDS = 30  # runs that are trained: what is kept of more is bounded by itself
KEPT_FOR = "10"  # seconds after somebody has left
STUDENTS, MINUTES = 40, 6.0
PATIENCE = 60.0


async def sessions(address: str, server: int, count: int) -> None:
    """Open and close them."""
    memory = []
    for i in range(1, count + 1):
        async with visit(address, page=PAGES[i % len(PAGES)]) as visitor:
            if i % 3 == 0 and "seed" in visitor.widgets:
                await visitor.set("seed", int_value=i % SEEDS)
                await visitor.settled()
            assert not visitor.errors, visitor.errors
        if i % EVERY == 0:
            memory.append((i, memory_of(server)))
            print(f"{time.strftime('%X')} {i:5d} sessions {memory[-1][1]:7.1f} MB", flush=True)
    early = next(used for i, used in memory if i >= WARM)
    late = statistics.mean(used for _i, used in memory[-3:])
    print(f"after {WARM} sessions {early:.0f} MB, in the last 300 of {count} {late:.0f} MB: {late / early - 1:+.1%}")


def runs_kept(address: str) -> str:
    """Megabytes, by the server's own count."""
    with urllib.request.urlopen(address + "/metrics", timeout=10) as answer:
        return re.search(r"^spiral_lab_runs_kept_megabytes (.+)$", answer.read().decode(), re.M)[1]  # type: ignore[index]


async def act(visitor: Visitor, dice: random.Random) -> None:
    """One thing that a student does."""
    what = dice.random()
    if what < 0.5 and "learning_rate" in visitor.widgets:
        await visitor.set("learning_rate", text=dice.choice(RATES))
    elif what < 0.6 and "seed" in visitor.widgets:
        await visitor.set("seed", int_value=dice.randrange(1000))
    elif what < 0.75:
        button = dice.choice(["pin", "go_on", "stop", "undo", "lessons_run", "reset"])
        if button in visitor.widgets and not visitor.widgets[button].disabled:
            await visitor.set(button, trigger=True)
    else:
        await visitor.rerun(page=dice.choice(PAGES))
    await visitor.settled(PATIENCE)


async def hour(address: str, server: int, minutes: float) -> None:
    """A class: who leaves comes back with the same browser."""
    waits: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + 60 * minutes

    async def student(number: int) -> None:
        dice, shelf = random.Random(number), new_id()
        while time.monotonic() < until:
            leaves = time.monotonic() + dice.expovariate(1 / 60)
            async with visit(address, page=dice.choice(PAGES), cookies={COOKIE: shelf}) as visitor:
                while time.monotonic() < min(leaves, until):
                    await asyncio.sleep(dice.expovariate(1 / 2.5))
                    began = time.perf_counter()
                    try:
                        await act(visitor, dice)
                    except TimeoutError:
                        errors.append(f"no answer in {PATIENCE:.0f} s")
                    waits.append(time.perf_counter() - began)
                errors.extend(visitor.errors)

    async def report() -> None:
        memory = []
        while time.monotonic() < until:
            await asyncio.sleep(min(60, 60 * minutes / 6))
            memory.append(memory_of(server))
            ordered = sorted(waits) or [0.0]
            print(
                f"{time.strftime('%X')} {len(waits):5d} actions, answer p50 {statistics.median(ordered):.2f} s, "
                f"p95 {ordered[int(0.95 * len(ordered))]:.2f} s, slowest {ordered[-1]:.2f} s, {memory[-1]:.0f} MB, "
                f"of which runs {await asyncio.to_thread(runs_kept, address)} MB, {len(errors)} errors",
                flush=True,
            )
        print(f"memory {memory[0]:.0f} MB after the first part, {memory[-1]:.0f} MB at the end", *sorted(set(errors))[:5], sep="\n")

    await asyncio.gather(report(), *(student(number) for number in range(STUDENTS)))


def main() -> None:
    words = sys.argv[1:]
    of_a_class = words[:1] == ["hour"]
    if not of_a_class:
        os.environ["STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"] = KEPT_FOR
    os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
    with server_process() as (address, process, _log):
        time.sleep(9)  # the presets are trained
        if of_a_class:
            asyncio.run(hour(address, process.pid, float(words[1]) if len(words) > 1 else MINUTES))
        else:
            asyncio.run(sessions(address, process.pid, int(words[0]) if words else SESSIONS))


if __name__ == "__main__":
    main()
