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

from spiral_core import Dataset, DataSettings, SettingError, Settings, make_dataset, train
from spiral_core.arrays import FloatArray
from spiral_core.datasets import data_of, fresh, scaling, split
from spiral_core.points import MAX_POINTS, Points, canonical, pack, unpack
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


# Standardising.


def test_standardising_uses_the_training_points_alone() -> None:
    data = DataSettings(name="own", points=pack(SQUARE), test_fraction=0.4, scale="standardise")
    raw, done = split(make_dataset(data), 0.4, 0), data_of(data)
    mean, deviation = raw.train.X.mean(axis=0), raw.train.X.std(axis=0)
    assert np.allclose(done.train.X, (raw.train.X - mean) / deviation)
    assert done.test is not None
    assert raw.test is not None
    assert np.allclose(done.test.X, (raw.test.X - mean) / deviation)
    assert np.allclose(done.train.X.mean(axis=0), 0)
    assert np.allclose(done.train.X.std(axis=0), 1)


def test_a_coordinate_that_never_changes_is_only_shifted() -> None:
    level = Points(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([0, 1]), ("a", "b"))
    data = make_dataset(DataSettings(name="own", points=pack(level)))
    assert np.array_equal(scaling(data)(data).X, [[-1, 0], [1, 0]])


NOISE = np.random.default_rng(0).normal(size=300)
CONSTANT = {
    "0.1": np.full(300, 0.1),  # whose standard deviation comes out as 1.4e-17
    "0": np.zeros(300),
    "-1/3": np.full(300, -1 / 3),
    "1e9 / 7": np.full(300, 1e9 / 7),
    "0.1, the last digit wavers": np.where(NOISE > 0, 0.1, 0.1 + 2e-17),
    "0.3 or 0.1 · 3": np.where(NOISE > 0, 0.3, 0.1 * 3),
    "1e6 and its rounding": 1e6 + 1e-10 * NOISE,
    "1e9 and its rounding": 1e9 + 1e-7 * NOISE,
    "the smallest numbers": np.where(NOISE > 0, 5e-324, 0.0),
    "squares vanish": 1e-160 * NOISE,
}
VARYING = {
    "1e9 and noise": 1e9 + NOISE,
    "1e9 and little noise": 1e9 + 1e-3 * NOISE,
    "1e6 and tiny noise": 1e6 + 1e-5 * NOISE,
    "tiny": 1e-100 * NOISE,
    "0.1 and one other": np.where(np.arange(300) == 7, 0.2, 0.1),
}


def beside_a_good_one(column: FloatArray) -> Dataset:
    return Dataset(np.column_stack([NOISE, column]), np.arange(300) % 2)


@pytest.mark.parametrize("name", CONSTANT)
def test_a_coordinate_that_varies_by_rounding_alone_is_only_shifted(name: str) -> None:
    column = CONSTANT[name]
    scale = scaling(beside_a_good_one(column))
    assert scale.deviation[1] == 1
    assert scale.deviation[0] == pytest.approx(NOISE.std())
    held_out = scale(Dataset([[0.0, column[0] + 0.1], [0.0, column[0]]], [0, 1])).X[:, 1]
    assert held_out == pytest.approx([0.1, 0.0], abs=1e-6)


@pytest.mark.parametrize("name", VARYING)
def test_a_coordinate_that_varies_at_all_is_standardised(name: str) -> None:
    data = beside_a_good_one(VARYING[name])
    X = scaling(data)(data).X
    assert X.std(axis=0) == pytest.approx(1, rel=1e-4)
    assert X.mean(axis=0) == pytest.approx(0, abs=1e-3)


def test_a_coordinate_too_large_to_be_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"X must lie within 1e150 of 0 to be standardised, got 1e\+300"):
        scaling(beside_a_good_one(np.where(NOISE > 0, 1e300, -1e300)))


def test_scaling_saves_training_on_data_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal((170, 60), 4, (40, 2)), rng.normal((185, 80), 4, (40, 2))])
    data = DataSettings(name="own", points=pack(Points(X, np.repeat([0, 1], 40), ("a", "b"))))
    runs = {
        scale: train(Settings(iterations=500, hidden=(20,), data=data.replace(scale=scale))) for scale in ("none", "standardise")
    }
    assert runs["standardise"].history.train_accuracy[-1] > 0.95
    assert runs["none"].history.train_accuracy[-1] < 0.6


def test_fresh_points_come_from_the_generator_and_are_scaled_as_the_training_points() -> None:
    data = DataSettings(test_fraction=0.2, scale="standardise")
    drawn = fresh(data, 7)
    scale = scaling(split(make_dataset(data), 0.2, 0).train)
    assert np.allclose(drawn.X * scale.deviation + scale.mean, make_dataset(data.replace(seed=7)).X)
    assert np.array_equal(fresh(data.replace(scale="none"), 7).X, make_dataset(DataSettings(seed=7)).X)
    with pytest.raises(ValueError, match="generator"):
        fresh(DataSettings(name="own", points=pack(SQUARE)), 1)


def test_labels_of_custom_points_are_never_replaced() -> None:
    data = DataSettings(name="own", points=pack(SQUARE), label_noise=0.5)
    assert data_of(data).train.y.tolist() == SQUARE.y.tolist()
