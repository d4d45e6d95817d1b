"""Page scripts that do not end: named in the log with their stack, and ended, so that one visit cannot take the server's time."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import traceback

from server import log

SCRIPT = "ScriptRunner.scriptThread"  # Streamlit's name for the thread that runs a page once
NAMED_AFTER, ENDED_AFTER = 5.0, 20.0  # seconds; a page of ours takes a tenth of one
LOOK = 1.0


class PageTimeoutError(Exception):
    """Raised inside a page's script that has run for too long; the page shows a sentence for it as for any other error."""


class Watchdog:
    """Looks at the threads of page scripts now and then."""

    def __init__(self) -> None:
        self._seen: dict[threading.Thread, float] = {}
        self._named: set[threading.Thread] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.wait(LOOK):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Name each script that has run for long, and end it where that did not help."""
        running = [thread for thread in threading.enumerate() if thread.name == SCRIPT and thread.ident is not None]
        self._seen = {thread: self._seen.get(thread, now) for thread in running}
        self._named &= self._seen.keys()
        for thread, since in self._seen.items():
            if now - since > NAMED_AFTER and thread not in self._named:
                self._named.add(thread)
                frame = sys._current_frames().get(thread.ident or 0)
                stack = "".join(traceback.format_stack(frame, 30)) if frame else ""
                log.warning("a page's script runs for too long", seconds=round(now - since, 1), stack=stack[-4000:])
            if now - since > ENDED_AFTER:
                self._seen[thread] = now  # once more if it goes on all the same
                log.error("a page's script was ended")
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(PageTimeoutError))
