"""Two-dimensional data with classes: generated, measured or custom points, checked, split, mislabelled if asked for, and scaled."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from spiral_core.data_settings import DataSettings
from spiral_core.generators import GENERATORS
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError
from spiral_core.scaling import scaling

SOME_HELD_OUT = Rule("some held out", N_("0, or large enough to hold out at least one point"))


class Dataset:
    """Points and their classes, checked and read-only.

    X: (N, D) finite numbers, y: (N,) whole numbers. Every class 0..K-1 must occur, unless K is given as `classes`
    (a held-out part may lack one). names: of the classes, if they have any. Raises ValueError that says what is
    wrong, where, and what is allowed.
    """

    X: FloatArray
    y: IntArray
    classes: int
    names: tuple[str, ...]

    def __init__(self, X: Any, y: Any, classes: int | None = None, names: tuple[str, ...] = ()) -> None:
        self.X = _frozen(_points(X))
        self.y = _frozen(_labels(y))
        if len(self.X) != len(self.y):
            raise ValueError(f"X and y must have the same number of rows, got {len(self.X)} and {len(self.y)}")
        if classes is None:
            present = np.unique(self.y)
            if len(present) < 2:
                raise ValueError(f"y must hold at least two classes, got only class {present[0]}")
            if present[-1] != len(present) - 1:
                missing = int(np.setdiff1d(np.arange(len(present)), present)[0])
                raise ValueError(f"y must hold every class 0..K-1, got a highest class {present[-1]} but no class {missing}")
            classes = len(present)
        elif self.y.max() >= classes:
            raise ValueError(f"y must be in 0..{classes - 1}, got {self.y.max()}")
        self.classes = classes
        if names and len(names) != classes:
            raise ValueError(f"names must be {classes}, one a class, got {len(names)}")
        self.names = names

    def with_points(self, X: Any) -> Dataset:
        """The same classes with other coordinates."""
        return Dataset(X, self.y, self.classes, self.names)

    def with_labels(self, y: Any) -> Dataset:
        """The same points with other classes, of which some may be left without points."""
        return Dataset(self.X, y, self.classes, self.names)

    def chosen(self, rows: Any) -> Dataset:
        """A subset of the points, by row numbers, slice or mask."""
        return Dataset(self.X[rows], self.y[rows], self.classes, self.names)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Dataset({len(self)} points, {self.X.shape[1]} features, {self.classes} classes)"


def _points(X: Any) -> FloatArray:
    array = _numeric("X", X)
    if array.ndim != 2:
        raise ValueError(f"X must be a table of shape (N, D), got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"X must hold at least one point and one feature, got shape {array.shape}")
    array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        raise ValueError(f"X must be finite, got {array[row, column]} in row {row}, column {column}")
    return array


def _labels(y: Any) -> IntArray:
    array = _numeric("y", y)
    if array.ndim != 1:
        raise ValueError(f"y must be a list of shape (N,), got shape {array.shape}")
    if len(array) == 0:
        raise ValueError("y must hold at least one label, got none")
    whole = array.astype(np.float64)
    bad = np.flatnonzero(~(np.isfinite(whole) & (whole == np.round(whole)) & (whole >= 0) & (whole < 2**31)))
    if len(bad):
        raise ValueError(f"y must be whole numbers from 0, got {array[bad[0]]} in row {bad[0]}")
    return array.astype(np.int64)


def _numeric(name: str, values: Any) -> AnyArray:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must have rows of equal length") from None
    if array.size and array.dtype.kind not in "iuf":
        came = {"b": "booleans", "U": "text", "S": "text", "c": "complex numbers"}.get(array.dtype.kind, "mixed values")
        raise ValueError(f"{name} must be numbers, got {came}")
    return array


def _frozen(array: AnyArray) -> AnyArray:
    array = np.array(array, order="C")
    array.setflags(write=False)
    return array


def make_spiral(points_per_class: int = 100, classes: int = 3, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Spiral arms; seed 0 with the defaults gives the points of the CS231n case study.

    Arm j has radius 0..1 and angle 4j..4(j+1) radians, with normal noise of standard deviation `noise` on the angle.
    """
    settings = DataSettings("spiral", points_per_class, classes, noise, seed)
    return make_dataset(settings)


