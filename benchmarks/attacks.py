"""What an attacker does to a server, for `benchmarks.attack`: each attack is under way while its block runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from urllib.parse import urlsplit

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.data.parts import PARTS
from pages.ui.charts.component.component import MAX_MOVES
from pages.ui.text import thousands
from server.http import slow
from server.http.cookie import COOKIE
from spiral_core.points import Points, pack
from spiral_core.store.keys import new_id
from tests.support.uploads import KIND, Source, form, put, request, token
from tests.support.visitor import Visitor, visit

HEAVY = "points_per_class=10000&classes=8&hidden=990-990&iterations=2&init=he&test_fraction=0"
LONG = "iterations=100000&hidden=300&seed={seed}"


def small_file(number: int) -> bytes:
    """A table of points unlike those of other numbers."""
    return b"x,y,class\n" + b"".join(f"{k / 7},{number + k / 3},{'ab'[k % 2]}\n".encode() for k in range(60))


async def choose_file(visitor: Visitor, address: str, number: int, timeout: float = 60.0) -> None:
    """On the page Data, which shows its uploader from then on."""
    if "data_upload" not in visitor.widgets:
        await visitor.set("data_part", text=PARTS["file"])
        await visitor.settled(timeout)
    await visitor.upload("data_upload", address, small_file(number), timeout=timeout)


APART = ("127.0.0.2", 0)  # another address of this machine than the bystander's
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
            await visitor.set("search_trials", text=thousands(1000))
            await visitor.settled()
            await visitor.set("search_start", trigger=True)
            await visitor.settled()
            assert not visitor.errors, visitor.errors
            assert "search_stop" in visitor.widgets, "no search began"
    yield


@asynccontextmanager
async def messages(address: str, process: int) -> AsyncIterator[None]:
    """Four sessions that send reruns as fast as they can."""

    async def flood(visitor: Visitor) -> None:
        while True:
            await visitor.rerun()
            await asyncio.sleep(0.002)

    async with _visitors(address, [flood] * 4):
        yield


@asynccontextmanager
async def large_messages(address: str, process: int) -> AsyncIterator[None]:
    """Four sessions that send messages of 100 000 values of controls, and ten whose one message never ends."""
    message = BackMsg()
    message.rerun_script.widget_states.widgets.extend(WidgetState(id=f"a{number}", trigger_value=True) for number in range(100_000))
    data = message.SerializeToString()

    async def send(visitor: Visitor) -> None:
        while True:
            await visitor.send(data)
            await asyncio.sleep(0.1)

    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"\0" * 1_000_000
            await asyncio.sleep(0.02)

    async def never_end(visitor: Visitor) -> None:
        await visitor.send(pieces())

    async with _visitors(address, [send] * 4 + [never_end] * 10):
        yield


@asynccontextmanager
async def frames(address: str, process: int) -> AsyncIterator[None]:
    """Two connections that send pings as fast as they can, and two that send pieces of nothing; begun again when they are cut."""

    async def send(visitor: Visitor, frame: bytes) -> None:
        while True:
            await visitor.write(frame * 2000)
            await asyncio.sleep(0.01)

    async def pings(visitor: Visitor) -> None:
        await send(visitor, b"\x89\x80\0\0\0\0")

    async def pieces(visitor: Visitor) -> None:
        await visitor.write(b"\x02\x80\0\0\0\0")
        await send(visitor, b"\x00\x80\0\0\0\0")

    async with _visitors(address, [pings, pieces] * 2):
        yield


@asynccontextmanager
async def unread(address: str, process: int) -> AsyncIterator[None]:
    """Three hundred connections that ask for the largest script and read nothing of it, begun again when they are cut."""
    asking = b"GET /plotly-3d.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with _connections(address, 300, asking, seconds=slow.SECONDS_UNREAD + 2):
        yield


@asynccontextmanager
async def uploads(address: str, process: int) -> AsyncIterator[None]:
    """One session sends files of the largest size without end, under ids of its own choosing."""
    async with visit(address, page="data") as visitor:
        place = (await visitor.place_for_upload("a.csv")).upload_url.rpartition("/")[0]
        own, part = token(address), form(b"1" * 4_900_000)

        async def again() -> None:
            for number in range(120):
                await asyncio.to_thread(put, address, f"{place}/n{number}", part, own)

        async with _going(again()):
            yield


@asynccontextmanager
async def broken_uploads(address: str, process: int, source: Source = None) -> AsyncIterator[None]:
    """Fifty connections, each with a page of its own, that break a file off in its middle, or keep the rest back; without end."""
    own, half = token(address), form(b"1" * 4_900_000)[:2_000_000]

    async def send(place: str, waits: float) -> None:
        headers = own | KIND | {"Host": "localhost", "Content-Length": "4900100"}
        head = "\r\n".join([f"PUT {place} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""])
        while True:
            with contextlib.suppress(OSError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port, local_addr=source)
                writer.write(head.encode() + half)
                await writer.drain()
                await asyncio.sleep(waits)
                writer.close()
            await asyncio.sleep(0.1)

    async with contextlib.AsyncExitStack() as stack:
        for number in range(50):
            visitor = await stack.enter_async_context(visit(address, page="data", source=source))
            place = (await visitor.place_for_upload("a.csv")).upload_url
            await stack.enter_async_context(_going(send(place, 15.0 if number % 2 else 0.2)))
        yield


@asynccontextmanager
async def files(address: str, process: int, source: Source = None) -> AsyncIterator[None]:
    """Forty sessions without a cookie, each of which sends one small file after another and has it read."""

    async def send(visitor: Visitor) -> None:
        for number in count():
            await choose_file(visitor, address, number)

    async with _visitors(address, [send] * 40, page="data", source=source):
        yield


@asynccontextmanager
async def comings(address: str, process: int) -> AsyncIterator[None]:
    """A browser with an open page, which comes anew twenty times a second; since twelve seconds."""
    browser, at_once = {COOKIE: new_id()}, asyncio.Semaphore(200)

    async def come() -> None:
        with contextlib.suppress(Exception):
            async with at_once, visit(address, cookies=browser):
                pass

    async def again() -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(come())
                await asyncio.sleep(0.05)

    async with visit(address, cookies=browser), _going(again()):
        await asyncio.sleep(12)
        yield


@asynccontextmanager
async def studies(address: str, process: int, source: Source = None) -> AsyncIterator[None]:
    """Twenty sessions without a cookie, each of which has run after run compared with five other seeds."""

    async def ask(visitor: Visitor) -> None:
        await visitor.set("hood_seeds", on=True)
        for seed in count(1):
            await visitor.settled()
            await asyncio.sleep(0.5)
            await visitor.rerun(query=f"part=diagnosis&iterations=5000&hidden=100&seed={seed}&data_seed={id(visitor) % 10_000}")

    async with _visitors(address, [ask] * 20, "part=diagnosis&iterations=5000", "under_the_hood", source):
        yield


@asynccontextmanager
async def pins(address: str, process: int, source: Source = None) -> AsyncIterator[None]:
    """Twenty sessions without a cookie, each of which pins run after run."""

    async def pin(visitor: Visitor) -> None:
        for seed in count(1):
            await visitor.rerun(query=f"iterations=20&hidden=5&seed={seed}&data_seed={id(visitor) % 10_000}")
            await visitor.settled()
            if "pin" in visitor.widgets:
                await visitor.set("pin", trigger=True)
                await visitor.settled()

    async with _visitors(address, [pin] * 20, "iterations=20&hidden=5", source=source):
        yield


@asynccontextmanager
async def half_requests(address: str, process: int) -> AsyncIterator[None]:
    """Two hundred idle sessions, and seven hundred requests that never end, begun again when they are cut."""
    half = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-More: "
    async with _visits(address, ["hidden=3&iterations=10"] * 200), _connections(address, 700, half, seconds=3):
        yield


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


@asynccontextmanager
async def classes(address: str, process: int) -> AsyncIterator[None]:
    """News of classes that are not there, as fast as two connections can ask; and pages that guess codes and open classes."""

    def ask() -> None:
        for _ in range(400):
            request(address, "GET", f"/class_news?room={new_id()}")

    async def again() -> None:
        while True:
            await asyncio.to_thread(ask)

    async def guess() -> None:
        while True:
            with contextlib.suppress(Exception):
                async with visit(address, f"room={new_id()[:6].upper()}", page="class", cookies={COOKIE: new_id()}) as visitor:
                    await visitor.set("room_open", trigger=True)
                    await visitor.settled()

    async with _going(again()), _going(again()), _going(guess()), _going(guess()):
        yield


@asynccontextmanager
async def tabs(address: str, process: int) -> AsyncIterator[None]:
    """Sixty tabs of one browser, each of which runs again whenever it is done."""
    async with _rerunning(address, 60, "iterations=200", ""):
        yield


@asynccontextmanager
async def hasty_tabs(address: str, process: int) -> AsyncIterator[None]:
    """Sixty tabs of one browser, each of which sends nearly as many messages as a page may, whatever comes back."""
    browser = {COOKIE: new_id()}

    async def send(visitor: Visitor) -> None:
        while True:
            await visitor.rerun()
            await asyncio.sleep(1 / 9.5)

    async with contextlib.AsyncExitStack() as stack:
        for _tab in range(60):
            visitor = await stack.enter_async_context(visit(address, "hidden=3&iterations=10", page="about", cookies=browser))
            await stack.enter_async_context(_going(send(visitor)))
        await asyncio.sleep(10)  # what is to pile up has
        yield


@asynccontextmanager
async def units(address: str, process: int) -> AsyncIterator[None]:
    """Eight tabs of one browser that look into the largest nets that there are maps of, and run again whenever they are done."""
    async with _rerunning(address, 8, "part=units&hidden=300&iterations=200", "under_the_hood"):
        yield


@asynccontextmanager
async def moves(address: str, process: int) -> AsyncIterator[None]:
    """Six tabs of one browser, each of which places as many points at once as a message holds, beside 9 700 others."""
    dice = np.random.default_rng(0)
    points = pack(Points(dice.normal(size=(9700, 2)), dice.integers(0, 8, 9700), tuple("ABCDEFGH")))
    browser = {COOKIE: new_id()}

    def heard(visitor: Visitor) -> int:
        return int(json.loads(visitor.charts["data_plane_chart"])["places"]["heard"])

    async def place(visitor: Visitor) -> None:
        numbers = count(1)
        while True:
            sent = [{"number": next(numbers), "from": [0.01 * k, 0.0], "to": [0.0, 0.01 * k]} for k in range(MAX_MOVES)]
            await visitor.act("data_plane_chart", "place", sent)
            with contextlib.suppress(TimeoutError):
                await visitor.settled(30)

    async with contextlib.AsyncExitStack() as stack:
        visitors = []
        for _ in range(6):
            visitor = await stack.enter_async_context(visit(address, f"data=own&points={points}", page="data", cookies=browser))
            await visitor.set("data_mode", text="Move")
            await visitor.settled()
            visitors.append(visitor)
            await stack.enter_async_context(_going(place(visitor)))
        yield
        assert all(heard(visitor) >= MAX_MOVES for visitor in visitors), "no move came"


@asynccontextmanager
async def chunks(address: str, process: int) -> AsyncIterator[None]:
    """Two connections that send a body in chunks of one byte, and two that send requests ahead, without end."""
    head = b" / HTTP/1.1\r\nHost: localhost\r\n"
    bodies = b"POST" + head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nA\r\n" * 20_000
    ahead = b"", (b"GET" + head + b"\r\n") * 200
    async with _floods(address, [bodies, bodies, ahead, ahead]):
        yield


@asynccontextmanager
async def quotes(address: str, process: int) -> AsyncIterator[None]:
    """One connection whose cookies hold thirty thousand escaped quotation marks."""
    asking = b'GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a="' + b'\\"' * 29_000 + b'"\r\n\r\n'
    async with _floods(address, [(b"", asking)], pause=0.2):
        yield


ATTACKS: dict[str, tuple[str, Attack]] = {
    "nothing": ("nothing", nothing),
    "stopped": ("half of the workers stopped (SIGSTOP), again each 20 s", stopped_workers),
    "heavy": ("eight tabs of 80 000 points × 1 M weights", heavy_tabs),
    "long": ("sixteen tabs with runs of 100 000 iterations", long_runs),
    "searches": ("fifteen searches of 1 000 trials, their visitors gone", searches),
    "messages": ("four sessions that rerun as fast as they can", messages),
    "large": ("messages of 100 000 values, messages that never end", large_messages),
    "frames": ("pings and pieces of nothing without end", frames),
    "unread": ("300 connections that read nothing of a large answer", unread),
    "uploads": ("120 files of 4.9 MB from one session", uploads),
    "broken": ("fifty files at once that are broken off or never come", broken_uploads),
    "broken apart": ("the same from another address", partial(broken_uploads, source=APART)),
    "files": ("forty sessions without a cookie that have small files read", files),
    "files apart": ("the same from another address", partial(files, source=APART)),
    "comings": ("a browser that comes anew twenty times a second", comings),
    "studies": ("twenty sessions without a cookie that compare seeds", studies),
    "studies apart": ("the same from another address", partial(studies, source=APART)),
    "pins": ("twenty sessions without a cookie that pin run after run", pins),
    "pins apart": ("the same from another address", partial(pins, source=APART)),
    "half": ("200 idle sessions and 700 half requests", half_requests),
    "addresses": ("unknown addresses and forged shelves without end", addresses),
    "tabs": ("sixty tabs of one browser that run again and again", tabs),
    "hasty": ("sixty tabs of one browser that send 9.5 messages a second, whatever comes", hasty_tabs),
    "units": ("eight tabs with maps of 300 units that run again and again", units),
    "moves": ("six tabs of one browser that place 200 points at once beside 9 700", moves),
    "chunks": ("bodies in chunks of one byte, requests ahead of their answers", chunks),
    "quotes": ("cookies of thirty thousand escaped quotation marks", quotes),
    "classes": ("classes opened, codes guessed and news asked for without end", classes),
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
async def _rerunning(address: str, count: int, query: str, page: str) -> AsyncIterator[None]:
    """So many tabs of one browser, each with a run of its own, which run again and again."""
    browser = {COOKIE: new_id()}

    async def again(visitor: Visitor) -> None:
        while True:
            await visitor.rerun()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(visitor.settled(), 5)
            await asyncio.sleep(0.1)

    async with contextlib.AsyncExitStack() as stack:
        for seed in range(count):
            visitor = await stack.enter_async_context(visit(address, f"{query}&seed={seed}", page=page, cookies=browser))
            await stack.enter_async_context(_going(again(visitor)))
        yield


@asynccontextmanager
async def _visitors(
    address: str, acts: Sequence[Callable[[Visitor], Awaitable[None]]], query: str = "", page: str = "", source: Source = None
) -> AsyncIterator[None]:
    """For each act a visitor who does it, and a new one whenever that one is thrown out."""

    async def anew(act: Callable[[Visitor], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(Exception):
                async with visit(address, query, page, source=source) as visitor:
                    await act(visitor)

    async with contextlib.AsyncExitStack() as stack:
        for act in acts:
            await stack.enter_async_context(_going(anew(act)))
        yield


@asynccontextmanager
async def _floods(address: str, floods: Sequence[tuple[bytes, bytes]], pause: float = 0.0) -> AsyncIterator[None]:
    """For each flood a connection that sends its beginning and then the rest again and again, and reads what comes; begun again
    when it is cut."""

    async def again(begin: bytes, more: bytes) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
                reading = asyncio.ensure_future(_read_all(reader))
                writer.write(begin)
                while not reading.done():
                    writer.write(more)
                    await writer.drain()
                    await asyncio.sleep(pause)
                writer.close()
            await asyncio.sleep(0.01)

    async with contextlib.AsyncExitStack() as stack:
        for begin, more in floods:
            await stack.enter_async_context(_going(again(begin, more)))
        yield


async def _read_all(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65_536):
            pass


@asynccontextmanager
async def _connections(address: str, count: int, request: bytes, seconds: float) -> AsyncIterator[None]:
    """So many connections that send a request and read nothing, begun again after some seconds."""
    port = int(address.rpartition(":")[2])
    held: list[socket.socket] = []

    def close() -> None:
        for connection in held:
            connection.close()
        held.clear()

    def begin() -> None:
        close()
        for _ in range(count):
            with contextlib.suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", port), timeout=2)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.sendall(request)
                held.append(connection)

    async def again() -> None:
        while True:
            await asyncio.to_thread(begin)
            await asyncio.sleep(seconds)

    async with _going(again()):
        yield
    close()


@asynccontextmanager
async def _visits(address: str, queries: list[str]) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        opened: list[Visitor] = []
        for query in queries:
            opened.append(await stack.enter_async_context(visit(address, query)))
        yield
