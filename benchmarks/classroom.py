"""A class that votes: N students in a room, on one server or on two that share a store, all on this machine.

    python -m benchmarks.classroom [N ...] [--replicas]      # 40 and 80 unless told otherwise; about a minute each

Students join, answer within ten seconds, twice, and then all train a run of their own in the room, as `benchmarks.load` has them do
without one. Each browser asks for news as a real one does; a screen shows how many have answered. Writes docs/classroom.md where 40
and 80 were measured on one server and on two.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.load import ARTICLE, PATIENCE, Waits, memory_of, summary, train
from server.http.cookie import COOKIE
from spiral_core.classroom.room_state import RoomState, Stage
from spiral_core.classroom.votes import Vote
from spiral_core.store.keys import new_id, shelf_of
from spiral_core.store.run_store import RunStore
from tests.support.server import server_process
from tests.support.visitor import Visitor, visit

CLASSES = (40, 80)
WITHIN = 10.0  # seconds in which all answer
TABLE = Path(__file__).parents[1] / "docs" / "classroom.md"
VOTE = Vote("Which?", ("a", "b", "c", "d"))
ROWS = {
    "seen": ("Vote opened → a student sees it", None),
    "acknowledged": ("Answer sent → acknowledged", 0.5),
    "followed": ("Answer acknowledged → on the screen", 2.0),
    "first": ("Goal: click → first picture of an own run", None),
    "finished": ("Goal: click → finished", None),
}


@dataclass
class Measured(Waits):
    """Seconds, by what was waited for in a room."""

    seen: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)


class Asker:
    """What the page's script does in a real browser: it asks for news, and has its part of the page run where there is any."""

    def __init__(self, visitor: Visitor, address: str, shelf: str) -> None:
        self._visitor, self._shelf = visitor, shelf
        self._host, self._port = urlsplit(address).hostname, urlsplit(address).port
        self._task = asyncio.create_task(self._ask())

    def stop(self) -> None:
        self._task.cancel()

    async def _ask(self) -> None:
        told, since = "", 0
        while True:
            data = json.loads(self._visitor.charts["news"])
            await asyncio.sleep(data["every"] / 1000)
            news, since = await self._news(data["address"]), since + 1
            if news is None or news == data["known"] or (news == told and since < 6):
                continue
            told, since = news, 0
            await self._visitor.rerun(fragment=self._visitor.fragments["news"], repeats=False)

    async def _news(self, address: str) -> str | None:
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            head = f"GET {address.removeprefix('.')} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            writer.write(f"{head}Cookie: {COOKIE}={self._shelf}\r\nConnection: close\r\n\r\n".encode())
            answer = (await reader.read()).decode()
            writer.close()
        except OSError:
            return None
        return answer.rpartition("\r\n\r\n")[2] if answer.startswith("HTTP/1.1 200") else None


async def until(check: Callable[[], bool], patience: float = PATIENCE) -> float:
    """When a check first held."""
    end = time.perf_counter() + patience
    while not check():
        if time.perf_counter() > end:
            raise TimeoutError
        await asyncio.sleep(0.005)
    return time.perf_counter()


def says(visitor: Visitor, text: str) -> bool:
    return any(text in shown for shown in visitor.texts)


class Class:
    """A room with its students and its screen, and the store through which its teacher acts."""

    def __init__(self, count: int, store: RunStore, measured: Measured) -> None:
        self.store, self.measured = store, measured
        self.teacher = new_id()
        self.room = store.open_room(shelf_of(self.teacher), RoomState().to_dict())
        self.students = [new_id() for _ in range(count)]
        self.counts: list[float] = []  # when each answer was acknowledged

    def change(self, change: Callable[[RoomState], RoomState]) -> None:
        self.store.change_room(self.room.id, lambda plain: change(RoomState.from_dict(plain)).to_dict())

    def move(self, *stages: Stage) -> None:
        for stage in stages:
            self.change(lambda state, stage=stage: state.moved(state.activity, stage))  # type: ignore[misc]

    async def vote(self, visitors: list[Visitor], screen: Visitor, round: int, dice: random.Random) -> None:
        """All answer within ten seconds; the screen follows."""
        key, opened = f"room_answer_1_{round}", time.perf_counter()
        self.counts.clear()

        async def one(visitor: Visitor) -> None:
            self.measured.seen.append(await until(lambda: key in visitor.widgets) - opened)
            await asyncio.sleep(dice.uniform(0, WITHIN))
            visitor.texts.clear()
            await visitor.set(key, choice=visitor.widgets[key].options[dice.randrange(4)])
            await visitor.settled(PATIENCE)
            sent = time.perf_counter()
            await visitor.set("room_send", trigger=True)
            acknowledged = await until(lambda: says(visitor, "Sent:"))
            self.measured.acknowledged.append(acknowledged - sent)
            self.counts.append(acknowledged)
            mine = len(self.counts)
            shown = await until(lambda: max(map(answered, screen.texts), default=0) >= mine)
            self.measured.followed.append(max(0.0, shown - acknowledged))

        screen.texts.clear()
        await asyncio.gather(*map(one, visitors))


def answered(text: str) -> int:
    """How many have answered, as the screen says it."""
    number = text.removeprefix("**").partition(" of ")[0]
    return int(number) if "have answered" in text and number.isdecimal() else 0


