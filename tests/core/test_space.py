"""Search spaces: values lie in their ranges, places and values agree, grids fit, edges are known."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import SettingError, Settings
from spiral_core.search.space import SEARCHED, Dimension, grid_levels, searched_value, with_values


def dimensions() -> st.SearchStrategy[Dimension]:
    def of(name: str) -> st.SearchStrategy[Dimension]:
        field = SEARCHED[name]
        if field.kind == "choice":
            return st.lists(st.sampled_from(field.choices), min_size=1, unique=True).map(
                lambda choices: Dimension(name, "choice", choices=tuple(choices))
            )
        low, high = field.low, min(field.high, 1e6)
        numbers: st.SearchStrategy[Any] = (
            st.integers(int(low), int(high))
            if field.kind == "integer"
            else st.floats(low, high).map(lambda v: min(max(float(f"{v:.3g}"), low), high))
        )
        pairs = st.tuples(numbers, numbers).map(sorted).filter(lambda pair: pair[1] - pair[0] > 1e-9)
        linear = pairs.map(lambda pair: Dimension(name, "linear", pair[0], pair[1]))
        log = pairs.filter(lambda pair: pair[0] >= 1e-12).map(lambda pair: Dimension(name, "log", pair[0], pair[1]))
        return linear | log if high > 1 else linear

    names = [name for name in SEARCHED if name != "hidden"]
    return st.sampled_from(names).flatmap(of)


@given(dimensions(), st.floats(0, 1))
def test_a_value_is_allowed_and_lies_in_the_range(dimension: Dimension, share: float) -> None:
    value = dimension.at(share)
    assert SEARCHED[dimension.name].check(dimension.name, value) == value
    assert dimension.scale == "choice" or dimension.low <= value <= dimension.high
    assert -1e-9 <= dimension.place(value) <= 1 + 1e-9


@given(dimensions(), st.integers(1, 9))
def test_levels_are_allowed_and_rise(dimension: Dimension, count: int) -> None:
    levels = dimension.levels(count)
    assert 1 <= len(levels) <= max(count, len(dimension.choices))
    for value in levels:
        assert SEARCHED[dimension.name].check(dimension.name, value) == value
    if dimension.scale != "choice":
        assert list(levels) == sorted(set(levels))


@given(dimensions(), st.floats(0, 1))
def test_zoomed_and_widened_ranges_are_allowed(dimension: Dimension, share: float) -> None:
    value = dimension.at(share)
    for other in (dimension.near(value, 0.25), dimension.widened("low"), dimension.widened("high")):
        assert other.name == dimension.name
        assert other.scale == "choice" or SEARCHED[other.name].low <= other.low < other.high <= SEARCHED[other.name].high


@given(dimensions())
def test_json_round_trip(dimension: Dimension) -> None:
    assert Dimension.from_dict(json.loads(json.dumps(dimension.to_dict()))) == dimension


def test_log_and_linear_shares_by_hand() -> None:
    rate = Dimension("learning_rate", "log", 1e-3, 10.0)
    assert [rate.at(share) for share in (0, 0.25, 0.5, 1)] == [0.001, 0.01, 0.1, 10.0]
    assert rate.place(0.1) == pytest.approx(0.5)
    noise = Dimension("noise", "linear", 0.0, 1.0)
    assert [noise.at(share) for share in (0, 0.25, 1)] == [0.0, 0.25, 1.0]
    layers = Dimension("layers", "linear", 1, 3)
    assert [layers.at(share) for share in (0, 0.34, 0.67, 1)] == [1, 2, 3, 3]


def test_whole_numbers_are_equally_likely() -> None:
    layers = Dimension("layers", "linear", 1, 3)
    values = [layers.at((i + 0.5) / 300) for i in range(300)]
    assert [values.count(n) for n in (1, 2, 3)] == [100, 100, 100]


def test_edges_are_those_that_can_be_passed() -> None:
    rate = Dimension("learning_rate", "log", 1e-3, 10.0)
    assert (rate.edge(9.9), rate.edge(0.0011), rate.edge(0.1)) == ("high", "low", None)
    assert Dimension("reg", "linear", 0.0, 0.1).edge(0.0) is None  # nothing is below 0
    assert rate.widened("high") == Dimension("learning_rate", "log", 1e-3, 100.0)
    zoomed = rate.near(0.1, 0.25)
    assert (zoomed.low, zoomed.high) == (0.01, 1.0)


def test_units_and_layers_make_the_hidden_layers() -> None:
    base = Settings()
    assert with_values(base, {"units": 7, "layers": 2}).hidden == (7, 7)
    assert with_values(base, {"units": 7}).hidden == (7,)
    assert with_values(base, {"layers": 0}).hidden == ()
    assert with_values(base, {"data": "moons", "noise": 0.5}).data.name == "moons"
    assert searched_value(with_values(base, {"units": 7, "layers": 3}), "layers") == 3


@given(st.lists(dimensions(), min_size=1, max_size=3, unique_by=lambda d: d.name), st.integers(1, 1000))
def test_a_grid_never_exceeds_its_trials(space: list[Dimension], most: int) -> None:
    smallest = math.prod(len(dimension.levels(2)) for dimension in space)
    if smallest > most:
        with pytest.raises(SettingError, match="trials must be enough"):
            grid_levels(tuple(space), most)
    else:
        assert smallest <= math.prod(map(len, grid_levels(tuple(space), most))) <= most


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: Dimension("colour", "log", 1, 2), "name"),
        (lambda: Dimension("reg", "log", 0.0, 1.0), "reg"),
        (lambda: Dimension("reg", "linear", 1.0, 1.0), "reg"),
        (lambda: Dimension("reg", "linear", 0.0, math.nan), "reg"),
        (lambda: Dimension("reg", "cubic", 0.1, 1.0), "scale"),  # type: ignore[arg-type]
        (lambda: Dimension("optimizer", "log", 1, 2), "optimizer"),
        (lambda: Dimension("optimizer", "choice", choices=("sgd", "sgd")), "optimizer"),
        (lambda: Dimension("optimizer", "choice", choices=("newton",)), "optimizer"),
        (lambda: Dimension.from_dict({"name": "reg", "scale": "log", "low": 1, "up": 2}), "space"),
        (lambda: Dimension.from_dict([]), "space"),  # type: ignore[arg-type]
    ],
)
def test_bad_dimensions_name_the_field(made: Any, field: str) -> None:
    with pytest.raises(SettingError) as caught:
        made()
    assert caught.value.field == field
