"""The runs in memory: found by their settings, begun where a shorter one ended, forgotten when memory is full."""

from __future__ import annotations

import threading

from server.training.job import Job, State, line_of
from spiral_core.settings import Settings

MEMORY = 128_000_000  # bytes of runs that are kept


class Jobs(dict[Settings, Job]):
    """Jobs by their settings, the least lately seen first; all of it under the service's lock."""

    def __init__(self, lock: threading.Lock) -> None:
        super().__init__()
        self._lock = lock

    @property
    def size(self) -> int:
        """Bytes that all of them hold."""
        return sum(job.size for job in self.values())

    def must_begin(self, settings: Settings) -> bool:
        """Whether a job of these settings would have to begin at iteration 0."""
        return settings not in self and self.shorter(settings) is None

    def take(self, settings: Settings, unstarted: State | None) -> Job:
        """The job of these settings, now the most lately seen: as it is, or new, from the longest run that it can go on from."""
        job = self.pop(settings, None)
        if job is not None:
            self[settings] = job
            return job
        before = self.shorter(settings)
        if before:
            return self.add(State.first(before.run.reopened(settings), before.pictures))
        return self.add(unstarted or State.unstarted(settings))  # the second: what it should go on from was forgotten just now

    def add(self, state: State) -> Job:
        job = self[state.run.settings] = Job(state, threading.Condition(self._lock))
        return job

    def shorter(self, settings: Settings) -> State | None:
        """The longest finished run that these settings go on from: the same with fewer iterations, or of their earlier phases."""
        for phase in reversed(settings.phases):
            line, most = line_of(phase), min(phase.last_iteration, settings.last_iteration - 1)
            same = [
                job.state
                for job in self.values()
                if job.line == line and job.run.finished and not job.run.divergence and job.run.iteration <= most
            ]
            if same:
                return max(same, key=lambda state: state.run.iteration)
        return None

    def forget(self) -> None:
        """Let runs go while memory is full: the least lately seen first, finished ones before others, watched ones never."""
        total = self.size
        for finished in (True, False):
            for settings, job in list(self.items()):
                if total <= MEMORY:
                    return
                if job.finished == finished and not (job.working or job.keep or job.watched_by() or job.tested_by()):
                    total -= job.size
                    del self[settings]
