"""Landscapes and sharpness: the core's digits from one process, computed once, dropped when unwanted, bounded in memory."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from server import services as services_module
from server.training import cost, landscapes, worker
from server.training.landscapes import LandscapeService
from server.training.service import RunFailedError
from server.turns import Whose, own
from spiral_core import DataSettings, Run, Settings, train
from spiral_core.analysis.landscape import Landscape, LandscapeError, landscape
from spiral_core.analysis.sharpness import SharpnessError, measured_rows, sharpness
from tests.server.test_cost import HEAVY
from tests.support.polling import until

SMALL = Settings(hidden=(5,), iterations=100, data=DataSettings(points_per_class=20, test_fraction=0.2))


@pytest.fixture
def service() -> Iterator[LandscapeService]:
    service = LandscapeService(workers=0)
    yield service
    service.close()


@pytest.fixture
def process() -> Iterator[LandscapeService]:
    service = LandscapeService(workers=4)
    yield service
    service.close()


def test_one_process_gives_the_cores_digits(process: LandscapeService) -> None:
    run = train(SMALL)
    assert process.processes() == []  # none before it is asked
    found = process.look([run], 11, patience=60)
    assert found is not None
    expected = landscape(SMALL, run.data, [run.snapshots], 11)
    assert found.heights.total == pytest.approx(expected.heights.total, rel=1e-12)
    assert found.plane.axes == pytest.approx(expected.plane.axes, abs=1e-12)
    assert len(process.processes()) == 1
    still = dataclasses.replace(run, snapshots=np.repeat(run.snapshots[:1], len(run.snapshots), axis=0))
    with pytest.raises(LandscapeError, match="the weights never moved"):
        process.look([still], 5, patience=60)


def test_the_same_process_gives_the_cores_sharpness(process: LandscapeService) -> None:
    run = train(SMALL)
    found = process.sharpness(run, patience=60)
    assert found is not None
    rows = measured_rows(run)
    expected = sharpness(SMALL, run.data, run.snapshot_iterations[rows], run.snapshots[rows])
    assert found.iteration.tolist() == expected.iteration.tolist()
    assert found.value == pytest.approx(expected.value, rel=1e-8)
    assert process.sharpness(run) is found
    assert process.look([run], 3, patience=60) is not None
    assert len(process.processes()) == 1


def test_no_process_is_started_for_the_hinge(process: LandscapeService) -> None:
    with pytest.raises(SharpnessError, match="the slope of the hinge jumps"):
        process.sharpness(train(SMALL.replace(loss="hinge")), patience=60)
    assert process.processes() == []


def test_a_death_is_told_and_the_next_look_tries_again(process: LandscapeService) -> None:
    run = train(SMALL)
    assert process.look([run], 3, patience=60) is not None
    assert process.look([run], 301) is None  # takes a while, in a worker of its own
    until(lambda: any(each.working for each in process._late.pool._workers), "it does not begin")
    psutil.Process(process._late.pool.processes()[0]).kill()
    with pytest.raises(RunFailedError, match="died or hung"):
        process.look([run], 301, patience=60)
    assert process.look([run], 5, patience=60) is not None


class Gate:
    """Stands in for the worker's function, and lets it go on when it is opened; landscapes below a size are not kept waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, least: int = 0) -> None:
        self.calls: list[int] = []
        self.open = threading.Event()
        inner = worker.landscape

        def waits(settings: Settings, paths: list[np.ndarray], size: int) -> Landscape:
            self.calls.append(size)
            if size >= least:
                self.open.wait(30)
                if least:  # a large one, of which nothing is to be computed beside the next tests
                    raise LandscapeError("enough")
            return inner(settings, paths, size)

        monkeypatch.setattr(worker, "landscape", waits)


