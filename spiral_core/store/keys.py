"""The names of things in the store."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from spiral_core.rules import SettingError
from spiral_core.settings import Settings
from spiral_core.store.database import Reason, StoreError


def to_json(value: Any) -> str:
    """The one spelling of a value as JSON: equal values have equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def key_of(settings: Settings) -> str:
    """The name of a run in the store: equal settings have equal keys."""
    return text_name(to_json(settings.to_dict()))


def points_name(packed: str) -> str:
    """The name of packed points in the store: a digest, so that only someone who has the points knows it."""
    return text_name(packed)


def text_name(text: str) -> str:
    """A digest: equal texts have equal names."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shelf_of(cookie: str) -> str:
    """The shelf of the browser with a cookie: who reads the store, or a copy of it, becomes nobody by it."""
    return text_name(cookie)


def new_id() -> str:
    """An id that nobody can guess, for a browser or a search."""
    return secrets.token_urlsafe(16)


def settings_of(text: Any) -> Settings:
    """Settings that were written by `to_json`. Raises StoreError for those of a newer version."""
    try:
        return Settings.from_dict(json.loads(text))
    except SettingError as error:
        raise StoreError(Reason.NEWER) from error
