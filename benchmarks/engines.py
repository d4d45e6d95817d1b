"""NumPy's engine beside the compiled one: `python -m benchmarks.engines`, or with names of groups, or `sweep`.

One core; the engines take turns in one run, and the medians of their rounds count, in seconds of the processor, so that other
work on the machine matters less. Times are those of the whole of `train`: logging, accuracy and snapshots included.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import sys
import time

import numpy as np

from spiral_core import DataSettings, Settings, fast, train
from spiral_core.activations import ACTIVATIONS
from spiral_core.engine import identity
from spiral_core.features import FEATURES
from spiral_core.optimizers import OPTIMIZERS

Cases = dict[str, Settings]


def article() -> Cases:
    return {"2-100-3, 300 points": Settings()}


def optimizers() -> Cases:
    return {name: Settings(optimizer=name, learning_rate=0.01, iterations=5000) for name in OPTIMIZERS}


def activations() -> Cases:
    return {name: Settings(activation=name, iterations=3000) for name in ACTIVATIONS}


def sizes() -> Cases:
    found = {}
    for units in (10, 30, 100, 300):
        for points in (100, 300, 1000, 3000, 10_000):
            iterations = max(20, min(3000, 100_000_000 // (units * points)))
            data = DataSettings(points_per_class=round(points / 3))
            found[f"{units} units, {points} points"] = Settings(hidden=(units,), data=data, iterations=iterations)
    return found


def depth() -> Cases:
    found = {}
    for hidden in ((), (100, 100), (50, 50, 50), (10, 10), (300, 300)):
        iterations = max(100, min(2000, 20_000_000 // max(1, sum(hidden)) ** 2))
        name = "-".join(map(str, (2, *hidden, 3)))
        found[name] = Settings(hidden=hidden, init="he", learning_rate=0.1, iterations=iterations)
    return found


def batches() -> Cases:
    return {f"batches of {size}": Settings(batch_size=size, learning_rate=0.01, iterations=3000) for size in (1, 10, 30, 100)}


def sweep(count: int = 200) -> Cases:
    """Random settings of every kind."""
    found = {}
    for number in range(count):
        rng = np.random.default_rng(number)
        names = list(FEATURES)
        hidden = tuple(int(2 ** rng.uniform(0, 8)) for _ in range(int(rng.integers(0, 5))))
        settings = Settings(
            data=DataSettings(points_per_class=int(10 ** rng.uniform(1, 3)), classes=int(rng.integers(2, 9))),
            hidden=hidden,
            features=tuple(sorted(rng.choice(names, int(rng.integers(1, 8)), replace=False), key=names.index)),
            activation=str(rng.choice(list(ACTIVATIONS))),
            optimizer=str(rng.choice(list(OPTIMIZERS))),
            learning_rate=0.01,
            init="he",
            reg_l1=float(rng.choice([0.0, 1e-3])),
            batch_size=[None, int(10 ** rng.uniform(0, 2.5))][int(rng.integers(0, 2))],
        )
        iterations = max(10, min(1000, 1_000_000_000 // (settings.batch_points * settings.parameter_count + 200_000)))
        sizes = "-".join(map(str, (len(settings.features), *hidden, settings.data.class_count)))
        name = f"{number}: {sizes} {settings.activation} {settings.optimizer}, {settings.batch_points} points"
        found[name] = settings.replace(iterations=iterations)
    return found


GROUPS = {
    "article": article,
    "optimizers": optimizers,
    "activations": activations,
    "sizes": sizes,
    "depth": depth,
    "batches": batches,
}


def seconds(settings: Settings, engine: str) -> float:
    os.environ[fast.VARIABLE] = engine
    began = time.thread_time()
    train(settings)
    return (time.thread_time() - began) / settings.iterations


def ratio(name: str, settings: Settings, rounds: int) -> float:
    """How many times as fast the compiled engine is; prints both."""
    times: dict[str, list[float]] = {"numpy": [], "compiled": []}
    for engine in times:
        seconds(settings.replace(iterations=max(1, settings.iterations // 10)), engine)
    for _ in range(rounds):
        for engine, each in times.items():
            each.append(seconds(settings, engine))
    numpy, compiled = (statistics.median(each) for each in times.values())
    print(
        f"  {name:<60} {numpy * 1e6:>10,.1f} {compiled * 1e6:>10,.1f} µs an iteration   ratio {numpy / compiled:5.2f}", flush=True
    )
    return numpy / compiled


def main(wanted: list[str]) -> None:
    if not fast.load():
        sys.exit("There is no compiled engine here: install numba.")
    print(identity(compiled=True))
    for name, cases in GROUPS.items():
        if not wanted or name in wanted:
            print(f"\n{name}")
            for case, settings in cases().items():
                ratio(case, settings, 7)
    if "sweep" in wanted:
        print("\nsweep")
        found = {name: ratio(name, settings, 3) for name, settings in sweep().items()}
        slow = [name for name, value in found.items() if value < 0.95]
        print(f"\n{len(found)} settings: median {statistics.median(found.values()):.2f}, lowest {min(found.values()):.2f}")
        print(f"below 0.95: {len(slow)}", *slow, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
