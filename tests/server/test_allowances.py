"""How much one network address may have this server keep within an hour."""

from __future__ import annotations

import time

import pytest

from server.allowances import HOUR, LEAST, Allowances
from server.http import limits
from spiral_core.store.database import Reason, StoreError

NOBODY: dict[str, float] = {}  # has kept anything
MOST = limits.max_saved_per_address()


def spent_out(found: Allowances, address: str, shelf: str, nbytes: int) -> bool:
    try:
        found.spend(address, shelf, nbytes)
    except StoreError as error:
        return error.reason is Reason.NETWORK
    return False


def test_one_browser_has_an_end_and_others_do_not_feel_it() -> None:
    found = Allowances(NOBODY.get)
    taken = 0
    while not spent_out(found, "1.2.3.4", "a" * 22, 1_000_000):
        taken += 1_000_000
    assert taken == MOST
    assert not spent_out(found, "5.6.7.8", "a" * 22, 1_000_000)


def test_a_browser_in_disguise_counts_each_time() -> None:
    found = Allowances(NOBODY.get)
    shelves = 0
    while not spent_out(found, "1.2.3.4", f"{shelves}", 10):
        shelves += 1
    assert shelves == MOST // LEAST
    assert not spent_out(found, "1.2.3.4", "0", 10)  # who was there before goes on


def test_a_school_behind_one_address_is_no_attack() -> None:
    """500 students who each answer a lesson; 40 who fill their shelves with runs of 20 kB and make ten sets of points."""
    school, class_ = Allowances(NOBODY.get), Allowances(NOBODY.get)
    assert not any(spent_out(school, "", f"{student}", 30) for student in range(500) for _answer in range(20))
    for student in range(40):
        assert not any(spent_out(class_, "", f"{student}", 20_000) for _run in range(50))
        assert not any(spent_out(class_, "", f"{student}", 240_000) for _set in range(10))


def test_an_hour_later_all_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Allowances(NOBODY.get)
    assert spent_out(found, "1.2.3.4", "a", MOST + 1)
    assert not spent_out(found, "1.2.3.4", "a", MOST)
    assert spent_out(found, "1.2.3.4", "a", 1)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + HOUR + 1)
    assert not spent_out(found, "1.2.3.4", "a", MOST)
    assert len(found._hours) == 1


def test_what_is_refused_is_not_counted() -> None:
    found = Allowances(NOBODY.get)
    assert spent_out(found, "1.2.3.4", "a", MOST + 1)
    assert spent_out(found, "1.2.3.4", "b", MOST + 1)
    assert not spent_out(found, "1.2.3.4", "c", MOST)


def test_a_crowd_of_strangers_leaves_those_who_were_here_before_what_they_need() -> None:
    """Behind the same address: a teacher with plans of last week saves and opens a class whatever a student does."""
    found = Allowances({"teacher": time.time() - 7 * 24 * 3600, "just come": time.time() - 5}.get)
    shelves = 0
    while not spent_out(found, "school", f"in disguise {shelves}", 10):
        shelves += 1
    assert spent_out(found, "school", "just come", 10)
    assert not spent_out(found, "school", "teacher", 5_000_000)
    assert spent_out(found, "school", "teacher", MOST)
