"""How the weights of a net are spread: what the penalties do to them.

The gradient of ½·reg·Σ W² is reg·W: L2 shrinks each weight in proportion to its size, so that few become very small. That of
reg_l1·Σ|W| is reg_l1·sign(W): L1 takes the same off each, and what the data do not hold against that ends near 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.network import Network

SMALL = 0.01  # of the largest weight: a weight below that is as good as none


class Spread(NamedTuple):
    """Sizes |w| of a net's weights, without its biases."""

    weights: int
    median: float
    largest: float
    small: float  # the share below SMALL times the largest


def weights_of(network: Network) -> FloatArray:
    """All weights of all layers, flat, without the biases."""
    return np.concatenate([W.ravel() for W in network.weights])


def spread(network: Network) -> Spread:
    """How large the weights are; of a net whose weights are all 0 the share of small ones is 1."""
    sizes = np.abs(weights_of(network))
    largest = float(sizes.max())
    return Spread(len(sizes), float(np.median(sizes)), largest, float((sizes <= SMALL * largest).mean()))
