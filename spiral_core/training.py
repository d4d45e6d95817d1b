"""Settings → Run: training with the same digits whether it runs at once, in slices, or is resumed later.

A run of several phases (`spiral_core.phases`) is trained in one go: where a phase begins, its edits are made, and its optimizer,
schedule, penalty and batches take over; the network and its buffers stay.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from spiral_core import fast
from spiral_core.arrays import FloatArray
from spiral_core.backprop import Backprop, Gradient, Workspace, Workspaces
from spiral_core.batches import Batches
from spiral_core.collected import Collected, Row
from spiral_core.datasets import Dataset, Split, data_of, prepared
from spiral_core.dropout import Kept, drops
from spiral_core.extremes import Extremes
from spiral_core.fused import Fused, FusedEnds, Step, is_narrow
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import Cause, Checkpoint, Divergence, Progress, Run, is_logged, layer_sizes, network_of, next_logged
from spiral_core.schedules import SCHEDULES, learning_rate_at
from spiral_core.settings import Settings
from spiral_core.stopping import UNSEEN, is_over


class Training:
    """Training in progress: `advance` trains a slice and returns what it adds.

    checkpoint: where to resume; network: the initial network in place of the settings' own; it is not changed.
    """

    def __init__(
        self, settings: Settings, data: Split, checkpoint: Checkpoint | None = None, network: Network | None = None
    ) -> None:
        self.settings = settings
        compiled = fast.loaded() if checkpoint is None else checkpoint.compiled and fast.load()
        if checkpoint is None:
            network = network.copy() if network else first_network(settings, data.train)
        else:
            network = network_of(settings, data.train, checkpoint.parameters.copy())
        self.network = network
        self._compiled = compiled and is_narrow(network)
        self._in_one = self._compiled and len(network.sizes) <= 3  # all of an update in one call
        self._workspaces = Workspaces(network, FusedEnds if self._compiled and not self._in_one else Workspace)
        self._X, self._y = network.feature_major(data.train.X), data.train.y
        self._train = Backprop(network, self._X, self._y, self._workspaces)
        self._test = data.test and Backprop(network, network.feature_major(data.test.X), data.test.y)
        self._gradient = Gradient(network)
        self._spare = np.empty_like(network.parameters)
        self._mask = network.weight_mask()

        if checkpoint is None:  # a run begins with a phase, and so with its edits
            _make_edits(network, settings.phases[0])
            self._take_up(settings.phases[0], (math.inf, -math.inf))
            self._best = UNSEEN
            parameters = network.parameters
            checkpoint = Checkpoint(0, parameters, self._optimizer.memory, 0, parameters.copy(), math.nan, math.inf, -math.inf)
        else:  # where it lies between two phases, the next has not begun
            self._take_up(settings.phase_at(max(checkpoint.iteration - 1, 0)), (checkpoint.lowest, checkpoint.highest))
            self._optimizer.memory[:] = checkpoint.memory
            self._best = checkpoint.best
        self._start = checkpoint
        self._iteration = checkpoint.iteration

    def _take_up(self, phase: Settings, extremes: tuple[float, float]) -> None:
        """Let a phase say what an update is. extremes: the lowest and highest loss since the last logged iteration."""
        self._phase, self._begin, self._end = phase, phase.begin, phase.last_iteration
        self._optimizer = OPTIMIZERS[phase.optimizer](phase, self.network.parameters.size)
        self._batches = Batches(phase, self.network, self._X, self._y, self._workspaces, self._train)
        self._drops = drops(phase)
        self._extremes = Extremes(*extremes) if self._batches.full and not self._drops else None
        compiled = self._compiled and not self._drops  # the loops know no dropout
        in_one, ends = compiled and self._in_one, compiled and not self._in_one
        self._fused = Fused(phase, self.network, self._optimizer, self._mask, self._batches.size) if in_one else None
        self._finish = Step(phase, self.network, self._gradient.vector, self._optimizer, self._mask) if ends else None
        self._decay = phase.reg * self._mask

    def advance(self, seconds: float | None = None) -> Progress:
        """Train to the end, or for about `seconds` (at least one update)."""
        began, start = time.perf_counter(), self._iteration
        added = Collected(self.network, self._start)
        diverged, last = False, self.settings.last_iteration
        with np.errstate(all="ignore"):  # overflow is seen by the checks
            while not diverged:
                i = self._iteration
                finished = i == last
                if seconds is not None and i > start and not finished and time.perf_counter() - began >= seconds:
                    break
                begins = i == self._end and not finished
                if begins:
                    self._take_up(self.settings.phase_at(i), self._known_extremes())
                    _make_edits(self.network, self._phase)
                    self._best = UNSEEN
                logged = begins or is_logged(i)
                if finished or logged:
                    row = self._row(i)
                    if not math.isfinite(row[1]):
                        diverged = True
                        break
                    if logged:
                        self._best = self._best.seen(i, row[5])
                        finished = finished or (self._phase is self.settings and is_over(self.settings, self._best, i))
                    added.log(row, finished, begins)
                if finished:  # with its extremes: a longer run logs this iteration again
                    break
                if logged and self._extremes:
                    self._extremes.clear()
                if not self._several(i, logged or (seconds is not None and i == start), None if logged else self._extremes):
                    diverged = not (self._update(i, None if logged else self._extremes) or self._huge_update(i, added))
                added.note_move(i)
        added.close(diverged)
        parameters, memory = self.network.parameters.copy(), self._optimizer.memory.copy()
        self._start = Checkpoint(
            self._iteration, parameters, memory, *added.logged, *self._known_extremes(), self._compiled, self._best
        )
        divergence = self._divergence(added) if diverged else None
        compiled = self._compiled and not all(map(drops, self.settings.phases))
        return added.progress(start, self._start, time.perf_counter() - began, divergence, compiled)

    def _known_extremes(self) -> tuple[float, float]:
        return (self._extremes.lowest, self._extremes.highest) if self._extremes else (math.nan, math.nan)

    def _several(self, i: int, alone: bool, extremes: Extremes | None) -> bool:
        """Make updates from i on by the compiled loops, a few milliseconds of them, up to the next that is logged.

        alone: make one. False, without a change, if there are no such loops here or the gradient of update i is not finite.
        """
        if self._finish:
            loss = self._finish.make(self._batches[i].gradient(self._gradient, True), self._rate(i), i - self._begin + 1)
            if loss is None:
                return False
            if extremes:
                extremes.add(loss)
            self._iteration = i + 1
            return True
        if self._fused is None:
            return False
        X, y, batch, left = self._batches.epoch(i)
        count = 1 if alone else int(min(self._fused.most, left, next_logged(i) - i, self._end - i))
        rates = np.array([self._rate(i + k) for k in range(count)])
        seen = np.array([extremes.lowest, extremes.highest] if extremes else [math.nan, math.nan])
        made = self._fused.make(X, y, batch, rates, seen, i - self._begin)
        if extremes:
            extremes.lowest, extremes.highest = seen.tolist()
        self._iteration += made
        return made > 0

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

    def _huge_update(self, i: int, added: Collected) -> bool:
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
        batch = self._batches[i]
        kept = Kept(self._phase, i, batch.samples) if self._drops else None
        loss = batch.gradient(self._gradient, with_loss, kept)
        if self._phase.reg:
            gradient += np.multiply(self._decay, parameters, out=self._spare)  # reg·W
            loss += 0.5 * self._spare.dot(parameters)
        if self._phase.reg_l1:
            signs = np.sign(parameters, out=self._spare)
            signs *= self._mask
            signs *= self._phase.reg_l1
            gradient += signs
            loss += signs.dot(parameters)
        return gradient, float(loss)

    def _rate(self, i: int) -> float:
        """The learning rate of update i: the schedule counts from the beginning of its phase, and so does the optimizer."""
        return self._phase.learning_rate * SCHEDULES[self._phase.schedule].multiple(self._phase, i - self._begin)

    def _step(self, gradient: FloatArray, i: int) -> None:
        self._optimizer.step(self.network.parameters, gradient, self._rate(i), i - self._begin + 1)
        self._iteration = i + 1

    def _row(self, i: int) -> Row:
        data_loss, accuracy = self._train.evaluate()
        reg_loss = self.network.regularisation(self._phase.reg, self._phase.reg_l1)
        test_loss, test_accuracy = self._test.evaluate() if self._test else (math.nan, math.nan)
        loss = data_loss + reg_loss
        lowest, highest = self._extremes.with_loss(loss) if self._extremes else (math.nan, math.nan)
        return i, loss, data_loss, reg_loss, accuracy, test_loss, test_accuracy, lowest, highest

    def _divergence(self, added: Collected) -> Divergence:
        last, _parameters, loss = added.logged
        limit = OPTIMIZERS[self._phase.optimizer].decay_limit(self._phase)
        cause = likely_cause(self.settings, self._iteration)
        return Divergence(self._iteration, last, loss, cause, limit if limit < math.inf else None)


def _make_edits(network: Network, phase: Settings) -> None:
    """Set the weights that a phase sets by hand. Raises ValueError where the network, of other data, has no such weight."""
    for place, value in phase.edits:
        if place >= network.parameters.size:
            raise ValueError(f"edits must be of weights that the net has: numbers 0..{network.parameters.size - 1}, got {place}")
        network.parameters[place] = value


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
    phase, rate = settings.phase_at(max(iteration - 1, 0)), learning_rate_at(settings, max(iteration - 1, 0))
    limit = OPTIMIZERS[phase.optimizer].decay_limit(phase)
    return "weight decay" if rate * phase.reg > limit else "learning rate"


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

    Several phases are trained one after the other; where one diverges, the run ends, and those after it do not begin.
    dataset: other points than the settings' own; network: the initial network in place of the settings' own; it is not changed;
    on_progress: called about five times a second with the run so far. Raises ValueError where they do not fit.
    """
    data = data_of(settings.data) if dataset is None else prepared(dataset, settings.data)
    wanted = (layer_sizes(settings, data.train), settings.activation, settings.features, settings.loss)
    if network is not None and (given := (network.sizes, network.activation, network.features, network.loss_name)) != wanted:
        names = "sizes {}, activation {}, features {} and loss {}"
        raise ValueError(f"network must have {names.format(*wanted)}, got {names.format(*given)}")
    fast.load()
    training = Training(settings, data, network=network)
    run = Run.unstarted(settings, data)
    while not run.finished:
        run = run.extended(training.advance(0.2 if on_progress else None))
        if on_progress:
            on_progress(run)
    return run


def go_on(run: Run, iterations: int) -> Run:
    """The same run with more iterations of its last phase: digit for digit what training that many at once gives."""
    done = max(run.iteration - run.settings.begin, 0)  # of the last phase
    run = run.reopened(run.settings.replace(iterations=done + iterations))
    if run.divergence:
        return run
    return run.extended(Training(run.settings, run.data, run.checkpoint).advance())
