"""How much one network address may have this server keep within an hour."""

from __future__ import annotations

import time

import pytest

from server.allowances import HOUR, LEAST, MOST_RESERVED, RESERVE, SHARE, SMALL, Allowances
from server.http import limits
from spiral_core.store.database import Reason, StoreError

NOBODY: dict[str, float] = {}  # has kept anything
MOST = limits.max_saved_per_address()
OWN = MOST // SHARE  # of one browser


def refused(found: Allowances, address: str, shelf: str, nbytes: int, is_small: bool | None = None) -> Reason | None:
    try:
        found.spend(address, shelf, nbytes, is_small)
    except StoreError as error:
        return error.reason
    return None


def spent_out(found: Allowances, address: str, shelf: str, nbytes: int) -> bool:
    return refused(found, address, shelf, nbytes) is Reason.NETWORK


def filled(found: Allowances, address: str) -> None:
    """Browsers save as much as they may, in large pieces."""
    for number in range(SHARE):
        while not refused(found, address, f"heavy {number}", 1_000_000):
            pass


def test_one_browser_has_an_end_and_others_do_not_feel_it() -> None:
    found = Allowances(NOBODY.get)
    taken = 0
    while (reason := refused(found, "1.2.3.4", "a" * 22, 1_000_000)) is None:
        taken += 1_000_000
    assert (taken, reason) == (OWN, Reason.BROWSER)
    assert refused(found, "1.2.3.4", "b" * 22, OWN) is None
    assert refused(found, "5.6.7.8", "a" * 22, 1_000_000) is None


def test_who_has_had_enough_still_hands_in() -> None:
    """A search that took a browser's part leaves it a class that it opens and small things, and these end too."""
    found = Allowances(NOBODY.get)
    assert refused(found, "school", "a", OWN) is None
    assert refused(found, "school", "a", 1, is_small=False) is Reason.BROWSER
    assert refused(found, "school", "a", 5_000_000, is_small=True) is None
    small = 0
    while refused(found, "school", "a", SMALL) is None:
        small += SMALL
    assert small == MOST_RESERVED - 5_000_000


def test_a_crowd_that_saves_much_shuts_no_class_out() -> None:
    found = Allowances(NOBODY.get)
    filled(found, "school")
    assert refused(found, "school", "teacher", 5_000_000) is Reason.NETWORK  # points, say, or a large net
    assert refused(found, "school", "teacher", 5_000_000, is_small=True) is None  # a class
    for student in range(40):
        assert not any(refused(found, "school", f"student {student}", 20_000) for _run in range(50))
        assert refused(found, "school", f"student {student}", SMALL + 1) is Reason.NETWORK
    assert refused(found, "school", "student 0", 1, is_small=False) is Reason.NETWORK  # a search goes on without the reserve


def test_the_reserve_ends_too() -> None:
    found = Allowances(NOBODY.get)
    filled(found, "school")
    taken = browsers = 0
    while refused(found, "school", f"{browsers}", SMALL) is None:
        taken += SMALL
        while refused(found, "school", f"{browsers}", SMALL) is None:
            taken += SMALL
        browsers += 1
    assert MOST // RESERVE - MOST_RESERVED <= taken <= MOST // RESERVE


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
    filled(found, "1.2.3.4")
    assert spent_out(found, "1.2.3.4", "a", SMALL + 1)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + HOUR + 1)
    assert refused(found, "1.2.3.4", "a", OWN) is None
    assert len(found._hours) == 1


def test_what_is_refused_is_not_counted() -> None:
    found = Allowances(NOBODY.get)
    assert spent_out(found, "1.2.3.4", "a", MOST + 1)
    assert refused(found, "1.2.3.4", "b", OWN + 1) is Reason.BROWSER
    assert refused(found, "1.2.3.4", "b", OWN) is None


def test_a_crowd_of_strangers_leaves_those_who_were_here_before_what_they_need() -> None:
    """Behind the same address: a teacher with plans of last week saves and opens a class whatever a student does."""
    found = Allowances({"teacher": time.time() - 7 * 24 * 3600, "just come": time.time() - 5}.get)
    shelves = 0
    while not spent_out(found, "school", f"in disguise {shelves}", 10):
        shelves += 1
    assert spent_out(found, "school", "just come", 10)
    assert not spent_out(found, "school", "teacher", 5_000_000)
    assert spent_out(found, "school", "teacher", MOST)
