"""The state of the server in counts: for a teacher on the page Teach, for a monitor at /metrics in Prometheus' text format."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from server.http import limits, origin
from server.services import services
from spiral_core.store.database import StoreError

_began = time.monotonic()


class Metric(NamedTuple):
    name: str
    kind: str  # gauge: goes up and down; counter: only up
    help: str
    value: float


def measure() -> list[Metric]:
    """All of them, as they are now."""
    load = services().runs.load()
    return [
        Metric("pages_open", "gauge", "Pages that are open in browsers", origin.open_pages()),
        Metric("visits_watching", "gauge", "Visits that watch a run", load.visits),
        Metric("workers", "gauge", "Worker processes for runs", load.workers),
        Metric("workers_busy", "gauge", "Workers that train now", load.working),
        Metric("runs_waiting", "gauge", "Runs that wait for a worker", load.waiting),
        Metric("runs_kept", "gauge", "Runs in memory", load.runs),
        Metric("runs_kept_megabytes", "gauge", "Megabytes of runs in memory", round(load.megabytes, 1)),
        Metric("runs_begun_total", "counter", "Runs that were begun", load.begun),
        Metric("runs_finished_total", "counter", "Runs that were finished", load.finished),
        Metric("worker_deaths_total", "counter", "Workers that died", load.deaths),
        Metric("searches_running", "gauge", "Searches that run", services().searches.running()),
        Metric("store_megabytes", "gauge", "Megabytes of the store that are in use", round(_stored() / limits.MEGABYTE, 3)),
        Metric("store_most_megabytes", "gauge", "Megabytes that it may take", limits.max_store() / limits.MEGABYTE),
        Metric("up_seconds", "gauge", "Seconds since the server started", round(time.monotonic() - _began)),
    ]


def _stored() -> float:
    try:
        return services().store.nbytes
    except StoreError:
        return math.nan


def page(request: Request) -> Response:
    """The metrics as text."""
    lines = []
    for metric in measure():
        name = f"spiral_lab_{metric.name}"
        lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}", f"{name} {metric.value}"]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
