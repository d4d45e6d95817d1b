"""Names from outside: each once, visible, short, in a bounded number of steps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from server.tables.names import composed, distinct, is_visible, revealed
from server.tables.reading import read
from spiral_core.points import MAX_LABEL_LENGTH
from tests.support.fuzz import CASES

WORD = "column {number}"
LONG = "a" * 35


@contextmanager
def steps_end() -> Iterator[None]:
    """Fails what goes on for ever, which takes thousands of times as long as what is right."""

    def fail(_signal: int, _frame: object) -> None:
        raise AssertionError("this did not end")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, 20)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Names of the lengths at which cutting begins, with endings that look like ours, combining letters and signs that nobody sees.
STEMS = st.sampled_from(
    ["a" * n for n in (1, 34, 35, 36, 38, 39, 40, 41, 80)] + ["", " ", "é" * 40, "e\u0301" * 40, "\u3164", "\u200b", "\ud800"]
)
ENDINGS = st.sampled_from(["", " (2)", " (3)", " (3)", " (10)", " (2) (2)", " (", ")", "\u0301", "\u200d", "\ud800", " "])
NAMES = st.lists(st.builds(str.__add__, STEMS, ENDINGS) | st.text(st.characters(), max_size=50), max_size=100)


@hypothesis_settings(max_examples=5 * CASES)
@given(NAMES)
@example([LONG, LONG, LONG + " (3)"])
@example(["column 2", "", "column 2 (2)"])
@example(["x"] * 100)
def test_fuzz_names_become_distinct(names: list[str]) -> None:
    with steps_end():
        found = distinct(names, WORD)
    assert len(set(found)) == len(found) == len(names)
    for name in found:
        assert 1 <= len(name) <= MAX_LABEL_LENGTH
        assert name == name.strip()
        assert all(map(is_visible, name))


def test_names_that_are_right_stay() -> None:
    assert distinct(["키 (cm)", "x", "Größe"], WORD) == ("키 (cm)", "x", "Größe")
    assert distinct(["", "x", "x"], WORD) == ("column 1", "x", "x (2)")


def test_the_file_of_120_bytes_is_read() -> None:
    """Two columns of the same name of 35 letters, and one of that name with " (3)" appended: numbering once went in a circle."""
    with steps_end():
        reading = read(f"{LONG},{LONG},{LONG} (3)\n1.5,2,a\n3,4,b\n".encode())
    assert reading.points is not None
    assert [column.name for column in reading.columns] == [LONG, LONG + " (2)", LONG + " (3)"]


@pytest.mark.parametrize("sign", ["\u3164", "\u115f", "\uffa0", "\u2800", "\u034f", "\u200b", "\u202e", "\x07", "\ud800", "\n"])
def test_signs_that_nobody_sees_are_spelled_out(sign: str) -> None:
    assert not is_visible(sign)
    assert revealed(f"a{sign}") == f"a⟨U+{ord(sign):04X}⟩"
    assert distinct([sign], WORD) == ("column 1",)


def test_letters_in_parts_are_put_together() -> None:
    assert composed("\u1100\u1161") == "가"
    assert composed("e\u0301te\u0301") == "été"
    assert composed("\uf900") == "\uf900"  # of one piece already: not exchanged for its twin
