"""What a slice of training adds to a run, gathered while it is trained."""

from __future__ import annotations

import math

import numpy as np

from spiral_core import engine
from spiral_core.arrays import FloatArray
from spiral_core.network import Network
from spiral_core.run import Checkpoint, Divergence, History, Progress, is_logged, is_snapshot

Row = tuple[float, ...]  # one entry of the history, in its order


class Collected:
    """The rows, snapshots and moves of a slice. logged: the last logged iteration, its parameters and its loss."""

    def __init__(self, network: Network, start: Checkpoint) -> None:
        self._network = network
        self.logged = (start.logged_iteration, start.logged_parameters, start.logged_loss)
        self._rows: list[Row] = []
        self._snapshots: list[tuple[int, FloatArray]] = []
        self._moves: dict[int, list[float]] = {}

    def log(self, row: Row, finished: bool, begins: bool = False) -> None:
        """Record a logged iteration, the last one, or one at which a phase begins."""
        i, parameters = int(row[0]), self._network.parameters.copy()
        self._rows.append(row)
        if begins or is_logged(i):  # the last iteration may not be, and a longer run would not have it
            self.logged = (i, parameters, row[1])
        if finished or begins or is_snapshot(i, parameters.size):
            self._snapshots.append((i, parameters))

    def log_last(self, row: Row, parameters: FloatArray) -> None:
        """Record the last iteration whose loss is finite, logged or not."""
        if not self._rows or self._rows[-1][0] != row[0]:
            self._rows.append(row)
        self.logged = (int(row[0]), parameters, row[1])

    def note_move(self, i: int) -> None:
        """Measure how far update i moved each array, if there is a snapshot of what was before."""
        if self._snapshots and self._snapshots[-1][0] == i:
            moved = self._network.arrays(self._network.parameters - self._snapshots[-1][1])
            self._moves[i] = [float(np.linalg.norm(part)) for part in moved]

    def close(self, diverged: bool) -> None:
        """After a divergence, end with a snapshot of the last parameters whose loss is finite."""
        if diverged and (not self._snapshots or self._snapshots[-1][0] != self.logged[0]):
            self._snapshots.append(self.logged[:2])

    def progress(
        self, start: int, checkpoint: Checkpoint, seconds: float, divergence: Divergence | None, compiled: bool
    ) -> Progress:
        snapshots, count, arrays = self._snapshots, self._network.parameters.size, 2 * len(self._network.weights)
        return Progress(
            start,
            History.of_rows(self._rows),
            np.array([i for i, _ in snapshots], dtype=np.int64),
            np.array([parameters for _, parameters in snapshots]).reshape(len(snapshots), count),
            np.array([self._moves.get(i, [math.nan] * arrays) for i, _ in snapshots]).reshape(len(snapshots), arrays),
            checkpoint,
            seconds,
            divergence,
            engine.identity(compiled),
        )
