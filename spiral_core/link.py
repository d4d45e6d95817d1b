"""Settings as the query part of a URL, and back: only what differs from a base is written.

Earlier phases are one value: from the latest to the first, joined by “~”, what each has other than the phase after it, as
“name:value” joined by “,” (`iterations:1000,learning_rate:1~iterations:500`). Iterations and edits are always a phase's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spiral_core.fields import format_value
from spiral_core.flat import PARAMETERS, from_values, values
from spiral_core.phases import EARLIER, MAX_PHASES, line_up
from spiral_core.rules import SettingError
from spiral_core.settings import PHASE_FIELDS, TOGETHER, WORK, Settings

_PHASES, _FIELDS, _NAME, _PAIRS = "~", ",", ":", "_"  # what parts phases, their fields, a field's name, the numbers of edits


def to_query(settings: Settings, base: Settings) -> dict[str, str]:
    """The query parameters that turn `base` into `settings`."""
    now, before = values(settings), values(base)
    return {name: text for name, text in to_texts(settings).items() if now[name] != before[name]}


def to_texts(settings: Settings) -> dict[str, str]:
    """All settings as short texts, by their names in a link."""
    texts = {name: format_value(value) for name, value in values(settings).items() if name != "after"}
    return texts | {"after": _earlier_text(settings)}


def from_texts(texts: Mapping[str, str]) -> Settings:
    """The inverse of `to_texts`; names that are missing take their defaults. Raises SettingError."""
    flat = {name: field.parse(name, texts[name]) for name, field in PARAMETERS.items() if name in texts and name != "after"}
    return _with_earlier(from_values(flat), texts.get("after", ""))


def from_query(query: Mapping[str, str], base: Settings) -> tuple[Settings, list[SettingError]]:
    """Read settings from query parameters that start from `base`.

    A value that is not allowed leaves the base's value (too many iterations for the rest become as many as are allowed) and is
    reported in the list. Names that are not settings, such as a language, are ignored.
    """
    flat, errors = values(base), []
    if "after" in query:
        flat["after"] = None  # until the phase is known that they come before
    for name, field in PARAMETERS.items():
        if name in query and name != "after":
            try:
                flat[name] = field.parse(name, query[name])
            except SettingError as error:
                errors.append(error)
    found = _fitting(flat, values(base), errors) or base
    try:
        return (_with_earlier(found, query["after"].strip()) if "after" in query else found), errors
    except SettingError as error:
        return found, [*errors, error]


def _fitting(flat: dict[str, Any], before: Mapping[str, Any], errors: list[SettingError]) -> Settings | None:
    """Settings of values that are allowed by themselves, but maybe not with each other; what was not taken is added to errors."""
    for _attempt in range(len(flat) + 1):
        try:
            return from_values(flat)
        except SettingError as error:
            errors.append(error)
            if error.rule in (WORK, TOGETHER):
                flat["iterations"] = from_values(flat | {"iterations": 1}).max_iterations
            elif error.field == "after" or (flat["after"] is not None and error.field not in ("edits", "data.points")):
                flat |= {"after": None}
            else:
                apart = ("data", "points") if error.field == "data.points" else (error.field,)
                flat |= {name: before[name] for name in apart}
    return None


# Earlier phases.


def _earlier_text(settings: Settings) -> str:
    parts = []
    while settings.after is not None:
        before = settings.after
        texts = {"iterations": format_value(before.iterations)}
        for name in PHASE_FIELDS:
            if name not in ("iterations", "edits") and getattr(before, name) != getattr(settings, name):
                texts[name] = format_value(getattr(before, name))
        if before.edits:
            texts["edits"] = _PAIRS.join(format_value(number) for pair in before.edits for number in pair)
        parts.append(_FIELDS.join(name + _NAME + text for name, text in texts.items()))
        settings = before
    return _PHASES.join(parts)


def _with_earlier(settings: Settings, text: str) -> Settings:
    """The settings with the phases before them that a text describes. Raises SettingError."""
    if not text:
        return settings
    parts = text.split(_PHASES, MAX_PHASES)
    try:
        if len(parts) >= MAX_PHASES:
            raise ValueError
        phases = [settings]
        for part in parts:
            named = dict(field.split(_NAME, 1) for field in part.split(_FIELDS))
            if len(named) != part.count(_FIELDS) + 1 or "iterations" not in named or not named.keys() <= PHASE_FIELDS.keys():
                raise ValueError
            numbers = named.pop("edits", "").split(_PAIRS)
            read = {name: PHASE_FIELDS[name].parse(name, value) for name, value in named.items()}
            if numbers != [""]:
                read["edits"] = [(int(place), float(value)) for place, value in zip(numbers[::2], numbers[1::2], strict=True)]
            phases.append(phases[-1].replace(**{"edits": (), "after": None} | read))
        return line_up(reversed(phases))
    except ValueError:  # SettingError is one
        raise SettingError("after", EARLIER, text) from None