@lru_cache(maxsize=64)
def make_dataset(settings: DataSettings) -> Dataset:
    """All points that the settings describe, before they are split and scaled."""
    given = settings.given
    if given is not None:
        return Dataset(given.X, given.y, names=given.names)
    rng = np.random.RandomState(settings.seed)
    n, K = settings.points_per_class, settings.class_count
    draw = GENERATORS[settings.name].draw
    parts = [draw(rng, n, j, K, settings.noise) for j in range(K)]
    return Dataset(np.vstack(parts), np.repeat(np.arange(K), n))


class Split(NamedTuple):
    """The points that a network trains on, and those held out (None where there are none)."""

    train: Dataset
    test: Dataset | None


def held_out_points(y: IntArray, K: int, test_fraction: float, seed: int) -> BoolArray:
    """Which points are held out, (N,): a share of each class, drawn at random, but never the whole class."""
    rng = np.random.RandomState(seed)
    held_out = np.zeros(len(y), dtype=bool)
    for j in range(K):
        rows = rng.permutation(np.flatnonzero(y == j))
        held_out[rows[: min(round(test_fraction * len(rows)), len(rows) - 1)]] = True
    return held_out


def split(dataset: Dataset, test_fraction: float, seed: int) -> Split:
    """Hold out a share of each class, drawn at random; a class keeps at least one point to train on."""
    if test_fraction == 0:
        return Split(dataset, None)
    held_out = held_out_points(dataset.y, dataset.classes, test_fraction, seed)
    if not held_out.any():
        raise SettingError("data.test_fraction", SOME_HELD_OUT, test_fraction)
    return Split(dataset.chosen(~held_out), dataset.chosen(held_out))


def noisy_labels(y: IntArray, K: int, share: float, seed: int) -> IntArray:
    """Classes (N,) of which round(share * N) are replaced by another one of the K, each other one as likely.

    The stream is its own: points stay as they are, and of a larger share the smaller one's replacements are a part.
    """
    rng = np.random.default_rng([seed, 0, 2])
    chosen = rng.permutation(len(y))[: round(share * len(y))]
    further = rng.integers(1, K, len(y))  # how many classes further
    noisy = y.copy()
    noisy[chosen] = (y[chosen] + further[chosen]) % K
    return noisy


def parted(dataset: Dataset, settings: DataSettings) -> Split:
    """A data set split, with the settings' share of wrong labels in the training part; not yet scaled."""
    parts = split(dataset, settings.test_fraction, settings.seed)
    share = settings.wrong_labels
    if not share:
        return parts
    y = noisy_labels(parts.train.y, dataset.classes, share, settings.seed)
    return Split(parts.train.with_labels(y), parts.test)


def as_labelled(settings: DataSettings) -> Dataset:
    """All points of the settings in the order of `make_dataset`, with the labels that training is told."""
    whole = make_dataset(settings)
    if not settings.wrong_labels:
        return whole
    trained_on = ~held_out_points(whole.y, whole.classes, settings.test_fraction, settings.seed)
    y = whole.y.copy()
    y[trained_on] = noisy_labels(y[trained_on], whole.classes, settings.wrong_labels, settings.seed)
    return whole.with_labels(y)


@lru_cache(maxsize=64)
def wrong_places(settings: DataSettings) -> FloatArray:
    """The training points (n, 2), not yet scaled, whose label is wrong as the settings ask for."""
    whole = make_dataset(settings)
    found: FloatArray = _frozen(whole.X[as_labelled(settings).y != whole.y])
    return found


def prepared(dataset: Dataset, settings: DataSettings) -> Split:
    """A data set as it is trained on: split and, if the settings say so, with wrong labels and scaled."""
    parts = parted(dataset, settings)
    if settings.scale == "none":
        return parts
    scale = scaling(parts.train.X, settings.scale)
    return Split(scale(parts.train), parts.test and scale(parts.test))


@lru_cache(maxsize=64)
def data_of(settings: DataSettings) -> Split:
    """The points that the settings describe, split and scaled."""
    return prepared(make_dataset(settings), settings)


def fresh(settings: DataSettings, seed: int) -> Dataset:
    """New points from the generator of the settings, with another seed, scaled as the training points were; no label is wrong."""
    if settings.given is not None:
        raise ValueError("settings must name a generator: there are no fresh points of those that are given")
    drawn = make_dataset(settings.replace(seed=seed))
    if settings.scale == "none":
        return drawn
    return scaling(parted(make_dataset(settings), settings).train.X, settings.scale)(drawn)
