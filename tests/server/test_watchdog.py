"""A page script that does not end is named, and ended."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from server import log
from server.watchdog import ENDED_AFTER, NAMED_AFTER, SCRIPT, PageTimeoutError, Watchdog


def test_a_script_that_does_not_end_is_named_and_ended(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("spiral_lab"), "propagate", True)
    ended: list[type[BaseException]] = []

    def turning_in_a_circle() -> None:
        try:
            while True:
                time.sleep(0.001)
        except PageTimeoutError as error:
            ended.append(type(error))

    script = threading.Thread(target=turning_in_a_circle, name=SCRIPT, daemon=True)
    other = threading.Event()
    bystander = threading.Thread(target=other.wait, name="somebody else", daemon=True)
    script.start()
    bystander.start()
    dog = Watchdog()
    dog.look(0.0)
    dog.look(NAMED_AFTER + 0.1)
    dog.look(NAMED_AFTER + 1)
    (record,) = [found for found in caplog.records if "runs for too long" in found.getMessage()]
    assert "turning_in_a_circle" in record.facts["stack"]  # type: ignore[attr-defined]
    assert script.is_alive()
    dog.look(ENDED_AFTER + 0.1)
    script.join(10)
    assert ended == [PageTimeoutError]
    assert bystander.is_alive()
    other.set()


def test_scripts_that_follow_one_another_are_not_one_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = []
    monkeypatch.setattr(log, "warning", lambda *given, **facts: ends.append(given))
    dog = Watchdog()
    for second in range(10):
        leave = threading.Event()
        script = threading.Thread(target=leave.wait, name=SCRIPT, daemon=True)
        script.start()
        dog.look(float(second))
        leave.set()
        script.join()
    assert ends == []
