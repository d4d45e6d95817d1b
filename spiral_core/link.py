"""Settings as the query part of a URL, and back: only what differs from a base is written."""

from __future__ import annotations

from collections.abc import Mapping

from spiral_core.fields import format_value
from spiral_core.flat import PARAMETERS, from_values, values
from spiral_core.rules import SettingError
from spiral_core.settings import WORK, Settings


def to_query(settings: Settings, base: Settings) -> dict[str, str]:
    """The query parameters that turn `base` into `settings`."""
    before = values(base)
    return {name: format_value(value) for name, value in values(settings).items() if value != before[name]}


def from_query(query: Mapping[str, str], base: Settings) -> tuple[Settings, list[SettingError]]:
    """Read settings from query parameters that start from `base`.

    A value that is not allowed leaves the base's value (too many iterations for the rest become as many as are allowed) and is
    reported in the list. Names that are not settings, such as a language, are ignored.
    """
    flat, errors = values(base), []
    for name, field in PARAMETERS.items():
        if name in query:
            try:
                flat[name] = field.parse(name, query[name])
            except SettingError as error:
                errors.append(error)
    before = values(base)
    for _attempt in range(len(flat) + 1):  # each value is allowed by itself, but maybe not with the others
        try:
            return from_values(flat), errors
        except SettingError as error:
            errors.append(error)
            if error.rule == WORK:
                flat["iterations"] = from_values(flat | {"iterations": 1}).max_iterations
            else:
                apart = ("data", "points") if error.field == "data.points" else (error.field,)
                flat |= {name: before[name] for name in apart}
    return base, errors
