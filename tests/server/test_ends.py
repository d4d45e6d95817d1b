"""However a running server ends, nothing of it stays, and it is quick about it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from pages.ui.visit.presets import START
from tests.server.test_pool import gone
from tests.support.polling import until
from tests.support.server import server_process
from tests.support.visitor import finish, query_of, visit

LONG = START.replace(iterations=100_000)


async def busy(address: str) -> None:
    """Somebody trains a long run, and somebody searches."""
    async with visit(address, query_of(LONG)) as running, visit(address, page="search") as searching:
        await running.settled()
        await searching.set("search_start", trigger=True)
        await searching.settled()
        deadline = time.monotonic() + 60
        while not running.pictures or "search_stop" not in searching.widgets:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


def processes_of(server: subprocess.Popen[str]) -> list[int]:
    return [child.pid for child in psutil.Process(server.pid).children(recursive=True)]


def unread(address: str) -> list[socket.socket]:
    """Connections that ask for a large answer and read nothing of it."""
    found = []
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /plotly-3d.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
        found.append(connection)
    return found


@pytest.mark.parametrize(
    "way", ["SIGTERM", "SIGTERM to all", "SIGKILL", "SIGTERM with stopped workers", "SIGTERM with unread answers"]
)
def test_no_process_stays_after_a_server_however_it_ends(way: str, tmp_path: Path) -> None:
    with server_process(SPIRAL_LAB_STORE=str(tmp_path / "runs.sqlite"), SPIRAL_LAB_WORKERS="2") as (address, server, _log):
        finish(busy(address))
        children = processes_of(server)
        workers = [pid for pid in children if "spawn_main" in " ".join(psutil.Process(pid).cmdline())]
        assert len(workers) >= 4
        if "stopped" in way:
            for pid in workers:
                psutil.Process(pid).suspend()
        connections = unread(address) if "unread" in way else []
        time.sleep(0.5 if connections else 0.0)  # until the server has begun to answer
        began = time.monotonic()
        for pid in children if "all" in way else []:
            psutil.Process(pid).terminate()
        server.kill() if way == "SIGKILL" else server.terminate()
        server.wait(30)
        print(f"{way}: ended after {time.monotonic() - began:.1f} s")
        until(lambda: all(gone(pid) for pid in children), "a process stays")
        for connection in connections:
            connection.close()
