"""Page scripts that do not end: named in the log with their stack, and ended, so that one visit cannot take the server's time."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from server import log

NAMED_AFTER, ENDED_AFTER = 5.0, 20.0  # seconds; a page of ours takes a tenth of one
LOOK = 1.0


class PageTimeoutError(Exception):
    """Raised inside a page's script that has run for too long; the page shows a sentence for it as for any other error."""


class Watchdog:
    """Looks now and then at the scripts that run."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}  # thread → when its script began
        self._named: set[int] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the script that this thread runs meanwhile; a thread runs one script after another."""
        me = threading.get_ident()
        with self._lock:
            self._since[me] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._since.pop(me, None)
                self._named.discard(me)
                _throw(me, None)  # what was meant for the script hits nothing after it

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Do not count what this thread's script waits meanwhile: for its turn, say, behind those who have had less."""
        me, began = threading.get_ident(), time.monotonic()
        with self._lock:
            since = self._since.pop(me, None)
        try:
            yield
        finally:
            if since is not None:
                with self._lock:
                    self._since[me] = since + time.monotonic() - began

    def _work(self) -> None:
        while not self._stopped.wait(LOOK):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Name each script that has run for long, and end it where that did not help."""
        with self._lock:
            for thread, since in self._since.items():
                if now - since > NAMED_AFTER and thread not in self._named:
                    self._named.add(thread)
                    frame = sys._current_frames().get(thread)
                    stack = "".join(traceback.format_stack(frame, 30)) if frame else ""
                    log.warning("a page's script runs for too long", seconds=round(now - since, 1), stack=stack[-4000:])
                if now - since > ENDED_AFTER:
                    self._since[thread] = now  # once more if it goes on all the same
                    log.error("a page's script was ended")
                    _throw(thread, PageTimeoutError)


def _throw(thread: int, error: type[Exception] | None) -> None:
    """Have an error raised in a thread as soon as it runs Python; None takes back one that was not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)
