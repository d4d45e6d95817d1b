"""What the run service tells: a run as far as it is, and how much there is to do."""

from __future__ import annotations

from dataclasses import dataclass

from spiral_core.run import Run


@dataclass(frozen=True, eq=False)
class View:
    """A run as far as it is, for a page to show."""

    run: Run
    pictures: dict[int, str]  # iteration → data URI, for each snapshot
    ahead: int  # runs that come first in the queue
    sharing: int  # runs that wait for a slice or have one
    workers: int

    @property
    def started(self) -> bool:
        return len(self.run.history) > 0

    @property
    def load(self) -> float:
        """Runs that share a worker, at least 1."""
        return max(1.0, self.sharing / self.workers)

    @property
    def seconds_left(self) -> float:
        """An estimate from the pace so far and from how many share the workers."""
        run = self.run
        return self.load * run.seconds / max(run.iteration, 1) * (run.settings.last_iteration - run.iteration)


@dataclass(frozen=True)
class Load:
    """What the service has to do."""

    visits: int  # that watch a run
    runs: int  # in memory
    waiting: int  # runs that wait for a slice
    working: int  # runs that a worker has
    workers: int
    megabytes: float  # of runs in memory
    begun: int  # runs since the server started
    finished: int
    deaths: int  # of workers
