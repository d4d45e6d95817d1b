"""Page scripts: who has had much processor time lately waits, and nobody else does."""

from __future__ import annotations

import pytest

from server.page_time import LONGEST_WAIT, PageTime


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_hurried_hand_waits_for_nothing(clock: list[float]) -> None:
    times = PageTime()
    for _change in range(20):
        assert times.wait("a student") == 0
        times.add("a student", 0.08)
        clock[0] += 0.2


def test_who_never_stops_gets_its_share_and_newcomers_do_not_wait(clock: list[float]) -> None:
    """Four who run scripts of a tenth of a second on one core as fast as they may leave a good part of it to others."""
    times, used, began = PageTime(), 0.0, clock[0]
    ready = dict.fromkeys("abcd", began)  # attacker → when the next script may run
    while clock[0] < began + 60:
        next_one = min(ready, key=ready.__getitem__)
        clock[0] = max(clock[0], ready[next_one])
        clock[0] += 0.1
        times.add(next_one, 0.1)
        used += 0.1
        wait = times.wait(next_one)
        assert wait <= LONGEST_WAIT
        ready[next_one] = clock[0] + wait
        assert times.wait("a newcomer") == 0
    assert 0.3 < used / (clock[0] - began) < 0.8
    clock[0] += 60
    assert times.wait("a") == 0
