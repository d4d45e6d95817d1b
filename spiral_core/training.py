"""Settings → Run: training with the same digits whether it runs at once, in slices, or is resumed later."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from spiral_core import engine
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.backprop import Backprop, Gradient, Workspaces
from spiral_core.datasets import Dataset, Split, data_of, prepared
from spiral_core.extremes import Extremes
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import Cause, Checkpoint, Divergence, History, Progress, Run, is_logged, is_snapshot, layer_sizes, network_of
from spiral_core.schedules import learning_rate_at
from spiral_core.settings import Settings

Row = tuple[float, ...]  # one entry of the history, in its order


class Training:
    """Training in progress: `advance` trains a slice and returns what it adds.

    checkpoint: where to resume; network: the initial network in place of the settings' own; it is not changed.
    """

    def __init__(
        self, settings: Settings, data: Split, checkpoint: Checkpoint | None = None, network: Network | None = None
    ) -> None:
        self.settings = settings
        if checkpoint is None:
            network = network.copy() if network else first_network(settings, data.train)
        else:
            network = network_of(settings, data.train, checkpoint.parameters.copy())
        self.network = network
        self._optimizer = OPTIMIZERS[settings.optimizer](settings, network.parameters.size)
        self._start = checkpoint or Checkpoint(
            0, network.parameters, self._optimizer.memory, 0, network.parameters.copy(), math.nan, math.inf, -math.inf
        )
        self._optimizer.memory[:] = self._start.memory
        self._iteration = self._start.iteration

        workspaces = Workspaces(network)
        X, y = network.feature_major(data.train.X), data.train.y
        self._train = Backprop(network, X, y, workspaces)
        self._test = data.test and Backprop(network, network.feature_major(data.test.X), data.test.y)
        self._batches = _Batches(settings, network, X, y, workspaces, self._train)
        self._extremes = Extremes(self._start.lowest, self._start.highest) if self._batches.full else None
        self._gradient = Gradient(network)
        self._spare = np.empty_like(network.parameters)
        self._mask = network.weight_mask()
        self._decay = settings.reg * self._mask

    def advance(self, seconds: float | None = None) -> Progress:
        """Train to the end, or for about `seconds` (at least one update)."""
        began, start = time.perf_counter(), self._iteration
        added = _Slice(self.network, self._start)
        diverged = False
        with np.errstate(all="ignore"):  # overflow is seen by the checks
            while not diverged:
                i = self._iteration
                finished = i == self.settings.iterations
                if seconds is not None and i > start and not finished and time.perf_counter() - began >= seconds:
                    break
                logged = is_logged(i)
                if finished or logged:
                    row = self._row(i)
                    if not math.isfinite(row[1]):
                        diverged = True
                        break
                    added.log(row, finished)
                    if logged and self._extremes:
                        self._extremes.clear()
                if finished:
                    break
                diverged = not (self._update(i, None if logged else self._extremes) or self._huge_update(i, added))
                added.note_move(i)
        added.close(diverged)
        extremes = (self._extremes.lowest, self._extremes.highest) if self._extremes else (math.nan, math.nan)
        parameters, memory = self.network.parameters.copy(), self._optimizer.memory.copy()
        self._start = Checkpoint(self._iteration, parameters, memory, *added.logged, *extremes)
        divergence = self._divergence(added) if diverged else None
        return added.progress(start, self._start, time.perf_counter() - began, divergence)

    def _update(self, i: int, extremes: Extremes | None = None) -> bool:
        """Make update i; False, without a change, if the gradient or its norm is not finite.

        extremes: take in the loss before the update, of an iteration that is not logged.
        """
        gradient, loss = self._regularised_gradient(i, with_loss=extremes is not None)
        if extremes:
            extremes.add(self._row(i)[1] if math.isnan(loss) else loss)
        if not math.isfinite(gradient @ gradient):
            return False
        self._step(gradient, i)
        return True

    def _huge_update(self, i: int, added: _Slice) -> bool:
        """Make update i with a gradient that overflows; False if the loss is not finite before it, or after it."""
        row, before = self._row(i), self.network.parameters.copy()
        if not math.isfinite(row[1]):
            return False
        self._step(self._regularised_gradient(i)[0], i)
        if math.isfinite(self._row(i + 1)[1]):
            return True
        added.log_last(row, before)
        return False

    def _regularised_gradient(self, i: int, with_loss: bool = False) -> tuple[FloatArray, float]:
        """The gradient of the loss that update i follows, (P,), in a buffer that the next call overwrites.

        Also returns the loss with `with_loss`; NaN without, or where the backward pass cannot compute it accurately.
        """
        parameters, gradient = self.network.parameters, self._gradient.vector
        loss = self._batches[i].gradient(self._gradient, with_loss)
        if self.settings.reg:
            gradient += np.multiply(self._decay, parameters, out=self._spare)  # reg·W
            loss += 0.5 * self._spare.dot(parameters)
        if self.settings.reg_l1:
            signs = np.sign(parameters, out=self._spare)
            signs *= self._mask
            signs *= self.settings.reg_l1
            gradient += signs
            loss += signs.dot(parameters)
        return gradient, float(loss)

    def _step(self, gradient: FloatArray, i: int) -> None:
        self._optimizer.step(self.network.parameters, gradient, learning_rate_at(self.settings, i), i + 1)
        self._iteration = i + 1

    def _row(self, i: int) -> Row:
        data_loss, accuracy = self._train.evaluate()
        reg_loss = self.network.regularisation(self.settings.reg, self.settings.reg_l1)
        test_loss, test_accuracy = self._test.evaluate() if self._test else (math.nan, math.nan)
        loss = data_loss + reg_loss
        lowest, highest = self._extremes.with_loss(loss) if self._extremes else (math.nan, math.nan)
        return i, loss, data_loss, reg_loss, accuracy, test_loss, test_accuracy, lowest, highest

    def _divergence(self, added: _Slice) -> Divergence:
        last, _parameters, loss = added.logged
        limit = OPTIMIZERS[self.settings.optimizer].decay_limit(self.settings)
        cause = likely_cause(self.settings, self._iteration)
        return Divergence(self._iteration, last, loss, cause, limit if limit < math.inf else None)


class _Slice:
    """Collects what a slice of training adds. logged: the last logged iteration, its parameters and its loss."""

    def __init__(self, network: Network, start: Checkpoint) -> None:
        self._network = network
        self.logged = (start.logged_iteration, start.logged_parameters, start.logged_loss)
        self._rows: list[Row] = []
        self._snapshots: list[tuple[int, FloatArray]] = []
        self._moves: dict[int, list[float]] = {}

    def log(self, row: Row, finished: bool) -> None:
        """Record a logged iteration, or the last one."""
        i, parameters = int(row[0]), self._network.parameters.copy()
        self._rows.append(row)
        if is_logged(i):  # the last iteration may not be, and a longer run would not have it
            self.logged = (i, parameters, row[1])
        if finished or is_snapshot(i, parameters.size):
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

    def progress(self, start: int, checkpoint: Checkpoint, seconds: float, divergence: Divergence | None) -> Progress:
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
            engine.identity(),
        )


class _Batches:
    """The samples of each update: all of them, or batches of a new order in each epoch."""

    def __init__(
        self, settings: Settings, network: Network, X: FloatArray, y: IntArray, workspaces: Workspaces, full: Backprop
    ) -> None:
        self._network, self._X, self._y, self._workspaces = network, X, y, workspaces
        self._seed = settings.seed
        self._size = min(settings.batch_size or len(y), len(y))
        self._per_epoch = -(-len(y) // self._size)
        self._epoch = -1
        self.full = full if self._size == len(y) else None

    def __getitem__(self, iteration: int) -> Backprop:
        if self.full:
            return self.full
        epoch, index = divmod(iteration, self._per_epoch)
        if epoch != self._epoch:  # the order depends on seed and epoch alone, so that a run can resume anywhere
            order = np.random.default_rng([self._seed, epoch]).permutation(len(self._y))
            self._epoch, self._shuffled, self._shuffled_y = epoch, self._X[:, order], self._y[order]
        batch = slice(index * self._size, (index + 1) * self._size)
        return Backprop(self._network, self._shuffled[:, batch], self._shuffled_y[batch], self._workspaces)


def numbers_before(settings: Settings) -> int:
    """How many random numbers are drawn and discarded before the initial weights.

    The article uses one generator: 300 numbers for its points, 18 discarded, 6 for its linear classifier, then the two-layer net's.
    With seed 0 its nets therefore get the article's weights.
    """
    return 324 if settings.hidden else 318


def first_network(settings: Settings, dataset: Dataset) -> Network:
    """The network before training, drawn from the settings' seed."""
    rng = np.random.RandomState(settings.seed)
    rng.randn(numbers_before(settings))
    return network_of(settings, dataset).initialise(settings.init, rng)


