"""Whose turn it is, played through on a clock of the test's own."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from server.training import job as jobs
from server.training import scheduler
from server.training.job import Job, State
from server.training.scheduler import Scheduler
from server.turns import Whose
from spiral_core import Settings
from spiral_core.datasets import data_of
from spiral_core.run import Checkpoint, History, Run

LONG = Settings(hidden=(5,), iterations=10_000)
PACE = 1e-4  # seconds an iteration


def new_job(settings: Settings, **rest: Any) -> Job:
    return Job(State.first(Run.unstarted(settings, data_of(settings.data)), {}), threading.Condition(), **rest)


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Class:
    """Visits and their runs on one worker whose slices take 0.1 s."""

    def __init__(self, watched: dict[str, list[Settings]], clock: Clock) -> None:
        self.clock, self.turns, self.watched = clock, Scheduler(), watched
        self.jobs: dict[Settings, Job] = {}
        self.slices: Counter[Settings] = Counter()
        self.ended: list[Settings] = []

    def slice(self) -> None:
        """Everybody looks, and the first in the order gets a slice."""
        for visit, several in self.watched.items():
            for settings in several:
                if settings not in self.jobs:
                    self.jobs[settings] = new_job(settings, asked=self.clock.now)
                scheduler.look(self.jobs.values(), self.jobs[settings], visit)
        job = self.turns.order(self.jobs.values())[0]
        self.turns.taken(job)
        self.clock.now += 0.1
        settings = job.run.settings
        job.slices += 1
        self.slices[settings] += 1
        done = job.slices * round(0.1 / PACE)
        checkpoint = Checkpoint(done, np.zeros(0), np.zeros(0), done, np.zeros(0), 1.0)
        run = replace(job.run, checkpoint=checkpoint, seconds=done * PACE)
        if done >= settings.iterations:
            run = replace(run, history=History.of_rows([(settings.iterations, *[0.0] * (len(fields(History)) - 1))]))
            self.ended.append(settings)
        job.state = State.first(run, {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    monkeypatch.setattr(scheduler, "time", clock)
    return clock


def several(count: int, first: int = 0, iterations: int = 1_000_00) -> list[Settings]:
    return [LONG.replace(seed=first + i, iterations=iterations) for i in range(count)]


def test_each_new_run_gets_its_first_slice_before_any_gets_its_second(clock: Clock) -> None:
    lesson = Class({str(i): [settings] for i, settings in enumerate(several(12))}, clock)
    for _ in range(12):
        lesson.slice()
    assert set(lesson.slices.values()) == {1}
    lesson.watched["late"] = several(1, first=50)
    lesson.slice()
    assert lesson.slices[LONG.replace(seed=50, iterations=100_000)] == 1


def test_runs_without_an_end_in_sight_take_turns(clock: Clock) -> None:
    settings = several(30)
    lesson = Class({str(i): [one] for i, one in enumerate(settings)}, clock)
    last: dict[Settings, float] = {}
    gaps: list[float] = []
    for _ in range(300):
        before = dict(lesson.slices)
        lesson.slice()
        (served,) = [one for one in settings if lesson.slices[one] != before.get(one, 0)]
        gaps.append(clock.now - last.get(served, clock.now))
        last[served] = clock.now
    assert max(gaps) <= 30 * 0.1 * scheduler.SOONEST_EVERY / (scheduler.SOONEST_EVERY - 1) + 0.1


def test_many_short_runs_of_a_visit_do_not_hold_up_the_one_of_another(clock: Clock) -> None:
    """Each of the ten ends sooner than the other's one, but together they end later: beyond their first slices they get what nobody
    goes without, one slice when a visit is late."""
    alone, many = several(1)[0], several(10, first=1, iterations=30_000)
    lesson = Class({"a": [alone], "b": many}, clock)
    for _ in range(11):
        lesson.slice()
    assert set(lesson.slices.values()) == {1}
    for _ in range(90):
        lesson.slice()
    late = 9.0 / scheduler.LATE_AFTER
    assert 0.5 * late <= sum(lesson.slices[one] for one in many) - 10 <= late + 1


def test_a_run_that_ends_soon_comes_before_those_that_do_not(clock: Clock) -> None:
    others = {str(i): [settings] for i, settings in enumerate(several(40))}
    lesson = Class(others, clock)
    for _ in range(40):
        lesson.slice()
    short = LONG.replace(seed=99, iterations=5000)
    lesson.watched = others | {"short": [short]}
    for _ in range(5 * scheduler.SOONEST_EVERY):  # in turns with the others it would be 5 rounds of 41
        lesson.slice()
    assert lesson.ended == [short]


def test_what_somebody_watches_comes_before_what_nobody_does(clock: Clock) -> None:
    kept, watched = several(2)
    lesson = Class({"a": [watched]}, clock)
    lesson.jobs[kept] = new_job(kept, keep=True)
    for _ in range(5):
        lesson.slice()
    assert lesson.slices == {watched: 5}
    lesson.watched = {}
    clock.now += jobs.FORGOTTEN_AFTER
    lesson.slice()
    assert lesson.slices[kept] == 1
    assert lesson.turns.order([lesson.jobs[watched]]) == []


def test_trials_go_on_beside_runs_that_are_watched_without_end(clock: Clock) -> None:
    """Of somebody's diagnosis, or of works that wait to be judged: each fifth slice, but none before a first picture."""
    trial, *watched = several(5)
    lesson = Class({str(i): [one] for i, one in enumerate(watched)}, clock)
    lesson.jobs[trial] = new_job(trial)
    for number in range(60):
        scheduler.look(lesson.jobs.values(), lesson.jobs[trial], "tester", trial=True)
        lesson.slice()
        assert number >= 4 or not lesson.slices[trial]
    assert lesson.slices[trial] == 60 // scheduler.TRIAL_EVERY
    assert min(lesson.slices[one] for one in watched) >= 4


