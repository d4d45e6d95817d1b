"""The core beside the article's plain code and its peers: `make bench`, or `python -m benchmarks.core`.

One BLAS thread; contestants take turns; medians. Prints tables with ratios, writes benchmarks/results.json and
docs/pictures/benchmark.png. Takes about two minutes.
"""

from __future__ import annotations

import os
import sys

# glibc reads these when a process starts: large arrays are recycled rather than given back to the system and fetched again.
# Without them the plain code, which makes new arrays in each step, is at times twice as slow; ours makes none.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
if __name__ == "__main__" and not set(MALLOC) <= set(os.environ):
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks.core"], os.environ | MALLOC)

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import PEERS
from benchmarks.plain import train_plain
from benchmarks.timing import Contestant, interleaved
from spiral_core import Dataset, DataSettings, Network, Settings, gradient_check, make_dataset, train
from spiral_core.boundary import area_of, class_maps, grid
from spiral_core.datasets import Split, data_of
from spiral_core.training import Training, first_network

HERE = Path(__file__).parent
ITERATIONS = 2000
Rows = list[dict[str, Any]]


def ours(settings: Settings, dataset: Dataset | None = None, network: Network | None = None) -> Contestant:
    """The whole of `train`: logging, accuracy and snapshots included."""
    return lambda iterations: train(settings.replace(iterations=iterations), dataset, network)


def plain(settings: Settings, dataset: Dataset, network: Network) -> Contestant:
    def run(iterations: int) -> float:
        return train_plain(
            dataset.X, dataset.y, network.weights, iterations, settings.activation, settings.optimizer,
            settings.learning_rate, settings.reg,
        )  # fmt: skip

    return run


def against_plain(name: str, settings: Settings, iterations: int) -> dict[str, Any]:
    dataset = data_of(settings.data).train
    network = first_network(settings, dataset)
    times = interleaved({"plain": plain(settings, dataset, network), "ours": ours(settings)}, iterations)
    return {"name": name, **times, "ratio": times["plain"] / times["ours"]}