def test_equal_landscapes_are_computed_once(service: LandscapeService, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, run = Gate(monkeypatch), train(SMALL)
    assert service.look([run], 3) is None
    assert service.look([train(SMALL)], 3) is None
    gate.open.set()
    first = service.look([run], 3, patience=30)
    assert first is not None
    assert service.look([run], 3) is first
    assert gate.calls == [3]


def test_what_nobody_waits_for_is_dropped(service: LandscapeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landscapes, "FORGOTTEN_AFTER", 0.05)
    gate, run = Gate(monkeypatch), train(SMALL)
    service.look([run], 3)
    until(lambda: gate.calls, "it does not begin")
    service.look([run], 4)
    time.sleep(0.1)
    service.look([run], 5)
    gate.open.set()
    assert service.look([run], 5, patience=30) is not None
    assert gate.calls == [3, 5]


def test_landscapes_take_so_much_memory_and_no_more(service: LandscapeService, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(SMALL)
    sizes = [3, 4, 5, 6]
    found = [service.look([run], size, patience=30) for size in sizes]
    assert None not in found
    held = sum(landscapes.LEAST + each.nbytes for each in found[-2:] if each)
    monkeypatch.setattr(landscapes, "MAX_BYTES", held + 100)
    service.look([run], 6)
    assert [size for _runs, size in service._asked] == [5, 6]


class Visits:
    """A service whose askers have names."""

    def __init__(self) -> None:
        self.whose = own("")
        self.service = LandscapeService(0, lambda: self.whose)

    def look(self, name: str, run: Run, size: int, patience: float = 0.0, address: str = "") -> Landscape | None:
        self.whose = Whose(address or name, name)
        return self.service.look([run], size, patience)

    @property
    def waiting(self) -> list[int | str]:
        return [size for (_runs, size), asked in self.service._asked.items() if asked.waits]


@pytest.fixture
def visits() -> Iterator[Visits]:
    visits = Visits()
    yield visits
    visits.service.close()


def comes_next(visits: Visits, monkeypatch: pytest.MonkeyPatch, greedy: str) -> None:
    """While four landscapes of one address are computed or wait, another's comes before them. greedy: its browsers, by number."""
    gate, run = Gate(monkeypatch), train(SMALL)
    for size in (3, 4, 5, 6):
        assert visits.look(greedy.format(size), run, size, address="much") is None
    until(lambda: gate.calls, "it does not begin")
    assert visits.look("little", run, 7) is None
    time.sleep(0.2)  # that the first of them had
    gate.open.set()
    until(lambda: len(gate.calls) == 5, "something is left out")
    assert gate.calls == [3, 7, 4, 5, 6]


def test_who_had_least_comes_first_however_much_another_asked_for_before(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    comes_next(visits, monkeypatch, "browser")


def test_many_browsers_of_one_address_take_turns_as_one(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    comes_next(visits, monkeypatch, "browser {}")


def test_what_takes_long_holds_up_nothing_that_is_there_soon(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, run = Gate(monkeypatch, least=200), train(SMALL)
    for size in (301, 302, 303):
        assert visits.look("much", run, size) is None
    until(lambda: gate.calls, "it does not begin")
    assert visits.look("little", run, cost.FIRST_LANDSCAPE, patience=30) is not None
    assert gate.calls == [301, cost.FIRST_LANDSCAPE]
    gate.open.set()


def test_of_a_visit_the_newest_requests_wait(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, run = Gate(monkeypatch), train(SMALL)
    visits.look("another", run, 3)
    until(lambda: gate.calls, "it does not begin")
    visits.look("another", run, 4)
    for size in range(5, 30):
        visits.look("much", run, size)
        visits.service.sharpness(run)  # one of them, in the same lines
    assert visits.waiting == [4, 27, 28, 29, "sharpness"]
    gate.open.set()


def test_paths_that_wait_take_so_much_memory_and_no_more(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, run = Gate(monkeypatch), train(SMALL)
    monkeypatch.setattr(landscapes, "MAX_WAITING", 2 * run.snapshots.nbytes)
    visits.look("first", run, 3)
    until(lambda: gate.calls, "it does not begin")
    for number in range(4, 10):
        visits.look(f"visit {number}", run, number)
    assert visits.waiting == [4, 5]
    gate.open.set()
    until(lambda: visits.look("visit 9", run, 9), "what was dropped does not come")  # its page asks again


def test_how_fine_a_landscape_is_follows_from_its_price() -> None:
    """41 at once for the article's net; a coarse one first where that takes long, alone where it takes too long, at last none."""
    assert cost.landscape_sizes(Settings()) == (41,)
    assert cost.landscape_sizes(Settings(hidden=(300, 300))) == (11, 41)
    assert cost.landscape_sizes(Settings(hidden=(1000, 1000), iterations=10)) == (11,)
    assert cost.landscape_sizes(HEAVY) == ()
    for settings in (Settings(), Settings(hidden=(200,)), Settings(hidden=(50, 50))):
        run = train(settings.replace(iterations=3))
        began = time.process_time()
        landscape(settings, run.data, [run.snapshots], 11)
        assert time.process_time() - began < 0.1 + 8 * cost.seconds_per_landscape(settings, 11)


def test_the_sharpness_of_too_large_nets_is_refused_by_its_price() -> None:
    assert cost.has_sharpness(Settings())
    assert cost.has_sharpness(Settings(hidden=(300, 300)))
    assert not cost.has_sharpness(Settings(hidden=(1000, 1000), iterations=10, data=DataSettings(points_per_class=200)))
    assert not cost.has_sharpness(HEAVY)
    for settings in (Settings(), Settings(hidden=(600,)), Settings(hidden=(100, 100), init="he")):
        run = train(settings.replace(iterations=30))
        rows = measured_rows(run)
        began = time.process_time()
        sharpness(run.settings, run.data, run.snapshot_iterations[rows], run.snapshots[rows])
        assert time.process_time() - began < 0.1 + 8 * cost.seconds_per_sharpness(settings)


def test_a_server_counts_by_address_and_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services_module, "visit", lambda: "page")
    monkeypatch.setattr(services_module, "whose", lambda _visit: Whose("address", "browser"))
    made = services_module.Services.make(workers=0)
    try:
        assert made.landscapes._whose() == Whose("address", "browser")
    finally:
        made.close()
