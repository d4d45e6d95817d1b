"""docs/found.md: each fault that was found in use is held by tests that are there, or says why it stays."""

from __future__ import annotations

import re

from tests.support.catalogue import ROOT
from tests.support.named import missing_tests, named_tests

FOUND = {"A": 10, "B": 9, "C": 16, "D": 10, "E": 14}  # at least so many in each section


def test_what_was_found_is_held() -> None:
    text = (ROOT / "docs" / "found.md").read_text("utf-8")
    rows = re.findall(r"^\| (([A-Z])(\d+)) \|(.+)$", text, re.MULTILINE)
    assert len({name for name, *_ in rows}) == len(rows)
    for section, least in FOUND.items():
        numbers = [int(number) for _name, found, number, _row in rows if found == section]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= least
    assert [name for name, _section, _number, row in rows if not named_tests(row) and "Stays" not in row] == []
    assert missing_tests(text) == []
