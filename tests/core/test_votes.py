"""Votes: what is a question, what is an answer, and how answers are counted."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core.classroom.votes import LEAST, MOST, Vote, tally
from spiral_core.rules import SettingError

COLOURS = Vote("Which colour?", ("red", "green", "blue"))
NUMBER = Vote("How many folds?")


def test_options_are_counted_in_their_order() -> None:
    found = tally(COLOURS, {"2": 3, "0": 2})
    assert found is not None
    assert (found.total, found.counts) == (5, (2, 0, 3))


def test_fewer_than_five_answers_have_no_tally() -> None:
    for count in range(LEAST):
        assert tally(COLOURS, {"1": count}) is None
        assert tally(NUMBER, {"1.5": count}) is None
    assert tally(COLOURS, {"1": LEAST}) is not None


@given(st.lists(st.floats(-1e6, 1e6), min_size=LEAST, max_size=80))
def test_numbers_fall_into_bins_that_hold_all_of_them(numbers: list[float]) -> None:
    answers: dict[str, int] = {}
    for number in numbers:
        answers[NUMBER.read(number)] = answers.get(NUMBER.read(number), 0) + 1
    found = tally(NUMBER, answers)
    assert found is not None
    assert sum(found.counts) == found.total == len(numbers)
    ordered = sorted(numbers)
    middle = len(numbers) // 2
    assert found.median == (ordered[middle] if len(numbers) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)
    assert found.edges[0] <= ordered[0]
    assert ordered[-1] <= found.edges[-1]


@pytest.mark.parametrize("answer", [-1, 3, 1.0, "1", None, True, [0], math.nan])
def test_what_is_no_option_is_refused(answer: Any) -> None:
    with pytest.raises(SettingError, match="answer must be one of the answers"):
        COLOURS.read(answer)


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf, 2 * MOST, "7", None, True, []])
def test_what_is_no_number_is_refused(answer: Any) -> None:
    with pytest.raises(SettingError, match="answer must be a number"):
        NUMBER.read(answer)


@pytest.mark.parametrize(
    ("question", "options", "said"),
    [
        ("", (), "question must be"), ("  ", (), "question must be"), ("x" * 301, (), "question must be"),
        ("q", ("one",), "options must be 2 to 6"), ("q", tuple("abcdefg"), "options must be 2 to 6"),
        ("q", ("a", " "), "options must be texts of 1 to 120"), ("q", ("a", "b" * 121), "options must be texts of 1 to 120"),
        ("q", ("a", "a"), "options must be answers that differ"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_said_in_a_sentence(question: str, options: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Vote(question, options)


def test_a_vote_comes_back_from_json() -> None:
    for vote in (COLOURS, NUMBER, Vote(lesson="rate", choices=4)):
        assert Vote.from_dict(vote.to_dict()) == vote