async def lesson(count: int, addresses: list[str], store: RunStore, processes: list[int]) -> dict[str, Any]:
    """One class, from the door to the end of the goal."""
    measured, dice = Measured(), random.Random(count)
    here = Class(count, store, measured)
    query = f"room={here.room.code}&{ARTICLE}"
    places = [addresses[number % len(addresses)] for number in range(count)]
    doors = [visit(place, query, "class", {COOKIE: shelf}) for place, shelf in zip(places, here.students, strict=True)]
    plain = [visit(place, ARTICLE, "lessons") for place in places]
    for door in plain:  # as many pages without a room, for their memory
        await door.__aenter__()
    await asyncio.sleep(2)
    before = sum(map(memory_of, processes))
    for door in plain:
        await door.__aexit__(None, None, None)
    await asyncio.sleep(12)  # until they are forgotten
    screen_door = visit(addresses[0], f"room={here.room.code}&screen=1", "class", {COOKIE: here.teacher})
    screen = await screen_door.__aenter__()
    visitors = [await door.__aenter__() for door in doors]
    askers = [Asker(v, place, shelf) for v, place, shelf in zip(visitors, places, here.students, strict=True)]
    askers.append(Asker(screen, addresses[0], here.teacher))
    here.change(lambda state: state.begin(vote=VOTE))
    await here.vote(visitors, screen, 1, dice)
    here.move("talk", "second")
    await here.vote(visitors, screen, 2, dice)
    here.move("closed", "shown")
    await asyncio.sleep(3)
    after = sum(map(memory_of, processes))
    tallied = store.answer_count(here.room.id, 1, 1), store.answer_count(here.room.id, 1, 2)
    start = asyncio.Event()
    for visitor in visitors:
        await visitor.rerun(page="")
        await visitor.settled(PATIENCE)
    trainings = [asyncio.create_task(train(visitor, 1000 + i, measured, start)) for i, visitor in enumerate(visitors)]
    await asyncio.sleep(0.1)
    start.set()
    began = time.perf_counter()
    await asyncio.gather(*trainings)
    all_done = time.perf_counter() - began
    for asker in askers:
        asker.stop()
    errors = [error for visitor in [*visitors, screen] for error in visitor.errors]
    errors += [f"{got} of {count} answers" for got in tallied if got != count]
    for door in [*doors, screen_door]:
        await door.__aexit__(None, None, None)
    return {
        "sessions": count, "servers": len(addresses), "all_done": all_done, "more_mb": after - before, "errors": errors,
        **{name: summary(getattr(measured, name)) for name in ROWS},
    }  # fmt: skip


def told(result: dict[str, Any]) -> str:
    lines = [
        f"{result['sessions']} students, {result['servers']} server(s): {result['more_mb']:+.0f} MB beside pages without a room, "
        f"all trained in {result['all_done']:.1f} s, {len(result['errors'])} errors"
    ]
    for name, (title, _most) in ROWS.items():
        values = result[name]
        lines.append(f"    {title:44s} p50 {values['p50']:6.2f}  p95 {values['p95']:6.2f}  max {values['max']:6.2f} s")
    return "\n".join(lines + result["errors"][:5])


def measure(count: int, servers: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="spiral-lab-"))
    os.environ["SPIRAL_LAB_STORE"] = str(folder / "runs.sqlite")
    with ExitStack() as stack:
        workers = {"SPIRAL_LAB_WORKERS": "1"} if servers > 1 else {}
        found = [stack.enter_context(server_process(**workers)) for _ in range(servers)]
        time.sleep(9)  # the presets are trained, as before a class
        store = RunStore(folder / "runs.sqlite")
        result = asyncio.run(lesson(count, [address for address, _, _ in found], store, [process.pid for _, process, _ in found]))
        store.close()
    return result


def write(results: list[dict[str, Any]]) -> None:
    """The results as a page of the documentation."""
    heads = [f"{one['sessions']} students, {one['servers']} server{'s' * (one['servers'] > 1)}" for one in results]
    lines = ["| " + " | ".join(["", *heads, "target"]) + " |", "|---" * (len(heads) + 2) + "|"]
    for name, (title, most) in ROWS.items():
        cells = [f"{one[name]['p50']:.2f} / {one[name]['p95']:.2f} / {one[name]['max']:.2f}" for one in results]
        lines.append("| " + " | ".join([title, *cells, f"95 % ≤ {most:g}" if most else ""]) + " |")
    plain = (
        ("All have trained", [f"{one['all_done']:.1f}" for one in results], ""),
        ("Memory beside pages without a room, MB", [f"{one['more_mb']:+.0f}" for one in results], "≤ +40"),
        ("Errors", [str(len(one["errors"])) for one in results], "0"),
    )
    lines += ["| " + " | ".join([title, *cells, target]) + " |" for title, cells, target in plain]
    text = (
        f"# A class that votes\n\n`python -m benchmarks.classroom` wrote this page on {os.cpu_count()} cores (Python "
        f"{platform.python_version()}), the students' sessions on the same cores. All answer within {WITHIN:.0f} seconds,\n"
        "twice; then all ask for a run of their own, the article's net with 10 000 iterations, in the room. Seconds, median / 95 % "
        "/ slowest.\n\n"
    )
    TABLE.write_text(text + "\n".join(lines) + "\n", "utf-8")


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--replicas"]
    counts = [int(argument) for argument in arguments] or list(CLASSES)
    servers = (2,) if "--replicas" in sys.argv else (1,) if arguments else (1, 2)
    ways = [(count, each) for each in servers for count in counts]
    results = []
    for count, each in ways:
        results.append(measure(count, each))
        print(told(results[-1]), flush=True)
    if not sys.argv[1:]:
        write(results)


if __name__ == "__main__":
    main()
