"""Search: the same trials and digits whatever the executor, halving that trains nothing twice, and nothing lost with a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import psutil
import pytest

from spiral_core import DataSettings, SettingError, Settings, train
from spiral_core.search import ETA, Plan, Search, Trial, carry_out, search
from spiral_core.search import engine as search_module
from spiral_core.search.engine import TrialSlice
from spiral_core.search.space import Dimension

BASE = Settings(hidden=(8,), iterations=1600, data=DataSettings(points_per_class=20, test_fraction=0.25))
SPACE = (Dimension("learning_rate", "log", 1e-3, 10.0), Dimension("reg", "log", 1e-5, 1e-1))


class Serial(Executor):
    """Does the work at once, here."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def assert_same(a: list[Trial], b: list[Trial]) -> None:
    assert [(t.number, t.rung, t.score, t.settings) for t in a] == [(t.number, t.rung, t.score, t.settings) for t in b]
    for one, other in zip(a, b, strict=True):
        assert one.record
        assert other.record
        assert one.record.parameters is not None
        assert np.array_equal(one.record.parameters, other.record.parameters)  # type: ignore[arg-type]
        assert np.array_equal(one.record.history.loss, other.record.history.loss)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Executor]:
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "processes": True}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client.get_executor(retries=3)


@pytest.mark.parametrize("method", ["random", "halving"])
def test_every_executor_gives_the_same_digits(method: Any, cluster: Executor) -> None:
    expected = search(SPACE, BASE, method=method, trials=16, executor=Serial())
    with ProcessPoolExecutor(2) as pool, ThreadPoolExecutor(3) as threads:
        for executor in (pool, threads, cluster):
            assert_same(search(SPACE, BASE, method=method, trials=16, executor=executor, at_once=5), expected)


def test_a_trial_is_the_run_of_its_settings() -> None:
    for trial in search(SPACE, BASE, trials=3, executor=Serial()):
        run = train(trial.settings)
        assert trial.record
        assert trial.score == trial.record.summary.test_loss == run.history.test_loss[-1]
        assert trial.record.parameters == pytest.approx(run.snapshots[-1], rel=1e-6)


def test_slices_change_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = search(SPACE, BASE, method="halving", trials=8, executor=Serial())
    monkeypatch.setattr(search_module, "SLICE_SECONDS", 0.002)
    assert_same(search(SPACE, BASE, method="halving", trials=8, executor=Serial()), expected)


