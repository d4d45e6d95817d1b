"""What one attacker can do to the others: a bystander moves a slider, opens pages and has a file read while an attack runs.

    python -m benchmarks.attack [NAME ...]      # all attacks unless some are named; about half a minute each

Each attack has a server of its own with two workers. The bystander's waits are measured while it goes on; then the server must
stop within a few seconds and leave no process behind. Prints a table, and writes docs/attack.md where all attacks were made.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.attacks import ATTACKS, choose_file
from server.http.cookie import COOKIE
from spiral_core.store.keys import new_id
from tests.support.server import server_process
from tests.support.visitor import visit

ROUNDS = 12
PATIENCE = 60.0
LIMIT = 1.0  # seconds that a bystander may wait, at the 95th percentile
FILE_LIMIT = 3.0  # for a file that is chosen, sent, read and shown: four ways to and fro
STOP_LIMIT = 3.0
DOCUMENT = Path(__file__).parents[1] / "docs" / "attack.md"


@dataclass
class Result:
    """Seconds that the bystander waited, and what became of the server."""

    name: str
    pictures: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    megabytes: float = 0.0  # that the attack added
    stop: float = 0.0
    left: int = 0  # processes that outlived the server


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else (values or [float("nan")])[0]


async def bystander(address: str, result: Result) -> None:
    """Ask for light runs that nobody has asked for, open pages and choose files, as a student would."""
    browser = {COOKIE: new_id()}
    async with visit(address, cookies=browser) as visitor:
        await visitor.picture_after(0.0, "", finished=True, timeout=PATIENCE)
        for number in range(ROUNDS):
            before, clicked = visitor.run, time.perf_counter()
            await visitor.set("seed", int_value=900 + number)
            try:
                at = await visitor.picture_after(clicked, before, finished=False, timeout=PATIENCE)
                result.pictures.append(at - clicked)
            except TimeoutError:
                result.pictures.append(PATIENCE)
            began = time.perf_counter()
            async with visit(address, page="compare", cookies=browser):
                result.pages.append(time.perf_counter() - began)
            if number % 3 == 0:
                async with visit(address, page="data", cookies=browser) as reader:
                    began = time.perf_counter()
                    await choose_file(reader, address, 1000 + number, PATIENCE)
                    result.files.append(time.perf_counter() - began)
                    result.errors += reader.errors
            await asyncio.sleep(0.3)
        result.errors += visitor.errors


@contextmanager
def attacker(name: str, address: str, process: int) -> Iterator[None]:
    """An attack under way in a process of its own, which keeps the bystander's waiting for nothing."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    attacking = spawn.Process(target=attack, args=(name, address, process, there))
    attacking.start()
    there.close()
    try:
        here.recv()  # EOFError: the attack failed
        yield
    finally:
        here.close()
        attacking.join(10)  # many visitors take long to leave
        attacking.kill()
        attacking.join()
    if attacking.exitcode == 1:
        raise RuntimeError(f"the attack “{name}” failed")


def attack(name: str, address: str, process: int, told: Connection) -> None:
    """Make an attack until whoever began it hangs up."""

    async def until_then() -> None:
        async with ATTACKS[name][1](address, process):
            told.send(None)
            with contextlib.suppress(EOFError):
                await asyncio.to_thread(told.recv)

    asyncio.run(until_then())


def measure(name: str) -> Result:
    """Make one attack on a fresh server."""
    result = Result(ATTACKS[name][0])

    with (
        tempfile.TemporaryDirectory() as folder,
        server_process(SPIRAL_LAB_WORKERS="2", SPIRAL_LAB_STORE=os.path.join(folder, "runs.sqlite")) as (address, process, _log),
    ):
        server = psutil.Process(process.pid)
        time.sleep(8)  # until the presets are trained
        before = server.memory_info().rss
        with attacker(name, address, process.pid):
            asyncio.run(bystander(address, result))
        result.megabytes = (server.memory_info().rss - before) / 1e6
        family = server.children(recursive=True)
        began = time.perf_counter()
        process.terminate()
        process.wait(60)
        result.stop = time.perf_counter() - began
        _gone, alive = psutil.wait_procs(family, timeout=5)
        result.left = sum(child.status() != psutil.STATUS_ZOMBIE for child in alive)
    return result


def table(results: list[Result]) -> str:
    lines = [
        "| attack | slider → first picture p95, max | another page opens p95 | a file is chosen and read, max | memory added "
        "| server stops in | left behind |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results:
        lines.append(
            f"| {r.name} | {p95(r.pictures):.2f} s, {max(r.pictures):.2f} s | {p95(r.pages):.2f} s | {max(r.files):.2f} s "
            f"| {r.megabytes:.0f} MB | {r.stop:.1f} s | {r.left} |"
        )
    return "\n".join(lines)


def main() -> int:
    unknown = set(sys.argv[1:]) - set(ATTACKS)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(ATTACKS)}")
        return 2
    results = []
    for name in sys.argv[1:] or ATTACKS:
        results.append(measure(name))
        print(table(results[-1:]).splitlines()[-1], flush=True)
    if not sys.argv[1:]:
        DOCUMENT.write_text(
            "# One student against the class\n\n"
            f"`python -m benchmarks.attack`, {date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}; attacker, "
            "bystander and server on the same cores.\nA bystander moves a slider, opens pages and has small files read while an "
            "attack runs; each attack has a server of its own with two workers.\n"
            "Twenty sessions behind the bystander's own address have what twenty classmates would have; from another address they "
            f"share one turn.\n\n{table(results)}\n",
            "utf-8",
        )
    bad = [
        r.name
        for r in results
        if r.errors or r.left or r.stop > STOP_LIMIT or max(r.files) > FILE_LIMIT or max(p95(r.pictures), p95(r.pages)) > LIMIT
    ]
    print("within the limits" if not bad else "beyond the limits: " + "; ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
