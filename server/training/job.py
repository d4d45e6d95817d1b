"""A run in the service's hands: how far it is, who wants it, and what it holds in memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from server.training import cost
from server.training.worker import Slice
from spiral_core.datasets import data_of
from spiral_core.run import Run
from spiral_core.settings import Settings
from spiral_core.store.keys import key_of

FORGOTTEN_AFTER = 3.0  # seconds without a look until a run rests

Line = tuple[int, Settings]  # with its hash first, so that others are told apart at once


def line_of(settings: Settings) -> Line:
    """What runs have in common that differ in their iterations alone: the longer goes on from the shorter."""
    first = settings.replace(iterations=1)
    return hash(first), first


@dataclass(frozen=True, eq=False)
class State:
    """How far a run is. Never changed: the next one replaces it, so that it can be made outside the service's lock."""

    run: Run
    pictures: dict[int, str]  # iteration → data URI
    shown: Run  # as far as it can be shown: not beyond its pictures

    @classmethod
    def first(cls, run: Run, pictures: dict[int, str]) -> State:
        """The state of a run that was trained so far elsewhere; one that was a trial has no pictures, and cannot be shown yet."""
        shown = run if _can_be_shown(run, pictures) else Run.unstarted(run.settings, run.data)
        return cls(run, pictures, shown)

    @classmethod
    def unstarted(cls, settings: Settings) -> State:
        """Makes the points, which can take long. Raises SettingError for settings that fit none."""
        return cls.first(Run.unstarted(settings, data_of(settings.data)), {})

    def after(self, slice_: Slice) -> State:
        """This with what came of a slice of work."""
        run = self.run if slice_.progress is None else self.run.extended(slice_.progress)
        before = self.pictures
        if slice_.progress is not None and any(slice_.progress.start == begin for begin, _phase in run.phases):
            before = {i: picture for i, picture in before.items() if i != slice_.progress.start}  # edits have changed the net there
        known, found = run.snapshot_iterations.tolist(), before | slice_.pictures
        pictures = {i: found[i] for i in known if i in found}
        return State(run, pictures, run if _can_be_shown(run, pictures) else self.shown)

    @cached_property
    def finished(self) -> bool:
        """Whether the whole run can be shown."""
        return self.shown is self.run and self.run.finished

    @property
    def unpainted(self) -> list[int]:
        """The rows of the snapshots that have no picture yet."""
        return [row for row, i in enumerate(self.run.snapshot_iterations.tolist()) if i not in self.pictures]

    @cached_property
    def size(self) -> int:
        """Bytes that it holds: points, history, snapshots, parameters and optimizer memory to go on from, pictures."""
        arrays: dict[int, np.ndarray] = {}  # by identity: runs share what they have in common
        for run in (self.run, self.shown):
            found = [*run.history.columns(), run.snapshot_iterations, run.snapshots, run.moves]
            for part in run.data:
                found += [part.X, part.y] if part is not None else []
            if run.checkpoint:
                found += [run.checkpoint.parameters, run.checkpoint.memory, run.checkpoint.logged_parameters]
            arrays |= {id(array): array for array in found}
        return sum(array.nbytes for array in arrays.values()) + sum(map(len, self.pictures.values()))


def _can_be_shown(run: Run, pictures: dict[int, str]) -> bool:
    """Whether the last snapshot has its picture; of a finished run, whether all have."""
    known = run.snapshot_iterations.tolist()
    return all(i in pictures for i in (known if run.finished else known[-1:]))


@dataclass(eq=False)
class Job:
    """A run in the service's hands; all but its state is changed under the service's lock alone."""

    state: State
    changed: threading.Condition
    slices: int = 0
    deaths: int = 0  # of workers that had it, one after the other
    working: bool = False
    keep: bool = False  # goes on without anybody watching
    watchers: dict[str, float] = field(default_factory=dict)  # visit → when it last looked
    testers: dict[str, float] = field(default_factory=dict)  # the same of those who want its result alone, in the background
    asked: float = field(default_factory=time.monotonic)
    error: Exception | None = None
    told_at: float = 0.0  # when somebody was first told of it
    counted: bool = False  # as finished
    line: Line = field(init=False)
    heavy: bool = field(init=False)

    def __post_init__(self) -> None:
        self.line = line_of(self.run.settings)
        self.heavy = cost.is_heavy(self.run.settings)

    @property
    def run(self) -> Run:
        return self.state.run

    @property
    def finished(self) -> bool:
        return self.state.finished

    @property
    def size(self) -> int:
        return self.state.size

    @property
    def name(self) -> str:
        """Its id in the log."""
        return key_of(self.run.settings)[:12]

    @property
    def seconds_left(self) -> float:
        """An estimate of the training that is left, from the pace so far."""
        run = self.run
        return run.seconds / max(run.iteration, 1) * (run.settings.last_iteration - run.iteration) if not run.finished else 0.0

    def watched_by(self) -> list[str]:
        """The visits that looked lately; the others are forgotten."""
        self.watchers = _lately(self.watchers)
        return list(self.watchers)

    def tested_by(self) -> list[str]:
        """The visits that lately asked for its result in the background; the others are forgotten."""
        self.testers = _lately(self.testers)
        return list(self.testers)

    def fail(self, error: Exception) -> None:
        self.error, self.told_at, self.deaths = error, 0.0, 0


def _lately(seen: dict[str, float]) -> dict[str, float]:
    now = time.monotonic()
    return {visit: at for visit, at in seen.items() if now - at < FORGOTTEN_AFTER}
