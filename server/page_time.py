"""Processor time of page scripts, dealt fairly among visits.

All pages share one process; who has had much of it lately waits.
"""

from __future__ import annotations

import functools
import math
import threading
import time

from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from server.shares import Usage

ALONE, ALL = 0.8, 0.4  # of a core, that one visit may take and that several share: what is left is for those who have just come
LEAST = 0.08  # of a core, that each may take whatever the others do
AT_ONCE = 0.3  # seconds of a core beyond that, for a hurried hand
ACTIVE = 0.1  # seconds of a core lately, from which a visit counts as having something to do
LONGEST_WAIT = 2.0  # seconds
HALF_LIFE = 3.0  # seconds after which time that was had counts half
LOOK_AGAIN = 0.5  # seconds between two counts of active visits


class PageTime:
    """Who has had how much."""

    def __init__(self) -> None:
        self._usage = Usage(HALF_LIFE)
        self._lock = threading.Lock()
        self._active, self._counted = 1, -math.inf

    def wait(self, visit: str) -> float:
        """Seconds until a visit's script may run."""
        with self._lock:
            now = time.monotonic()
            if now - self._counted > LOOK_AGAIN:
                self._active, self._counted = max(1, self._usage.count_above(ACTIVE)), now
            share = ALONE if self._active == 1 else max(LEAST, ALL / self._active)
            allowed = share * HALF_LIFE / math.log(2) + AT_ONCE  # what use at that pace amounts to, and a burst
            used = self._usage.of(visit)
        return min(LONGEST_WAIT, HALF_LIFE * math.log2(used / allowed)) if used > allowed else 0.0

    def add(self, visit: str, seconds: float) -> None:
        with self._lock:
            self._usage.add(visit, seconds)


def deal() -> None:
    """Let every page script of this process wait for its turn; once for the process."""
    run_script = ScriptRunner._run_script
    if hasattr(run_script, "__wrapped__"):
        return
    times = PageTime()

    @functools.wraps(run_script)
    def in_turn(runner: ScriptRunner, rerun_data: RerunData) -> None:
        visit = runner._session_id
        time.sleep(times.wait(visit))
        began = time.thread_time()
        try:
            run_script(runner, rerun_data)
        finally:
            times.add(visit, time.thread_time() - began)

    ScriptRunner._run_script = in_turn  # type: ignore[method-assign, assignment]
