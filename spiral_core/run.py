"""The result of an experiment: its history, snapshots of its parameters, and why it stopped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from spiral_core import features
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset, Split
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.settings import Settings
from spiral_core.stopping import UNSEEN, Best, is_over

# Twenty snapshots a decade, as the first two digits of an iteration.
SNAPSHOT_DIGITS = (10, 11, 13, 14, 16, 18, 20, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 71, 80, 90)
SNAPSHOT_NUMBERS = 4_000_000  # of all snapshots of a run: 32 MB
MIXED = "several engines"  # of a run whose slices were not all computed by the same one


def is_logged(iteration: int) -> bool:
    """Whether the loss of an iteration is logged: each below 100, then each tenth below 1 000, and so on.

    The same for every run, so that a longer run's history begins with a shorter one's.
    """
    step: int = 10 ** max(0, len(str(iteration)) - 2)
    return iteration % step == 0


def next_logged(iteration: int) -> int:
    """The first logged iteration after one."""
    step: int = 10 ** max(0, len(str(iteration)) - 2)
    return (iteration // step + 1) * step


def is_snapshot(iteration: int, count: int) -> bool:
    """Whether a snapshot of the parameters, `count` of them, is kept at a logged iteration; large networks get fewer."""
    if iteration < 10:
        position = iteration
    else:
        decade = len(str(iteration)) - 2
        digits, rest = divmod(iteration, 10**decade)
        if rest or digits not in SNAPSHOT_DIGITS:
            return False
        position = 10 + 20 * decade + SNAPSHOT_DIGITS.index(digits)
    return position % math.ceil(100 * count / SNAPSHOT_NUMBERS) == 0


def layer_sizes(settings: Settings, dataset: Dataset) -> tuple[int, ...]:
    """The sizes [inputs, hidden …, K] of the network for a data set.

    Raises ValueError for features of the plane where the data have other than two dimensions.
    """
    dimensions = dataset.X.shape[1]
    if settings.features != features.PLAIN and dimensions != 2:
        raise ValueError(f"dataset must be points (N, 2) for the features {', '.join(settings.features)}, got {dimensions} columns")
    return (features.count(settings.features, dimensions), *settings.hidden, dataset.classes)


def network_of(settings: Settings, dataset: Dataset, parameters: FloatArray | None = None) -> Network:
    """The settings' network for a data set, with these parameters (P,), or zeros."""
    return Network(layer_sizes(settings, dataset), settings.activation, parameters, settings.features, settings.loss)


