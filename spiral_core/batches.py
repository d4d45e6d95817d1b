"""The samples of each update of a run."""

from __future__ import annotations

import math

import numpy as np

from spiral_core.arrays import FloatArray, IntArray
from spiral_core.backprop import Backprop, Workspaces
from spiral_core.network import Network
from spiral_core.settings import Settings


class Batches:
    """All samples, or batches of a new order in each epoch. X: (inputs + 1, N) as `Network.feature_major` makes it.

    An update's batch depends on the seed and the iteration of the whole chain alone, so that a run can resume anywhere, and a phase
    that goes on with the same batch size goes on with the same epochs.
    """

    def __init__(
        self, settings: Settings, network: Network, X: FloatArray, y: IntArray, workspaces: Workspaces, full: Backprop
    ) -> None:
        self._network, self._X, self._y, self._workspaces = network, X, y, workspaces
        self._seed = settings.seed
        self._size = min(settings.batch_size or len(y), len(y))
        self._per_epoch = -(-len(y) // self._size)
        self._epoch = -1
        self.full = full if self._size == len(y) else None

    @property
    def size(self) -> int:
        """Samples in a batch; the last one of an epoch may have fewer."""
        return self._size

    def epoch(self, iteration: int) -> tuple[FloatArray, IntArray, int, float]:
        """X and y of all batches of an iteration's epoch; the number of the iteration's own; how many are left with it.

        For the full batch, which is the same each time, any number are left.
        """
        if self.full:
            return self._X, self._y, 0, math.inf
        index = self._shuffle(iteration)
        return self._shuffled, self._shuffled_y, index, self._per_epoch - index

    def __getitem__(self, iteration: int) -> Backprop:
        if self.full:
            return self.full
        index = self._shuffle(iteration)
        batch = slice(index * self._size, (index + 1) * self._size)
        return Backprop(self._network, self._shuffled[:, batch], self._shuffled_y[batch], self._workspaces)

    def _shuffle(self, iteration: int) -> int:
        """Order the samples as in an iteration's epoch; returns the number of the iteration's batch."""
        epoch, index = divmod(iteration, self._per_epoch)
        if epoch != self._epoch:
            order = np.random.default_rng([self._seed, epoch]).permutation(len(self._y))
            self._epoch, self._shuffled, self._shuffled_y = epoch, self._X[:, order], self._y[order]
        return index
