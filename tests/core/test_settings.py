"""Settings are checked, hashable and plain; their text forms give them back exactly."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import DataSettings, SettingError, Settings, flat, link
from spiral_core.data_settings import DATA_FIELDS
from spiral_core.settings import FIELDS
from tests.core.strategies import chains, settings
from tests.support.fuzz import CASES


def test_defaults_are_the_articles_two_layer_net() -> None:
    article = Settings()
    assert (article.hidden, article.activation, article.init, article.optimizer) == ((100,), "relu", "small", "sgd")
    assert (article.learning_rate, article.reg, article.iterations, article.batch_size, article.seed) == (
        1.0,
        1e-3,
        10_000,
        None,
        0,
    )
    assert article.data == DataSettings("spiral", 100, 3, 0.2, 0, 0.0)


@given(settings() | chains())
def test_dict_round_trip_is_exact(value: Settings) -> None:
    assert Settings.from_dict(json.loads(json.dumps(value.to_dict()))) == value
    assert hash(Settings.from_dict(value.to_dict())) == hash(value)


@given(settings() | chains(), settings() | chains())
def test_link_round_trip_is_exact_from_any_base(value: Settings, base: Settings) -> None:
    assert link.from_query(link.to_query(value, base), base) == (value, [])


def test_link_holds_only_what_differs() -> None:
    assert link.to_query(Settings(), Settings()) == {}
    changed = Settings(hidden=(50, 20), batch_size=10, data=DataSettings(name="moons", seed=7))
    assert link.to_query(changed, Settings()) == {"data": "moons", "data_seed": "7", "hidden": "50-20", "batch_size": "10"}
    assert link.to_query(Settings(hidden=()), Settings()) == {"hidden": ""}


@hypothesis_settings(max_examples=CASES)
@given(
    st.dictionaries(st.sampled_from(list(flat.PARAMETERS)), st.text(max_size=12) | st.floats().map(str) | st.integers().map(str))
)
def test_fuzz_a_link_is_taken_or_refused_by_name(query: dict[str, str]) -> None:
    """Whatever stands in a link: settings come out, and each value that was not taken is named."""
    value, errors = link.from_query(query, Settings())
    refused = {error.field for error in errors}
    taken = flat.values(value)
    for name, text in query.items():
        if name in refused:
            assert taken[name] == flat.values(Settings())[name]
        else:
            assert taken[name] == flat.PARAMETERS[name].parse(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "1_0"),
        ("iterations", "1_000"),
        ("batch_size", "1_0"),
        ("hidden", "1_0-5"),
        ("after", "iterations:5,seed:1_0"),
    ],
)
def test_underscores_are_no_part_of_a_number(name: str, text: str) -> None:
    """Python reads 1_0 as 10; nobody else does."""
    value, errors = link.from_query({name: text}, Settings())
    assert value == Settings()
    assert [error.field for error in errors] == [name]


NUMBERS: list[tuple[type, str]] = [(Settings, name) for name, f in FIELDS.items() if f.kind in ("number", "integer")]
NUMBERS += [(DataSettings, name) for name, f in DATA_FIELDS.items() if f.kind in ("number", "integer")]
BAD = [math.nan, math.inf, -math.inf, -1, True, "3", "", [1], {}, b"1", 1j, 10**12, 10**400, np.array([1, 2])]


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_a_bad_number_is_refused_by_name_rule_and_value(kind: type, name: str, bad: object) -> None:
    field = (FIELDS if kind is Settings else DATA_FIELDS)[name]
    with pytest.raises(ValueError, match="must be") as caught:
        kind(**{name: bad})
    message = str(caught.value)
    assert name in message
    assert f"{field.low:g}..{field.high:g}" in message
    assert message.endswith(f"got {bad!r}" if len(repr(bad)) <= 60 else "...")


@pytest.mark.parametrize("hidden", [(0,), (1001,), (1.5,), (True,), "100", 100, None, (math.nan,), (1,) * 7, {"a": 1}], ids=repr)
def test_bad_layers_are_refused(hidden: Any) -> None:
    with pytest.raises(SettingError, match=r"^hidden must be 0 to 6 whole numbers, each in 1\.\.1000, got"):
        Settings(hidden=hidden)


def test_too_many_weights_are_refused() -> None:
    Settings(hidden=(1000, 1000))
    with pytest.raises(SettingError, match="hidden must be layers with at most 1 100 000 weights"):
        Settings(hidden=(1000, 1000, 1000))


def test_work_without_end_is_refused() -> None:
    large = DataSettings(points_per_class=10_000, classes=8)
    Settings(hidden=(1000, 1000), data=large, iterations=200)
    with pytest.raises(
        SettingError, match=("iterations must be few enough that points × weights × iterations stay below 20 trillion")
    ):
        Settings(hidden=(1000, 1000), data=large, iterations=400)
    Settings(hidden=(1000, 1000), data=large, iterations=400, batch_size=1000)
    Settings(hidden=(1000, 1000), data=large.replace(test_fraction=0.9), iterations=400)


@pytest.mark.parametrize("name", ["activation", "init", "optimizer", "schedule"])
@pytest.mark.parametrize("bad", ["", "x", "RELU", None, 1, True, ("relu",)], ids=repr)
def test_a_bad_choice_names_the_choices(name: str, bad: object) -> None:
    with pytest.raises(SettingError, match="must be one of " + ", ".join(FIELDS[name].choices)):
        Settings(**{name: bad})  # type: ignore[arg-type]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="lr must be a known name: hidden"):
        Settings.from_dict({"lr": 1})
    with pytest.raises(ValueError, match=r"data\.size must be a known name: name"):
        Settings.from_dict({"data": {"size": 1}})
    refused: list[Any] = [None, [], "x", 3]
    for bad in refused:
        with pytest.raises(ValueError, match="settings must be an object"):
            Settings.from_dict(bad)
    with pytest.raises(ValueError, match="data must be a DataSettings"):
        Settings(data={"name": "spiral"})  # type: ignore[arg-type]


def test_numbers_become_plain_types() -> None:
    value = Settings(learning_rate=np.float32(0.5), hidden=[np.int64(3)], iterations=np.int32(7), reg=1)  # type: ignore[arg-type]
    assert [type(v) for v in (value.learning_rate, value.hidden[0], value.iterations, value.reg)] == [float, int, int, float]
    assert value == Settings(learning_rate=0.5, hidden=(3,), iterations=7, reg=1.0)


def test_equal_settings_have_equal_keys() -> None:
    """Also where a number is minus zero."""
    for name, field in (*FIELDS.items(), *DATA_FIELDS.items()):
        if field.kind == "number" and field.low <= 0:
            owner = Settings() if name in FIELDS else DataSettings()
            minus, plus = (owner.replace(**{name: value}) for value in (-0.0, 0.0))
            assert repr(minus) == repr(plus), name


def test_the_error_crosses_processes() -> None:
    error = SettingError("noise", DATA_FIELDS["noise"].rule, math.nan)
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "noise must be a finite number in 0..2, got nan"


def test_settings_that_have_no_effect_are_known() -> None:
    assert not flat.is_used(Settings(), "momentum")
    assert flat.is_used(Settings(optimizer="nesterov"), "momentum")
    assert not flat.is_used(Settings(hidden=()), "activation")
    assert not flat.is_used(Settings(data=DataSettings(name="xor")), "classes")
    assert DataSettings(name="xor", classes=5).class_count == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=8,
)
FLAT = st.dictionaries(st.sampled_from([*FIELDS, "data", "speed"]), JSON, max_size=5)
DATA = st.dictionaries(st.sampled_from([*DATA_FIELDS, "speed"]), JSON, max_size=4)


@hypothesis_settings(max_examples=CASES)
@given(JSON | st.builds(lambda plain, data: plain | {"data": data}, FLAT, DATA))
def test_fuzz_any_json_is_settings_or_refused(plain: Any) -> None:
    """What is taken is what was written: nothing is changed in silence."""
    try:
        taken = Settings.from_dict(plain)
    except SettingError:
        return
    back = taken.to_dict()
    assert all(back.get(name, value) == value for name, value in plain.items() if name != "data")
    assert all(back["data"].get(name, value) == value for name, value in plain.get("data", {}).items())
