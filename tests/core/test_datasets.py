"""The article's points, the shapes of the others, and what a data set may not be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import Dataset, DataSettings, make_dataset, make_spiral
from spiral_core.data_settings import GENERATED
from spiral_core.datasets import as_labelled, data_of, fresh, noisy_labels, parted, split


def test_seed_0_gives_the_articles_points() -> None:
    """Written out point by point, from the description in the article."""
    rng = np.random.RandomState(0)
    data = make_spiral()
    for j in range(3):
        noise = rng.randn(100)
        for i in range(100):
            r, t = i / 99, 4 * j + 4 * i / 99 + 0.2 * noise[i]
            x = data.X[100 * j + i]
            assert x == pytest.approx((r * math.sin(t), r * math.cos(t)), abs=1e-12)
    assert data.y.tolist() == [0] * 100 + [1] * 100 + [2] * 100


@pytest.mark.parametrize("name", GENERATED)
@given(n=st.integers(2, 60), k=st.integers(2, 8), noise=st.floats(0, 2), seed=st.integers(0, 2**32 - 1))
def test_every_generator_makes_the_points_asked_for(name: str, n: int, k: int, noise: float, seed: int) -> None:
    settings = DataSettings(name, n, k, noise, seed)
    data = make_dataset(settings)
    assert data.X.shape == (n * settings.class_count, 2)
    assert np.bincount(data.y).tolist() == [n] * settings.class_count
    make_dataset.cache_clear()
    assert np.array_equal(make_dataset(settings).X, data.X)


@pytest.mark.parametrize("name", GENERATED)
def test_noise_free_shapes_fit_the_picture_and_seeds_differ(name: str) -> None:
    data = make_dataset(DataSettings(name, noise=0.0))
    assert np.abs(data.X).max() <= 1.0
    one, two = (make_dataset(DataSettings(name, seed=seed)).X for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_xor_and_checkerboard_follow_their_rules() -> None:
    xor = make_dataset(DataSettings("xor", 500, noise=0.0))
    assert np.array_equal(xor.X.prod(axis=1) < 0, xor.y == 1)
    board = make_dataset(DataSettings("checkerboard", 500, noise=0.0))
    fields = np.floor((board.X + 1) * 2).astype(int).sum(axis=1) % 2
    assert np.array_equal(fields, board.y)


CURVES: dict[str, Callable[[float], float]] = {
    "sine": lambda x: 0.5 * math.sin(math.pi * x),
    "parabola": lambda x: 1.2 * x * x - 0.6,
    "absolute": lambda x: 1.2 * abs(x) - 0.6,
}


@pytest.mark.parametrize("name", CURVES)
def test_class_1_lies_above_its_curve_and_noise_blurs_that(name: str) -> None:
    def share_above(noise: float) -> float:
        data = make_dataset(DataSettings(name, 500, noise=noise))
        above = [y > CURVES[name](x) for x, y in data.X.tolist()]
        return float(np.mean(np.array(above) == (data.y == 1)))

    assert share_above(0.0) == 1
    assert 0.8 < share_above(0.2) < 0.99
    assert share_above(1.0) < share_above(0.2)
    data = make_dataset(DataSettings(name, 2000, noise=0.0))
    for j in (0, 1):
        assert np.histogram(data.X[data.y == j, 0], 4, (-1, 1))[0] / 2000 == pytest.approx([0.25] * 4, abs=0.05)


@given(st.integers(2, 40), st.floats(0.05, 0.9), st.integers(0, 100))
def test_a_split_holds_out_a_share_of_each_class(n: int, fraction: float, seed: int) -> None:
    data = make_spiral(n, 3)
    if round(fraction * n) == 0:
        with pytest.raises(ValueError, match=r"data\.test_fraction must be 0, or large enough"):
            split(data, fraction, seed)
        return
    train, test = split(data, fraction, seed)
    assert test is not None
    assert np.bincount(test.y).tolist() == [min(round(fraction * n), n - 1)] * 3
    together = np.vstack([train.X, test.X])
    assert sorted(map(tuple, together)) == sorted(map(tuple, data.X))


def test_no_split_keeps_the_data_as_it_is() -> None:
    data = make_spiral()
    assert split(data, 0, 0) == (data, None)


# Wrong labels.


@given(st.integers(1, 300), st.integers(2, 8), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_a_share_of_the_labels_is_replaced_by_other_classes_exactly(n: int, K: int, share: float, seed: int) -> None:
    y = np.arange(n) % K
    noisy = noisy_labels(y, K, share, seed)
    assert (noisy != y).sum() == round(share * n)
    assert set(noisy.tolist()) <= {*range(K)}
    fewer = noisy_labels(y, K, share / 2, seed)
    assert np.array_equal(fewer[fewer != y], noisy[fewer != y])  # a larger share replaces these too, by the same


def test_each_other_class_is_as_likely() -> None:
    found = np.zeros((3, 3))
    for seed in range(200):
        y = np.repeat(np.arange(3), 20)
        np.add.at(found, (y, noisy_labels(y, 3, 0.5, seed)), 1 / 4000)
    assert np.diag(found) == pytest.approx([0.5] * 3, abs=0.03)
    assert found[~np.eye(3, dtype=bool)] == pytest.approx([0.25] * 6, abs=0.03)


def test_wrong_labels_are_trained_on_and_held_out_points_and_fresh_ones_keep_theirs() -> None:
    plain = DataSettings("blobs", test_fraction=0.2, scale="standardise")
    noisy = plain.replace(label_noise=0.25)
    told, true = data_of(noisy), data_of(plain)
    assert told.test is not None
    assert true.test is not None
    assert np.array_equal(told.train.X, true.train.X)
    assert np.array_equal(told.test.X, true.test.X)
    assert np.array_equal(told.test.y, true.test.y)
    assert (told.train.y != true.train.y).sum() == 60
    assert np.array_equal(fresh(noisy, 5).X, fresh(plain, 5).X)
    assert np.array_equal(fresh(noisy, 5).y, fresh(plain, 5).y)
    whole, parts = as_labelled(noisy), parted(make_dataset(noisy), noisy)
    assert np.array_equal(whole.X, make_dataset(plain).X)
    assert parts.test is not None
    classes_at = {tuple(x): label for part in parts for x, label in zip(part.X, part.y, strict=True)}  # type: ignore[union-attr]
    assert [classes_at[tuple(x)] for x in whole.X] == whole.y.tolist()


def test_a_class_may_lose_all_its_labels() -> None:
    data = data_of(DataSettings("moons", 2, test_fraction=0.5, label_noise=0.5, seed=1)).train
    assert (data.classes, len({*data.y.tolist()})) == (2, 1)


BAD_DATA: list[tuple[Any, Any, str]] = [
    ([[1, 2], [3, math.nan]], [0, 1], "X must be finite, got nan in row 1, column 1"),
    ([[1, math.inf], [3, 4]], [0, 1], "X must be finite, got inf in row 0, column 1"),
    ([[True, False], [False, True]], [0, 1], "X must be numbers, got booleans"),
    ([["a", "b"], ["c", "d"]], [0, 1], "X must be numbers, got text"),
    ([[None, 1], [2, 3]], [0, 1], "X must be numbers, got mixed values"),
    ([[1j, 1], [2, 3]], [0, 1], "X must be numbers, got complex numbers"),
    ([1.0, 2.0], [0, 1], r"X must be a table of shape \(N, D\), got shape \(2,\)"),
    ([], [], r"X must be a table of shape \(N, D\), got shape \(0,\)"),
    (np.empty((0, 2)), [], r"X must hold at least one point and one feature, got shape \(0, 2\)"),
    ([[1, 2], [3]], [0, 1], "X must have rows of equal length"),
    ([[1, 2], [3, 4]], [0], "X and y must have the same number of rows, got 2 and 1"),
    ([[1, 2], [3, 4]], [1, 1], "y must hold at least two classes, got only class 1"),
    ([[1, 2], [3, 4]], [0, 2], "y must hold every class 0..K-1, got a highest class 2 but no class 1"),
    ([[1, 2], [3, 4]], [1, 2], "y must hold every class 0..K-1, got a highest class 2 but no class 0"),
    ([[1, 2], [3, 4]], [-1, 0], "y must be whole numbers from 0, got -1 in row 0"),
    ([[1, 2], [3, 4]], [0, 0.5], "y must be whole numbers from 0, got 0.5 in row 1"),
    ([[1, 2], [3, 4]], [0, math.nan], "y must be whole numbers from 0, got nan in row 1"),
    ([[1, 2], [3, 4]], [False, True], "y must be numbers, got booleans"),
    ([[1, 2], [3, 4]], ["0", "1"], "y must be numbers, got text"),
    ([[1, 2], [3, 4]], [[0], [1]], r"y must be a list of shape \(N,\), got shape \(2, 1\)"),
]


@pytest.mark.parametrize(("X", "y", "message"), BAD_DATA)
def test_bad_data_is_refused_in_one_sentence(X: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message):
        Dataset(X, y)


def test_good_data_is_taken_as_read_only() -> None:
    data = Dataset([[1, 2], [1, 2], [3, 4]], [0.0, 1.0, 1.0])  # repeated points and whole floats are fine
    assert (str(data.X.dtype), str(data.y.dtype), data.classes, len(data)) == ("float64", "int64", 2, 3)
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 5
