"""Uploads within bounds: what a visit may hold, what all may hold, and how many come in at a time."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from server.http import uploads


def manager_with(*files: tuple[str, str, int]) -> MemoryUploadedFileManager:
    """Files of (visit, file, bytes), the oldest first."""
    manager = MemoryUploadedFileManager("/upload")
    for visit, file, size in files:
        manager.add_file(visit, UploadedFileRec(file, "points.csv", "text/csv", b"x" * size))
    return manager


def held(manager: MemoryUploadedFileManager) -> dict[str, list[str]]:
    return {visit: list(files) for visit, files in manager.file_storage.items() if files}


def test_a_visit_keeps_its_newest_files() -> None:
    manager = manager_with(*(("a", str(number), 10) for number in range(120)), ("b", "own", 10))
    uploads.drop(manager, "a")
    assert held(manager) == {"a": ["117", "118", "119"], "b": ["own"]}


def test_a_visit_holds_few_bytes() -> None:
    manager = manager_with(("a", "first", 5_000_000), ("a", "second", 5_000_000), ("a", "third", 5_000_000))
    uploads.drop(manager, "a")
    assert held(manager) == {"a": ["second", "third"]}


def test_of_all_visits_those_that_hold_most_lose_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 1_000)
    manager = manager_with(("small", "own", 10), ("a", "1", 300), ("a", "2", 300), ("b", "1", 300), ("b", "2", 300))
    uploads.drop(manager, "b")
    assert held(manager) == {"small": ["own"], "a": ["1", "2"], "b": ["2"]}


def put(visit: str) -> Scope:
    return {"type": "http", "method": "PUT", "path": f"/school/lab/_stcore/upload_file/{visit}/file", "headers": []}


def test_few_uploads_come_in_at_a_time() -> None:
    async def journey() -> list[int]:
        go_on = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
            await go_on.wait()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        bounded = uploads.BoundedUploads(slow)
        answers: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        waiting = [asyncio.create_task(bounded(put(visit), receive, send)) for visit in ("a", "a", "a", "b")]
        await asyncio.sleep(0.05)
        assert answers == [429]  # the third of the same visit; another's comes in
        go_on.set()
        await asyncio.gather(*waiting)
        await bounded(put("a"), receive, send)
        return answers

    assert asyncio.run(journey()) == [429, 204, 204, 204, 204]
