"""A vote: a question that each answers alone, twice if the teacher wants, and the tallies of the answers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError

LEAST = 5  # answers below which there is no tally: it would tell who answered what
FEWEST_OPTIONS, MOST_OPTIONS = 2, 6
MAX_QUESTION, MAX_OPTION = 300, 120  # characters
MOST = 1e12  # the largest number that can be an answer
BINS = 10  # of a tally of numbers


@dataclass(frozen=True)
class Vote:
    """A question. options: what can be answered, none where the answer is a number; lesson: the name of the lesson that asks it,

    whose words then stand in the place of question and options. Raises SettingError.
    """

    question: str = ""
    options: tuple[str, ...] = ()
    lesson: str = ""
    choices: int = 0  # how many options a lesson's question has

    def __post_init__(self) -> None:
        if self.lesson:
            return
        if not self.question.strip() or len(self.question) > MAX_QUESTION:
            raise SettingError(
                "question", Rule("question", N_("a text of 1 to {most} characters"), {"most": MAX_QUESTION}), self.question
            )
        if self.options and not FEWEST_OPTIONS <= len(self.options) <= MOST_OPTIONS:
            values = {"fewest": FEWEST_OPTIONS, "most": MOST_OPTIONS}
            raise SettingError("option_count", Rule("options", N_("{fewest} to {most}"), values), len(self.options))
        for option in self.options:
            if not option.strip() or len(option) > MAX_OPTION:
                raise SettingError("options", Rule("option", N_("texts of 1 to {most} characters"), {"most": MAX_OPTION}), option)
        if len(set(self.options)) < len(self.options):
            raise SettingError("options", Rule("distinct", N_("answers that differ")), self.options)

    @property
    def count(self) -> int:
        """How many options there are; 0: the answer is a number."""
        return self.choices if self.lesson else len(self.options)

    def read(self, answer: object) -> str:
        """An answer as it is kept: the number of an option, or a number. Raises SettingError."""
        if self.count:
            if type(answer) is int and 0 <= answer < self.count:
                return str(answer)
            raise SettingError("answer", Rule("option", N_("one of the answers")), answer)
        value = answer if isinstance(answer, int | float) and not isinstance(answer, bool) else math.nan
        if not abs(value) <= MOST:
            raise SettingError("answer", Rule("number", N_("a number between −{most} and {most}"), {"most": MOST}), answer)
        return repr(float(value))

    def to_dict(self) -> dict[str, Any]:
        return {"question": self.question, "options": list(self.options), "lesson": self.lesson, "choices": self.choices}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Vote:
        return cls(plain["question"], tuple(plain["options"]), plain["lesson"], plain["choices"])


class Tally(NamedTuple):
    """How the answers of a round divide: counts of the options, or of numbers between edges."""

    total: int
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()  # of the bins of numbers, one more than counts; what lies beyond is in the outer ones
    median: float = math.nan


def tallies(vote: Vote, rounds: Mapping[int, Mapping[str, int]]) -> dict[int, Tally]:
    """The tallies of rounds, given how often each answer came; a round with too few answers for one is left out.

    The rounds of a number share their bins, so that they compare.
    """
    enough = {number: answers for number, answers in rounds.items() if sum(answers.values()) >= LEAST}
    if vote.count:
        return {
            number: Tally(sum(answers.values()), tuple(answers.get(str(option), 0) for option in range(vote.count)))
            for number, answers in enough.items()
        }
    numbers = {
        number: np.array([float(answer) for answer, count in answers.items() for _ in range(count)])
        for number, answers in enough.items()
    }
    if not numbers:
        return {}
    edges = _edges(np.concatenate(list(numbers.values())))
    return {number: _of_numbers(values, edges) for number, values in numbers.items()}


def _of_numbers(values: FloatArray, edges: FloatArray) -> Tally:
    bins = np.searchsorted(edges[1:-1], values, side="right")
    counts = np.bincount(bins, minlength=len(edges) - 1)
    return Tally(len(values), tuple(counts.tolist()), tuple(edges.tolist()), statistics.median(values.tolist()))


def _edges(values: FloatArray) -> FloatArray:
    """Of bins over most of the numbers: one that is absurd does not make all others one bar."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    reach = max(3 * (high - low), 1e-6 * abs(middle), 1e-6)
    inside = values[np.abs(values - middle) <= reach]
    first, last = float(inside.min()), float(inside.max())
    if last - first < reach / 100:
        first, last = first - reach / 2, last + reach / 2
    return np.linspace(first, last, BINS + 1)
