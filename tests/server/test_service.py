"""The run service: the same digits as training at once, shared, fair, and not lost with a worker."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from server.training import cost, pictures, worker
from server.training import job as jobs
from server.training import jobs as kept
from server.training import service as runs
from server.training.service import RunFailedError, RunService
from server.training.view import View
from server.training.worker import Slice
from spiral_core import DataSettings, SettingError, Settings, train
from spiral_core.datasets import data_of
from spiral_core.run import Checkpoint, Run
from tests.server.test_cost import HEAVY
from tests.support.polling import until

SMALL = Settings(hidden=(5,), iterations=300, data=DataSettings(points_per_class=20, test_fraction=0.2))
LONG = Settings(iterations=100_000, data=DataSettings(test_fraction=0.2))  # several seconds on any machine


@pytest.fixture
def service() -> Iterator[RunService]:
    service = RunService(workers=0)
    yield service
    service.close()


@pytest.fixture
def processes() -> Iterator[RunService]:
    service = RunService(workers=2)
    service.start()
    yield service
    service.close()


def finish(service: RunService, settings: Settings, seconds: float = 60.0) -> View:
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
    several = [SMALL.replace(seed=seed, iterations=1000) for seed in range(4)]
    for settings in several:
        processes.watch(settings)
    for settings in several:
        assert np.array_equal(finish(processes, settings).run.snapshots, train(settings).snapshots)


def test_equal_settings_are_trained_once(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []  # at which iteration each slice of training began

    def counted(settings: Settings, checkpoint: Checkpoint | None, *rest: Any) -> Slice:
        begun.append(checkpoint.iteration if checkpoint else 0)
        return work(settings, checkpoint, *rest)

    monkeypatch.setattr(worker, "work", counted)
    threads = [threading.Thread(target=finish, args=(service, SMALL)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slices = list(begun)
    finish(service, SMALL)
    assert begun == slices == sorted(set(slices))
    assert service.load().begun == 1


def test_a_longer_run_goes_on_from_a_shorter_one(service: RunService) -> None:
    first = finish(service, SMALL).run
    longer = service.watch(SMALL.replace(iterations=500)).run
    assert longer.iteration == first.iteration == 300
    assert not longer.finished
    view = finish(service, SMALL.replace(iterations=500))
    assert np.array_equal(view.run.history.loss, train(SMALL.replace(iterations=500)).history.loss)
    assert list(view.pictures) == view.run.snapshot_iterations.tolist()


def test_a_chain_goes_on_from_the_run_of_its_earlier_phases(service: RunService) -> None:
    """And the picture of the iteration at which its weights were set by hand is made anew."""
    chain = SMALL.followed(learning_rate=0.1, iterations=150, edits=((0, 9.0), (2, -9.0)))
    assert service.missing(chain) == cost.seconds(chain) > cost.seconds(SMALL)
    first = finish(service, SMALL)
    assert service.missing(chain) == cost.seconds(chain, 300)
    assert service.watch(chain).run.iteration >= 300
    view = finish(service, chain)
    expected = train(chain)
    assert np.array_equal(view.run.history.loss, expected.history.loss)
    assert np.array_equal(view.run.snapshots, expected.snapshots)
    assert list(view.pictures) == view.run.snapshot_iterations.tolist()
    (again,) = pictures.boundaries(chain, np.array([300]), expected.network_at(300).parameters[None], cost.PICTURE_SIZE).values()
    assert view.pictures[300] == again != first.pictures[300]
    longer = chain.replace(iterations=200)
    assert service.missing(longer) == cost.seconds(longer, 450)


def test_a_chain_in_slices_and_cut_in_an_earlier_phase(service: RunService) -> None:
    chain = LONG.replace(iterations=60_000).followed(learning_rate=0.1, iterations=40_000)
    service.watch(chain, wait=0.3)
    shorter = service.cut(chain)
    assert shorter.after is None
    assert 0 < shorter.iterations < 60_000
    assert np.array_equal(finish(service, shorter, 5).run.history.loss, train(shorter).history.loss)


def test_what_is_still_to_begin_is_known_without_asking_for_it(service: RunService) -> None:
    longer, diverges = SMALL.replace(iterations=500), SMALL.replace(learning_rate=100.0, reg=10.0)
    assert service.missing(SMALL) == cost.seconds(SMALL)
    finish(service, SMALL)
    assert service.missing(SMALL) == 0
    assert service.missing(longer) == cost.seconds(longer, 300) < cost.seconds(longer)
    assert service.missing(SMALL.replace(seed=1)) == cost.seconds(SMALL)
    assert finish(service, diverges).run.divergence
    assert service.missing(diverges) == 0
    assert service.missing(diverges.replace(iterations=500)) == cost.seconds(diverges.replace(iterations=500))  # it cannot go on
    assert len(service._jobs) == 2


def test_a_cut_run_keeps_what_was_computed(service: RunService) -> None:
    service.watch(LONG, wait=0.5)
    shorter = service.cut(LONG)
    assert shorter.replace(iterations=LONG.iterations) == LONG
    assert 0 < shorter.iterations < LONG.iterations
    view = finish(service, shorter, 5)
    assert np.array_equal(view.run.history.loss, train(shorter).history.loss)
    assert service.cut(shorter) == shorter


def resting(service: RunService, settings: Settings) -> int:
    """The iteration at which a run rests that nobody watches any more."""
    until(lambda: service.load().waiting == 0 and not service._jobs[settings].working, "it does not rest")
    return service._jobs[settings].run.iteration


def test_a_run_that_nobody_watches_rests_and_goes_on_when_asked(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.1)
    service.watch(LONG)
    rested = resting(service, LONG)
    assert rested < LONG.iterations
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 60.0)
    until(lambda: service.watch(LONG).run.iteration > rested, "it does not go on")


def test_a_short_run_does_not_wait_for_a_long_one(service: RunService) -> None:
    service.watch(LONG)
    view = finish(service, SMALL, 10)
    assert view.run.iteration == 300
    assert not service.watch(LONG).run.finished


def test_a_page_that_runs_anew_drops_what_it_no_longer_shows() -> None:
    asking = ["a"]
    service = RunService(0, lambda: asking[0])
    until(lambda: service.watch(LONG).started, "it does not begin")
    service.turn_page()
    rested = resting(service, LONG)
    assert rested < LONG.iterations
    asking[0] = "b"
    until(lambda: service.watch(LONG).run.iteration > rested, "another visit does not wake it")
    asking[0] = "a"
    service.watch(LONG)
    service.turn_page()
    until(lambda: service._jobs[LONG].watched_by() == ["b"], "the page that left is not forgotten")
    service.close()


def test_a_run_is_shown_with_its_picture_and_finished_with_all_of_them(service: RunService) -> None:
    """While it trains only its last snapshot is painted; it is not finished before its replay is whole."""
    settings = LONG.replace(iterations=6000)
    seen: list[View] = []
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


def test_who_is_alone_need_not_wait_for_the_end(service: RunService) -> None:
    view = service.watch(LONG, wait=60.0, at_once=True)
    assert view.started
    assert not view.run.finished
    middling = SMALL.replace(iterations=4000, seed=3)  # not done in a first slice
    assert service.watch(middling, wait=60.0, at_once=True).run.finished  # `LONG` still is watched, and waits for its turn


def test_who_waits_is_not_forgotten_behind_others(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.05)
    monkeypatch.setattr(runs, "LOOK_AGAIN", 0.02)
    service.prepare(LONG)  # whose slices are longer than that
    assert finish(service, SMALL, 10).run.iteration == 300


def test_a_prepared_run_is_trained_without_anybody_watching(service: RunService) -> None:
    service.prepare(SMALL)
    until(lambda: service._jobs[SMALL].finished, "it is not trained")


def test_a_run_whose_slice_took_far_too_long_is_heavy_from_then_on(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    """However light it was taken to be: others do not wait for it a second time."""
    slow = SMALL.replace(iterations=2000)

    def noted(settings: Settings, *rest: Any) -> Slice:
        found = work(settings, *rest)
        return found._replace(seconds=rest[1] + 1.0) if settings == slow else found

    monkeypatch.setattr(worker, "work", noted)
    service.watch(slow)
    service.watch(SMALL)
    until(lambda: service._jobs[SMALL].slices, "the other waits though its worker is free")
    assert service._jobs[slow].heavy
    assert not service._jobs[SMALL].heavy
    assert finish(service, slow).run.iteration == 2000


# Workers that die or hang.


def poisoned(settings: Settings, *rest: Any) -> Slice:
    """What a worker does, but that a certain run kills it, and another stops it."""
    if settings.seed == POISON.seed:
        psutil.Process().kill()
    if settings.seed == STOPPER.seed:
        psutil.Process().suspend()
    return work(settings, *rest)


work = worker.work
POISON, STOPPER = SMALL.replace(seed=666), SMALL.replace(seed=667)


def test_a_run_that_kills_its_workers_is_given_up_and_its_neighbour_finishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rounds, each with another healthy run that is in progress while workers die beside it."""
    monkeypatch.setattr(worker, "work", poisoned)
    service = RunService(2)
    for number in range(10):
        healthy, poison = SMALL.replace(seed=number, iterations=1500), POISON.replace(iterations=300 + number)
        service.watch(poison)
        service.watch(healthy)
        with pytest.raises(RunFailedError, match="each of three workers that trained this run died"):
            service.watch(poison, wait=60)
        run = finish(service, healthy).run
        assert run.iteration == 1500
        monkeypatch.setattr(runs, "TRIES", 1)  # in the first round three die; one a round is enough for the rest
    assert service.load().deaths == 3 + 9
    assert np.array_equal(run.history.loss, train(healthy).history.loss)
    service.close()


