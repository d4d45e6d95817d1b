"""What a check reports."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A line of the table: what was checked, in how many cases, how many of them failed, and what else there is to say."""

    name: str
    cases: int
    failures: int
    note: str = ""
    allowed: int = 0  # failures that the claim itself allows for

    @property
    def passed(self) -> bool:
        return self.failures <= self.allowed
