"""The plan of an hour: what a class does, step by step, with minutes and notes for the teacher. JSON in files and the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, get_args

from spiral_core.classroom.goals import Goal
from spiral_core.classroom.votes import Vote
from spiral_core.fields import Integer
from spiral_core.marking import N_
from spiral_core.plain_json import read_json
from spiral_core.rules import Rule, SettingError, mapping_of, no_unknown, one_of
from spiral_core.settings import Settings

Kind = Literal["lesson", "vote", "goal", "experiment", "pause"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_STEPS = 30
MINUTES = Integer(1, 120)  # of a step
MAX_NAME, MAX_TEXT, MAX_NOTE = 80, 1000, 500  # characters
MAX_LINK = 6000  # characters of the query of an experiment's address
MAX_FILE = 400_000  # characters of a plan as JSON: goals may be about custom points
_MARK = "spiral_lab_plan"
_FILE = Rule("plan", N_("a plan that was saved here, as JSON"))


@dataclass(frozen=True)
class Step:
    """One thing to do. Raises SettingError where something is not allowed, or lacking for its kind."""

    kind: Kind
    minutes: int = 5
    note: str = ""  # for the teacher alone
    lesson: str = ""  # its name: to open, or whose question is voted on
    vote: Vote | None = None  # on a question of the teacher's own
    goal: Goal | None = None
    page: str = ""  # of an experiment: the page's place in the address, and the query there
    query: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingError("kind", one_of(KINDS), self.kind)
        try:
            object.__setattr__(self, "minutes", MINUTES.taken(self.minutes))
        except (ValueError, TypeError):
            raise SettingError("minutes", MINUTES.rule, self.minutes) from None
        _text("note", self.note, MAX_NOTE)
        _text("lesson", self.lesson, MAX_NAME, fewest=int(self.kind == "lesson" or (self.kind == "vote" and not self.vote)))
        if self.kind == "goal" and self.goal is None:
            raise SettingError("goal", Rule("given", N_("given for this step")), "")
        if not isinstance(self.query, Mapping) or not all(isinstance(part, str) for part in (self.page, *_flat(self.query))):
            raise SettingError("link", Rule("link", N_("the address of a page of this app")), self.query)
        if len(self.page) > MAX_NAME or sum(map(len, _flat(self.query))) > MAX_LINK:
            raise SettingError("link", _length(0, MAX_LINK), self.page)
        object.__setattr__(self, "query", dict(self.query))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, without what is empty."""
        plain = {
            "kind": self.kind, "minutes": self.minutes, "note": self.note, "lesson": self.lesson,
            "vote": self.vote and {"question": self.vote.question, "options": list(self.vote.options)},
            "goal": self.goal and self.goal.to_dict(), "page": self.page, "query": dict(self.query),
        }  # fmt: skip
        return {name: value for name, value in plain.items() if value}

    @classmethod
    def from_dict(cls, plain: Any) -> Step:
        """The inverse. Raises SettingError."""
        given = dict(mapping_of("steps", plain))
        no_unknown(given, cls.__dataclass_fields__, "")
        given["kind"] = given.get("kind", "")
        if "vote" in given:
            given["vote"] = _vote(given["vote"])
        if "goal" in given:
            given["goal"] = _goal(given["goal"])
        return cls(**given)