def test_why_a_run_failed_is_told_for_a_while_before_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "work", poisoned)
    service = RunService(1)
    for _ in range(5):
        with pytest.raises(RunFailedError):
            service.watch(POISON, wait=60)
    assert service.load().deaths == runs.TRIES
    monkeypatch.undo()
    monkeypatch.setattr(runs, "RETRY_AFTER", 0.0)
    finish(service, POISON)
    service.close()


def test_a_stopped_worker_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP in the middle of a slice, each time: others finish meanwhile, the run is given up, and the server stops at once."""
    monkeypatch.setattr(worker, "work", poisoned)
    monkeypatch.setattr(runs, "TRIES", 1)
    service = RunService(2)
    service.watch(STOPPER)
    for seed in range(5):
        finish(service, SMALL.replace(seed=seed))
    with pytest.raises(RunFailedError):
        service.watch(STOPPER, wait=60)
    for pid in service.processes():
        psutil.Process(pid).suspend()
    began = time.monotonic()
    service.close()
    assert time.monotonic() - began < 3


def test_a_killed_worker_costs_its_slice_alone(processes: RunService) -> None:
    settings, bystander = LONG.replace(iterations=8000), LONG.replace(iterations=8000, seed=1)
    until(lambda: processes.watch(settings).started and processes.watch(bystander).started, "they do not begin")
    assert not processes._jobs[settings].finished
    psutil.Process(processes.processes()[0]).kill()
    for one in (settings, bystander):
        assert np.array_equal(finish(processes, one).run.history.loss, train(one).history.loss)
    assert processes.load().deaths == 1


def test_who_waits_when_the_server_stops_waits_no_longer(service: RunService) -> None:
    waiting = threading.Thread(target=service.watch, args=(LONG, 600.0))
    waiting.start()
    until(lambda: service.load().working, "it does not begin")
    service.close()
    waiting.join(3)
    assert not waiting.is_alive()


# Heavy beside light.


def test_light_runs_never_wait_for_heavy_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight visits with runs whose single update takes for ever: another's run is trained at once, with one worker as with many."""
    started = threading.Semaphore(0)
    release = threading.Event()

    def endless(settings: Settings, *rest: Any) -> Slice:
        if cost.is_heavy(settings):
            started.release()
            release.wait(60)
        return work(settings, *rest)

    monkeypatch.setattr(worker, "work", endless)
    asking = ["attacker 0"]
    service = RunService(0, lambda: asking[0])
    for number in range(8):
        asking[0] = f"attacker {number}"
        service.watch(HEAVY.replace(seed=number))
    assert started.acquire(timeout=60)
    asking[0] = "student"
    for seed in range(3):
        view = finish(service, SMALL.replace(seed=seed))
        assert view.ahead == 0
    assert service.watch(HEAVY).ahead < 8  # heavy runs wait for each other
    release.set()
    service.close()


