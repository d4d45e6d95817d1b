"""How time and memory grow: `python -m benchmarks.growth` writes docs/growth.md and its picture. About five minutes.

One thing grows at a time, in steps of about a constant factor, while all else stays as in the article's net. A slope is that of
the straight line through the last four points on log-log axes: 1 is as fast as what grows, 0 does not grow. Iterations are timed in
seconds of the processor, the engines in turns, the fastest of the rounds; memory is the most that Python held while it trained.
Searches run in two worker processes. What a class costs is read from benchmarks/load.json: `python -m benchmarks.load`.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import json
import multiprocessing
import platform
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks import growth_report
from spiral_core import DataSettings, Settings, fast, train
from spiral_core.engine import identity
from spiral_core.search import search
from spiral_core.search.space import Dimension

ROUNDS = 3
BUDGET = 600_000_000  # products of weights and points that a timed training makes, about
LOAD = Path(__file__).with_name("load.json")


@dataclass
class Curve:
    """One figure against what grows."""

    grows: str
    figure: str  # with its unit
    expected: float  # the slope that the algorithm has once what grows outweighs all else
    why: str
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # by engine, or one without a name

    def add(self, name: str, x: float, y: float) -> None:
        self.series.setdefault(name, []).append((x, y))
        print(f"  {self.grows} {x:g} {name}: {y:.4g} {self.figure}", flush=True)

    def slope(self, name: str, last: int = 4) -> float:
        x, y = np.log(np.array(self.series[name][-last:])).T
        return float(np.polyfit(x, y, 1)[0])


def of_points(points: int) -> Settings:
    return Settings(data=DataSettings(points_per_class=points // 3))


def of_units(units: int) -> Settings:
    return Settings(hidden=(units,))


def of_depth(layers: int) -> Settings:
    """layers: between two hidden ones, whose weights outweigh the first's by far."""
    return Settings(hidden=(50,) * (layers + 1), init="he", learning_rate=0.1)


@dataclass(frozen=True)
class Family:
    """Settings in which one thing grows, and why time and memory grow with it as fast as it does, and no faster."""

    grows: str
    make: Callable[[int], Settings]
    steps: tuple[int, ...]
    time: str
    memory: str


FAMILIES = (
    Family("points", of_points, (30, 90, 300, 900, 3000, 9000, 30_000), "each point meets each weight", "outputs of each point"),
    Family("hidden units", of_units, (10, 20, 50, 100, 200, 500, 1000), "each unit has six weights", "snapshots hold all weights"),
    Family("layers of 50 units", of_depth, (1, 2, 3, 4, 5), "each has 2 550 weights", "snapshots hold all weights"),
)


@lru_cache(maxsize=1)
def engines() -> list[str]:
    """Those that there are, asked before one of them is chosen."""
    return ["numpy", "compiled"] if fast.load() else ["numpy"]


def iterations_for(settings: Settings) -> int:
    work = settings.parameter_count * settings.data.point_count
    return int(np.clip(BUDGET // work, 30, 3000))


def times(family: Family) -> Curve:
    """Microseconds of an iteration."""
    curve = Curve(family.grows, "µs an iteration", 1.0, family.time)
    for step in family.steps:
        settings = family.make(step)
        settings = settings.replace(iterations=iterations_for(settings))
        best = dict.fromkeys(engines(), np.inf)
        for round in range(ROUNDS + 1):
            for engine in best:
                os.environ[fast.VARIABLE] = engine
                began = time.thread_time()
                train(settings)
                if round:  # the first compiles and fills caches
                    best[engine] = min(best[engine], (time.thread_time() - began) / settings.iterations)
        for engine, seconds in best.items():
            curve.add(engine, step, seconds * 1e6)
    return curve


def memory(grows: str, runs: dict[int, Settings], expected: float, why: str) -> Curve:
    """Megabytes at the worst moment of a training, its data and snapshots included."""
    os.environ[fast.VARIABLE] = "numpy"
    curve = Curve(grows, "MB", expected, why)
    for step, settings in runs.items():
        tracemalloc.start()
        run = train(settings)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del run
        curve.add("", step, most / 1e6)
    return curve


def of_iterations() -> list[Curve]:
    """Seconds and megabytes of whole runs."""
    steps = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
    seconds = Curve("iterations", "s a run", 1.0, "each iteration costs the same")
    for step in steps:
        for engine in engines():
            os.environ[fast.VARIABLE] = engine
            train(Settings(iterations=10))
            began = time.thread_time()
            train(Settings(iterations=step))
            seconds.add(engine, step, time.thread_time() - began)
    held = memory("iterations", {step: Settings(iterations=step) for step in steps}, 0.0, "snapshots and the log are thinned")
    return [seconds, held]


def of_trials() -> Curve:
    """Seconds of searches in two processes."""
    curve = Curve("trials", "s a search", 1.0, "each trial is a run")
    space = (Dimension("learning_rate", "log", 1e-3, 10.0), Dimension("reg", "log", 1e-5, 1e-1))
    base = Settings(iterations=500, data=DataSettings(test_fraction=0.2))
    os.environ[fast.VARIABLE] = "numpy"
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        search(space, base, trials=4, executor=pool)
        for trials in (8, 16, 32, 64, 128, 256):
            began = time.perf_counter()
            search(space, base, trials=trials, executor=pool)
            curve.add("numpy", trials, time.perf_counter() - began)
    return curve


def of_students() -> list[Curve]:
    classes = json.loads(LOAD.read_text("utf-8"))["classes"]
    done = Curve("students", "s until all are done", 1.0, "each trains a run of 10 000 iterations")
    held = Curve("students", "MB of the server", 0.2, "what all share outweighs a session, of 2 MB")
    for one in classes:
        done.add("", one["sessions"], one["all_done"])
        held.add("", one["sessions"], one["memory_mb"])
    return [done, held] if len(classes) > 1 else []


def main() -> None:
    curves = [times(family) for family in FAMILIES]
    for family in FAMILIES:
        runs = {step: family.make(step).replace(iterations=200) for step in family.steps}
        curves.append(memory(family.grows, runs, 1.0, family.memory))
    curves += [*of_iterations(), of_trials(), *of_students()]
    machine = f"{os.cpu_count()} cores, {identity(compiled='compiled' in engines())}, Python {platform.python_version()}"
    growth_report.write(curves, machine)


if __name__ == "__main__":
    main()
