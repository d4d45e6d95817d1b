"""Files that are sent: whoever sends many, large or unfinished ones keeps nobody else's out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from server.http import uploads
from server.http.uploads import MAX_AT_ONCE, MAX_BYTES, MAX_FILES_OF_A_PAGE, PATH, BoundedUploads
from server.turns import Whose
from tests.support.visitor import finish

PIECE = 1_000_000


class Server:
    """The middleware before an app that keeps what it receives, by page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept: dict[str, int] = {}
        monkeypatch.setattr(uploads, "_kept", lambda: dict(self.kept))
        monkeypatch.setattr(uploads, "make_room", self.make_room)
        self.door = BoundedUploads(self.app)

    def make_room(self, page: str, length: int = 0) -> None:
        if length:
            self.kept.pop(page, None)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        page = scope["path"].removeprefix(PATH).partition("/")[0]
        self.kept[page] = self.kept.get(page, 0) + len(body)
        await PlainTextResponse("", 204)(scope, receive, send)

    async def put(self, page: str, pieces: Iterable[int], ends: bool = True, address: str = "") -> int:
        """Send a file in pieces of these sizes; returns the status of the answer. ends: whether the last piece comes."""
        sizes, said = [*pieces], []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            if not sizes:
                await asyncio.sleep(3600)
            size = sizes.pop(0)
            return {"type": "http.request", "body": b"1" * size, "more_body": bool(sizes) or not ends}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "method": "PUT", "path": f"{PATH}{page}/file", "headers": [], "query_string": b""}
        scope["client"] = (address or page, 1)
        await self.door(scope, receive, send)
        return int(said[0]["status"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


def test_files_that_never_come_are_given_up_and_keep_nobody_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SECONDS_FOR_A_PIECE", 0.2)

    async def journey() -> tuple[list[int], int]:
        stuck = [asyncio.create_task(server.put(f"attacker {number}", [10], ends=False)) for number in range(50)]
        await asyncio.sleep(0.05)
        honest = await server.put("student", [PIECE])
        return [await each for each in stuck], honest

    stuck, honest = finish(journey())
    assert (set(stuck), honest) == ({503}, 204)
    assert server.door._under_way == []


def test_of_too_many_at_once_what_takes_longest_is_given_up(server: Server) -> None:
    async def journey() -> list[int]:
        stuck = [asyncio.create_task(server.put(f"attacker {number}", [10], ends=False)) for number in range(MAX_AT_ONCE)]
        await asyncio.sleep(0.05)
        honest = [await server.put(f"student {number}", [PIECE]) for number in range(3)]
        given_up = [await each for each in stuck[:1]]
        for each in stuck:
            each.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        return [*given_up, *honest]

    assert finish(journey()) == [503, 204, 204, 204]


@pytest.mark.parametrize("browsers", [1, 50, 1000])
def test_uploads_without_end_of_one_address_cut_nobody_elses(server: Server, browsers: int) -> None:
    """However slow the others' are: of one page, or of many without a cookie."""

    async def journey() -> int:
        mine = asyncio.create_task(server.put("student", [10] * 5000, address="school"))
        await asyncio.sleep(0)
        theirs = []
        for number in range(4 * MAX_AT_ONCE):
            page = f"attacker {number % browsers}"
            theirs.append(asyncio.create_task(server.put(page, [10], ends=False, address="attacker")))
            await asyncio.sleep(0)
        status = await mine
        for each in theirs:
            each.cancel()
        return status

    assert finish(journey()) == 204


def test_one_page_sends_few_files_at_once(server: Server) -> None:
    """So that it cuts off nobody of its own address."""

    async def journey() -> tuple[int, int]:
        stuck = [asyncio.create_task(server.put("attacker", [10], ends=False, address="school")) for _file in range(20)]
        await asyncio.sleep(0.1)
        given_up = sum(each.done() for each in stuck)
        for each in stuck:
            each.cancel()
        return given_up, await server.put("student", [10], address="school")

    assert finish(journey()) == (20 - MAX_FILES_OF_A_PAGE, 204)


def test_of_many_pages_of_one_address_one_makes_room(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the page of another address that has the largest file."""
    monkeypatch.setattr(uploads, "whose", lambda page: Whose(page.split()[0], page))
    server.kept = {f"attacker {number}": 300_000 for number in range(500)} | {"school": 5_000_000}
    assert finish(server.put("classmate", [PIECE], address="classmate")) == 204
    assert server.kept["school"] == 5_000_000


def test_the_page_that_keeps_most_makes_room(server: Server) -> None:
    server.kept = {f"attacker {number}": 11_800_000 for number in range(12)} | {"student": 2 * PIECE}
    assert finish(server.put("another student", [PIECE] * 9)) == 204
    assert server.kept["student"] == 2 * PIECE
    assert server.kept["another student"] == 9 * PIECE
    assert sum(server.kept.values()) <= MAX_BYTES


def test_where_nothing_is_kept_the_largest_on_its_way_makes_room(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 20 * PIECE)

    async def journey() -> list[int]:
        large = asyncio.create_task(server.put("attacker", [PIECE] * 15, ends=False))
        await asyncio.sleep(0.05)
        small = [asyncio.create_task(server.put(f"student {number}", [PIECE] * 4)) for number in range(2)]
        return [await large, *[await each for each in small]]

    assert finish(journey()) == [503, 204, 204]


def test_an_upload_that_is_broken_off_is_no_fault_of_ours(server: Server) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "PUT", "path": f"{PATH}student/file", "headers": [], "query_string": b""}
    finish(server.door(scope, receive, send))
    assert server.door._under_way == []


def test_the_end_of_the_server_is_no_answer(server: Server) -> None:
    async def journey() -> None:
        sending = asyncio.create_task(server.put("student", [10], ends=False))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    finish(journey())
