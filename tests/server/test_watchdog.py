"""A page script that does not end is named, and ended; what only comes after another is not."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from server import log
from server.watchdog import ENDED_AFTER, NAMED_AFTER, PageTimeoutError, Watchdog


def test_a_script_that_does_not_end_is_named_and_ended(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("spiral_lab"), "propagate", True)
    dog, running = Watchdog(), threading.Event()
    ended: list[type[BaseException]] = []

    def turning_in_a_circle() -> None:
        try:
            with dog.watching():
                running.set()
                while True:
                    time.sleep(0.001)
        except PageTimeoutError as error:
            ended.append(type(error))

    script = threading.Thread(target=turning_in_a_circle, daemon=True)
    other = threading.Event()
    bystander = threading.Thread(target=other.wait, daemon=True)
    script.start()
    bystander.start()
    assert running.wait(10)
    began = time.monotonic()
    dog.look(began)
    dog.look(began + NAMED_AFTER + 0.1)
    dog.look(began + NAMED_AFTER + 1)
    named = [found.facts["stack"] for found in caplog.records if "runs for too long" in found.getMessage()]  # type: ignore[attr-defined]
    assert len([stack for stack in named if "turning_in_a_circle" in stack]) == 1  # others may be watched in this process too
    assert script.is_alive()
    dog.look(began + ENDED_AFTER + 0.1)
    script.join(10)
    assert ended == [PageTimeoutError]
    assert bystander.is_alive()
    other.set()


def test_what_a_script_waits_for_its_turn_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(log, "warning", lambda *given, **facts: told.append(given))
    dog, now = Watchdog(), [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with dog.watching():
        now[0] += NAMED_AFTER - 1
        with dog.waiting():
            now[0] += 2 * ENDED_AFTER
            dog.look(now[0])
        dog.look(now[0])
        assert told == []
        now[0] += 2.0
        dog.look(now[0])
    assert len(told) == 1


def test_scripts_that_follow_one_another_in_a_thread_are_not_one_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that polls keeps its thread: it was once taken for a script that hangs, and its visit was cut off."""
    told: list[object] = []
    monkeypatch.setattr(log, "warning", lambda *given, **facts: told.append(given))
    monkeypatch.setattr(log, "error", lambda *given, **facts: told.append(given))
    dog, now = Watchdog(), [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for _script in range(60):
        with dog.watching():
            now[0] += 1.0
            dog.look(now[0])
    dog.look(now[0] + ENDED_AFTER + 1)
    assert told == []


def test_an_end_that_comes_too_late_hits_nothing_else() -> None:
    dog = Watchdog()
    with dog.watching():
        pass
    dog.look(time.monotonic() + ENDED_AFTER + 1)
    for _ in range(1000):  # an error thrown into this thread would be raised here
        time.sleep(0)
