"""Settings → Run: training that gives the same digits whether it runs at once, in slices, or goes on later."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset, Split, make_dataset, prepared
from spiral_core.extremes import Extremes
from spiral_core.network import Backprop, Gradient, Network, Workspaces
from spiral_core.optimizers import OPTIMIZERS, learning_rate_at
from spiral_core.settings import DataSettings, Settings

# Twenty snapshots a decade, as the first two digits of an iteration.
SNAPSHOT_DIGITS = (10, 11, 13, 14, 16, 18, 20, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 71, 80, 90)
SNAPSHOT_NUMBERS = 4_000_000  # of all snapshots of a run: 32 MB


def is_logged(iteration: int) -> bool:
    """Whether the loss of an iteration is logged: each below 100, then each tenth below 1 000, and so on.

    The same for every run, so that a longer run's history begins with a shorter one's.
    """
    step = 1
    while iteration >= 100 * step:
        step *= 10
    return iteration % step == 0


def is_snapshot(iteration: int, count: int) -> bool:
    """Whether the parameters, `count` of them, are kept at a logged iteration; fewer are kept of a large network."""
    if iteration < 10:
        position = iteration
    else:
        decade = len(str(iteration)) - 2
        digits, rest = divmod(iteration, 10**decade)
        if rest or digits not in SNAPSHOT_DIGITS:
            return False
        position = 10 + 20 * decade + SNAPSHOT_DIGITS.index(digits)
    return position % math.ceil(100 * count / SNAPSHOT_NUMBERS) == 0


@dataclass(frozen=True, eq=False)
class History:
    """Equal-length arrays, one entry a logged iteration: the loss at iteration i is the one before update i.

    Losses in nats, loss = data_loss + reg_loss; accuracies 0..1; the test arrays are NaN where nothing is held out.
    lowest, highest: of the loss, over the iterations after the last logged one up to this one; NaN for mini-batches, whose
    updates do not know the loss of all points.
    """

    iteration: IntArray
    loss: FloatArray
    data_loss: FloatArray
    reg_loss: FloatArray
    train_accuracy: FloatArray
    test_loss: FloatArray
    test_accuracy: FloatArray
    lowest: FloatArray
    highest: FloatArray

    @classmethod
    def of_rows(cls, rows: list[tuple[float, ...]]) -> History:
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), len(fields(cls))).T
        return cls(columns[0].astype(np.int64), *columns[1:])

    def columns(self) -> list[FloatArray | IntArray]:
        return [getattr(self, field.name) for field in fields(self)]

    def __len__(self) -> int:
        return len(self.iteration)

    def row(self, iteration: int) -> int:
        """The index of a logged iteration. Raises ValueError for one that was not logged."""
        index = int(np.searchsorted(self.iteration, iteration))
        if index == len(self) or self.iteration[index] != iteration:
            raise ValueError(f"iteration must be a logged one in 0..{self.iteration[-1]}, got {iteration}")
        return index


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that is needed to go on: where training is, and the parameters at the last logged iteration."""

    iteration: int
    parameters: FloatArray
    memory: FloatArray  # the optimizer's, (slots, P)
    logged_iteration: int
    logged_parameters: FloatArray
    logged_loss: float
    lowest: float = math.nan  # loss since the last logged iteration, as `Extremes`; NaN where it was not kept
    highest: float = math.nan

    @property
    def nbytes(self) -> int:
        return self.parameters.nbytes + self.memory.nbytes + self.logged_parameters.nbytes


@dataclass(frozen=True)
class Divergence:
    """Training stopped because the loss was no longer finite."""

    iteration: int  # the first whose loss or gradient is not finite
    last_iteration: int  # the last logged one before it
    last_loss: float  # its loss
    cause: Literal["weight decay", "learning rate"]  # the likely one

    def __str__(self) -> str:
        why = {
            "weight decay": "learning_rate · reg is above 2, so each update makes the weights larger instead of smaller",
            "learning rate": "the learning rate is too high",
        }
        return (
            f"The loss stopped being finite at iteration {self.iteration}; it was {self.last_loss:.6g} at iteration "
            f"{self.last_iteration}. Likely cause: {why[self.cause]}."
        )


