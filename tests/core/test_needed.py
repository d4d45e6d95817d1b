"""The units that a net needs most, against silencing each in turn."""

from __future__ import annotations

import numpy as np
import pytest

from spiral_core import Network
from spiral_core.analysis import needed
from spiral_core.analysis.needed import most_needed
from spiral_core.analysis.units import without_unit
from spiral_core.datasets import Dataset


def net_and_data(hidden: tuple[int, ...], activation: str = "relu") -> tuple[Network, Dataset]:
    rng = np.random.default_rng(3)
    network = Network((2, *hidden, 3), activation)
    network.parameters[:] = rng.normal(0, 1, network.parameters.size)
    return network, Dataset(rng.uniform(-1, 1, (150, 2)), rng.integers(0, 3, 150), 3)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", [(1,), (9,), (5, 4), (3, 3, 3)], ids=str)
def test_the_loss_without_each_unit(hidden: tuple[int, ...], activation: str) -> None:
    network, data = net_and_data(hidden, activation)
    found = most_needed(network, data, 24)
    assert len(found) == sum(hidden)
    assert [each.loss for each in found] == sorted((each.loss for each in found), reverse=True)
    for layer, unit, loss, accuracy in found:
        silenced = without_unit(network, layer, unit)
        assert loss == pytest.approx(silenced.loss(data.X, data.y) - network.loss(data.X, data.y), rel=1e-9, abs=1e-12)
        right = [float((net.predict(data.X) == data.y).mean()) for net in (network, silenced)]
        assert accuracy == pytest.approx(right[0] - right[1])


def test_of_many_units_the_estimate_keeps_those_that_matter() -> None:
    network, data = net_and_data((60,))
    network.weights[1][:] *= 0.01
    network.weights[1][[7, 21, 40]] *= 300  # three speak up
    data = Dataset(data.X, network.predict(data.X), 3)
    assert {each.unit for each in most_needed(network, data, 3)} == {7, 21, 40}
    assert needed.MAX_TRIED < 60


def test_a_linear_classifier_has_none_and_only_the_layers_asked_for_are_looked_at() -> None:
    assert most_needed(*net_and_data(()), 5) == []
    assert {each.layer for each in most_needed(*net_and_data((40, 40)), 12, layers=1)} == {0}


def test_a_net_that_overflows_does_no_harm() -> None:
    network, data = net_and_data((30, 30))
    network.parameters[:] *= 1e200
    assert len(most_needed(network, data, 12)) == 12
