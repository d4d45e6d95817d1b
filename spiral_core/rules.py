"""Rules for values, as data: a code, the numbers, and a sentence that can be translated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spiral_core.marking import N_


@dataclass(frozen=True)
class Rule:
    """What is allowed: the end of the sentence "x must be …".

    code: identifies the rule in a program; text: English with places for `values`, where a tuple holds names of choices;
    screen: the same for readers who type a value instead of writing Python, where that differs.
    """

    code: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    screen: str = ""

    def __str__(self) -> str:
        return self.text.format(**{name: _plain(value) for name, value in self.values.items()})


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)


class SettingError(ValueError):
    """A value that is not allowed. `field` names the setting, `rule` says what is allowed, `given` is what came."""

    def __init__(self, field: str, rule: Rule, given: object) -> None:
        self.field, self.rule, self.given = field, rule, given
        super().__init__(f"{field} must be {rule}, got {_shortened(given)}")

    def __reduce__(self) -> tuple[Any, ...]:  # an exception that crosses processes is rebuilt from these
        return type(self), (self.field, self.rule, self.given)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def numeral(text: str) -> str:
    """A text that is to be read as a number. Raises ValueError for underscores, which Python itself allows between digits."""
    if "_" in text:
        raise ValueError
    return text


def one_of(names: Iterable[str]) -> Rule:
    """One of several names."""
    return Rule("one of", N_("one of {choices}"), {"choices": ", ".join(names)})


def mapping_of(name: str, value: Any) -> Mapping[str, Any]:
    """A value that must be an object of names and values. Raises SettingError."""
    if not isinstance(value, Mapping):
        raise SettingError(name, Rule("object", "an object of names and values"), value)
    return value


def no_unknown(given: Mapping[str, Any], known: Iterable[str], prefix: str) -> None:
    """Raises SettingError for a name that is not among the known ones."""
    known = [*known]
    for name in given:
        if name not in known:
            rule = Rule("known name", "a known name: {names}", {"names": ", ".join(known)})
            raise SettingError(f"{prefix}{name}", rule, given[name])
