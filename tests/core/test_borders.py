"""Borders drawn on the plane: packed and back, few corners for what a hand drew, and how far they are from a net's."""

from __future__ import annotations

import base64
import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Network, Settings
from spiral_core.boundary import Area
from spiral_core.classroom.borders import (
    MAX_GIVEN,
    MAX_LINES,
    MAX_POINTS,
    NEAR,
    Lines,
    Plane,
    all_of,
    borders,
    from_hand,
    miss,
)
from spiral_core.classroom.votes import LEAST
from spiral_core.rules import SettingError
from spiral_core.store.shelves import MAX_NOTE_LENGTH

PLANE = Area(-1.0, 1.0, -1.0, 1.0)
places = st.tuples(st.floats(0, 1), st.floats(0, 1))
drawings = st.lists(st.lists(places, min_size=1, max_size=12), min_size=1, max_size=MAX_LINES).map(
    lambda lines: Lines(tuple(map(tuple, lines)))
)


def upright(x: float) -> Network:
    """Class 1 right of x, class 0 left of it."""
    network = Network([2, 2])
    network.weights[0][:] = [[-1, 1], [0, 0]]
    network.biases[0][:] = [x, -x]
    return network


@given(drawings)
def test_a_drawing_comes_back_from_its_short_text(drawing: Lines) -> None:
    text = drawing.packed()
    assert len(text) <= MAX_NOTE_LENGTH  # as long as a note of a lesson may be
    assert Lines.unpacked(text) == drawing


def test_the_longest_text_fits_into_a_note() -> None:
    line = tuple((i % 2 * 1.0, i / MAX_POINTS) for i in range(MAX_POINTS - MAX_LINES + 1))
    assert len(Lines((line, *[((0.0, 1.0),)] * (MAX_LINES - 1))).packed()) <= MAX_NOTE_LENGTH


@given(st.text(max_size=600) | st.binary(max_size=400).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_a_drawing_or_refused(text: str) -> None:
    with suppress(SettingError):
        assert all(0 <= value <= 1 for line in Lines.unpacked(text).lines for place in line for value in place)


@pytest.mark.parametrize(
    "given_lines",
    [
        None, 1, "x", [], [[]], [[[0.5, 0.5]], []], [[0.5, 0.5]], [[[0.5]]], [[[0.5, 1.1]]], [[[-0.1, 0.5]]], [[[math.nan, 0.5]]],
        [[["0", 0.5]]], [[[True, 0.5]]], [[[0.5, 0.5]]] * (MAX_LINES + 1), [[[0.5, 0.5]] * (MAX_GIVEN + 1)], {"0": [[0.5, 0.5]]},
    ],
    ids=lambda each: str(each)[:30],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(given_lines: Any) -> None:
    with pytest.raises(SettingError, match="drawing must be 1 to 12 lines of places on the plane, 3000 in all"):
        from_hand(given_lines)


@pytest.mark.parametrize("seed", range(5))
def test_a_hand_drawn_line_keeps_its_way_with_few_corners(seed: int) -> None:
    rng = np.random.default_rng(seed)
    along = np.linspace(0, 1, 1000)
    smooth = np.column_stack([along, 0.5 + 0.3 * np.sin(2 * np.pi * along * rng.uniform(0.5, 2))])
    shaky = np.clip(smooth + rng.normal(0, 0.001, smooth.shape), 0, 1)
    kept = from_hand([shaky.tolist()])
    assert len(kept.lines[0]) < 60
    apart = np.hypot(*(kept.places()[:, None] - smooth[None]).transpose(2, 0, 1))
    assert apart.min(axis=1).max() < 0.015  # no place of the one is far from the other
    assert apart.min(axis=0).max() < 0.015


def test_a_scribble_of_any_length_is_kept_in_few_corners() -> None:
    rng = np.random.default_rng(0)
    scribble = [rng.random((MAX_GIVEN // MAX_LINES, 2)).tolist() for _ in range(MAX_LINES)]
    kept = from_hand(scribble)
    assert sum(map(len, kept.lines)) <= MAX_POINTS
    assert len(kept.lines) == MAX_LINES


def test_borders_lie_where_classes_change() -> None:
    found = borders(upright(0.5), PLANE)
    assert found[:, 0] == pytest.approx(np.full(len(found), 0.75), abs=0.5 / 120)
    assert len(found) == 120
    assert np.sort(found[:, 1]) == pytest.approx((np.arange(120) + 0.5) / 120)
    turned = upright(0.5)
    turned.weights[0][:] = [[0, 0], [-1, 1]]
    assert borders(turned, PLANE)[:, 1] == pytest.approx(np.full(120, 0.75), abs=0.5 / 120)


@pytest.mark.parametrize("away", [0.0, 0.02, 0.1, 0.3])
def test_a_line_beside_the_border_misses_by_as_much(away: float) -> None:
    drawing = from_hand([[[0.75 - away, 0.0], [0.75 - away, 1.0]]])
    found = miss(drawing, upright(0.5), PLANE)
    assert found is not None
    assert found.away == pytest.approx(away, abs=0.007)
    assert found.met == float(away < NEAR)


def test_half_a_border_meets_half_of_it() -> None:
    found = miss(from_hand([[[0.75, 0.0], [0.75, 0.5]]]), upright(0.5), PLANE)
    assert found is not None
    assert found.away < 0.005
    assert found.met == pytest.approx(0.5 + NEAR, abs=0.02)
    point = miss(from_hand([[[0.25, 0.5]]]), upright(0.5), PLANE)
    assert point is not None
    assert point.away == pytest.approx(0.5, abs=0.01)
    assert point.met == 0


def test_a_net_with_one_class_everywhere_has_no_border() -> None:
    assert miss(from_hand([[[0.5, 0.5], [0.6, 0.6]]]), upright(5.0), PLANE) is None


def test_four_drawings_are_not_shown() -> None:
    one = from_hand([[[0.5, 0.5]]])
    assert all_of([one] * (LEAST - 1)) is None
    assert all_of([one] * LEAST) == (one,) * LEAST


def test_what_is_asked_for_comes_back_from_json() -> None:
    plane = Plane(Settings(iterations=50), "linear")
    assert Plane.from_dict(plane.to_dict()) == plane
    assert Lines.unpacked(plane.read([[[0, 0], [1, 1]]])).lines == (((0.0, 0.0), (1.0, 1.0)),)
