"""What is kept for all visits: computed once, by value, within a bound in bytes."""

from __future__ import annotations

import threading

from server.kept import LEAST, Kept
from spiral_core import Settings


def test_what_is_equal_is_computed_once() -> None:
    kept, made = Kept(), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept.get(("a", Settings(seed=3)), make) for _again in range(3)] == [1, 1, 1]
    assert kept.get(("a", Settings(seed=4)), make) == 2
    assert kept.get(("a", Settings(seed=3)), make) == 1


def test_what_is_kept_is_bounded_and_the_least_lately_asked_for_goes() -> None:
    kept = Kept(3 * (LEAST + 100))
    for key in "abc":
        kept.get(key, str, lambda _found: 100)
    kept.get("a", str)
    for key in "de":
        kept.get(key, str, lambda _found: 100)
    assert list(kept._found) == ["a", "d", "e"]
    assert kept.nbytes == 3 * (LEAST + 100)
    assert kept.get("large", lambda: "x", lambda _found: 10**9) == "x"  # given, and not kept
    assert kept.nbytes == 0


def test_who_asks_at_once_gets_the_same_and_it_counts_once() -> None:
    kept, gate = Kept(), threading.Barrier(8)

    def make() -> str:
        gate.wait(10)
        return "made"

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept.get("key", make, lambda _found: 50))) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["made"] * 8
    assert kept.nbytes == LEAST + 50
