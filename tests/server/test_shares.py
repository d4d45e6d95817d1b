"""Shares of the workers: fifteen tabs, or twenty browsers of one address, hold up nobody else's search."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from server import shares
from server.shares import Shares
from server.training import cost
from server.turns import Whose


class Pool:
    """One worker that is done with a call when the test says so."""

    size = 1

    def __init__(self) -> None:
        self.calls: list[tuple[Future[Any], str]] = []

    def call(self, future: Future[Any], function: Callable[..., Any], *arguments: Any) -> None:
        self.calls.append((future, function(*arguments)))


class Lanes:
    def __init__(self) -> None:
        self.light, self.heavy = Pool(), Pool()

    def of(self, settings: Any) -> Pool:
        return self.light


class Worker:
    """The shares of searches, and who had a call, in their order; each takes a second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(shares, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.lanes = Lanes()
        self.beyond = 0.0
        self.shares = Shares(self.lanes, beyond=lambda _asked, _result: self.beyond)  # type: ignore[arg-type]
        self.count = 0

    def search(self, address: str, browser: str, calls: int) -> None:
        """A search with so many calls that wait."""
        self.count += 1
        executor = self.shares.executor(Whose(address, browser), str(self.count))
        for _call in range(calls):
            executor.submit(lambda _settings: browser, None)

    def work(self, calls: int) -> list[str]:
        """Whose the next calls are."""
        done = []
        for _call in range(calls):
            (future, browser) = self.lanes.light.calls.pop(0)
            self.now += 1.0
            future.set_result(browser)
            done.append(browser)
        return done


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


def test_twenty_browsers_of_one_address_get_half_beside_another(worker: Worker) -> None:
    for number in range(20):
        worker.search("attacker", f"browser {number}", 100)
    worker.work(40)
    worker.search("school", "student", 100)
    assert worker.work(9)[1:] == ["student"] * 8  # the call that was in progress, and then who had nothing yet
    assert 45 <= worker.work(100).count("student") <= 60


def test_fifteen_searches_of_one_browser_get_half_beside_a_classmates(worker: Worker) -> None:
    for _tab in range(15):
        worker.search("school", "tabs", 100)
    worker.work(30)
    worker.search("school", "student", 100)
    assert worker.work(9)[1:] == ["student"] * 8
    assert 45 <= worker.work(100).count("student") <= 60


def test_the_searches_of_one_browser_take_turns(worker: Worker) -> None:
    for name in ("first", "second"):
        executor = worker.shares.executor(Whose("school", "student"), name)
        for _call in range(10):
            executor.submit(lambda _settings, name=name: name, None)
    assert 4 <= worker.work(10).count("second") <= 6


def test_a_search_whose_call_took_far_too_long_goes_on_among_heavy_work(worker: Worker) -> None:
    """However light its trials are estimated to be: others' do not wait for them."""
    executor = worker.shares.executor(Whose("school", "student"), "search")
    other = worker.shares.executor(Whose("school", "classmate"), "another")
    executor.submit(lambda _settings: "first", None)
    worker.beyond = cost.TOO_LONG + 0.1
    worker.work(1)
    for _call in range(3):
        executor.submit(lambda _settings: "next", None)
    other.submit(lambda _settings: "light", None)
    assert [name for _future, name in worker.lanes.light.calls] == ["light"]
    assert [name for _future, name in worker.lanes.heavy.calls] == ["next"]


def test_a_search_that_keeps_its_time_or_fails_stays_among_light_work(worker: Worker) -> None:
    executor = worker.shares.executor(Whose("school", "student"), "search")
    executor.submit(lambda _settings: "first", None)
    worker.beyond = cost.TOO_LONG - 0.1
    worker.work(1)
    executor.submit(lambda _settings: "second", None)
    future, _name = worker.lanes.light.calls.pop()
    future.set_exception(MemoryError())
    executor.submit(lambda _settings: "third", None)
    assert not worker.lanes.heavy.calls