@dataclass(frozen=True)
class Plan:
    """An hour. Raises SettingError."""

    name: str
    steps: tuple[Step, ...] = ()
    aim: str = ""
    mistakes: str = ""  # what students usually get wrong

    def __post_init__(self) -> None:
        _text("name", self.name, MAX_NAME, fewest=1)
        _text("aim", self.aim, MAX_TEXT)
        _text("mistakes", self.mistakes, MAX_TEXT)
        if len(self.steps) > MOST_STEPS:
            raise SettingError("steps", Rule("steps", N_("at most {most} steps"), {"most": MOST_STEPS}), len(self.steps))

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)

    @property
    def step_count(self) -> int:
        return len(self.steps)

    def until(self, number: int) -> int:
        """Minutes from the beginning of the hour to the end of a step."""
        return sum(step.minutes for step in self.steps[: number + 1])

    # Editing: each gives another plan.

    def added(self, step: Step) -> Plan:
        return replace(self, steps=(*self.steps, step))

    def without(self, number: int) -> Plan:
        return replace(self, steps=self.steps[:number] + self.steps[number + 1 :])

    def moved(self, number: int, by: int) -> Plan:
        """A step so many places further down; at the ends it stays."""
        steps, to = list(self.steps), min(max(number + by, 0), len(self.steps) - 1)
        steps.insert(to, steps.pop(number))
        return replace(self, steps=tuple(steps))

    def changed(self, number: int, **fields: Any) -> Plan:
        """With other fields of one step. Raises SettingError."""
        return replace(self, steps=tuple(replace(step, **fields) if i == number else step for i, step in enumerate(self.steps)))

    # As a file.

    def to_json(self) -> str:
        """The plan as the text of a file. Raises SettingError for one that is too large to be read again."""
        plain = {
            _MARK: 1,
            "name": self.name,
            "aim": self.aim,
            "mistakes": self.mistakes,
            "steps": [s.to_dict() for s in self.steps],
        }
        text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
        if len(text) > MAX_FILE:
            raise SettingError("plan", _length(1, MAX_FILE), f"{len(text)}")
        return text

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The inverse. Raises SettingError, whose field begins with "steps.3." for what is wrong in the third step."""
        given, steps = _parts(text)
        read = tuple(_numbered(number, step) for number, step in enumerate(steps, 1))
        return cls(given.get("name", ""), read, given.get("aim", ""), given.get("mistakes", ""))


class Outline(NamedTuple):
    """What a list says of a plan: read without what its steps are about, which may be thousands of points."""

    name: str
    step_count: int
    minutes: int

    @classmethod
    def from_json(cls, text: str) -> Outline:
        """Of a plan's file. Raises SettingError where even that cannot be read."""
        given, steps = _parts(text)
        _text("name", given.get("name", ""), MAX_NAME, fewest=1)
        try:
            minutes = sum(MINUTES.taken(mapping_of("steps", step).get("minutes", Step.minutes)) or 0 for step in steps)
        except (ValueError, TypeError):  # SettingError is one
            raise SettingError("minutes", MINUTES.rule, "") from None
        return cls(given["name"], len(steps), minutes)


def _parts(text: str) -> tuple[dict[str, Any], list[Any]]:
    """The file of a plan and its steps, which are not looked at. Raises SettingError."""
    if len(text) > MAX_FILE:
        raise SettingError("plan", _length(1, MAX_FILE), text)
    try:
        given = read_json(text)
    except ValueError:
        raise SettingError("plan", _FILE, text) from None
    if not isinstance(given, dict) or given.get(_MARK) != 1:
        raise SettingError("plan", _FILE, text)
    no_unknown(given, [_MARK, *Plan.__dataclass_fields__], "")
    steps = given.get("steps", [])
    if not isinstance(steps, list):
        raise SettingError("steps", Rule("list", N_("a list")), steps)
    if len(steps) > MOST_STEPS:
        raise SettingError("steps", Rule("steps", N_("at most {most} steps"), {"most": MOST_STEPS}), len(steps))
    return given, steps


def _numbered(number: int, plain: Any) -> Step:
    try:
        return Step.from_dict(plain)
    except SettingError as error:
        raise SettingError(f"steps.{number}.{error.field}", error.rule, error.given) from None


def _vote(plain: Any) -> Vote:
    given = mapping_of("vote", plain)
    no_unknown(given, ("question", "options"), "")
    question, options = given.get("question", ""), given.get("options", [])
    _text("question", question, MAX_TEXT)
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise SettingError("options", Rule("list", N_("a list")), options)
    return Vote(question, tuple(options))


def _goal(plain: Any) -> Goal:
    given = mapping_of("goal", plain)
    no_unknown(given, ("goal", "start"), "")
    text = given.get("goal", "")
    _text("goal", text, MAX_TEXT, fewest=1)
    return Goal.from_query(text, Settings.from_dict(mapping_of("start", given.get("start"))))


def _flat(query: Mapping[Any, Any]) -> Sequence[Any]:
    return [part for pair in query.items() for part in pair]


def _text(name: str, value: object, most: int, fewest: int = 0) -> None:
    """Raises SettingError for what is no text of a fair length."""
    if not isinstance(value, str) or not fewest <= len(value.strip()) or len(value) > most:
        raise SettingError(name, _length(fewest, most), value)


def _length(fewest: int, most: int) -> Rule:
    return Rule("text", N_("a text of {fewest} to {most} characters"), {"fewest": fewest, "most": most})
