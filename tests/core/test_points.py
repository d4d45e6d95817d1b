"""Points of one's own as text: they come back exactly, and what is no such text is refused, however it came about."""

from __future__ import annotations

import base64
import contextlib
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import DataSettings, SettingError, Settings, make_dataset
from spiral_core import points as points_module
from spiral_core.datasets import data_of
from spiral_core.points import MAX_POINTS, Points, canonical, counts, pack, unpack
from tests.core.strategies import own_points
from tests.support.fuzz import CASES

SQUARE = Points(
    np.array([[0.0, 0.0], [1.0, 0.25], [-1.5, 2.0], [1e-7, 12345.678]]), np.array([0, 1, 1, 0]), ("고양이", "dog"), ("키", "y")
)


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")


@given(own_points())
def test_points_come_back_exactly(points: Points) -> None:
    back = unpack(pack(points))
    assert np.array_equal(back.X, points.X)
    assert np.array_equal(back.y, points.y)
    assert (back.names, back.axes) == (points.names, points.axes)
    assert canonical(pack(points)) == pack(points)


def test_another_packing_of_the_same_points_is_the_same_setting() -> None:
    text = "a\tb\nx\ty\n0 1.50\n0 1\n01"
    loose = base64.urlsafe_b64encode(zlib.compress(text.encode(), 1)).decode().rstrip("=")
    tight = pack(Points(np.array([[0.0, 0.0], [1.5, 1.0]]), np.array([0, 1]), ("a", "b")))
    assert DataSettings(name="own", points=loose) == DataSettings(name="own", points=tight)


def test_settings_hold_points_and_a_link_and_json_give_them_back() -> None:
    data = DataSettings(name="own", points=pack(SQUARE), scale="standardise")
    settings = Settings(data=data)
    assert (data.class_count, data.point_count) == (2, 4)
    assert Settings.from_dict(settings.to_dict()) == settings
    assert set(pack(SQUARE)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    made = make_dataset(data)
    assert made.names == ("고양이", "dog")
    assert np.array_equal(made.X, SQUARE.X)


def test_settings_of_before_keep_their_json() -> None:
    """Keys of kept runs are made of it."""
    assert set(Settings().to_dict()["data"]) == {"name", "points_per_class", "classes", "noise", "seed", "test_fraction"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: DataSettings(name="own"),
        lambda: DataSettings(name="spiral", points=pack(SQUARE)),
        lambda: DataSettings(name="own", points="abc"),
        lambda: DataSettings(name="own", points=packed("a\tb\nx\ty\n0 nan\n0 1\n01")),
        lambda: DataSettings(name="own", points=packed("a\tb\nx\ty\n0 1e300\n0 1\n01")),
        lambda: DataSettings(name="own", points=packed("a\ta\nx\ty\n0 1\n0 1\n01")),
        lambda: DataSettings(name="own", points=packed("a\tb\nx\ty\n0 1\n0 1\n00")),
        lambda: DataSettings(name="own", points=packed("a\nx\ty\n0 1\n0 1\n00")),
        lambda: DataSettings(name="own", points=packed("a\tb\nx\ty\n0 1 2\n0 1\n011")),
        lambda: DataSettings(name="own", points=packed("a\tb\nx\n0 1\n0 1\n01")),
        lambda: DataSettings(name="own", points=packed("0" * 100_000_000)),  # a bomb of 100 MB
        lambda: DataSettings(name="own", points=7),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_points_is_one_sentence(make: object) -> None:
    with pytest.raises(SettingError, match=r"^data\.points must be .*, got ") as caught:
        make()  # type: ignore[operator]
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("X", "y", "names", "said"),
    [
        ([[0, 0]], [0], ("a",), "classes must be 2 to 8, got 1"),
        ([[0, 0], [1, np.inf]], [0, 1], ("a", "b"), "in row 2"),
        ([[0, 0], [1, 2]], [0, 1], ("a", "a"), "must be different"),
        ([[0, 0], [1, 2]], [0, 1], ("a", " b"), "printable characters"),
        ([[0, 0], [1, 2]], [0, 1], ("a", "x" * 41), "1 to 40"),
        ([[0, 0], [1, 2]], [0, 2], ("a", "b", "c"), "at least one point"),
        (np.zeros((MAX_POINTS + 1, 2)), [0, *[1] * MAX_POINTS], ("a", "b"), "at most 10000"),
    ],
)
def test_points_are_checked(X: object, y: object, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Points(np.array(X), np.array(y), names)


@hypothesis_settings(max_examples=CASES)
@given(
    st.text(max_size=80)
    | st.binary(max_size=80).map(lambda content: base64.urlsafe_b64encode(content).decode())
    | st.text(max_size=200).map(packed)
)
def test_fuzz_any_text_is_points_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert len(unpack(text)) <= MAX_POINTS


def test_labels_of_custom_points_are_never_replaced() -> None:
    data = DataSettings(name="own", points=pack(SQUARE), label_noise=0.5)
    assert data_of(data).train.y.tolist() == SQUARE.y.tolist()


def test_what_was_seen_before_is_neither_unpacked_nor_packed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class holds more sets of points than stay unpacked."""
    texts = [pack(Points(SQUARE.X + number, SQUARE.y, SQUARE.names)) for number in range(100)]
    settings = [Settings(data=DataSettings(name="own", points=text)) for text in texts]

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(points_module, "pack", never)
    monkeypatch.setattr(points_module, "unpack", never)
    assert [canonical(text) for text in texts] == texts
    assert {counts(text) for text in texts} == {(4, 2)}
    assert {each.parameter_count for each in settings} == {502}
    assert {each.replace(seed=1).data.point_count for each in settings} == {4}


def test_what_is_known_of_texts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points_module, "MAX_KNOWN", 3)
    known = points_module._Known()
    for number in range(5):
        known.add(f"text{number}", (number, 2))
    assert [known.of(f"text{number}") for number in range(5)] == [None, None, (2, 2), (3, 2), (4, 2)]
    assert counts(pack(SQUARE)) == (4, 2)  # known or not
