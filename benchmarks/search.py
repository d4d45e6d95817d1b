"""Searches side by side: `python -m benchmarks.search`, in the environment of `make bench`. About four minutes on two cores.

64 trials of the article's net over learning rate and regularisation, 2 000 iterations each, a fifth of the points held out: the
plain code, scikit-learn and Optuna (if installed; its random sampler and its TPE, on the plain code) one trial after another;
ours in two worker processes, random and by halving.
Halving's quality: its best held-out loss over the best of all 64 trials, ten draws.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import multiprocessing
import statistics
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from benchmarks.plain import train_plain
from spiral_core import DataSettings, Settings
from spiral_core.datasets import data_of
from spiral_core.search import Plan, search
from spiral_core.search.space import Dimension
from spiral_core.training import first_network

BASE = Settings(iterations=2000, data=DataSettings(test_fraction=0.2))
SPACE = (Dimension("learning_rate", "log", 1e-3, 10.0), Dimension("reg", "log", 1e-5, 1e-1))
TRIALS, DRAWS, ROUNDS = 64, 10, 3


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def plain_trial(learning_rate: float, reg: float) -> float:
    train = data_of(BASE.data).train
    weights = first_network(BASE, train).weights
    return train_plain(train.X, train.y, weights, BASE.iterations, "relu", "sgd", learning_rate, reg)


def plain_search(seed: int) -> None:
    plan = Plan(SPACE, BASE, seed=seed)
    with np.errstate(all="ignore"):
        for number in range(TRIALS):
            plain_trial(**plan.values(number))


def sklearn_search(seed: int) -> None:
    from sklearn.neural_network import MLPClassifier

    plan, train = Plan(SPACE, BASE, seed=seed), data_of(BASE.data).train
    for number in range(TRIALS):
        values = plan.values(number)
        net = MLPClassifier(
            (100,), solver="sgd", momentum=0.0, batch_size=len(train), learning_rate_init=values["learning_rate"],
            alpha=values["reg"], max_iter=BASE.iterations, tol=0.0, n_iter_no_change=10**9,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it would go on
            net.fit(train.X, train.y)


def optuna_search(seed: int, sampler: str) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    make = {"random": optuna.samplers.RandomSampler, "TPE": optuna.samplers.TPESampler}[sampler]

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 1e-3, 10.0, log=True)
        loss = plain_trial(rate, trial.suggest_float("reg", 1e-5, 1e-1, log=True))
        return loss if np.isfinite(loss) else 1e9

    with np.errstate(all="ignore"):
        optuna.create_study(sampler=make(seed=seed)).optimize(objective, n_trials=TRIALS)


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as pool:
        search(SPACE, BASE.replace(iterations=10), trials=8, executor=pool)  # the workers are there

        def ours(method: str, seed: int) -> float:
            trials = search(SPACE, BASE, method=method, trials=TRIALS, seed=seed, executor=pool)  # type: ignore[arg-type]
            return min(trials, key=lambda trial: (-trial.rung, trial.score)).score

        contestants: dict[str, Callable[[int], object]] = {
            "plain code, one after another": plain_search,
            "scikit-learn, one after another": sklearn_search,
            "Optuna random, plain code": lambda seed: optuna_search(seed, "random"),
            "Optuna TPE, plain code": lambda seed: optuna_search(seed, "TPE"),
            "ours, random, two workers": lambda seed: ours("random", seed),
            "ours, halving, two workers": lambda seed: ours("halving", seed),
        }
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for seed in range(ROUNDS):
            for name, contestant in contestants.items():
                try:
                    times[name].append(seconds(lambda contestant=contestant, seed=seed: contestant(seed)))  # type: ignore[misc]
                except ImportError as error:
                    print(f"  {name}: absent ({error})")
        base = statistics.median(times["plain code, one after another"])
        for name, values in times.items():
            if values:
                print(f"  {name:<34}{statistics.median(values):8.2f} s   {base / statistics.median(values):6.1f} times as fast")
        ratios = []
        for seed in range(DRAWS):
            best, found = ours("random", seed), ours("halving", seed)
            ratios.append(found / best)
            print(f"  draw {seed}: best of all {best:.6f}, halving {found:.6f}, ratio {found / best:.4f}")
        within = sum(ratio <= 1.01 for ratio in ratios)
        print(f"  within 1 % in {within} of {DRAWS} draws, median ratio {statistics.median(ratios):.4f}")


if __name__ == "__main__":
    main()
