"""The loss as a landscape: over the plane through a run's own first two principal directions, with the path of the training on it.

The directions are those of the run's snapshots about its final parameters (Lorch 2016, "Visualizing deep network training
trajectories"; Li et al. 2018, "Visualizing the loss landscape of neural nets", section 7). Of a chain of phases the whole path
is taken, and the penalty of the last phase. Several runs of one shape on the same points share a plane about the mean of
their ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spiral_core.analysis.health import sampled
from spiral_core.arrays import BoolArray, FloatArray
from spiral_core.backprop import Backprop
from spiral_core.boundary import Area, area_of
from spiral_core.datasets import Split
from spiral_core.marking import N_
from spiral_core.run import SNAPSHOT_NUMBERS, Run, network_of
from spiral_core.settings import Settings

MARGIN = 0.18  # of the plane's side, round the paths
STRAIGHT = 1e-6  # the second direction's share of the length, below which a path is a straight line
HUGE = 1e100  # a parameter beyond which the squares of a path overflow

ONE_SNAPSHOT = N_("a path needs two snapshots of finite weights; this run has fewer")
STANDS_STILL = N_("the weights never moved, so there is no path and no plane through it")
DIFFERENT = N_("runs share a plane only with the same layers, inputs, activation and points")


class LandscapeError(ValueError):
    """There is no plane; its text is the reason."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Two directions through the space of a net's P parameters: what all places (a, b) on it mean."""

    centre: FloatArray  # (P,) the final parameters, or of several runs their mean: the place (0, 0)
    axes: FloatArray  # (2, P) orthonormal
    share: float  # of the squared distances of all snapshots from the centre, 0..1
    straight: bool  # the path is a line: its second direction is any one across it

    def parameters(self, place: Sequence[float]) -> FloatArray:
        """Of the net at a place (a, b): (P,)."""
        found: FloatArray = self.centre + place[0] * self.axes[0] + place[1] * self.axes[1]
        return found

    def places(self, snapshots: FloatArray) -> FloatArray:
        """Where parameters (S, P) lie when they are projected on the plane: (S, 2); NaN where they are not finite."""
        places = np.full((len(snapshots), 2), np.nan)
        own = _usable(snapshots)
        places[own] = (snapshots[own] - self.centre) @ self.axes.T
        return places


@dataclass(frozen=True, eq=False)
class Losses:
    """The heights of places, arrays of one shape, in nats; NaN where the loss is not finite."""

    data: FloatArray  # of the training points
    total: FloatArray  # with the penalty
    held_out: FloatArray | None  # None where no points are held out

    def __post_init__(self) -> None:
        for array in (self.data, self.total, self.held_out):
            if array is not None:
                array[~np.isfinite(array)] = np.nan


@dataclass(frozen=True, eq=False)
class Landscape:
    """The losses at size x size places of a plane, and at those of the paths."""

    plane: Plane
    area: Area  # of the plane: a from left to right, b from bottom to top
    heights: Losses  # (size, size): a row for each b, from the bottom
    paths: tuple[FloatArray, ...]  # (S, 2) the places of each run's snapshots
    along: tuple[Losses, ...]  # (S,) the plane's heights there; the runs' own only where it holds all

    @property
    def size(self) -> int:
        return len(self.heights.data)

    @property
    def a(self) -> FloatArray:
        return np.linspace(self.area.left, self.area.right, self.size)

    @property
    def b(self) -> FloatArray:
        return np.linspace(self.area.bottom, self.area.top, self.size)

    @property
    def nbytes(self) -> int:
        return int(self.plane.axes.nbytes + self.plane.centre.nbytes + 3 * self.heights.data.nbytes)


def may_share(a: Settings, b: Settings) -> bool:
    """Whether runs of two settings are paths through one space, over one landscape: they differ in their training alone."""
    return all(getattr(a, name) == getattr(b, name) for name in ("data", "hidden", "features", "activation", "loss"))


def together(runs: Sequence[Run]) -> list[FloatArray]:
    """The snapshots of runs that may share a plane, each (S, P). Raises LandscapeError where they may not."""
    if not all(may_share(runs[0].settings, run.settings) for run in runs):
        raise LandscapeError(DIFFERENT)
    return [run.snapshots for run in runs]