def training() -> Rows:
    """Every update rule, the other activations, deeper nets."""
    rows = []
    for rule in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"):
        rate = 1.0 if rule in ("sgd",) else 0.1 if rule in ("momentum", "nesterov") else 0.01
        rows.append(against_plain(f"2-100-3 ReLU, {rule}", Settings(optimizer=rule, learning_rate=rate), ITERATIONS))
    for activation in ("tanh", "sigmoid"):
        rows.append(against_plain(f"2-100-3 {activation}, sgd", Settings(activation=activation), ITERATIONS // 2))
    for hidden in ((100, 100), (50, 50, 50)):
        sizes = "-".join(map(str, (2, *hidden, 3)))
        rows.append(against_plain(f"{sizes} ReLU, sgd", Settings(hidden=hidden, init="he", learning_rate=0.1), ITERATIONS // 4))
    rows.append(against_plain("2-3 linear, sgd", Settings(hidden=()), ITERATIONS))
    return rows


def peers() -> Rows:
    """The article's net in other libraries."""
    settings = Settings()
    dataset = data_of(settings.data).train
    network = first_network(settings, dataset)
    W, W2 = (np.ascontiguousarray(weights) for weights in network.weights)
    contestants = {"plain": plain(settings, dataset, network), "Spiral Lab": ours(settings)}
    absent = []
    for name, make in PEERS.items():
        try:
            contestants[name] = make(np.array(dataset.X), np.array(dataset.y), W, W2)
        except ImportError as error:
            absent.append({"name": name, "absent": str(error)})
    times = interleaved(contestants, ITERATIONS, rounds=5)
    return [{"name": name, "seconds": t, "ratio": times["plain"] / t} for name, t in times.items()] + absent


def growth() -> Rows:
    """More units and more points."""
    rows = []
    for units in (10, 100, 500, 1000):
        for points in (300, 3000, 30_000, 300_000):
            if units * points > 150_000_000:  # the plain code would need 12 GB
                continue
            settings = Settings(hidden=(units,))
            base = make_dataset(DataSettings(points_per_class=min(points // 3, 10_000)))
            copies = points // len(base)
            dataset = Dataset(np.tile(base.X, (copies, 1)), np.tile(base.y, copies))
            network = first_network(settings, dataset)
            iterations = max(1, min(2000, 6_000_000 // (units * points // 10)))
            work = Training(settings.replace(iterations=100_000), Split(dataset, None), network=network)

            def updates(n: int, work: Training = work) -> None:
                for i in range(n):
                    work._update(i, None)

            times = interleaved({"plain": plain(settings, dataset, network), "ours": updates}, iterations, rounds=3)
            each = times["ours"] / (units * points)
            rows.append({"units": units, "points": points, **times, "ratio": times["plain"] / times["ours"], "each": each})
    return rows


def boundary() -> Rows:
    """A grid of 200 x 200 for 100 units, and all snapshots of a run."""
    run = train(Settings(iterations=2000))
    net, X = run.network_at(), grid(area_of(run.data.train.X), 200)
    W, W2 = (np.ascontiguousarray(w) for w in net.weights)
    b, b2 = (np.ascontiguousarray(b) for b in net.biases)

    def plain_grid(n: int) -> None:
        for _ in range(n):
            scores = np.maximum(0, X @ W + b) @ W2 + b2
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            p.argmax(axis=1), p.max(axis=1)

    def our_grid(n: int) -> None:
        for _ in range(n):
            class_maps(net, run.snapshots[-1:], X)

    times = interleaved({"plain": plain_grid, "ours": our_grid}, 10)
    rows: Rows = [{"name": "200 x 200 grid, 100 units", **times, "ratio": times["plain"] / times["ours"]}]
    every = interleaved({"ours": lambda n: [class_maps(net, run.snapshots, X) for _ in range(n)]}, 1, rounds=3)
    rows.append({"name": f"the same, all {len(run.snapshots)} snapshots in one call", **every})
    return rows


def gradient_checks() -> Rows:
    """All 603 parameters of the article's net."""
    run = train(Settings(iterations=300))
    net, (X, y) = run.network_at(), (run.data.train.X, run.data.train.y)

    def one_by_one(n: int) -> None:
        for _ in range(n):
            probe = net.copy()
            for i, value in enumerate(net.parameters):
                for change in (1e-5, -1e-5):
                    probe.parameters[i] = value + change
                    probe.loss(X, y, 1e-3)
                probe.parameters[i] = value

    times = interleaved({"plain": one_by_one, "ours": lambda n: [gradient_check(net, X, y, 1e-3) for _ in range(n)]}, 3)
    return [{"name": "gradient check, 603 parameters", **times, "ratio": times["plain"] / times["ours"]}]


def robustness() -> Rows:
    """Nets in trouble against a healthy one: denormals, dead units, saturation."""
    tiny = Settings(reg=0.0, learning_rate=1e-6)
    cases = {
        "healthy ReLU": Settings(),
        "all units dead (rate 10)": Settings(learning_rate=10.0),
        "all weights zero": Settings(init="zero"),
        "weights decayed to nothing (reg 1)": Settings(reg=1.0, learning_rate=0.5),
        "tiny steps": tiny,
        "healthy sigmoid": Settings(activation="sigmoid", init="he"),
        "saturated sigmoid (rate 100)": Settings(activation="sigmoid", init="he", learning_rate=100.0, reg=0.0),
    }
    times = interleaved({name: ours(settings) for name, settings in cases.items()}, 3000, rounds=3)
    rows = []
    for name, seconds in times.items():
        healthy = times["healthy sigmoid" if "sigmoid" in name else "healthy ReLU"]
        rows.append({"name": name, "seconds": seconds, "ratio": seconds / healthy})
    return rows


def imports() -> Rows:
    """`import spiral_core` beside `import numpy`, each in a new process."""

    def new_process(code: str) -> Contestant:
        return lambda n: [subprocess.run([sys.executable, "-c", code], check=True) for _ in range(n)]

    modules = {"nothing": "pass", "numpy": "import numpy", "spiral_core": "import spiral_core"}
    times = interleaved({name: new_process(code) for name, code in modules.items()}, 1, rounds=9)
    net = {name: seconds - times["nothing"] for name, seconds in times.items() if name != "nothing"}
    return [{"name": f"import {name}", "seconds": seconds, "ratio": seconds / net["numpy"]} for name, seconds in net.items()]


SECTIONS = {
    "training": training,
    "peers": peers,
    "growth": growth,
    "boundary": boundary,
    "gradient_checks": gradient_checks,
    "robustness": robustness,
    "imports": imports,
}


def machine() -> dict[str, str]:
    names = ("numpy", "scikit-learn", "torch", "jax", "numba")
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "absent"
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    kernels = os.environ.get("OPENBLAS_CORETYPE", "chosen by OpenBLAS")
    return {
        "cpu": cpu or platform.processor(),
        "BLAS kernels": kernels,
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **versions,
    }


def show(title: str, rows: Rows) -> None:
    print(f"\n{title}")
    for row in rows:
        name = row.get("name") or f"{row['units']:>5} units, {row['points']:>7,} points"
        if "absent" in row:
            print(f"  {name:<46} absent: {row['absent']}")
            continue
        cells = [f"{key} {row[key] * 1e6:>12,.1f} µs" for key in ("plain", "ours", "seconds") if key in row]
        cells += [f"ratio {row['ratio']:6.2f}"] if "ratio" in row else []
        cells += [f"{row['each'] * 1e9:.2f} ns a point and unit"] if "each" in row else []
        print(f"  {name:<46} " + "   ".join(cells), flush=True)


def main() -> None:
    results: dict[str, Any] = {"machine": machine()}
    print(", ".join(f"{key} {value}" for key, value in results["machine"].items()))
    for title, section in SECTIONS.items():
        results[title] = section()
        show(title, results[title])
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    try:
        from benchmarks.plot import draw
    except ImportError:
        print("\nmatplotlib is absent: no picture")
    else:
        draw(results)


if __name__ == "__main__":
    main()
