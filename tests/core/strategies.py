"""Random settings for the property tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from spiral_core import DataSettings, SettingError, Settings
from spiral_core.data_settings import DATA_FIELDS, GENERATED, OWN
from spiral_core.fields import MAX_LAYERS, Field
from spiral_core.measured import MEASURED
from spiral_core.phases import MAX_EDIT, MAX_EDITED_UNITS, MAX_PHASES
from spiral_core.points import INVISIBLE, MAX_COORDINATE, Points, pack
from spiral_core.settings import FIELDS, PHASE_FIELDS


def _values(field: Field) -> st.SearchStrategy[Any]:
    allowed: st.SearchStrategy[Any]
    if field.kind == "choice":
        allowed = st.sampled_from(field.choices)
    elif field.kind == "several":
        allowed = st.sets(st.sampled_from(field.choices), min_size=1).map(tuple)
    elif field.kind == "layers":
        allowed = st.lists(st.integers(1, 300), max_size=MAX_LAYERS).map(tuple)
    elif field.kind == "integer":
        allowed = st.integers(int(field.low), int(field.high))
    else:
        allowed = st.floats(field.low, field.high)
    return st.none() | allowed if field.optional else allowed


_LABELS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12).filter(
    lambda label: not INVISIBLE.issuperset(label)
)


@st.composite
def own_points(draw: st.DrawFn, most: int = 30) -> Points:
    """Points of one's own with every class in them."""
    names = draw(st.lists(_LABELS, min_size=2, max_size=8, unique=True))
    more = draw(st.lists(st.integers(0, len(names) - 1), max_size=most))
    y = draw(st.permutations([*range(len(names)), *more]))
    number = st.floats(-MAX_COORDINATE, MAX_COORDINATE)
    X = draw(st.lists(st.tuples(number, number), min_size=len(y), max_size=len(y)))
    return Points(np.array(X), np.array(y), tuple(names))


def data_settings() -> st.SearchStrategy[DataSettings]:
    fields = {name: _values(field) for name, field in DATA_FIELDS.items() if field.kind != "points"}
    own = st.builds(DataSettings, **fields | {"name": st.just(OWN), "points": own_points().map(pack)})
    return st.builds(DataSettings, **fields | {"name": st.sampled_from((*GENERATED, *MEASURED))}) | own


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Any of one phase that are allowed: of iterations as many as the work of one leaves room for."""
    values = {name: draw(_values(field)) for name, field in FIELDS.items() if name not in ("after", "edits")}
    one = Settings(data=draw(data_settings()), **values | {"iterations": 1})
    return one.replace(iterations=min(values["iterations"], one.max_iterations))


@st.composite
def chains(draw: st.DrawFn, most: int = MAX_PHASES) -> Settings:
    """Settings of one or more phases, with weights set by hand where the net is small."""
    chain = draw(settings())
    if draw(st.booleans()):
        chain = chain.replace(hidden=draw(st.lists(st.integers(1, 12), max_size=2).map(tuple)), iterations=1)
    chain = chain.replace(iterations=min(chain.iterations, 1 + chain.max_iterations // 2), edits=draw(_edits(chain)))
    for _ in range(draw(st.integers(0, most - 1))):
        changes = {name: draw(_values(field)) for name, field in PHASE_FIELDS.items() if name not in ("edits", "iterations")}
        one = {"iterations": 1, "edits": draw(_edits(chain))}
        try:
            phase = chain.followed(**changes, **one)
        except SettingError:  # no work is left
            break
        iterations = draw(st.integers(1, max(1, phase.max_iterations // 2)))
        chain = phase.replace(iterations=iterations)
    return chain


def _edits(settings: Settings) -> st.SearchStrategy[Any]:
    if sum(settings.hidden) > MAX_EDITED_UNITS:
        return st.just(())
    places = st.integers(0, settings.parameter_count - 1)
    return st.dictionaries(places, st.floats(-MAX_EDIT, MAX_EDIT), max_size=5).map(lambda found: tuple(found.items()))
