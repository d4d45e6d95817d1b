"""Random settings for the property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from spiral_core import DataSettings, Settings
from spiral_core.settings import DATA_FIELDS, FIELDS, MAX_LAYERS, Field


def _values(field: Field) -> st.SearchStrategy[Any]:
    allowed: st.SearchStrategy[Any]
    if field.kind == "choice":
        allowed = st.sampled_from(field.choices)
    elif field.kind == "layers":
        allowed = st.lists(st.integers(1, 300), max_size=MAX_LAYERS).map(tuple)
    elif field.kind == "integer":
        allowed = st.integers(int(field.low), int(field.high))
    else:
        allowed = st.floats(field.low, field.high)
    return st.none() | allowed if field.optional else allowed


def data_settings() -> st.SearchStrategy[DataSettings]:
    return st.builds(DataSettings, **{name: _values(field) for name, field in DATA_FIELDS.items()})


def settings() -> st.SearchStrategy[Settings]:
    return st.builds(Settings, data=data_settings(), **{name: _values(field) for name, field in FIELDS.items()})
