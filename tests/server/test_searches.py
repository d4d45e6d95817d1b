"""The search service: each trial saved, nothing lost with a worker or the server, searches that can be stopped and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from server import searches
from server.searches import Live, SearchService
from server.services import close_services, services
from spiral_core.search import Plan, Search, carry_out
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import RunStore
from tests.core.test_search import BASE, SPACE, Serial, assert_same

SHELF = "s" * 22
PLAN = Plan(SPACE, BASE, trials=12)
LONG = Plan(SPACE, BASE.replace(iterations=20_000), trials=40)


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "runs.sqlite"
    monkeypatch.setenv("SPIRAL_LAB_STORE", str(path))
    close_services()
    yield path
    close_services()


@pytest.fixture
def service() -> Iterator[SearchService]:
    service = SearchService(0)
    yield service
    service.close()


def ended(live: Live, seconds: float = 60) -> Live:
    deadline = time.monotonic() + seconds
    while live.state == "running" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert live.state != "running"
    return live


def whole(plan: Plan) -> Search:
    search = Search(plan)
    carry_out(search, Serial, 1)
    return search


def test_a_search_is_carried_out_and_saved(service: SearchService) -> None:
    live = ended(service.find(service.begin(SHELF, PLAN), PLAN))
    assert (live.state, live.share, live.version) == ("finished", 1.0, 12)
    assert_same(live.search.trials, whole(PLAN).trials)
    (saved,) = services().store.searches(SHELF)
    assert (saved.state, saved.plan) == ("finished", PLAN)
    other = SearchService(0).find(live.id, PLAN)
    assert other.state == "finished"
    assert_same(other.search.trials, live.search.trials)


def test_a_stopped_search_keeps_its_trials_and_goes_on(service: SearchService) -> None:
    live = service.find(service.begin(SHELF, LONG), LONG)
    while not live.search.trials:
        time.sleep(0.01)
    assert live.seconds_left
    service.stop(live.id)
    count = len(ended(live).search.trials)
    assert live.state == "stopped"
    assert 0 < count < 40
    assert len(services().store.trials(live.id, LONG)) == count
    assert service.resume(live.id, LONG)
    again = service.find(live.id, LONG)
    assert again.known > 0
    while len(again.search.trials) == count:
        time.sleep(0.01)
    service.stop(live.id)
    ended(again)


def test_a_killed_worker_costs_no_trial() -> None:
    service = SearchService(2)
    plan = Plan(SPACE, BASE.replace(iterations=4000), trials=24)
    live = service.find(service.begin(SHELF, plan), plan)
    while not live.search.trials:
        time.sleep(0.01)
    pool = service._pool
    assert isinstance(pool, ProcessPoolExecutor)
    os.kill(next(iter(pool._processes)), signal.SIGKILL)
    ended(live)
    service.close()
    assert (live.state, live.deaths) == ("finished", 1)
    assert_same(live.search.trials, whole(plan).trials)
    assert len(services().store.trials(live.id, plan)) == 24


def test_a_killed_server_loses_no_finished_trial(own_store: Path, service: SearchService) -> None:
    """kill -9 in the middle; the search is taken over at once, and nothing that was finished is done again."""
    script = """
        import time
        from server.searches import SearchService
        from tests.ui.test_searches import LONG, SHELF
        service = SearchService(2)
        name = service.begin(SHELF, LONG)
        live = service.find(name, LONG)
        print(name, flush=True)
        if __name__ == "__main__":
            time.sleep(600)
    """
    root = Path(__file__).parents[2]
    guarded = "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(script), "    ")
    file = own_store.with_name("child.py")
    file.write_text(guarded)
    environment = os.environ | {"PYTHONPATH": str(root), "SPIRAL_LAB_STORE": str(own_store)}
    with subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as server:
        assert server.stdout
        name = server.stdout.readline().strip()
        deadline = time.monotonic() + 60
        while len(services().store.trials(name, LONG)) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
    before = services().store.trials(name, LONG)
    assert 4 <= len(before) < 40
    assert services().store.searches(SHELF)[0].state == "running"
    assert service.resume(name, LONG)
    live = service.find(name, LONG)
    while len(live.search.trials) < len(before) + 2:
        time.sleep(0.01)
    service.stop(name)
    ended(live)
    assert live.version == len(live.search.trials) - len(before)
    assert_same([t for t in live.search.trials if t.number in {b.number for b in before}], sorted(before, key=lambda t: t.number))


def test_a_cluster_does_the_work(own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        monkeypatch.setenv(searches.SCHEDULER, cluster.scheduler_address)
        service = SearchService(2)
        live = ended(service.find(service.begin(SHELF, PLAN), PLAN))
        service.close()
    assert live.state == "finished"
    assert_same(live.search.trials, whole(PLAN).trials)


def test_a_cluster_that_is_not_there_is_said(own_store: Path, monkeypatch: pytest.MonkeyPatch, service: SearchService) -> None:
    monkeypatch.setattr(searches, "CLUSTER_SECONDS", 0.5)
    monkeypatch.setenv(searches.SCHEDULER, "tcp://127.0.0.1:9")
    live = ended(service.find(service.begin(SHELF, PLAN), PLAN))
    assert (live.state, live.reason) == ("failed", "the cluster cannot be reached")
    monkeypatch.delenv(searches.SCHEDULER)
    assert service.resume(live.id, PLAN)
    assert ended(service.find(live.id, PLAN)).state == "finished"


def test_a_failing_store_costs_the_saving_alone(service: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(RunStore, "add_trials", full)
    live = ended(service.find(service.begin(SHELF, PLAN), PLAN))
    assert (live.state, live.not_saved) == ("finished", "the disk is full")
    assert_same(live.search.trials, whole(PLAN).trials)
    monkeypatch.setattr(RunStore, "add_search", full)
    live = ended(service.find(service.begin(SHELF, PLAN), PLAN))
    assert (live.state, live.not_saved) == ("finished", "the disk is full")


def test_memory_of_finished_searches_is_bounded(service: SearchService) -> None:
    plan = Plan(SPACE, BASE.replace(iterations=1), trials=1)
    for _ in range(searches.KEPT + 4):
        ended(service.find(service.begin(SHELF, plan), plan))
    assert len(service._live) <= searches.KEPT + 1


def test_a_store_that_cannot_be_opened_is_replaced_by_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: SearchService
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SPIRAL_LAB_STORE", str(tmp_path / "file" / "runs.sqlite"))
    close_services()
    services().store.pin(SHELF, BASE)
    assert services().opened.problem
    assert len(services().store.pins(SHELF)) == 1