def plane_through(paths: Sequence[FloatArray]) -> Plane:
    """The plane through the first two principal directions of all snapshots, (S, P) a run, about the runs' ends.

    The directions come from the S x S products of the snapshots with one another, which are far fewer than P x P. Raises
    LandscapeError where there is no path.
    """
    step = -(-sum(path.size for path in paths) // SNAPSHOT_NUMBERS)  # of the snapshots of several large nets a share is enough
    finite = [path[_usable(path)][::-step][::-1] for path in paths]  # the end is always among them
    if any(len(path) < 2 for path in finite):
        raise LandscapeError(ONE_SNAPSHOT)
    centre: FloatArray = np.mean([path[-1] for path in finite], axis=0)
    moved = np.concatenate(finite) - centre  # (S, P)
    scale = float(np.abs(moved).max())
    if scale == 0:
        raise LandscapeError(STANDS_STILL)
    moved /= scale
    squares, vectors = np.linalg.eigh(moved @ moved.T)  # ascending: the last two are the longest
    first = vectors[:, -1] @ moved
    first /= np.linalg.norm(first)
    straight = bool(squares[-2] <= STRAIGHT**2 * squares[-1])
    second = np.random.default_rng(0).standard_normal(len(centre)) if straight else vectors[:, -2] @ moved
    for _again in range(2):  # exactly across, whatever rounding left
        second -= (second @ first) * first
        second /= np.linalg.norm(second)
    axes = np.stack([first, second])
    places = moved @ axes.T
    axes[0] *= 1 if places[0, 0] <= 0 else -1  # the path begins on the left …
    axes[1] *= 1 if places[:, 1].sum() >= 0 else -1  # … and runs above its end
    return Plane(centre, axes, min(1.0, float((places**2).sum() / (moved**2).sum())), straight)


def _usable(snapshots: FloatArray) -> BoolArray:
    """Which snapshots (S, P) are finite, and not so large that their squares are not."""
    own: BoolArray = np.abs(snapshots).max(axis=1, initial=0.0) < HUGE  # False for NaN too
    return own


def losses_at(settings: Settings, data: Split, plane: Plane, places: FloatArray) -> Losses:
    """The losses of the settings' net at places (..., 2) of a plane; of very many points an even sample counts.

    One net takes the parameters of one place after the other and evaluates into buffers made once: for the article's net 50 µs a
    place, nearly all of it in matrix products and exponentials, so that evaluating several places at once would gain nothing.
    """
    train, test = (None if part is None else sampled(part) for part in data)
    assert train is not None
    net = network_of(settings, train)
    parts = [Backprop(net, net.feature_major(part.X), part.y) for part in (train, test) if part is not None]
    found = np.empty((len(parts) + 1, places.size // 2))
    with np.errstate(all="ignore"):
        for i, (a, b) in enumerate(places.reshape(-1, 2)):
            net.parameters[:] = plane.parameters((a, b))
            found[0, i] = net.regularisation(settings.reg, settings.reg_l1)
            for row, part in enumerate(parts, 1):
                found[row, i] = part.evaluate()[0]
    found = found.reshape(-1, *places.shape[:-1])
    return Losses(found[1], found[1] + found[0], found[2] if test is not None else None)


def landscape(settings: Settings, data: Split, paths: Sequence[FloatArray], size: int) -> Landscape:
    """The landscape round the paths of runs, snapshots (S, P) each, at size x size places. settings: net and penalty.

    Raises LandscapeError where there is no path.
    """
    plane = plane_through(paths)
    places = [plane.places(path) for path in paths]
    walked = np.concatenate(places)
    area = area_of(walked[np.isfinite(walked).all(axis=1)], MARGIN)
    a, b = np.linspace(area.left, area.right, size), np.linspace(area.bottom, area.top, size)
    grid = np.stack(np.meshgrid(a, b), axis=-1)  # (size, size, 2)
    along = tuple(losses_at(settings, data, plane, path) for path in places)
    return Landscape(plane, area, losses_at(settings, data, plane, grid), tuple(places), along)
