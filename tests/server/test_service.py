"""The run service: the same digits as training at once, shared, fair, and not lost with a worker."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from server.training import job as jobs
from server.training import service as runs
from server.training import worker
from server.training.service import RunService
from spiral_core import DataSettings, SettingError, Settings, train

SMALL = Settings(hidden=(5,), iterations=300, data=DataSettings(points_per_class=20, test_fraction=0.2))
LONG = Settings(iterations=100_000, data=DataSettings(test_fraction=0.2))  # several seconds on any machine


@pytest.fixture
def service() -> Iterator[RunService]:
    service = RunService(workers=0)
    yield service
    service.stop()


@pytest.fixture
def processes() -> Iterator[RunService]:
    service = RunService(workers=2)
    service.start()
    yield service
    service.stop()


def finish(service: RunService, settings: Settings, seconds: float = 60.0) -> runs.View:
    view = service.watch(settings, wait=seconds)
    assert view.run.finished
    return view


def test_the_run_is_the_one_that_train_gives(service: RunService) -> None:
    view, expected = finish(service, SMALL), train(SMALL)
    assert np.array_equal(view.run.history.loss, expected.history.loss)
    assert np.array_equal(view.run.snapshots, expected.snapshots)
    assert list(view.pictures) == view.run.snapshot_iterations.tolist()
    assert all(picture.startswith("data:image/png;base64,") for picture in view.pictures.values())


def test_worker_processes_give_the_same_digits(processes: RunService) -> None:
    several = [SMALL.replace(seed=seed, iterations=3000) for seed in range(4)]
    for settings in several:
        processes.watch(settings)
    for settings in several:
        assert np.array_equal(finish(processes, settings).run.snapshots, train(settings).snapshots)


def test_equal_settings_are_trained_once(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []
    work = worker.work

    def counted(settings: Settings, *rest: object) -> worker.Slice:
        asked.append(settings)
        return work(settings, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "work", counted)
    threads = [threading.Thread(target=finish, args=(service, SMALL)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slices = len(asked)
    finish(service, SMALL)
    assert slices == len(asked) == service._jobs[SMALL].slices


def test_a_longer_run_goes_on_from_a_shorter_one(service: RunService) -> None:
    first = finish(service, SMALL).run
    longer = service.watch(SMALL.replace(iterations=500)).run
    assert longer.iteration == first.iteration == 300
    assert not longer.finished
    view = finish(service, SMALL.replace(iterations=500))
    assert np.array_equal(view.run.history.loss, train(SMALL.replace(iterations=500)).history.loss)
    assert list(view.pictures) == view.run.snapshot_iterations.tolist()


def test_what_is_still_to_begin_is_known_without_asking_for_it(service: RunService) -> None:
    longer, diverges = SMALL.replace(iterations=500), SMALL.replace(learning_rate=100.0, reg=10.0)
    assert service.iterations_to_begin(SMALL) == 300
    finish(service, SMALL)
    assert service.iterations_to_begin(SMALL) == 0
    assert service.iterations_to_begin(longer) == 200
    assert service.iterations_to_begin(SMALL.replace(seed=1)) == 300
    assert finish(service, diverges).run.divergence
    assert service.iterations_to_begin(diverges) == 0
    assert service.iterations_to_begin(diverges.replace(iterations=500)) == 500
    assert len(service._jobs) == 2


def test_a_cut_run_keeps_what_was_computed(service: RunService) -> None:
    service.watch(LONG, wait=0.5)
    shorter = service.cut(LONG)
    assert shorter.replace(iterations=LONG.iterations) == LONG
    assert 0 < shorter.iterations < LONG.iterations
    view = finish(service, shorter, 5)
    assert np.array_equal(view.run.history.loss, train(shorter).history.loss)
    assert service.cut(shorter) == shorter


def test_a_run_that_nobody_watches_rests_and_goes_on_when_asked(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.1)
    service.watch(LONG)
    time.sleep(1.0)
    rested = service._jobs[LONG].run.iteration
    time.sleep(0.5)
    assert service._jobs[LONG].run.iteration == rested < LONG.iterations
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 60.0)
    assert service.watch(LONG, wait=0.7).run.iteration > rested


def test_a_short_run_does_not_wait_for_a_long_one(service: RunService) -> None:
    service.watch(LONG)
    view = finish(service, SMALL, 10)
    assert view.run.iteration == 300
    assert not service.watch(LONG).run.finished


def test_a_page_that_runs_anew_drops_what_it_no_longer_shows() -> None:
    asking = ["a"]
    service = RunService(0, lambda: asking[0])
    service.watch(LONG, wait=0.3)
    service.turn_page()
    time.sleep(jobs.GRACE + 0.5)
    rested = service._jobs[LONG].run.iteration
    time.sleep(0.4)
    assert service._jobs[LONG].run.iteration == rested < LONG.iterations
    asking[0] = "b"
    assert service.watch(LONG, wait=0.4).run.iteration > rested  # another visit wakes it
    asking[0] = "a"
    service.turn_page()
    time.sleep(jobs.GRACE + 0.1)
    assert service._jobs[LONG].watched_by() == ["b"]
    service.stop()


def test_a_run_is_shown_with_its_picture_and_finished_with_all_of_them(service: RunService) -> None:
    """While it trains only its last snapshot is painted; it is not finished before its replay is whole."""
    settings = LONG.replace(iterations=6000)
    seen: list[runs.View] = []
    while not seen or not seen[-1].run.finished:
        seen.append(service.watch(settings, wait=0.02))
    assert any(view.started and not view.run.finished for view in seen)
    for view in seen:
        known = view.run.snapshot_iterations.tolist()
        if view.run.finished:
            assert list(view.pictures) == known
        elif view.started:
            assert known[-1] in view.pictures
    assert np.array_equal(seen[-1].run.history.loss, train(settings).history.loss)


def test_who_waits_for_a_picture_does_not_wait_for_the_end(service: RunService) -> None:
    endless = LONG.replace(hidden=(1000,))  # minutes
    began = time.monotonic()
    view = service.watch(endless, wait=30.0, for_picture=True)
    assert view.started
    assert not view.run.finished
    assert time.monotonic() - began < 25
    assert service.watch(SMALL, wait=30.0, for_picture=True).run.finished  # an end that is near is waited for


def test_who_waits_is_not_forgotten_behind_others(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.05)
    service.prepare(LONG)  # whose slices are longer than that
    assert finish(service, SMALL, 10).run.iteration == 300


def test_a_prepared_run_is_trained_without_anybody_watching(service: RunService) -> None:
    service.prepare(SMALL)
    deadline = time.monotonic() + 10
    while not service._jobs[SMALL].finished and time.monotonic() < deadline:
        time.sleep(0.02)
    assert service._jobs[SMALL].finished


def test_a_killed_worker_costs_nothing_but_its_slice(processes: RunService) -> None:
    settings = LONG.replace(iterations=20_000)
    processes.watch(settings, wait=0.3)
    pool = processes._pool
    assert isinstance(pool, ProcessPoolExecutor)
    assert not processes._jobs[settings].finished
    for pid in list(pool._processes):
        os.kill(pid, signal.SIGKILL)
    other = finish(processes, SMALL).run
    assert np.array_equal(other.history.loss, train(SMALL).history.loss)
    view = finish(processes, settings)
    assert view.run.iteration == 20_000
    assert np.array_equal(view.run.history.loss, train(settings).history.loss)


def test_an_error_in_the_work_reaches_the_page_and_is_not_for_ever(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> worker.Slice:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "work", broken)
        with pytest.raises(MemoryError, match="no room"):
            service.watch(SMALL, wait=5)
    finish(service, SMALL)


def test_settings_that_fit_no_data_are_refused_at_once(service: RunService) -> None:
    with pytest.raises(SettingError, match=r"data\.test_fraction must be 0, or large enough"):
        service.watch(SMALL.replace(data=DataSettings(points_per_class=2, test_fraction=0.1)))
    finish(service, SMALL)


def test_memory_is_bounded(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.0)
    size = None
    for seed in range(12):
        settings = SMALL.replace(seed=seed)
        service.prepare(settings)
        while not service._jobs[settings].finished:
            time.sleep(0.01)
        service._jobs[settings].keep = False
        size = size or service._jobs[settings].size
        monkeypatch.setattr(runs, "MEMORY", 4 * size)
    assert sum(job.size for job in service._jobs.values()) <= 5 * size  # type: ignore[operator]
    assert SMALL.replace(seed=11) in service._jobs
    assert SMALL not in service._jobs


def test_a_trial_comes_after_what_is_watched_and_is_dropped_with_its_asker(
    service: RunService, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = SMALL.replace(seed=77, iterations=2000)
    service.watch(LONG)
    assert service.watch_trial(trial) is None
    waiting = service._turns.order(service._jobs.values())
    assert waiting[-1].run.settings == trial
    deadline = time.monotonic() + 30
    while (run := service.watch_trial(trial)) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run is not None
    assert np.array_equal(run.history.loss, train(trial).history.loss)
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.0)
    assert service.watch_trial(trial.replace(seed=78)) is None
    assert service._turns.order(service._jobs.values()) == []
