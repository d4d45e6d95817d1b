"""What one attacker can do to the others: a bystander moves a slider and opens pages while an attack runs.

    python -m benchmarks.attack [NAME ...]      # all attacks unless some are named; about half a minute each

Each attack has a server of its own with two workers. The bystander's waits are measured while it goes on; then the server must
stop within a few seconds and leave no process behind. Prints a table, and writes docs/attack.md where all attacks were made.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import platform
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from server.http.cookie import COOKIE
from spiral_core.store.keys import new_id
from tests.support.server import server_process
from tests.support.visitor import Visitor, visit

ROUNDS = 12
PATIENCE = 60.0
LIMIT = 1.0  # seconds that a bystander may wait, at the 95th percentile
STOP_LIMIT = 3.0
DOCUMENT = Path(__file__).parents[1] / "docs" / "attack.md"
HEAVY = "points_per_class=10000&classes=8&hidden=990-990&iterations=2&init=he&test_fraction=0"
LONG = "iterations=100000&hidden=300&seed={seed}"


@dataclass
class Result:
    """Seconds that the bystander waited, and what became of the server."""

    name: str
    pictures: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    megabytes: float = 0.0  # that the attack added
    stop: float = 0.0
    left: int = 0  # processes that outlived the server


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else (values or [float("nan")])[0]


async def bystander(address: str, result: Result) -> None:
    """Ask for light runs that nobody has asked for, and open pages, as a student would."""
    async with visit(address) as visitor:
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
            async with visit(address, page="compare"):
                result.pages.append(time.perf_counter() - began)
            await asyncio.sleep(0.3)
        result.errors += visitor.errors


def request(address: str, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request(method, path, body or None, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


# The attacks: each is under way while its block runs.

Attack = Callable[[str, int], contextlib.AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing(address: str, process: int) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def stopped_workers(address: str, process: int) -> AsyncIterator[None]:
    """Half of the worker processes are stopped rather than killed, again and again."""
    stopped: set[int] = set()

    async def stop_some() -> None:
        while True:
            workers = [child for child in psutil.Process(process).children(recursive=True) if child.pid not in stopped]
            for child in workers[::2]:
                if "spawn_main" in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGSTOP)
                    stopped.add(child.pid)
            await asyncio.sleep(20)

    async with _going(stop_some()):
        yield


@asynccontextmanager
async def heavy_tabs(address: str, process: int) -> AsyncIterator[None]:
    """Eight tabs whose runs have the most points and weights that are allowed, and two iterations."""
    async with _visits(address, [HEAVY + f"&seed={seed}" for seed in range(8)]):
        yield


@asynccontextmanager
async def long_runs(address: str, process: int) -> AsyncIterator[None]:
    """Sixteen tabs with long runs."""
    async with _visits(address, [LONG.format(seed=seed) for seed in range(16)]):
        yield


@asynccontextmanager
async def searches(address: str, process: int) -> AsyncIterator[None]:
    """Fifteen searches of as many trials as are allowed, each of another visitor who leaves at once."""
    for _ in range(15):
        async with visit(address, "iterations=2000", page="search", cookies={COOKIE: new_id()}) as visitor:
            if "search_trials" in visitor.widgets:
                await visitor.set("search_trials", int_value=1000)
                await visitor.settled()
            await visitor.set("search_start", trigger=True)
            await visitor.settled()
    yield


@asynccontextmanager
async def messages(address: str, process: int) -> AsyncIterator[None]:
    """Four sessions that send reruns as fast as they can."""

    async def flood() -> None:
        while True:
            with contextlib.suppress(Exception):
                async with visit(address) as visitor:
                    while True:
                        await visitor.rerun()
                        await asyncio.sleep(0)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(_going(flood()))
        yield


@asynccontextmanager
async def uploads(address: str, process: int) -> AsyncIterator[None]:
    """One session sends files of the largest size without end, under ids of its own choosing."""
    async with visit(address, page="data") as visitor:
        place = (await visitor.place_for_upload("a.csv")).rpartition("/")[0]
        cookie = _token(address)
        token = {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2].strip('"')}
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b"1" * 4_900_000 + b"\r\n--x--\r\n"

        def send(number: int) -> None:
            request(address, "PUT", f"{place}/n{number}", part, **token, **{"Content-Type": "multipart/form-data; boundary=x"})

        async def again() -> None:
            for number in range(120):
                await asyncio.to_thread(send, number)

        async with _going(again()):
            yield


@asynccontextmanager
async def half_requests(address: str, process: int) -> AsyncIterator[None]:
    """Two hundred idle sessions, and seven hundred requests that never end, begun again when they are cut."""
    port = int(address.rpartition(":")[2])
    async with _visits(address, ["hidden=3&iterations=10"] * 40):
        half: list[socket.socket] = []

        def begin() -> None:
            for connection in half:
                connection.close()
            half.clear()
            for _ in range(700):
                with contextlib.suppress(OSError):
                    connection = socket.create_connection(("127.0.0.1", port), timeout=2)
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-More: ")
                    half.append(connection)

        async def again() -> None:
            while True:
                await asyncio.to_thread(begin)
                await asyncio.sleep(3)

        async with _going(again()):
            yield
        for connection in half:
            connection.close()


@asynccontextmanager
async def addresses(address: str, process: int) -> AsyncIterator[None]:
    """Unknown addresses and forged shelves, as fast as two connections can ask."""

    def ask() -> None:
        for number in range(400):
            request(address, "GET", f"/no/{number}", Cookie=f"{COOKIE}={new_id()}")

    async def again() -> None:
        while True:
            await asyncio.to_thread(ask)

    async with _going(again()), _going(again()):
        yield


ATTACKS: dict[str, tuple[str, Attack]] = {
    "nothing": ("nothing", nothing),
    "stopped": ("half of the workers stopped (SIGSTOP), again each 20 s", stopped_workers),
    "heavy": ("eight tabs of 80 000 points × 1 M weights", heavy_tabs),
    "long": ("sixteen tabs with runs of 100 000 iterations", long_runs),
    "searches": ("fifteen searches of 1 000 trials, their visitors gone", searches),
    "messages": ("four sessions that rerun as fast as they can", messages),
    "uploads": ("120 files of 4.9 MB from one session", uploads),
    "half": ("40 idle sessions and 700 half requests", half_requests),
    "addresses": ("unknown addresses and forged shelves without end", addresses),
}


@asynccontextmanager
async def _going(work: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


@asynccontextmanager
async def _visits(address: str, queries: list[str]) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        opened: list[Visitor] = []
        for query in queries:
            opened.append(await stack.enter_async_context(visit(address, query)))
        yield


def _token(address: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", "/_stcore/health")
    found = re.search(r"_streamlit_xsrf=[^;]+", connection.getresponse().headers["Set-Cookie"])
    assert found
    return found[0]


def measure(name: str) -> Result:
    """Make one attack on a fresh server."""
    title, attack = ATTACKS[name]
    result = Result(title)

    async def scene(address: str, process: int) -> None:
        async with attack(address, process):
            await bystander(address, result)

    with (
        tempfile.TemporaryDirectory() as folder,
        server_process(SPIRAL_LAB_WORKERS="2", SPIRAL_LAB_STORE=os.path.join(folder, "runs.sqlite")) as (address, process, _log),
    ):
        server = psutil.Process(process.pid)
        time.sleep(8)  # until the presets are trained
        before = server.memory_info().rss
        asyncio.run(scene(address, process.pid))
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
        "| attack | slider → first picture p95, max | another page opens p95 | memory added | server stops in | left behind |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        lines.append(
            f"| {r.name} | {p95(r.pictures):.2f} s, {max(r.pictures):.2f} s | {p95(r.pages):.2f} s | {r.megabytes:.0f} MB "
            f"| {r.stop:.1f} s | {r.left} |"
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
            "bystander and server on the same cores.\nA bystander moves a slider and opens pages while an attack runs; each attack "
            f"has a server of its own with two workers.\n\n{table(results)}\n",
            "utf-8",
        )
    bad = [r.name for r in results if r.errors or r.left or r.stop > STOP_LIMIT or p95(r.pictures) > LIMIT or p95(r.pages) > LIMIT]
    print("within the limits" if not bad else "beyond the limits: " + "; ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
