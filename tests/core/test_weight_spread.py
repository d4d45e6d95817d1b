"""How the weights are spread, and what the penalties do to that, over seeds that nobody chose."""

from __future__ import annotations

import numpy as np
import pytest

from pages.ui.visit.presets import START
from spiral_core import Network, train
from spiral_core.analysis.weight_spread import Spread, spread, weights_of


def test_it_is_counted_by_hand() -> None:
    network = Network([2, 2])
    network.weights[0][:] = [[1.0, -4.0], [0.03, 0.0]]
    network.biases[0][:] = 9.0  # do not count
    assert sorted(weights_of(network)) == [-4, 0, 0.03, 1]
    assert spread(network)._replace(median=0) == Spread(4, 0, 4.0, 0.5)
    assert spread(network).median == pytest.approx((0.03 + 1) / 2)
    network.weights[0][:] = 0
    assert spread(network) == Spread(4, 0, 0, 1)


@pytest.mark.parametrize("seed", range(4200, 4206))
def test_l2_shrinks_all_and_l1_empties_many(seed: int) -> None:
    base = START.replace(init="he", learning_rate=0.3, reg=0.0, seed=seed, data=START.data.replace(seed=seed))
    plain, l2, l1 = (
        spread(train(settings).network_at()) for settings in (base, base.replace(reg=0.01), base.replace(reg_l1=0.001))
    )
    assert l2.largest < 0.5 * plain.largest
    assert l2.median < 0.5 * plain.median
    assert l2.small < 0.1
    assert l1.small > 0.25 > 2.5 * plain.small
    assert l1.largest > 0.7 * plain.largest


def test_the_share_is_of_weights_not_of_layers() -> None:
    network = Network([2, 3, 2])
    rng = np.random.default_rng(0)
    network.parameters[:] = rng.normal(size=network.parameters.size)
    assert spread(network).weights == 2 * 3 + 3 * 2