@dataclass(frozen=True, eq=False)
class History:
    """Equal-length arrays with one entry per logged iteration: the loss at iteration i is the one before update i.

    Losses in nats (the hinge in units of the scores), loss = data_loss + reg_loss; accuracies 0..1; all of the whole net, without
    dropout; the test arrays are NaN where nothing is held out.
    lowest, highest: of the loss, over the iterations after the last logged one up to this one; NaN for mini-batches and
    with dropout, whose updates do not know the loss of all points and units.
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
    """Everything needed to resume training, and the parameters at the last logged iteration."""

    iteration: int
    parameters: FloatArray
    memory: FloatArray  # the optimizer's, (slots, P)
    logged_iteration: int
    logged_parameters: FloatArray
    logged_loss: float
    lowest: float = math.nan  # loss since the last logged iteration, as `Extremes`; NaN where it was not kept
    highest: float = math.nan
    compiled: bool = False  # whether the compiled loops train this run, so that it goes on as it began
    best: Best = UNSEEN  # held-out loss of the last phase so far

    @property
    def nbytes(self) -> int:
        return self.parameters.nbytes + self.memory.nbytes + self.logged_parameters.nbytes


def has_stopped(settings: Settings, checkpoint: Checkpoint | None) -> bool:
    """Whether a run that is so far has come to its end by the rule of `stopping`."""
    if checkpoint is None or checkpoint.logged_iteration != checkpoint.iteration or checkpoint.iteration <= settings.begin:
        return False  # between two logged iterations, or before the phase that may stop
    return is_over(settings, checkpoint.best, checkpoint.iteration)


Cause = Literal["weight decay", "learning rate"]

# The likely causes of a divergence, as sentences with the values of the divergence.
CAUSES: Mapping[Cause, str] = {
    "weight decay": N_("learning rate × regularisation is above {limit}, so each update makes the weights larger, not smaller"),
    "learning rate": N_("the learning rate is too high"),
}


@dataclass(frozen=True)
class Divergence:
    """Training stopped because the loss was no longer finite."""

    iteration: int  # at which the loss is not finite
    last_iteration: int  # the last before it whose loss is known to be finite
    last_loss: float  # that loss, in nats
    cause: Cause  # the likely one
    limit: float | None = 2.0  # the largest learning rate × reg at which the optimizer's weight decay is stable; None: any is

    def __str__(self) -> str:
        if self.iteration == 0:
            return "The loss is not finite at the start."
        cause = CAUSES[self.cause].format(limit=f"{self.limit or math.inf:.3g}")
        return (
            f"The loss stopped being finite at iteration {self.iteration}; it was {self.last_loss:.6g} at iteration "
            f"{self.last_iteration}. Likely cause: {cause}."
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
    engine: str = ""  # as `Run.engine`


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment and its results so far; `finished` unless it is trained in slices and some are left."""

    settings: Settings
    data: Split
    history: History
    snapshot_iterations: IntArray  # (S,) the iterations that `network_at` knows
    snapshots: FloatArray  # (S, P)
    moves: FloatArray  # (S, 2·layers) how far the update at a snapshot moves W, b of each layer; NaN where none was made
    checkpoint: Checkpoint | None
    seconds: float  # of training, without waiting
    divergence: Divergence | None
    engine: str = ""  # what computed it, as `engine.identity` says: on the same engine the same settings give the same digits

    @classmethod
    def unstarted(cls, settings: Settings, data: Split) -> Run:
        network = network_of(settings, data.train)
        none, arrays = np.empty(0, dtype=np.int64), 2 * len(network.weights)
        snapshots, moves = np.empty((0, network.parameters.size)), np.empty((0, arrays))
        return cls(settings, data, History.of_rows([]), none, snapshots, moves, None, 0.0, None)

    @property
    def iteration(self) -> int:
        """How many updates were made."""
        return self.checkpoint.iteration if self.checkpoint else 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: the last iteration is logged, the loss is no longer finite, or the run stopped early."""
        return self.divergence is not None or self.stopped or self.settings.last_iteration in self.history.iteration[-1:]

    @property
    def stopped(self) -> bool:
        """Whether training ended by the rule of `stopping`: at `iteration`, with the lowest held-out loss at `checkpoint.best`."""
        return self.divergence is None and has_stopped(self.settings, self.checkpoint)

    @property
    def phases(self) -> tuple[tuple[int, Settings], ...]:
        """The first iteration of each phase, of the whole run's, and the phase's settings."""
        return tuple((phase.begin, phase) for phase in self.settings.phases)

    def network_at(self, iteration: int | None = None) -> Network:
        """The network at a snapshot; None is the last one, the final state of a finished run.

        Raises ValueError for an iteration of which there is no snapshot.
        """
        if iteration is None:
            index = len(self.snapshot_iterations) - 1
        else:
            index = int(np.searchsorted(self.snapshot_iterations, iteration))
            if index == len(self.snapshot_iterations) or self.snapshot_iterations[index] != iteration:
                known = ", ".join(map(str, self.snapshot_iterations))
                raise ValueError(f"iteration must be one of the snapshots {known}, got {iteration}")
        return network_of(self.settings, self.data.train, self.snapshots[index].copy())

    def extended(self, progress: Progress) -> Run:
        """This run with a slice added; the slice replaces whatever the run had of those iterations."""
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
            engine=progress.engine if self.engine in ("", progress.engine) else MIXED,
        )

    def reopened(self, settings: Settings) -> Run:
        """This run as the beginning of a longer one, or of one with further phases: up to here both must say the same."""
        done = max(self.iteration, 1)
        if settings.cut(done) != self.settings.cut(done) or settings.last_iteration < self.iteration:
            raise ValueError("settings must be the run's own with as many iterations or more")
        return replace(self, settings=settings)
