"""What a net sees of a point: worked numbers, the same everywhere, and what is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from spiral_core import Dataset, DataSettings, Network, SettingError, Settings, gradient_check, link, train
from spiral_core.analysis.linear_best import lowest_loss
from spiral_core.analysis.trace import forward_back
from spiral_core.analysis.units import count_regions, folds
from spiral_core.boundary import Area, class_maps, grid, levels
from spiral_core.datasets import data_of
from spiral_core.export import weights
from spiral_core.features import FEATURES, inputs
from spiral_core.records import Record
from spiral_core.search.space import SEARCHED
from spiral_core.store.keys import key_of

ALL = tuple(FEATURES)
CIRCLES = DataSettings(name="circles", classes=2, noise=0.1, test_fraction=0.2)
CURVED = Settings(data=CIRCLES, hidden=(6,), features=("x", "x2", "siny"), init="he", learning_rate=0.3, iterations=100)


def test_worked_numbers() -> None:
    found = inputs(ALL, np.array([[0.5, -2.0], [3.0, 4.0]]))
    assert found[0] == pytest.approx([0.5, -2, 0.25, 4, -1, 1, 0, math.sqrt(4.25)], abs=1e-12)
    assert found[1] == pytest.approx([3, 4, 9, 16, 12, 0, 0, 5], abs=1e-12)


def test_plain_inputs_are_the_points_of_any_dimension() -> None:
    X = np.arange(12.0).reshape(3, 4)
    assert inputs(("x", "y"), X) is X
    with pytest.raises(ValueError, match=r"X must have shape \(N, 2\) for the features x, r, got \(3, 4\)"):
        inputs(("x", "r"), X)


def test_they_are_left_out_at_their_default_and_kept_in_the_table_s_order() -> None:
    assert "features" not in Settings().to_dict()
    assert key_of(Settings(features=("y", "x"))) == key_of(Settings())
    value = Settings(features=("r", "x"))
    assert value.features == ("x", "r")
    assert Settings.from_dict(json.loads(json.dumps(value.to_dict()))) == value
    assert link.to_query(value, Settings()) == {"features": "x-r"}
    assert value.parameter_count == 603
    assert Settings(features=ALL).parameter_count == 9 * 100 + 303


@pytest.mark.parametrize("bad", [(), ("x", "x"), ("x", "z"), "x", None, ("x", 1), 3, {"x": 1}], ids=repr)
def test_bad_ones_are_refused_in_one_sentence(bad: object) -> None:
    sentence = "features must be one or more of x, y, x2, y2, xy, sinx, siny, r, each at most once, got"
    with pytest.raises(SettingError, match=sentence):
        Settings(features=bad)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=sentence):
        Settings.from_dict({"features": bad})


@pytest.mark.parametrize("text", ["", "z", "x-x", "x,y", "x-"])
def test_a_link_with_bad_ones_says_so_and_keeps_the_base(text: str) -> None:
    value, errors = link.from_query({"features": text}, Settings())
    assert value == Settings()
    assert [error.field for error in errors] == ["features"]


def test_a_network_takes_points_and_reads_inputs() -> None:
    """The same numbers as a net without features that is given the inputs."""
    rng = np.random.default_rng(0)
    net = Network([3, 5, 2], "tanh", features=("x", "x2", "r")).initialise("he", np.random.RandomState(0))
    bare = Network([3, 5, 2], "tanh", net.parameters.copy())
    X, y = rng.normal(size=(20, 2)), rng.integers(0, 2, 20)
    assert np.array_equal(net.scores(X), bare.scores(net.inputs(X)))
    assert np.array_equal(net.loss_and_gradient(X, y, 0.1)[1], bare.loss_and_gradient(net.inputs(X), y, 0.1)[1])
    assert np.allclose(forward_back(net, X, y).scores, net.scores(X))
    assert net.copy().features == net.features
    assert gradient_check(net, X, y).worst < 1e-6
    for sizes in ([2, 5, 2], [4, 2]):
        with pytest.raises(SettingError, match="sizes must be sizes that begin with 3, one for each feature"):
            Network(sizes, features=("x", "x2", "r"))


def test_maps_and_pictures_follow() -> None:
    run = train(CURVED)
    cells = grid(Area(-1, 1, -1, 1), 30)
    maps = class_maps(run.network_at(), run.snapshots[-1:], cells)
    assert np.array_equal(maps[0] // levels(2), run.network_at().predict(cells))
    row = run.history.row(100)
    assert run.history.train_accuracy[row] == np.mean(run.network_at().predict(run.data.train.X) == run.data.train.y)
    assert np.allclose(Record.of(run).network().scores(cells), run.network_at().scores(cells), atol=1e-4)  # type: ignore[union-attr]


def test_folds_are_curves_where_inputs_are() -> None:
    net = Network([1, 1, 2], features=("r",))
    net.weights[0][:], net.biases[0][:] = 1.0, -0.5  # z = r - 0.5: a circle
    (circle,) = folds(net, 0, Area(-1, 1, -1, 1))
    assert len(circle) > 50
    assert np.allclose(np.hypot(*circle.reshape(-1, 2).T), 0.5, atol=1e-3)
    with pytest.raises(ValueError, match="network must have straight inputs"):
        count_regions(net, Area(-1, 1, -1, 1))
    upright = Network([1, 1, 2], features=("x",))
    upright.weights[0][:], upright.biases[0][:] = 2.0, -1.0
    (line,) = folds(upright, 0, Area(-1, 1, -1, 1))
    assert np.allclose(line[0, :, 0], 0.5)
    assert count_regions(upright, Area(-1, 1, -1, 1)) == 2


def test_a_linear_classifier_on_the_radius_tells_rings_apart() -> None:
    value = Settings(hidden=(), data=CIRCLES, features=("r",), learning_rate=3.0, iterations=1000, reg=0.0)
    assert train(value).history.train_accuracy[-1] > 0.95
    assert train(value.replace(features=("x", "y"))).history.train_accuracy[-1] < 0.8
    data = data_of(CIRCLES).train
    assert lowest_loss(data.with_points(inputs(("r",), data.X)), 1e-3) < lowest_loss(data, 1e-3)


def test_they_see_standardised_points() -> None:
    value = CURVED.replace(data=CIRCLES.replace(scale="standardise"))
    run = train(value)
    assert np.allclose(run.network_at(0).inputs(run.data.train.X)[:, 1], data_of(value.data).train.X[:, 0] ** 2)


def test_other_data_must_lie_in_a_plane() -> None:
    rng = np.random.default_rng(0)
    deep = Dataset(rng.normal(size=(30, 3)), rng.integers(0, 2, 30))
    assert train(Settings(hidden=(4,), iterations=3), deep).network_at().sizes == (3, 4, 2)
    with pytest.raises(ValueError, match=r"dataset must be points \(N, 2\) for the features x2, got 3 columns"):
        train(Settings(hidden=(4,), iterations=3, features=("x2",)), deep)
    flat = deep.with_points(deep.X[:, :2])
    with pytest.raises(ValueError, match=r"network must .* features \('x2', 'r'\) and loss softmax, got .* features \('x', 'y'\)"):
        train(Settings(hidden=(4,), iterations=3, features=("x2", "r")), flat, Network([2, 4, 2]))


def test_weights_files_name_them() -> None:
    net = train(CURVED.replace(iterations=3)).network_at()
    for content in (weights.to_npz(net), weights.to_json(net).encode()):
        back = weights.read(content, "tanh").network
        assert back.features == net.features
        assert np.array_equal(back.parameters, net.parameters)
    plain = json.loads(weights.to_json(net))
    for bad in ("z", "", "x-x", 3, ["x"]):
        with pytest.raises(weights.WeightsError, match="features must be one or more of"):
            weights.read(json.dumps(plain | {"features": bad}).encode(), "tanh")
    with pytest.raises(weights.WeightsError, match="W1 must have the shape 2 × 6, but has 3 × 6"):
        weights.read(json.dumps(plain | {"features": "x-r"}).encode(), "tanh")
    del plain["features"]
    assert weights.read(json.dumps(plain).encode(), "tanh").network.dimensions == 3
    assert weights.read(json.dumps(plain).encode(), "tanh", net.features).network.features == net.features


def test_a_search_does_not_vary_them() -> None:
    assert "features" not in SEARCHED