def test_a_visit_has_a_bounded_number_of_runs_in_work(clock: Clock) -> None:
    asked = several(scheduler.MAX_OF_ONE_VISIT + 5)
    lesson = Class({}, clock)
    for i, settings in enumerate(asked):
        lesson.watched = {"a": [settings]} | ({"b": [settings]} if i == 0 else {})
        lesson.slice()
    watched = [settings for settings in asked if "a" in lesson.jobs[settings].watchers]
    assert watched == asked[-scheduler.MAX_OF_ONE_VISIT :]
    assert "b" in lesson.jobs[asked[0]].watchers


def test_who_is_gone_is_forgotten(clock: Clock) -> None:
    """However many come and go, no more is kept of them than of those who are here."""
    (settings,) = several(1)
    lesson = Class({}, clock)
    for i in range(3 * scheduler.MAX_REMEMBERED):
        lesson.watched = {str(i): [settings]}
        lesson.jobs.clear()
        lesson.slice()
    assert len(lesson.turns._last) <= scheduler.MAX_REMEMBERED + 1
    popular = next(iter(lesson.jobs.values()))
    for i in range(50):
        scheduler.look([], popular, f"visit {i}")
        clock.now += 1
    assert len(popular.watchers) <= jobs.FORGOTTEN_AFTER + 1


def test_a_page_that_runs_anew_keeps_what_it_looks_at_again(clock: Clock) -> None:
    first, second = several(2)
    lesson = Class({"a": [first, second]}, clock)
    lesson.slice()
    scheduler.turn_page(lesson.jobs.values(), "a")
    scheduler.look(lesson.jobs.values(), lesson.jobs[second], "a")
    clock.now += scheduler.GRACE + 0.01
    assert lesson.jobs[first].watched_by() == []
    assert lesson.jobs[second].watched_by() == ["a"]


def test_many_tabs_of_one_browser_hold_up_no_other_browsers_first_picture(clock: Clock) -> None:
    """Thirty tabs, each with a run of its own, and then somebody else's."""
    tabs = several(30)
    (other,) = several(1, first=500)
    pupils = Class({f"tab {number}": [settings] for number, settings in enumerate(tabs)}, clock)
    pupils.turns = Scheduler(lambda visit: Whose("a school", "one browser" if visit.startswith("tab") else visit))
    pupils.slice()
    pupils.watched["another"] = [other]
    working = pupils.jobs[tabs[1]]
    working.working = True  # the other worker has one of the tabs' runs
    for _ in range(2):
        pupils.slice()
    assert pupils.slices[other] >= 1
