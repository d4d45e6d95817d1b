"""Turns: nobody gets a second one before everybody has had a first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Whose(NamedTuple):
    """Whose a visit is: the pages of one browser take turns as one, and so do the browsers of one address."""

    address: str
    browser: str  # its cookie, or the visit itself where it takes none

    @property
    def names(self) -> tuple[str, str]:
        """Under which use counts: of the address, and of the browser there."""
        return self.address, f"{self.address} {self.browser}"


def own(visit: str) -> Whose:
    """A visit of which nothing else is known."""
    return Whose(visit, visit)


NOBODY = own("")


def in_turns(items: Sequence[Item], whose: Callable[[Item], Collection[Whose]], under_way: Iterable[Whose] = ()) -> list[Item]:
    """Items, in the order in which they would be, dealt out: first a turn for each address, and within it for each browser.

    under_way: whose turn it is already. An item of several goes with the first of them.
    """
    had = list(under_way)
    by_browser = _dealt(items, lambda item: {each.browser for each in whose(item)}, (each.browser for each in had))
    return _dealt(by_browser, lambda item: {each.address for each in whose(item)}, (each.address for each in had))


def _dealt(items: Sequence[Item], names: Callable[[Item], Collection[str]], had: Iterable[str]) -> list[Item]:
    turns: list[tuple[int, Item]] = []
    counts = Counter(had)
    for item in items:
        own_names = names(item)
        turns.append((min((counts[name] for name in own_names), default=0), item))
        counts.update(own_names)
    return [item for _turn, item in sorted(turns, key=lambda entry: entry[0])]