def likely_cause(settings: Settings, iteration: int) -> Cause:
    """Why the loss stopped being finite at an iteration: whether the update before it enlarged weights by their decay alone."""
    rate = learning_rate_at(settings, max(iteration - 1, 0))
    limit = OPTIMIZERS[settings.optimizer].decay_limit(settings)
    return "weight decay" if rate * settings.reg > limit else "learning rate"


def advance(settings: Settings, checkpoint: Checkpoint | None, seconds: float) -> Progress:
    """Train a slice of the run that the settings describe; this is what worker processes call."""
    return Training(settings, data_of(settings.data), checkpoint).advance(seconds)


def train(
    settings: Settings,
    dataset: Dataset | None = None,
    network: Network | None = None,
    on_progress: Callable[[Run], object] | None = None,
) -> Run:
    """Train from the settings to the end.

    dataset: other points than the settings' own; network: the initial network in place of the settings' own; it is not changed;
    on_progress: called about five times a second with the run so far. Raises ValueError where they do not fit.
    """
    data = data_of(settings.data) if dataset is None else prepared(dataset, settings.data)
    wanted = (layer_sizes(settings, data.train), settings.activation, settings.features)
    if network is not None and (given := (network.sizes, network.activation, network.features)) != wanted:
        names = "sizes {}, activation {} and features {}"
        raise ValueError(f"network must have {names.format(*wanted)}, got {names.format(*given)}")
    training = Training(settings, data, network=network)
    run = Run.unstarted(settings, data)
    while not run.finished:
        run = run.extended(training.advance(0.2 if on_progress else None))
        if on_progress:
            on_progress(run)
    return run


def go_on(run: Run, iterations: int) -> Run:
    """The same run with more iterations: digit for digit what training that many at once gives."""
    run = run.reopened(run.settings.replace(iterations=run.iteration + iterations))
    if run.divergence:
        return run
    return run.extended(Training(run.settings, run.data, run.checkpoint).advance())
