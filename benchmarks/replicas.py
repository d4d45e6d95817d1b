"""Two replicas behind a proxy on this machine: `deploy/nginx.conf` as it is, but for the addresses. Needs nginx.

    python -m benchmarks.replicas [students]      # 20 unless told otherwise

Each student pins a run of an own seed and comes back several times; then one replica is killed. Says which replica served whom, and
stops with an error where a student was sent about, saw an error, or lost a run.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pages.ui.visit.presets import START
from server.http.cookie import COOKIE
from spiral_core.store.keys import new_id, shelf_of
from spiral_core.store.run_store import RunStore
from tests.support.server import free_port, server_process
from tests.support.visitor import who_waits

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx.conf"
VISITS = 4


def configured(folder: Path, port: int, replicas: list[str]) -> Path:
    """The proxy's configuration with this machine's addresses, and a log of who was sent where."""
    text = CONFIGURATION.read_text("utf-8")
    for name, address in zip(("one:8501", "two:8501"), replicas, strict=True):
        assert name in text
        text = text.replace(name, address.replace("http://localhost", "127.0.0.1"))
    text = text.replace(" resolve max_fails", " max_fails")  # there is no Docker here to ask for addresses
    log = f'log_format who "$cookie_spiral_lab_shelf $upstream_addr"; access_log {folder}/access.log who;'
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("http {", "http {\n" + log, 1)
    file = folder / "nginx.conf"
    file.write_text(f"pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;\n" + text, "utf-8")
    return file


async def lessons(address: str, students: list[str], path: Path) -> None:
    """All pin a run of their own and come back."""

    async def one(number: int, shelf: str) -> None:
        settings = START.replace(seed=5000 + number)
        for _visit in range(VISITS):
            async with who_waits(address, settings, {COOKIE: shelf}) as visitor:
                if "pin" in visitor.widgets and not visitor.widgets["pin"].disabled:
                    await visitor.set("pin", trigger=True)
                    await visitor.settled()
                assert not visitor.errors, visitor.errors

    await asyncio.gather(*(one(number, shelf) for number, shelf in enumerate(students)))
    store = RunStore(path)
    for number, shelf in enumerate(students):
        assert [pin.settings.seed for pin in store.pins(shelf_of(shelf))] == [5000 + number]
    store.close()


async def digits(address: str, students: list[str]) -> list[str]:
    """The losses on the screens of all."""
    found = []
    for number, shelf in enumerate(students):
        settings = START.replace(seed=5000 + number)
        async with who_waits(address, settings, {COOKIE: shelf}) as visitor:
            found.append(visitor.loss)
    return found


def main() -> None:
    students = [new_id() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20)]
    folder = Path(tempfile.mkdtemp(prefix="spiral-lab-"))
    path, port = folder / "runs.sqlite", free_port()
    environment = {"SPIRAL_LAB_STORE": str(path), "SPIRAL_LAB_WORKERS": "1"}
    with server_process(**environment) as (one, process, _), server_process(**environment) as (two, _process, _log):
        proxy = subprocess.Popen(["nginx", "-c", str(configured(folder, port, [one, two]))])
        try:
            time.sleep(1)
            address = f"http://localhost:{port}"
            began = time.perf_counter()
            asyncio.run(lessons(address, students, path))
            print(f"{len(students)} students, {VISITS} visits each: {time.perf_counter() - began:.1f} s")
            before = asyncio.run(digits(address, students))
            places: dict[str, set[str]] = {}
            for line in (folder / "access.log").read_text().split("\n"):
                if match := re.fullmatch(r"(\S+) (127\.0\.0\.1:\d+)", line):
                    places.setdefault(match[1], set()).add(match[2])
            assert all(len(where) == 1 for who, where in places.items() if who in students), "a student was sent about"
            print("students at each replica:", dict(Counter(next(iter(places[shelf])) for shelf in students)))
            process.kill()
            process.wait()
            after = asyncio.run(digits(address, students))
            assert after == before, "other digits at the other replica"
            print("one replica killed: all are served by the other, with the same digits and their shelves")
        finally:
            proxy.terminate()
            proxy.wait()


if __name__ == "__main__":
    main()
