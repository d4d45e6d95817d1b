"""Turns among addresses and browsers: sixty tabs, or sixty browsers of one machine, hold up nobody else."""

from __future__ import annotations

import threading
import time

from server.page_time import FewAtOnce
from server.turns import Whose, in_turns

TABS = [Whose("10.0.0.1", "one browser")] * 60
BROWSERS = [Whose("10.0.0.1", f"browser {number}") for number in range(60)]
CLASSMATE, ELSEWHERE = Whose("10.0.0.1", "classmate"), Whose("10.0.0.2", "another")


def place_of(who: Whose, items: list[Whose]) -> int:
    return in_turns(items, lambda each: [each]).index(who)


def test_many_tabs_take_turns_as_one() -> None:
    assert place_of(CLASSMATE, [*TABS, CLASSMATE]) == 1
    assert place_of(ELSEWHERE, [*TABS, CLASSMATE, ELSEWHERE]) == 1


def test_many_browsers_of_one_address_take_turns_as_one_with_others() -> None:
    assert place_of(ELSEWHERE, [*BROWSERS, ELSEWHERE]) == 1
    assert place_of(CLASSMATE, [*BROWSERS, CLASSMATE]) == 60  # a class behind one address: as they came


def test_who_has_a_turn_already_comes_after_who_has_none() -> None:
    assert in_turns([TABS[0], CLASSMATE], lambda each: [each], [TABS[0]]) == [CLASSMATE, TABS[0]]
    assert in_turns([CLASSMATE, ELSEWHERE], lambda each: [each], [TABS[0]]) == [ELSEWHERE, CLASSMATE]


def test_what_several_wait_for_goes_with_the_first_of_them() -> None:
    shared = [TABS[0], ELSEWHERE]
    order = in_turns(["tab", "tab again", "shared"], lambda name: shared if name == "shared" else [TABS[0]])
    assert order == ["tab", "shared", "tab again"]


def test_the_page_of_another_does_not_wait_for_sixty_tabs() -> None:
    few = FewAtOnce(most=1, short=30.0)
    order: list[str] = []

    def script(name: str, who: Whose) -> threading.Thread:
        def run() -> None:
            with few.place(who):
                order.append(name)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    with few.place():
        scripts = [script("tab", who) for who in TABS]
        time.sleep(0.3)
        scripts += [script("classmate", CLASSMATE), script("elsewhere", ELSEWHERE)]
        time.sleep(0.1)
    for thread in scripts:
        thread.join(20)
    assert len(order) == 62
    assert order.index("classmate") <= 3
    assert order.index("elsewhere") <= 3
