"""What a worker process is asked for: a slice of a run's training, pictures of its snapshots, a landscape, the sharpness.

Imports no Streamlit.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, ParamSpec

import numpy as np

from server.training import cost, pictures
from spiral_core import fast
from spiral_core.analysis import landscape as landscapes
from spiral_core.analysis import sharpness as curvature
from spiral_core.analysis.landscape import Landscape
from spiral_core.analysis.sharpness import Sharpness
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import data_of
from spiral_core.run import Checkpoint, Progress, has_stopped
from spiral_core.settings import Settings
from spiral_core.training import advance

P = ParamSpec("P")


def prepare() -> None:
    """Called once in a worker: loads the compiled engine beside its first calls, where there is one."""
    fast.load_later()


class Slice(NamedTuple):
    """What one slice of work adds to a run: the training, if there was some to do, and pictures of snapshots."""

    progress: Progress | None
    pictures: dict[int, str]  # iteration → data URI of a PNG
    seconds: float = 0.0  # of a core, that it took


def timed(function: Callable[P, Slice]) -> Callable[P, Slice]:
    """Decorator: notes in the slice what it took."""

    @functools.wraps(function)
    def made(*args: P.args, **named: P.kwargs) -> Slice:
        began = time.thread_time()
        return function(*args, **named)._replace(seconds=time.thread_time() - began)

    return made


@timed
def work(settings: Settings, checkpoint: Checkpoint | None, seconds: float, size: int) -> Slice:
    """Go on with a run for about `seconds`, at least one update.

    The last snapshot is painted, `size` cells a side; of a finished run the others too, as far as time allows. size 0: no pictures.
    """
    began = time.perf_counter()
    progress = advance(settings, checkpoint, seconds)
    if not size:
        return Slice(progress, {})
    iterations, snapshots = progress.snapshot_iterations, progress.snapshots
    ended = progress.checkpoint.iteration == settings.last_iteration or has_stopped(settings, progress.checkpoint)
    done = bool(progress.divergence) or ended
    last = cost.picture_size(settings, cost.LAST_PICTURE_SIZE if done else size)
    painted = pictures.boundaries(settings, iterations[-1:], snapshots[-1:], last)
    if done:
        left = seconds - (time.perf_counter() - began)
        painted |= paint(settings, iterations[:-1], snapshots[:-1], left, size).pictures
    return Slice(progress, painted)


@timed
def paint(settings: Settings, iterations: IntArray, snapshots: FloatArray, seconds: float, size: int) -> Slice:
    """Pictures of snapshots (S, P), as many as about `seconds` allow; if there is any time, of some."""
    deadline = time.perf_counter() + seconds
    size = cost.picture_size(settings, size)
    at_once = 1 if cost.is_heavy(settings) else 4
    painted: dict[int, str] = {}
    for rows in np.array_split(np.arange(len(iterations)), max(1, -(-len(iterations) // at_once))):
        if time.perf_counter() > deadline:
            break
        painted |= pictures.boundaries(settings, iterations[rows], snapshots[rows], size)
    return Slice(None, painted)


def landscape(settings: Settings, paths: Sequence[FloatArray], size: int) -> Landscape:
    """The losses round the paths of runs, snapshots (S, P) each, at size x size places. Raises LandscapeError without a path."""
    return landscapes.landscape(settings, data_of(settings.data), paths, size)


def sharpness(settings: Settings, iterations: IntArray, snapshots: FloatArray) -> Sharpness:
    """The sharpness at snapshots (S, P) of a run. Raises SharpnessError for the hinge."""
    return curvature.sharpness(settings, data_of(settings.data), iterations, snapshots)
