"""What is done to coordinates before training: of whom it is measured, what it makes of them, and what it is good for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Dataset, DataSettings, Settings, make_dataset, train
from spiral_core.arrays import FloatArray
from spiral_core.datasets import data_of, fresh, split
from spiral_core.points import Points, pack
from spiral_core.scaling import SCALES, scaling

SQUARE = Points(np.array([[0, 0], [1, 1.5], [0, 1], [1, 0], [2, 2]]), np.array([0, 0, 1, 1, 1]), ("a", "b"))


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
    assert np.array_equal(scaling(data.X, "standardise")(data).X, [[-1, 0], [1, 0]])


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
    scale = scaling(beside_a_good_one(column).X, "standardise")
    assert scale.deviation[1] == 1
    assert scale.deviation[0] == pytest.approx(NOISE.std())
    held_out = scale(Dataset([[0.0, column[0] + 0.1], [0.0, column[0]]], [0, 1])).X[:, 1]
    assert held_out == pytest.approx([0.1, 0.0], abs=1e-6)


@pytest.mark.parametrize("name", VARYING)
def test_a_coordinate_that_varies_at_all_is_standardised(name: str) -> None:
    data = beside_a_good_one(VARYING[name])
    X = scaling(data.X, "standardise")(data).X
    assert X.std(axis=0) == pytest.approx(1, rel=1e-4)
    assert X.mean(axis=0) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("scale", ["centre", "standardise", "pca", "whiten"])
def test_a_coordinate_too_large_to_be_measured_is_refused(scale: str) -> None:
    with pytest.raises(ValueError, match=r"X must lie within 1e150 of 0 to be scaled, got 1e\+30[08]"):
        scaling(beside_a_good_one(np.where(NOISE > 0, 1e308, 1e300)).X, scale)


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
    scale = scaling(split(make_dataset(data), 0.2, 0).train.X, "standardise")
    assert np.allclose(drawn.X * scale.deviation + scale.mean, make_dataset(data.replace(seed=7)).X)
    assert np.array_equal(fresh(data.replace(scale="none"), 7).X, make_dataset(DataSettings(seed=7)).X)
    with pytest.raises(ValueError, match="generator"):
        fresh(DataSettings(name="own", points=pack(SQUARE)), 1)


# Centring, principal axes, whitening.


def slanted(seed: int, ratio: float = 10.0, far: float = 0.0) -> DataSettings:
    """Two classes that differ across a cloud `ratio` times as long as wide, turned by 45 degrees, its middle at (far, far)."""
    rng = np.random.default_rng(seed)
    Z = np.vstack([rng.normal((0, -1.5), (ratio, 1), (60, 2)), rng.normal((0, 1.5), (ratio, 1), (60, 2))]) / ratio
    X = Z @ np.array([[1, 1], [-1, 1]]) / 2**0.5 + far
    return DataSettings("own", points=pack(Points(X, np.repeat([0, 1], 60), ("a", "b"))))


@given(st.integers(0, 10**6), st.floats(1.5, 100), st.floats(0, np.pi), st.floats(-1e3, 1e3))
def test_turned_points_do_not_correlate_and_whitened_ones_have_deviation_1(
    seed: int, ratio: float, angle: float, far: float
) -> None:
    c, s = np.cos(angle), np.sin(angle)
    X = np.random.default_rng(seed).normal(size=(80, 2)) * (ratio, 1) @ np.array([[c, s], [-s, c]]) + far
    turned, white = scaling(X, "pca"), scaling(X, "whiten")
    assert turned.axes is not None
    assert turned.axes @ turned.axes.T == pytest.approx(np.eye(2), abs=1e-12)
    assert np.linalg.det(turned.axes) == pytest.approx(1)  # nothing is mirrored
    assert turned.axes[0, 0] >= -1e-9  # the first axis points to the right
    covariance = np.cov(turned.of(X).T, bias=True)
    assert covariance[0, 1] == pytest.approx(0, abs=1e-9 * ratio**2)
    assert covariance[0, 0] >= covariance[1, 1]
    assert np.trace(covariance) == pytest.approx(np.trace(np.cov(X.T, bias=True)))
    assert np.cov(white.of(X).T, bias=True) == pytest.approx(np.eye(2), abs=1e-8)
    assert white.of(X).mean(axis=0) == pytest.approx([0, 0], abs=1e-8)
    assert scaling(X, "centre").of(X) == pytest.approx(X - X.mean(axis=0))


def test_axes_worked_by_hand() -> None:
    """Points on the ends of a cross: 2 long along (1, -1)/√2, 1 along (1, 1)/√2."""
    X = np.array([[2.0, -2.0], [-2.0, 2.0], [1.0, 1.0], [-1.0, -1.0]]) / 2**0.5 + (3, 4)
    found = scaling(X, "whiten")
    assert found.mean == pytest.approx([3, 4])
    assert found.axes == pytest.approx(np.array([[1, -1], [1, 1]]) / 2**0.5)
    assert found.deviation == pytest.approx([2**0.5, 0.5**0.5])
    upright = scaling(np.array([[0.0, 2.0], [0.0, -2.0], [1.0, 0.0], [-1.0, 0.0]]), "pca")
    assert upright.axes == pytest.approx(np.array([[0, 1], [-1, 0]]))  # up, and a quarter turn to the left


@pytest.mark.parametrize("seed", range(5))
def test_points_on_a_line_are_turned_onto_it_and_nothing_is_divided_by_rounding(seed: int) -> None:
    t, direction = np.random.default_rng(seed).normal(size=50), np.random.default_rng(seed + 100).normal(size=2)
    Z = scaling(t[:, None] * direction + (5, 7), "whiten").of(t[:, None] * direction + (5, 7))
    assert Z[:, 0].std() == pytest.approx(1)
    assert np.abs(Z[:, 1]).max() < 1e-12


@pytest.mark.parametrize("scale", ["pca", "whiten"])
def test_points_without_a_principal_direction_are_not_turned(scale: str) -> None:
    rings = make_dataset(DataSettings("circles", 40, 2, noise=0.0)).X
    assert np.array_equal(np.array(scaling(rings, scale).axes), np.eye(2))
    alike = np.full((6, 2), 0.1)
    assert scaling(alike, scale).of(alike) == pytest.approx(np.zeros((6, 2)), abs=1e-15)


@pytest.mark.parametrize("scale", SCALES)
def test_all_of_it_is_measured_on_the_training_points_and_done_to_the_others(scale: str) -> None:
    data = DataSettings("moons", test_fraction=0.3, scale=scale)
    raw, done = split(make_dataset(data), 0.3, 0), data_of(data)
    assert raw.test is not None
    assert done.test is not None
    found = scaling(raw.train.X, scale)
    assert np.array_equal(done.train.X, found.of(raw.train.X))
    assert np.array_equal(done.test.X, found.of(raw.test.X))
    assert np.array_equal(fresh(data, 9).X, found.of(make_dataset(data.replace(seed=9)).X))


MODELS = {
    "linear": Settings(hidden=(), learning_rate=0.5, iterations=100),
    "net": Settings(hidden=(20,), init="he", learning_rate=0.1, iterations=200),
}


def last_losses(model: str, scale: str, ratio: float, far: float = 0.0) -> FloatArray:
    """The losses at the end, for ten seeds of points and weights."""
    data = [slanted(seed, ratio, far).replace(scale=scale) for seed in range(10)]
    return np.array([train(MODELS[model].replace(data=each, seed=i)).history.loss[-1] for i, each in enumerate(data)])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ratio", [4, 10])
def test_whitening_a_slanted_cloud_saves_training(model: str, ratio: float) -> None:
    """What the Data page says of whitening: a lower loss in as many iterations, than of any other scaling, for every seed."""
    white = last_losses(model, "whiten", ratio)
    for other in ("none", "centre", "standardise", "pca"):
        assert (white < last_losses(model, other, ratio)).all()


def test_turning_alone_hardly_changes_training() -> None:
    assert last_losses("linear", "pca", 10) == pytest.approx(last_losses("linear", "centre", 10), rel=0.02)
    assert np.median(last_losses("net", "pca", 10)) == pytest.approx(np.median(last_losses("net", "centre", 10)), rel=0.1)


def test_centring_helps_a_linear_classifier_far_from_0() -> None:
    assert (last_losses("linear", "centre", 2, far=5) < last_losses("linear", "none", 2, far=5)).sum() >= 9