@dataclass(frozen=True, eq=False)
class Progress:
    """What a slice of training adds to a run."""

    start: int
    history: History
    snapshot_iterations: IntArray  # (S,)
    snapshots: FloatArray  # (S, P)
    moves: FloatArray  # (S, 2·layers), as `Run.moves`
    checkpoint: Checkpoint
    seconds: float
    divergence: Divergence | None


class Training:
    """A run in the making: `advance` trains a slice and says what it adds."""

    def __init__(
        self, settings: Settings, data: Split, checkpoint: Checkpoint | None = None, network: Network | None = None
    ) -> None:
        self.settings = settings
        if checkpoint is None:
            network = network.copy() if network else first_network(settings, data.train)
        else:
            network = Network(layer_sizes(settings, data.train), settings.activation, checkpoint.parameters.copy())
        self.network = network
        self._optimizer = OPTIMIZERS[settings.optimizer](settings, network.parameters.size)
        self._start = checkpoint or Checkpoint(
            0, network.parameters, self._optimizer.memory, 0, network.parameters.copy(), math.nan, math.inf, -math.inf
        )
        self._optimizer.memory[:] = self._start.memory
        self._iteration = self._start.iteration

        workspaces = Workspaces(network)
        inputs = network.feature_major(data.train.X)
        self._train = Backprop(network, inputs, data.train.y, workspaces)
        self._test = data.test and Backprop(network, network.feature_major(data.test.X), data.test.y)
        self._batches = _Batches(settings, network, inputs, data.train.y, workspaces, self._train)
        self._extremes = Extremes(self._start.lowest, self._start.highest) if self._batches.full else None
        self._gradient = Gradient(network)
        self._spare = np.empty_like(network.parameters)
        self._mask = network.weight_mask()
        self._decay = settings.reg * self._mask

    def advance(self, seconds: float | None = None) -> Progress:
        """Train to the end, or for about `seconds` (at least one update)."""
        began = time.perf_counter()
        settings, start = self.settings, self._iteration
        rows: list[tuple[float, ...]] = []
        snapshots: list[tuple[int, FloatArray]] = []
        moves: dict[int, list[float]] = {}
        logged = (self._start.logged_iteration, self._start.logged_parameters, self._start.logged_loss)
        diverged = False
        with np.errstate(all="ignore"):  # overflow is seen by the checks below
            while True:
                i = self._iteration
                finished = i == settings.iterations
                if seconds is not None and i > start and not finished and time.perf_counter() - began >= seconds:
                    break
                seen = is_logged(i)
                if finished or seen:
                    row = self._row(i)
                    diverged = not math.isfinite(row[1])
                    if diverged:
                        break
                    rows.append(row)
                    state = (i, self.network.parameters.copy(), row[1])
                    if seen:  # an end that is not would be unknown to a longer run
                        logged = state
                        if self._extremes:
                            self._extremes.clear()
                    if finished or is_snapshot(i, self.network.parameters.size):
                        snapshots.append(state[:2])
                if finished:
                    break
                if not self._update(i, None if seen else self._extremes):
                    diverged = True
                    break
                if snapshots and snapshots[-1][0] == i:
                    moves[i] = [
                        float(np.linalg.norm(part)) for part in arrays_of(self.network, self.network.parameters - snapshots[-1][1])
                    ]
                self._iteration += 1
        if diverged and (not snapshots or snapshots[-1][0] != logged[0]):
            snapshots.append(logged[:2])  # the last parameters that are known to be good
        extremes = (self._extremes.lowest, self._extremes.highest) if self._extremes else (math.nan, math.nan)
        self._start = Checkpoint(self._iteration, self.network.parameters.copy(), self._optimizer.memory.copy(), *logged, *extremes)
        count, arrays = self.network.parameters.size, 2 * len(self.network.weights)
        return Progress(
            start,
            History.of_rows(rows),
            np.array([i for i, _ in snapshots], dtype=np.int64),
            np.array([p for _, p in snapshots]).reshape(len(snapshots), count),
            np.array([moves.get(i, [math.nan] * arrays) for i, _ in snapshots]).reshape(len(snapshots), arrays),
            self._start,
            time.perf_counter() - began,
            Divergence(self._iteration, logged[0], logged[2], _likely_cause(settings)) if diverged else None,
        )

    def _update(self, i: int, extremes: Extremes | None) -> bool:
        """Make update i; False, and no change, if the gradient is not finite. extremes: where its loss counts, if not logged."""
        parameters, gradient = self.network.parameters, self._gradient.vector
        loss = self._batches[i].gradient(self._gradient, with_loss=extremes is not None)
        if extremes and math.isnan(loss):
            loss = self._train.evaluate()[0]
        if self.settings.reg:
            gradient += np.multiply(self._decay, parameters, out=self._spare)  # reg·W
            loss += 0.5 * self._spare.dot(parameters)
        if self.settings.reg_l1:
            signs = np.sign(parameters, out=self._spare)
            signs *= self._mask
            signs *= self.settings.reg_l1
            gradient += signs
            loss += signs.dot(parameters)
        if extremes:
            extremes.add(float(loss))
        if not math.isfinite(gradient.dot(gradient)):
            return False
        self._optimizer.step(parameters, gradient, learning_rate_at(self.settings, i), i + 1)
        return True

    def _row(self, i: int) -> tuple[float, ...]:
        """One entry of the history, in its order."""
        data_loss, accuracy = self._train.evaluate()
        reg_loss = self.network.regularisation(self.settings.reg, self.settings.reg_l1)
        test_loss, test_accuracy = self._test.evaluate() if self._test else (math.nan, math.nan)
        loss = data_loss + reg_loss
        lowest, highest = self._extremes.with_loss(loss) if self._extremes else (math.nan, math.nan)
        return i, loss, data_loss, reg_loss, accuracy, test_loss, test_accuracy, lowest, highest


