"""Whether a server that runs for weeks keeps its memory: many sessions opened and closed in a row.

    python -m benchmarks.soak [sessions] [server.disconnectedSessionTTL in seconds]    # 2000 and the app's own

Each session opens a page, every third one changes a setting, and leaves. Prints the memory of the server and its workers as it
goes; at the end how far it grew after the first 200 sessions. Between the sessions there is no pause, so all that a server keeps of
somebody who has just left, in case that the connection only dropped, is in the figures.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time

from benchmarks.load import memory_of, server_process
from tests.browser.conftest import running_server
from tests.visitor import visit

PAGES = ("", "compare", "lessons", "data", "case_study", "search", "under_hood", "teach", "about")
SESSIONS, WARM, EVERY = 2000, 200, 100
SEEDS = 30  # runs that are trained: what is kept of more is bounded by itself


async def sessions(address: str, count: int) -> list[tuple[int, float]]:
    """Open and close them; returns (sessions so far, megabytes)."""
    server = server_process(int(address.rpartition(":")[2]))
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
    return memory


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    if len(sys.argv) > 2:
        os.environ["STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"] = sys.argv[2]
    os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
    with running_server() as address:
        time.sleep(9)  # the presets are trained
        memory = asyncio.run(sessions(address, count))
    early = statistics.mean(used for i, used in memory if i <= WARM)
    late = statistics.mean(used for _i, used in memory[-3:])
    print(f"after {WARM} sessions {early:.0f} MB, after {count} {late:.0f} MB: {late / early - 1:+.1%}")


if __name__ == "__main__":
    main()
