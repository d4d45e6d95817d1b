"""What a reader does on a chart: each thing is heard once, in its order, whatever a browser sends."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pages.ui.charts.component import component
from pages.ui.visit.state import Visit
from spiral_core.boundary import Area


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], dict[str, Any]]:
    """Show a chart that hears `name`, and let its browser send something; returns the data of the chart that was shown."""
    seen, state = Visit(), dict[str, Any]()
    shown: dict[str, Any] = {}

    def chart(data: dict[str, Any], key: str, **asks: Any) -> SimpleNamespace:
        shown.update(data=data, asks=asks)
        return SimpleNamespace()

    monkeypatch.setattr(component, "_chart", chart)
    monkeypatch.setattr(component, "visit", lambda: seen)
    monkeypatch.setattr("streamlit.session_state", state)

    def send(name: str, value: Any) -> dict[str, Any]:
        state["chart"] = SimpleNamespace(**{name: value})
        shown["asks"][f"on_{name}_change"]()
        return dict(shown["data"])

    return send


def plane(put: Callable[..., None]) -> dict[str, Any]:
    component.placed({}, put, key="chart", alt="", colour="#123456")
    return {}


def move(number: Any, x: Any = 0.0) -> dict[str, Any]:
    return {"number": number, "from": [x, 0.0], "to": [x, 1]}


def test_each_move_is_heard_once_and_in_order(send: Callable[[str, Any], dict[str, Any]]) -> None:
    heard: list[Any] = []

    put = heard.extend
    plane(put)
    assert send("place", [move(7, 0.1)])["places"] == {"heard": 0, "colour": "#123456"}
    plane(put)
    shown = send("place", [move(7, 0.1), move(8, 0.2), move(9, 0.3)])  # the answer to 7 was not there yet
    assert shown["places"]["heard"] == 7
    plane(put)
    send("place", [move(8, 0.2)])  # late
    assert [start[0] for start, _end in heard] == [0.1, 0.2, 0.3]
    assert heard[0] == ((0.1, 0.0), (0.1, 1))


@pytest.mark.parametrize(
    "nonsense",
    [
        None, "text", 5, {}, [None], [5], ["text"], [{}], [move("7")], [move(True)], [move(1.5)], [move(1, math.nan)],
        [move(1, math.inf)], [move(1, 1e301)], [move(1, None)], [move(1, "0")], [move(1, True)], [move(1, [0])],
        [{"number": 1, "from": [0.0, 0.0]}], [{"number": 1, "from": [0.0], "to": [0.0, 1.0]}], [move(1, 10**400)],
    ],
)  # fmt: skip
def test_what_is_no_move_is_passed_over(send: Callable[[str, Any], dict[str, Any]], nonsense: Any) -> None:
    heard: list[Any] = []
    plane(heard.extend)
    send("place", nonsense)
    assert heard == []


def test_of_very_many_moves_a_bounded_number_is_heard(send: Callable[[str, Any], dict[str, Any]]) -> None:
    heard: list[Any] = []
    plane(heard.extend)
    send("place", [move(number) for number in range(1, 2 * component.MAX_MOVES)])
    assert len(heard) == component.MAX_MOVES


@pytest.mark.parametrize("border", [False, True])
def test_what_is_drawn_is_heard_where_it_belongs(send: Callable[[str, Any], dict[str, Any]], border: bool) -> None:
    heard: list[Any] = []
    if border:
        component.bordered({}, None, Area(0, 1, 0, 1), heard.append, of="lesson", key="chart", alt="")
    else:
        component.drawn({}, component.Draws("lesson", None, [0.5], 1.0), heard.append, key="chart", alt="")
    nonsense: list[Any] = [None, "text", [], {"of": "another", "points": [1]}, {"of": "lesson"}, {"of": "lesson", "points": "text"}]
    for sent in nonsense:
        send("draw", sent)
    assert heard == []
    for points in ([[0.5, 1.0]], []):
        send("draw", {"of": "lesson", "points": points})
    assert heard == [[[0.5, 1.0]], []]
