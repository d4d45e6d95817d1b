"""Votes: what is a question, what is an answer, and how answers are counted."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core.classroom.votes import LEAST, MOST, Tally, Vote, tallies
from spiral_core.rules import SettingError

COLOURS = Vote("Which colour?", ("red", "green", "blue"))
NUMBER = Vote("How many folds?")


def of(vote: Vote, *numbers: float) -> Tally:
    """The tally of one round of numbers."""
    answers = Counter(vote.read(number) for number in numbers)
    return tallies(vote, {1: answers})[1]


def test_options_are_counted_in_their_order() -> None:
    found = tallies(COLOURS, {1: {"2": 3, "0": 2}, 2: {"1": 4}})
    assert {number: (tally.total, tally.counts) for number, tally in found.items()} == {1: (5, (2, 0, 3))}


def test_fewer_than_five_answers_have_no_tally() -> None:
    for count in range(LEAST):
        assert tallies(COLOURS, {1: {"1": count}}) == {}
        assert tallies(NUMBER, {1: {"1.5": count}}) == {}
    assert {*tallies(COLOURS, {1: {"1": LEAST}, 2: {"1": LEAST - 1}})} == {1}


@given(
    st.lists(
        st.floats(-MOST, MOST) | st.sampled_from([0.0, 1.0, 1e-320, MOST, -MOST, 1.0000000000000002]), min_size=LEAST, max_size=80
    )
)
def test_any_numbers_have_a_tally_that_holds_all_of_them(numbers: list[float]) -> None:
    found = of(NUMBER, *numbers)
    assert sum(found.counts) == found.total == len(numbers)
    assert all(low < high for low, high in pairwise(found.edges))
    assert found.median == statistics.median(numbers)
    json.dumps(found, allow_nan=False)


def test_one_absurd_number_leaves_the_others_apart() -> None:
    found = of(NUMBER, 1, 2, 3, 4, -1e12)
    assert found.counts[0] == 2  # the least of the others, and the absurd one
    assert sum(count > 0 for count in found.counts) == 4
    assert -1 < found.edges[0] <= 1
    assert found.edges[-1] == 4


def test_the_rounds_of_a_number_share_their_bins() -> None:
    found = tallies(NUMBER, {1: {"1.0": 5}, 2: {"3.0": 5}})
    assert found[1].edges == found[2].edges
    assert found[1].counts[0] == 5
    assert found[2].counts[-1] == 5


@pytest.mark.parametrize("answer", [-1, 3, 1.0, "1", None, True, [0], math.nan])
def test_what_is_no_option_is_refused(answer: Any) -> None:
    with pytest.raises(SettingError, match="answer must be one of the answers"):
        COLOURS.read(answer)


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf, 2 * MOST, 10**400, "7", None, True, []])
def test_what_is_no_number_is_refused(answer: Any) -> None:
    with pytest.raises(SettingError, match="answer must be a number"):
        NUMBER.read(answer)


@pytest.mark.parametrize(
    ("question", "options", "said"),
    [
        ("", (), "question must be"), ("  ", (), "question must be"), ("x" * 301, (), "question must be"),
        ("q", ("one",), "option_count must be 2 to 6"), ("q", tuple("abcdefg"), "option_count must be 2 to 6"),
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