class _Batches:
    """The samples of each update: all, or in each epoch a new order of them cut into batches."""

    def __init__(
        self,
        settings: Settings,
        network: Network,
        inputs: FloatArray,
        y: IntArray,
        workspaces: Workspaces,
        full: Backprop,
    ) -> None:
        self._network, self._inputs, self._y, self._workspaces = network, inputs, y, workspaces
        self._seed = settings.seed
        self._size = min(settings.batch_size or len(y), len(y))
        self._per_epoch = -(-len(y) // self._size)
        self._epoch = -1
        self.full = full if self._size == len(y) else None

    def __getitem__(self, iteration: int) -> Backprop:
        if self.full:
            return self.full
        epoch, index = divmod(iteration, self._per_epoch)
        if epoch != self._epoch:  # the order follows from seed and epoch alone, so that a run can go on from anywhere
            order = np.random.default_rng([self._seed, epoch]).permutation(len(self._y))
            self._epoch, self._shuffled, self._shuffled_y = epoch, self._inputs[:, order], self._y[order]
        batch = slice(index * self._size, (index + 1) * self._size)
        return Backprop(self._network, self._shuffled[:, batch], self._shuffled_y[batch], self._workspaces)


def arrays_of(network: Network, vector: FloatArray) -> list[FloatArray]:
    """The parts of a flat vector that belong to W and b of each layer: W1, b1, W2, b2 …"""
    return [part for pair in zip(*network.split(vector), strict=True) for part in pair]


def layer_sizes(settings: Settings, dataset: Dataset) -> tuple[int, ...]:
    """The sizes [D, hidden …, K] of the network for a data set."""
    return (dataset.X.shape[1], *settings.hidden, dataset.classes)


def first_network(settings: Settings, dataset: Dataset) -> Network:
    """The network before training, drawn from the settings' seed.

    With seed 0 the article's nets get the article's weights: on the one generator that it uses, 300 numbers went to its
    points and 18 were thrown away before its linear classifier took 6; the two-layer net's come after these.
    """
    rng = np.random.RandomState(settings.seed)
    rng.randn(324 if settings.hidden else 318)
    return Network(layer_sizes(settings, dataset), settings.activation).initialise(settings.init, rng)


def _likely_cause(settings: Settings) -> Literal["weight decay", "learning rate"]:
    plain = settings.optimizer in ("sgd", "momentum", "nesterov")
    return "weight decay" if plain and settings.learning_rate * settings.reg > 2 else "learning rate"


@lru_cache(maxsize=64)
def data_of(settings: DataSettings) -> Split:
    """The points that the settings describe, split and scaled as they say."""
    return prepared(make_dataset(settings), settings)


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment and all that came of it so far; `finished` unless it was asked for in slices."""

    settings: Settings
    data: Split
    history: History
    snapshot_iterations: IntArray  # (S,) the iterations that `network_at` knows
    snapshots: FloatArray  # (S, P)
    moves: FloatArray  # (S, 2·layers) how far the update at a snapshot moves W, b of each layer; NaN where none was made
    checkpoint: Checkpoint | None
    seconds: float  # of training, without waiting
    divergence: Divergence | None

    @classmethod
    def unstarted(cls, settings: Settings, data: Split) -> Run:
        sizes = layer_sizes(settings, data.train)
        none, arrays = np.empty(0, dtype=np.int64), 2 * (len(sizes) - 1)
        snapshots, moves = np.empty((0, Network(sizes).parameters.size)), np.empty((0, arrays))
        return cls(settings, data, History.of_rows([]), none, snapshots, moves, None, 0.0, None)

    @property
    def iteration(self) -> int:
        """How many updates were made."""
        return self.checkpoint.iteration if self.checkpoint else 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: the last iteration is logged, or the loss is no longer finite."""
        return self.divergence is not None or self.settings.iterations in self.history.iteration[-1:]

    def network_at(self, iteration: int | None = None) -> Network:
        """The network at a snapshot; None is the last one, the final state of a finished run."""
        if iteration is None:
            index = len(self.snapshot_iterations) - 1
        else:
            index = int(np.searchsorted(self.snapshot_iterations, iteration))
            if index == len(self.snapshot_iterations) or self.snapshot_iterations[index] != iteration:
                known = ", ".join(map(str, self.snapshot_iterations))
                raise ValueError(f"iteration must be one of the snapshots {known}, got {iteration}")
        sizes = layer_sizes(self.settings, self.data.train)
        return Network(sizes, self.settings.activation, self.snapshots[index].copy())

    def extended(self, progress: Progress) -> Run:
        """This run with a slice added; what it knew of later iterations is replaced."""
        rows = self.history.iteration < progress.start
        kept = (self.snapshot_iterations < progress.start) & ~np.isin(self.snapshot_iterations, progress.snapshot_iterations)
        pairs = zip(self.history.columns(), progress.history.columns(), strict=True)
        return replace(
            self,
            history=History(*(np.concatenate([old[rows], new]) for old, new in pairs)),
            snapshot_iterations=np.concatenate([self.snapshot_iterations[kept], progress.snapshot_iterations]),
            snapshots=np.concatenate([self.snapshots[kept], progress.snapshots]),
            moves=np.concatenate([self.moves[kept], progress.moves]),
            checkpoint=progress.checkpoint,
            seconds=self.seconds + progress.seconds,
            divergence=progress.divergence,
        )

    def reopened(self, settings: Settings) -> Run:
        """This run as the beginning of a longer one: settings may differ in `iterations` alone, and not be shorter."""
        if settings.replace(iterations=self.settings.iterations) != self.settings or settings.iterations < self.iteration:
            raise ValueError("settings must be the run's own with as many iterations or more")
        return replace(self, settings=settings)


def advance(settings: Settings, checkpoint: Checkpoint | None, seconds: float) -> Progress:
    """Train a slice of the run that the settings describe: what a worker process is asked to do."""
    return Training(settings, data_of(settings.data), checkpoint).advance(seconds)


def train(
    settings: Settings,
    dataset: Dataset | None = None,
    network: Network | None = None,
    on_progress: Callable[[Run], object] | None = None,
) -> Run:
    """Train from the settings to the end.

    dataset: other points than the settings' own; network: another start than the settings' own, left as it is;
    on_progress: called about five times a second with the run so far. Raises ValueError where they do not fit.
    """
    data = data_of(settings.data) if dataset is None else prepared(dataset, settings.data)
    sizes = layer_sizes(settings, data.train)
    if network is not None and (network.sizes, network.activation) != (sizes, settings.activation):
        raise ValueError(
            f"network must have sizes {sizes} and activation {settings.activation}, got {network.sizes} and {network.activation}"
        )
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
