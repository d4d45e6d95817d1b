"""Nets from files, shown on the data of an experiment by the process that reads files."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest

from server.tables import readers
from server.tables.isolated import Reader
from server.tables.table import TableError
from server.training.loaded import SIZE, Shown, shown
from server.training.pictures import area, painted
from spiral_core import DataSettings, Network, Settings
from spiral_core.datasets import data_of
from spiral_core.export.weights import WeightsError, to_json, to_npz

NET = Network((2, 5, 3), "tanh").initialise("he", np.random.RandomState(1))
SETTINGS = Settings(data=DataSettings(test_fraction=0.2))


def test_a_net_is_measured_on_all_data_and_painted_in_another_process() -> None:
    train, test = data_of(SETTINGS.data)
    assert test is not None
    measured = tuple((NET.loss(part.X, part.y), float((NET.predict(part.X) == part.y).mean())) for part in (train, test))
    wanted = Shown((2, 5, 3), "tanh", measured, painted(NET, area(SETTINGS.data), SIZE))
    for content in (to_npz(NET), to_json(NET).encode()):
        assert readers.show_weights(content, "relu", SETTINGS) == wanted
    readers.close()


def test_what_a_file_does_not_say_is_taken_from_the_settings() -> None:
    arrays = {"W1": np.ones((1, 3)), "b1": np.zeros(3)}
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    found = shown(file.getvalue(), "sigmoid", SETTINGS.replace(features=("xy",)))
    assert isinstance(found, Shown)
    assert found.activation == "sigmoid"
    assert len(found.measured) == 2


@pytest.mark.parametrize("sizes", [(3, 5, 3), (2, 5, 4)])
def test_a_net_that_does_not_fit_the_data_is_not_shown_on_them(sizes: tuple[int, ...]) -> None:
    assert shown(to_npz(Network(sizes)), "relu", SETTINGS) == Shown(sizes, "relu")


def test_why_a_file_is_refused_comes_back_from_the_process() -> None:
    found = readers.show_weights(b"[1, 2]", "relu", SETTINGS)
    assert isinstance(found, WeightsError)
    assert found.code == "object"
    readers.close()


def test_numbers_at_the_end_of_what_there_is_are_no_warning() -> None:
    network = Network((2, 5, 3), parameters=np.full(NET.parameters.size, 1e300))
    with warnings.catch_warnings(action="error"):
        assert isinstance(shown(to_npz(network), "relu", SETTINGS), Shown)


def test_the_largest_net_stays_within_the_limits_of_the_process() -> None:
    reader = Reader()
    found = reader.do("weights", to_npz(Network((2, 1000, 1000, 3))), "relu", SETTINGS)
    reader.close()
    assert not isinstance(found, TableError), found.code
    assert found.sizes == (2, 1000, 1000, 3)