def test_halving_trains_nothing_twice_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "SLICE_SECONDS", 60.0)  # however slow the machine: one slice a rung
    asked: list[tuple[int, int]] = []

    class Counting(Serial):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            asked.append((args[1].iteration if args[1] else 0, args[0].iterations))
            return super().submit(fn, *args, **kwargs)

    trials = search(SPACE, BASE, method="halving", trials=32, executor=Counting())
    assert Plan(SPACE, BASE, "halving", 32).rungs == (100, 400, 1600)
    assert [asked.count(part) for part in ((0, 100), (100, 400), (400, 1600))] == [32, 8, 2]
    assert len(asked) == 42
    for rung in (1, 2):
        went_on = [trial.number for trial in trials if trial.rung >= rung]
        assert len(went_on) == -(-32 // ETA**rung)
    top = [trial for trial in trials if trial.rung == 2]
    assert top[0].score == train(top[0].settings).history.test_loss[-1]


def test_trials_follow_from_plan_and_number_alone() -> None:
    short, long = Plan(SPACE, BASE, trials=5), Plan(SPACE, BASE, trials=50)
    assert [short.values(n) for n in range(5)] == [long.values(n) for n in range(5)]
    assert Plan(SPACE, BASE, seed=1).values(0) != short.values(0)
    assert Plan.from_dict(long.to_dict()) == long


def test_a_grid_has_each_combination_once() -> None:
    space = (Dimension("learning_rate", "log", 0.01, 1.0), Dimension("optimizer", "choice", choices=("sgd", "adam")))
    plan = Plan(space, BASE, "grid", 7)
    pairs = {(plan.values(n)["learning_rate"], plan.values(n)["optimizer"]) for n in range(plan.count)}
    assert plan.count == len(pairs) == 6
    assert {rate for rate, _ in pairs} == {0.01, 0.1, 1.0}


def test_what_is_known_is_not_done_again() -> None:
    whole = search(SPACE, BASE, method="halving", trials=16, executor=Serial())
    done: list[Trial] = []
    part = Search(Plan(SPACE, BASE, "halving", 16))
    carry_out(part, Serial, 1, done.append, stopped=lambda: len(done) >= 17)
    again: list[Trial] = []
    assert_same(search(SPACE, BASE, method="halving", trials=16, executor=Serial(), known=done, on_result=again.append), whole)
    assert len(done) + len(again) == 16 + 4 + 1


def test_a_diverging_trial_is_the_worst_result() -> None:
    space = (Dimension("learning_rate", "linear", 50.0, 100.0),)
    trials = search(space, BASE.replace(hidden=(), reg=10.0), trials=3, executor=Serial())
    assert all(trial.score == float("inf") and trial.record and trial.record.divergence for trial in trials)
    halved = search(space, BASE.replace(hidden=(), reg=10.0), method="halving", trials=3, executor=Serial())
    assert {trial.rung for trial in halved} == {0}


def test_a_trial_without_data_is_a_result_with_its_reason() -> None:
    space = (Dimension("points_per_class", "linear", 2, 3),)
    base = BASE.replace(data=BASE.data.replace(test_fraction=0.1))
    trials = search(space, base, trials=4, executor=Serial())
    assert all("test_fraction" in trial.failure and trial.record is None for trial in trials)


def test_a_killed_worker_costs_no_trial() -> None:
    """With the pool that search makes itself: its trials are done again in a new one."""
    expected = search(SPACE, BASE, trials=24, executor=Serial())
    pools: list[ProcessPoolExecutor] = []
    deaths: list[int] = []
    results: list[int] = []

    def executor() -> Executor:
        pools.append(ProcessPoolExecutor(2))
        return pools[-1]

    def take(trial: Trial) -> None:
        results.append(trial.number)
        if len(results) in (3, 12):
            for pid in list(pools[-1]._processes):
                psutil.Process(pid).kill()

    found = Search(Plan(SPACE, BASE, trials=24))
    carry_out(found, executor, 4, take, lambda: deaths.append(1))
    assert_same(found.trials, expected)
    assert sorted(results) == list(range(24))
    assert len(pools) == len(deaths) + 1 >= 2


def poisoned(settings: Settings, *rest: Any) -> TrialSlice:
    """What a worker does, but that trials with three hidden units kill it."""
    if settings.hidden == (3,):
        psutil.Process().kill()
    return train_slice(settings, *rest)


train_slice = search_module.train_slice


def test_a_poisonous_trial_is_found_though_its_death_breaks_the_whole_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process pool of the standard library fails all that it has: each suspect is tried alone."""
    space = (Dimension("units", "choice", choices=(2, 3, 5, 6, 7, 9)),)
    expected = search(space, BASE, method="grid", trials=6, executor=Serial())
    monkeypatch.setattr(search_module, "train_slice", poisoned)
    trials = search(space, BASE, method="grid", trials=6)
    assert {trial.settings.hidden: trial.failure for trial in trials if trial.failure} == {(3,): "its worker died each time"}
    healthy = [trial for trial in expected if trial.settings.hidden != (3,)]
    assert_same([trial for trial in trials if not trial.failure], healthy)


def test_a_search_stops_when_asked_and_keeps_what_is_done() -> None:
    found, done = Search(Plan(SPACE, BASE.replace(iterations=5_000), trials=100)), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        thread = threading.Thread(target=carry_out, args=(found, lambda: pool, 2), kwargs={"stopped": done.is_set})
        thread.start()
        deadline = time.monotonic() + 30
        while not found.trials and time.monotonic() < deadline:
            time.sleep(0.01)
        done.set()
        thread.join(10)
    assert not thread.is_alive()
    assert 1 <= len(found.trials) < 100
    assert not found.finished


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"space": ()}, "space"),
        ({"space": SPACE[:1] * 2}, "space"),
        ({"trials": 0}, "trials"),
        ({"trials": 10**6}, "trials"),
        ({"method": "bayes"}, "method"),
        ({"objective": "beauty"}, "objective"),
        ({"base": BASE.replace(data=BASE.data.replace(test_fraction=0.0))}, "objective"),
        ({"space": (Dimension("loss", "choice", choices=("softmax", "hinge")),), "objective": "test_loss"}, "objective"),
        ({"method": "grid", "trials": 3}, "trials"),
        ({"method": "halving", "space": (Dimension("iterations", "log", 10, 100),)}, "iterations"),
        ({"space": (Dimension("units", "log", 900, 1000), Dimension("layers", "linear", 5, 6))}, "hidden"),
    ],
)
def test_a_bad_plan_names_the_field(change: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"space": SPACE, "base": BASE} | change
    with pytest.raises(SettingError) as caught:
        Plan(**given)
    assert caught.value.field == field
