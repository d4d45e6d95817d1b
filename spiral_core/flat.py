"""Settings as one flat table: each setting, those of the data among them, by its name in a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spiral_core.data_settings import DATA_FIELDS, DataSettings
from spiral_core.fields import Field
from spiral_core.settings import FIELDS, Settings

DATA_PARAMETERS = {field.link or name: name for name, field in DATA_FIELDS.items()}  # name in a link → attribute of the data
PARAMETERS: dict[str, Field] = {field.link or name: field for name, field in (*DATA_FIELDS.items(), *FIELDS.items())}


def values(settings: Settings) -> dict[str, Any]:
    """All settings by their names in a link."""
    data = {parameter: getattr(settings.data, name) for parameter, name in DATA_PARAMETERS.items()}
    return data | {name: getattr(settings, name) for name in FIELDS}


def from_values(flat: Mapping[str, Any]) -> Settings:
    """The inverse of `values`; names that are missing take their defaults."""
    data = {name: flat[parameter] for parameter, name in DATA_PARAMETERS.items() if parameter in flat}
    return Settings(data=DataSettings(**data), **{name: flat[name] for name in FIELDS if name in flat})


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """Settings with other values, by their names in a link; what all phases share is changed in all. Raises SettingError."""
    if "after" in changes or (settings.after is None and not settings.edits):
        return from_values(values(settings) | changes)
    last = from_values(values(settings.alone()) | changes)
    different = {name: getattr(last, name) for name in ("data", *FIELDS) if getattr(last, name) != getattr(settings, name)}
    kept = {name for name in ("after", "edits") if name not in changes}
    return settings.throughout(**{name: value for name, value in different.items() if name not in kept})


def is_used(settings: Settings, parameter: str) -> bool:
    """Whether a setting has any effect while the others are as they are."""
    condition = PARAMETERS[parameter].used_when
    return condition is None or condition.holds(settings.data if parameter in DATA_PARAMETERS else settings)