# What is slow, and what is bounded.


def test_points_are_made_and_slices_joined_outside_the_lock(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    """While they are, another page asks and is answered."""
    after = jobs.State.after
    asked = []

    def answered() -> None:
        page = threading.Thread(target=service.load)
        page.start()
        page.join(10)
        asked.append(not page.is_alive())

    def slow_data(settings: DataSettings) -> Any:
        answered()
        return data_of(settings)

    def slow_after(self: jobs.State, slice_: Slice) -> jobs.State:
        answered()
        return after(self, slice_)

    monkeypatch.setattr(jobs, "data_of", slow_data)
    monkeypatch.setattr(jobs.State, "after", slow_after)
    finish(service, SMALL)
    assert len(asked) >= 2
    assert all(asked)


def test_an_error_in_the_work_reaches_the_page_and_is_not_for_ever(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> worker.Slice:
        raise MemoryError("no room")

    monkeypatch.setattr(runs, "RETRY_AFTER", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "work", broken)
        with pytest.raises(MemoryError, match="no room"):
            service.watch(SMALL, wait=5)
    finish(service, SMALL)


def test_settings_that_fit_no_data_are_refused_at_once(service: RunService) -> None:
    with pytest.raises(SettingError, match=r"data\.test_fraction must be 0, or large enough"):
        service.watch(SMALL.replace(data=DataSettings(points_per_class=2, test_fraction=0.1)))
    finish(service, SMALL)


def true_size(job: jobs.Job) -> int:
    """What a job's own arrays and pictures take, found by walking through all that it refers to."""
    seen: dict[int, int] = {}

    def walk(thing: object) -> None:
        if isinstance(thing, np.ndarray):
            seen[id(thing)] = thing.nbytes
        elif isinstance(thing, str):
            seen[id(thing)] = len(thing)
        elif isinstance(thing, dict):
            for value in thing.values():
                walk(value)
        elif isinstance(thing, tuple | list):
            for value in thing:
                walk(value)
        elif dataclasses.is_dataclass(thing) and not isinstance(thing, Settings | DataSettings):
            for field in dataclasses.fields(thing):
                walk(getattr(thing, field.name))

    walk(job.state)
    return sum(seen.values())


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_size_of_a_run_counts_all_that_it_holds(service: RunService, optimizer: str) -> None:
    """With a large net the parameters to go on from and the optimizer's memory are most of it."""
    settings = Settings(hidden=(300, 300), optimizer=optimizer, iterations=3, batch_size=10)
    finish(service, settings)
    job = service._jobs[settings]
    checkpoint = job.run.checkpoint
    assert isinstance(checkpoint, Checkpoint)
    assert job.size == pytest.approx(true_size(job), rel=0.01)
    assert job.size > job.run.snapshots.nbytes + checkpoint.parameters.nbytes + checkpoint.memory.nbytes


def test_memory_is_bounded(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.0)
    finish_unwatched(service, SMALL.replace(seed=99))
    limit = 4 * true_size(service._jobs[SMALL.replace(seed=99)])
    monkeypatch.setattr(kept, "MEMORY", limit)
    for seed in range(8):
        finish_unwatched(service, SMALL.replace(seed=seed))
        assert sum(true_size(job) for job in service._jobs.values()) <= limit
    assert SMALL.replace(seed=7) in service._jobs
    assert SMALL not in service._jobs


def finish_unwatched(service: RunService, settings: Settings) -> None:
    service.prepare(settings)
    until(lambda: service._jobs[settings].finished, "it is not trained")
    service._jobs[settings].keep = False
    with service._lock:
        service._jobs.forget()


def test_an_unfinished_run_that_somebody_watches_is_never_dropped(service: RunService, monkeypatch: pytest.MonkeyPatch) -> None:
    """However full memory is; of the others finished ones go first."""
    finish(service, SMALL)
    until(lambda: service.watch(LONG).started, "it does not begin")
    monkeypatch.setattr(kept, "MEMORY", 1)
    service._jobs[SMALL].watchers.clear()
    service.watch(SMALL.replace(seed=1))
    assert LONG in service._jobs
    assert SMALL not in service._jobs
    assert service.watch(LONG).started


# Trials.


def trained(service: RunService, settings: Settings) -> Run:
    """The run of a trial, asked for as a page does."""
    found: list[Run] = []

    def there() -> bool:
        run = service.watch_trial(settings)
        found.extend([run] if run else [])
        return bool(run)

    until(there, "the trial does not end")
    return found[0]


def test_a_trial_comes_after_what_is_watched_and_is_dropped_with_its_asker(
    service: RunService, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = SMALL.replace(seed=77)
    service.watch(LONG)
    service.watch(LONG.replace(seed=1))
    assert service.watch_trial(trial) is None
    with service._lock:
        assert service._order(service._lanes.light)[-1].run.settings == trial
    service._jobs[LONG].watchers.clear()
    service._jobs[LONG.replace(seed=1)].watchers.clear()
    assert np.array_equal(trained(service, trial).history.loss, train(trial).history.loss)
    monkeypatch.setattr(jobs, "FORGOTTEN_AFTER", 0.0)
    assert service.watch_trial(trial.replace(seed=78)) is None
    until(lambda: service.load().waiting == 0, "it is not dropped")


def test_a_trial_costs_no_pictures_until_somebody_wants_to_see_the_run(service: RunService) -> None:
    trained(service, SMALL)
    assert service._jobs[SMALL].state.pictures == {}
    view = finish(service, SMALL)
    assert list(view.pictures) == view.run.snapshot_iterations.tolist()
    assert service.load().begun == 1


def test_what_is_shown_of_a_trial_always_has_its_picture(service: RunService) -> None:
    """Whether the trial is watched half way, or a longer run goes on from it."""
    service.watch_trial(LONG)
    until(lambda: service._jobs[LONG].run.iteration > 0, "the trial does not begin")
    trained(service, SMALL)
    longer = SMALL.replace(iterations=SMALL.iterations + 500)

    def last_is_painted(settings: Settings) -> bool:
        view = service.watch(settings)
        known = view.run.snapshot_iterations.tolist()
        assert not known or known[-1] in view.pictures
        return bool(known)

    for settings in (LONG, longer):
        until(lambda settings=settings: last_is_painted(settings), "no picture comes")  # type: ignore[misc]
    finish(service, longer)


def test_a_trial_that_fails_says_why(service: RunService) -> None:
    with pytest.raises(SettingError, match=r"data\.test_fraction"):
        service.watch_trial(SMALL.replace(data=DataSettings(points_per_class=2, test_fraction=0.1)))
