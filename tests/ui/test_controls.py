"""Numbers as people type them, and which parameters of a link are nobody's business."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.visit import address, controls
from pages.ui.visit.controls import STEPS, plain
from pages.ui.visit.rules import LIMITED, Rules
from pages.ui.visit.state import Visit
from pages.ui.widgets import keyboard, keyed
from spiral_core.flat import PARAMETERS
from spiral_core.rules import SettingError
from spiral_core.settings import LAYERS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "0.37", 0.37),
        ("learning_rate", " 2 ", 2.0),
        ("learning_rate", "0,5", 0.5),
        ("learning_rate", "1e-2", 0.01),
        ("test_fraction", "33.3%", 0.333),
        ("test_fraction", "25 %", 0.25),
        ("iterations", "1,500", 1500),
        ("iterations", "2 000", 2000),
        ("iterations", "2\u202f000", 2000),
        ("units", "137", 137),
        ("batch_size", "", None),
    ],
)
def test_a_typed_number_is_understood(name: str, text: str, value: float | None) -> None:
    rule = (PARAMETERS | LAYERS)[name]
    assert rule.parse(name, plain(text, rule)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iterations", "1,5"),
        ("iterations", "1.5"),
        ("learning_rate", "50%"),
        ("reg", "abc"),
        ("units", "-3"),
        ("noise", "−1"),
        ("test_fraction", "1e999999999%"),
        ("test_fraction", "-1e999999999%"),
        ("test_fraction", "sNaN%"),
        ("test_fraction", "9" * 5000 + "%"),
        ("iterations", "9" * 5000),
        ("learning_rate", "9" * 400),
    ],
)
def test_what_is_no_such_number_is_refused(name: str, text: str) -> None:
    rule = (PARAMETERS | LAYERS)[name]
    with pytest.raises(SettingError):
        rule.parse(name, plain(text, rule))


@pytest.mark.parametrize(
    ("name", "taken"),
    [("learning_rate", True), ("units_0", True), ("units_5", True)]
    + [(name, False) for name in ("units_6", "units_" + "9" * 5000, "units_²", "units_٣", "7", "preset", "")],
)
def test_only_at_controls_that_there_are_a_number_is_typed(name: str, taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    sent = {"keys": SimpleNamespace(typed={"name": name, "text": "3"})}
    monkeypatch.setattr(keyboard, "st", SimpleNamespace(session_state=sent))
    monkeypatch.setattr(controls, "type_value", lambda at, _text: heard.append(at))
    keyboard._typed()
    assert heard == [name] * taken


@given(st.text(max_size=30), st.sampled_from(sorted(name for name in LIMITED if LIMITED[name].kind != "choice")))
def test_any_text_is_taken_or_refused(text: str, name: str) -> None:
    try:
        LIMITED[name].parse(name, plain(text, LIMITED[name]))
    except SettingError as error:
        assert error.field == name  # noqa: PT017


def test_each_number_has_steps_within_its_rule() -> None:
    for name, rule in (PARAMETERS | LAYERS).items():
        if rule.kind in ("integer", "number") and not name.endswith("seed"):
            assert all(step is None or rule.low <= step <= rule.high for step in STEPS[name])


def test_tracking_is_told_from_settings() -> None:
    assert all(map(address.is_tracking, ("fbclid", "gclid", "utm_source", "UTM_Campaign", "NaPm", "_hsenc", "msclkid", "igsh")))
    assert not any(map(address.is_tracking, (*PARAMETERS, "lr", "foo", "units", "lang", "shelf", "s")))


@given(
    st.lists(st.integers(1, 1000), max_size=6).map(tuple),
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(1, 1000),
    st.integers(1, 1000),
)
def test_layers_are_brought_within_their_limits(hidden: tuple[int, ...], a: int, b: int, low: int, high: int) -> None:
    rules = Rules(limit={"layers": (min(a, b), max(a, b)), "units": (min(low, high), max(low, high))})
    nearest = rules.nearest("hidden", hidden)
    assert rules.allows("hidden", nearest)
    if rules.allows("hidden", hidden):
        assert nearest == hidden


def test_a_replaced_widget_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its value may come once more while the new one is on its way to the browser."""
    here, values, taken = Visit(), dict[str, int](), list[int]()
    monkeypatch.setattr(keyed, "visit", lambda: here)
    monkeypatch.setattr("streamlit.session_state", values)
    first = keyed.key("iterations", 100)
    old = keyed.changed(first, taken.append)
    values[first] = 200
    old()
    assert taken == [200]
    second = keyed.key("iterations", 50)  # it is changed from elsewhere
    assert second != first
    values[first] = 100
    old()
    assert taken == [200]
    values[second] = 60
    keyed.changed(second, taken.append)()
    assert taken == [200, 60]
