"""How a run was doing on its way: the numbers that the course watches, measured at the run's snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from spiral_core.analysis.trace import forward_back
from spiral_core.analysis.units import dead_units, effort_per_point, hidden_outputs, saturated
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset
from spiral_core.network import Network
from spiral_core.run import Run

MAX_SNAPSHOTS = 40
MAX_POINTS = 2000  # of more, every second, third … is measured
WORK = 1_000_000_000  # effort of a point times points times snapshots: of the largest nets fewer points are measured
FEWEST = 50  # points
BINS = 30  # of a histogram
CALIBRATION_BINS = 10
GOOD_UPDATE = (3e-4, 3e-3)  # of a weight matrix at one update: about 1e-3 (CS231n, "Neural networks 3"), on every page alike


@dataclass(frozen=True, eq=False)
class Health:
    """One row a measured snapshot (S), one column a layer (L) or a hidden layer (L - 1)."""

    iteration: IntArray  # (S,)
    update_ratio: FloatArray  # (S, L) ‖ΔW‖ / ‖W‖ of the update made there; NaN at the end
    gradient_norm: FloatArray  # (S, L) ‖dW‖ of the data loss
    pull: FloatArray  # (S, L) ‖dW‖ of the regularisation
    slope: FloatArray  # (S,) size of the whole gradient, of both together: 0 where training has settled
    weight_norm: FloatArray  # (S, L) ‖W‖
    dead: FloatArray  # (S, L - 1) share of units that fire at no training point
    saturated: FloatArray  # (S, L - 1) share of outputs at an end of the activation's range
    spread: FloatArray  # (S, L - 1) standard deviation of the outputs over points and units

    @property
    def arrays(self) -> list[str]:
        return [f"W{i + 1}" for i in range(self.weight_norm.shape[1])]


def sampling_step(count: int, most: int = MAX_POINTS) -> int:
    """The distance between the points taken of `count`, so that there are at most `most` of them."""
    return -(-count // most)


def sampled(data: Dataset, most: int = MAX_POINTS) -> Dataset:
    """At most so many points, evenly from all."""
    step = sampling_step(len(data), most)
    return data if step == 1 else data.chosen(slice(None, None, step))


def measured_snapshots(run: Run) -> IntArray:
    """Which snapshots are measured: all, or evenly chosen ones; the first and the last among them."""
    known = run.snapshot_iterations
    if len(known) <= MAX_SNAPSHOTS:
        return known
    chosen: IntArray = known[np.unique(np.linspace(0, len(known) - 1, MAX_SNAPSHOTS).round().astype(int))]
    return chosen


def measured_points(run: Run) -> int:
    """How many points are measured, at most."""
    snapshots = max(1, len(measured_snapshots(run)))
    each = effort_per_point(run.settings.parameter_count, sum(run.settings.hidden))
    return min(MAX_POINTS, max(FEWEST, WORK // (each * snapshots)))


_measured: WeakKeyDictionary[Run, Health] = WeakKeyDictionary()  # for as long as the run itself is kept


def health(run: Run) -> Health:
    """Measure a run with at least one snapshot, once."""
    if run not in _measured:
        _measured[run] = measure(run, measured_snapshots(run))
    return _measured[run]


def update_ratios(run: Run, iterations: IntArray) -> FloatArray:
    """‖ΔW‖ / ‖W‖ of the updates made at some snapshots (S,): (S, L)."""
    return np.array([_ratio(run, run.network_at(i), i) for i in iterations.tolist()])


def _ratio(run: Run, network: Network, iteration: int) -> FloatArray:
    weights = _norms(network, network.parameters)
    moves = run.moves[np.searchsorted(run.snapshot_iterations, iteration)][::2]
    with np.errstate(all="ignore"):
        return np.where(weights > 0, moves / weights, np.where(moves > 0, np.inf, moves))


def measure(run: Run, iterations: IntArray) -> Health:
    """A run at some of its snapshots, at least one."""
    data = sampled(run.data.train, measured_points(run))
    rows: list[tuple[FloatArray, ...]] = []
    for i in iterations.tolist():
        network, settings = run.network_at(i), run.settings.phase_at(i)
        done = forward_back(network, data.X, data.y)
        hidden = [layer.h for layer in done.layers[:-1]]
        gradient = done.gradient(network)
        decay = network.weight_mask() * (settings.reg * network.parameters + settings.reg_l1 * np.sign(network.parameters))
        rows.append(
            (
                _ratio(run, network, i),
                _norms(network, gradient),
                _norms(network, decay),
                np.array(np.linalg.norm(gradient + decay)),
                _norms(network, network.parameters),
                np.array([dead_units(network, h).mean() for h in hidden]),
                np.array([saturated(network, h).mean() for h in hidden]),
                np.array([h.std() for h in hidden]),
            )
        )
    ratio, gradients, pulls, slope, weight_norm, dead, ends, spread = (np.array(column) for column in zip(*rows, strict=True))
    return Health(iterations, ratio, gradients, pulls, slope, weight_norm, dead, ends, spread)


def _norms(network: Network, vector: FloatArray) -> FloatArray:
    """The norm of each W."""
    return np.array([np.linalg.norm(part) for part in network.arrays(vector)[::2]])


def histograms(run: Run) -> tuple[FloatArray, FloatArray]:
    """Edges (L - 1, BINS + 1) of each hidden layer's bins, from its lowest to its highest output, and the share of the outputs in
    each bin at each measured snapshot (S, L - 1, BINS).
    """
    X = sampled(run.data.train, measured_points(run)).X
    networks = [run.network_at(i) for i in measured_snapshots(run).tolist()]
    # Twice through, so that the outputs of one snapshot alone are in memory.
    ends = np.array([[(h.min(), h.max()) for h in hidden_outputs(network, X)] for network in networks])
    ends = ends.reshape(len(networks), len(run.settings.hidden), 2)  # also without a hidden layer
    low, high = ends[..., 0].min(axis=0), ends[..., 1].max(axis=0)  # (L - 1,)
    flat = ~(high > low)
    edges = np.linspace(np.where(flat, low - 0.5, low), np.where(flat, low + 0.5, high), BINS + 1, axis=-1)
    counts = np.empty((len(networks), len(edges), BINS))
    for s, network in enumerate(networks):
        for layer, h in enumerate(hidden_outputs(network, X)):
            counts[s, layer] = np.histogram(h, edges[layer])[0] / h.size
    return edges, counts


@dataclass(frozen=True, eq=False)
class Calibration:
    """Whether a net that is 80 % sure is right in 80 % of the cases: bins of confidence, and what came true in each."""

    edges: FloatArray  # (B + 1,) from 0 to 1; below 1/K the class on top cannot lie
    count: IntArray  # (B,)
    confidence: FloatArray  # (B,) mean probability of the class on top; NaN in an empty bin
    accuracy: FloatArray  # (B,)

    @property
    def error(self) -> float:
        """The expected calibration error (Guo et al. 2017): the mean gap between confidence and accuracy, over bins of 0..1."""
        filled = self.count > 0
        gaps = np.abs(self.confidence - self.accuracy)[filled]
        return float((gaps * self.count[filled]).sum() / self.count.sum())


def calibration(network: Network, data: Dataset) -> Calibration:
    return calibration_of(network.probabilities(data.X), data.y)


def calibration_of(probs: FloatArray, y: IntArray) -> Calibration:
    """Of probabilities (N, K) for points of classes y (N,)."""
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == y
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    bins = np.clip(np.searchsorted(edges, sure, side="right") - 1, 0, CALIBRATION_BINS - 1)
    count = np.bincount(bins, minlength=CALIBRATION_BINS)
    with np.errstate(all="ignore"):
        confidence = np.bincount(bins, sure, CALIBRATION_BINS) / count
        accuracy = np.bincount(bins, right.astype(float), CALIBRATION_BINS) / count
    return Calibration(edges, count, confidence, accuracy)
