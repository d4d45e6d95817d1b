"""Settings as the query part of a URL, and back: only what differs from a base is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spiral_core.settings import DATA_FIELDS, FIELDS, WORK_RULE, DataSettings, Field, SettingError, Settings, format_value

# The data's own names, where the plain one would be unclear or is taken.
_DATA_NAMES = {"name": "data", "seed": "data_seed"}
DATA_PARAMETERS = {_DATA_NAMES.get(name, name): name for name in DATA_FIELDS}
PARAMETERS: dict[str, Field] = {p: DATA_FIELDS[name] for p, name in DATA_PARAMETERS.items()} | FIELDS


def values(settings: Settings) -> dict[str, Any]:
    """All settings in one flat dict, by their names in a link."""
    data = {parameter: getattr(settings.data, name) for parameter, name in DATA_PARAMETERS.items()}
    return data | {name: getattr(settings, name) for name in FIELDS}


def from_values(flat: Mapping[str, Any]) -> Settings:
    """The inverse of `values`; names that are missing take their defaults."""
    data = {name: flat[parameter] for parameter, name in DATA_PARAMETERS.items() if parameter in flat}
    return Settings(data=DataSettings(**data), **{name: flat[name] for name in FIELDS if name in flat})


def to_query(settings: Settings, base: Settings) -> dict[str, str]:
    """The query parameters that turn `base` into `settings`."""
    before = values(base)
    return {name: format_value(value) for name, value in values(settings).items() if value != before[name]}


def from_query(query: Mapping[str, str], base: Settings) -> tuple[Settings, list[SettingError]]:
    """Read settings from query parameters that start from `base`.

    A value that is not allowed leaves the base's value (of too many iterations for the rest: as many as are allowed) and is
    reported in the list, so that the user can be told;
    names that are not settings (a language, say) are left to others.
    """
    flat, errors = values(base), []
    for name, rule in PARAMETERS.items():
        if name in query:
            try:
                flat[name] = rule.parse(name, query[name])
            except SettingError as error:
                errors.append(error)
    before = values(base)
    while True:  # each value is allowed by itself, but maybe not with the others
        try:
            return from_values(flat), errors
        except SettingError as error:
            errors.append(error)
            if error.rule == WORK_RULE:
                flat["iterations"] = from_values(flat | {"iterations": 1}).most_iterations
            else:
                apart = ("data", "points") if error.field == "data.points" else (error.field,)
                flat |= {name: before[name] for name in apart}


def is_used(settings: Settings, parameter: str) -> bool:
    """Whether a setting, by its name in a link, has any effect while the others are as they are."""
    if parameter == "activation":
        return bool(settings.hidden)
    condition = PARAMETERS[parameter].used_when
    owner = settings.data if parameter in DATA_PARAMETERS else settings
    return condition is None or getattr(owner, condition.field) in condition.values
