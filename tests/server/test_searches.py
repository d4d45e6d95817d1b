"""The search service: each trial saved, nothing lost with a worker or the server, searches that can be stopped and resumed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from server import cluster as cluster_of
from server import searches
from server.http import limits
from server.searches import Live, SearchService, TooManyOfBrowserError, TooManySearchesError
from server.store import Opened
from server.turns import Whose
from spiral_core import Settings, datasets
from spiral_core.records import stored_bytes
from spiral_core.search import Plan, Search, carry_out, engine
from spiral_core.search.engine import TrialSlice
from spiral_core.search.plan import Method
from spiral_core.search.space import Dimension
from spiral_core.store.database import Reason, StoreError
from spiral_core.store.keys import new_id
from spiral_core.store.run_store import RunStore
from tests.core.test_search import BASE, SPACE, Serial, assert_same
from tests.server.test_pool import gone
from tests.support.polling import until

SHELF = "s" * 22
PLAN = Plan(SPACE, BASE, trials=12)
LONG = Plan(SPACE, BASE.replace(iterations=20_000), trials=40)


def everybody(visit: str) -> bool:
    """Whose page is open: a slow machine is no reason to pause a search."""
    return True


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(tmp_path / "runs.sqlite")
    yield store
    store.close()


@pytest.fixture
def service(store: RunStore) -> Iterator[SearchService]:
    service = SearchService(0, store, is_here=everybody)
    yield service
    service.close()


@pytest.fixture
def asking() -> list[str]:
    """The visit that asks now."""
    return [""]


@pytest.fixture
def visited(store: RunStore, asking: list[str]) -> Iterator[SearchService]:
    """A service whose visits are told apart."""
    service = SearchService(0, store, lambda: asking[0], everybody)
    yield service
    service.close()


@pytest.fixture
def processes(store: RunStore) -> Iterator[SearchService]:
    service = SearchService(2, store, is_here=everybody)
    yield service
    service.close()


def begun(service: SearchService, plan: Plan) -> Live:
    return service.find(service.begin(SHELF, plan), plan)


def ended(live: Live) -> Live:
    until(lambda: live.state != "running", "the search does not end")
    return live


def whole(plan: Plan) -> Search:
    search = Search(plan)
    carry_out(search, Serial, 1)
    return search


def test_a_search_is_carried_out_and_saved(service: SearchService, store: RunStore) -> None:
    live = ended(begun(service, PLAN))
    assert (live.state, live.share, live.version) == ("finished", 1.0, 12)
    assert_same(live.search.trials, whole(PLAN).trials)
    (saved,) = store.searches(SHELF)
    assert (saved.state, saved.plan) == ("finished", PLAN)
    other = SearchService(0, store).find(live.id, PLAN)
    assert other.state == "finished"
    assert_same(other.search.trials, live.search.trials)


def test_a_stopped_search_keeps_its_trials_and_goes_on(service: SearchService, store: RunStore) -> None:
    live = begun(service, LONG)
    until(lambda: live.search.trials, "no trial comes")
    assert live.seconds_left
    service.stop(live.id)
    count = len(ended(live).search.trials)
    assert live.state == "stopped"
    assert 0 < count < 40
    assert len(store.trials(live.id, LONG)) == count
    assert service.resume(live.id, LONG)
    again = service.find(live.id, LONG)
    assert again.known > 0
    until(lambda: len(again.search.trials) > count, "it does not go on")
    service.stop(live.id)
    ended(again)


def test_how_much_is_done_can_be_asked_while_trials_come_in() -> None:
    """Many threads ask while another adds trials: an iteration over what grows would raise."""
    plan = Plan(SPACE, BASE.replace(iterations=1), trials=1000)
    search, errors, over = Search(plan), [], threading.Event()

    def ask() -> None:
        try:
            while not over.is_set():
                assert 0 <= search.updates_done <= 1000
                assert len(search.trials) <= 1000
                assert len(search.known) <= 1000
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1000):
        search.failed(number, 0, "")
    over.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert search.updates_done == 1000


# Workers that die or hang.


def poisoned(settings: Settings, *rest: Any) -> TrialSlice:
    """What a worker does, but that the trials with three hidden units kill it, and those with four stop it."""
    if settings.hidden == (3,):
        psutil.Process().kill()
    if settings.hidden == (4,):
        psutil.Process().suspend()
    return train_slice(settings, *rest)


train_slice = engine.train_slice
UNITS = (Dimension("units", "choice", choices=(2, 3, 5, 6, 7, 9)),)


def test_one_poisonous_trial_of_six_marks_no_healthy_one(processes: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(UNITS, BASE.replace(iterations=400), method="grid", trials=6)
    healthy = [trial for trial in whole(plan).trials if trial.settings.hidden != (3,)]
    monkeypatch.setattr(engine, "train_slice", poisoned)
    live = ended(begun(processes, plan))
    assert live.state == "finished"
    failed = {trial.settings.hidden: trial.failure for trial in live.search.trials if trial.failure}
    assert failed == {(3,): "its worker died each time"}
    assert_same([trial for trial in live.search.trials if not trial.failure], healthy)


def test_a_stopped_worker_holds_up_no_other_search(processes: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "train_slice", poisoned)
    monkeypatch.setattr(engine, "TRIES", 1)
    stops = Plan((Dimension("units", "choice", choices=(4,)),), BASE.replace(iterations=400), method="grid", trials=1)
    sick, healthy = begun(processes, stops), begun(processes, PLAN)
    assert_same(ended(healthy).search.trials, whole(PLAN).trials)
    (trial,) = ended(sick).search.trials
    assert trial.failure == "its worker died each time"
    assert sick.deaths == 1 + engine.TRIES


def test_a_killed_worker_costs_no_trial(processes: SearchService, store: RunStore) -> None:
    plan = Plan(SPACE, BASE.replace(iterations=4000), trials=12)
    live = begun(processes, plan)
    until(lambda: live.search.trials, "no trial comes")
    psutil.Process(processes.processes()[0]).kill()
    ended(live)
    assert live.state == "finished"
    assert_same(live.search.trials, whole(plan).trials)
    assert len(store.trials(live.id, plan)) == 12


def test_the_service_closes_at_once_with_stopped_workers(store: RunStore) -> None:
    service = SearchService(2, store, is_here=everybody)
    live = begun(service, LONG)
    until(lambda: live.search.trials, "no trial comes")
    workers = service.processes()
    for pid in workers:
        psutil.Process(pid).suspend()
    began = time.monotonic()
    service.close()
    assert time.monotonic() - began < 3
    until(lambda: all(gone(pid) for pid in workers), "a worker stays")
    assert store.searches(SHELF)[0].state == "stopped"
    assert all(trial.failure == "" for trial in store.trials(live.id, LONG))


# Who is gone, and who comes first.


def test_a_search_whose_visitor_is_gone_pauses_until_somebody_looks(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "RESTS_AFTER", 0.2)
    here = {"a"}
    service = SearchService(0, store, lambda: "a", here.__contains__)
    live = begun(service, LONG)
    until(lambda: len(live.search.trials) >= 2, "it rests though its visitor is here")
    assert live.state == "running"
    here.clear()
    ended(live)
    assert live.state == "paused"
    count = len(live.search.trials)
    assert count < 40
    assert store.searches(SHELF)[0].state == "stopped"  # another server may take it over
    here.add("a")
    again = service.find(live.id, LONG)
    assert again.state == "running"
    until(lambda: len(again.search.trials) > count, "it does not go on")
    assert service.find(live.id, LONG) is again
    service.close()


def test_fifteen_long_searches_do_not_hold_up_a_small_one(
    visited: SearchService, asking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker: the newcomer's tasks come next, each time, until it has had as much as the others."""
    order: list[int] = []

    def noted(settings: Settings, *rest: Any) -> TrialSlice:
        order.append(settings.seed)
        return train_slice(settings, *rest)

    monkeypatch.setattr(engine, "train_slice", noted)
    monkeypatch.setattr(searches, "SHARED_SLICE_SECONDS", 0.05)
    for number in range(15):
        asking[0] = f"attacker {number}"
        begun(visited, Plan(SPACE, BASE.replace(iterations=50_000), trials=1000))
    until(lambda: len(order) > 30, "they do not begin")
    asking[0] = "student"
    small = Plan(SPACE, BASE.replace(iterations=100, seed=7), trials=4)
    before = len(order)
    ended(begun(visited, small))
    own = order[before:].count(7)
    assert own >= 4
    assert len(order) - before <= 3 * own  # of the others two between each of its own, not fifteen


def test_two_equal_searches_share_the_workers(visited: SearchService, asking: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And one visit with two searches gets no more than another with one."""
    order: list[int] = []

    def noted(settings: Settings, *rest: Any) -> TrialSlice:
        order.append(settings.seed)
        return train_slice(settings, *rest)

    monkeypatch.setattr(engine, "train_slice", noted)
    for name in ("SLICE_SECONDS", "SHARED_SLICE_SECONDS"):
        monkeypatch.setattr(searches, name, 0.02)
    for visit, seed in (("a", 1), ("a", 2), ("b", 4)):
        asking[0] = visit
        begun(visited, Plan(SPACE, BASE.replace(iterations=50_000, seed=seed), trials=100))
    until(lambda: len(order) > 250, "they do not go on")
    assert 60 <= order[100:250].count(4) <= 90  # the first hundred: who came last catches up


# Servers that are killed, clusters, stores.


def test_a_killed_server_loses_no_finished_trial(tmp_path: Path, store: RunStore, service: SearchService) -> None:
    """kill -9 in the middle; the search is taken over at once, and nothing that was finished is done again."""
    script = """
        import sys, time
        from pathlib import Path
        from server.searches import SearchService
        from spiral_core.store.run_store import RunStore
        from tests.server.test_searches import LONG, SHELF, everybody
        service = SearchService(2, RunStore(Path(sys.argv[1])), is_here=everybody)
        name = service.begin(SHELF, LONG)
        live = service.find(name, LONG)
        print(name, flush=True)
        if __name__ == "__main__":
            time.sleep(600)
    """
    root = Path(__file__).parents[2]
    guarded = "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(script), "    ")
    file = tmp_path / "child.py"
    file.write_text(guarded)
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, str(file), str(tmp_path / "runs.sqlite")], stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as server:
        assert server.stdout
        name = server.stdout.readline().strip()
        deadline = time.monotonic() + 60
        while len(store.trials(name, LONG)) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        server.kill()
        server.wait(10)
    before = store.trials(name, LONG)
    assert 4 <= len(before) < 40
    assert store.searches(SHELF)[0].state == "running"
    assert service.resume(name, LONG)
    live = service.find(name, LONG)
    while len(live.search.trials) < len(before) + 2:
        time.sleep(0.01)
    service.stop(name)
    ended(live)
    assert live.version == len(live.search.trials) - len(before)
    assert_same([t for t in live.search.trials if t.number in {b.number for b in before}], sorted(before, key=lambda t: t.number))


def test_a_cluster_does_the_work(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        monkeypatch.setenv(cluster_of.SCHEDULER, cluster.scheduler_address)
        service = SearchService(2, store, is_here=everybody)
        live = ended(begun(service, PLAN))
        service.close()
    assert live.state == "finished"
    assert_same(live.search.trials, whole(PLAN).trials)


def test_a_cluster_that_is_not_there_is_said(store: RunStore, monkeypatch: pytest.MonkeyPatch, service: SearchService) -> None:
    monkeypatch.setattr(cluster_of, "SECONDS", 0.5)
    monkeypatch.setenv(cluster_of.SCHEDULER, "tcp://127.0.0.1:9")
    live = ended(begun(service, PLAN))
    assert (live.state, live.reason) == ("failed", "the cluster cannot be reached")
    monkeypatch.delenv(cluster_of.SCHEDULER)
    assert service.resume(live.id, PLAN)
    assert ended(service.find(live.id, PLAN)).state == "finished"


def test_a_failing_store_costs_the_saving_alone(service: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError(Reason.FULL)

    monkeypatch.setattr(RunStore, "add_trials", full)
    live = ended(begun(service, PLAN))
    assert (live.state, live.not_saved) == ("finished", "the disk is full")
    assert_same(live.search.trials, whole(PLAN).trials)
    monkeypatch.setattr(RunStore, "add_search", full)
    live = ended(begun(service, PLAN))
    assert (live.state, live.not_saved) == ("finished", "the disk is full")


def test_a_search_counts_what_it_stores_and_no_more(service: SearchService, store: RunStore) -> None:
    """Who starts large searches and stops them has used up no more of what a network may save than was stored."""
    spent: list[int] = []
    live = service.find(service.begin(SHELF, LONG, spent.append), LONG)
    (begun_with,) = spent
    assert begun_with < 2000
    until(lambda: live.search.trials, "no trial comes")
    service.stop(live.id)
    count = len(ended(live).search.trials)
    each = stored_bytes(LONG.settings(0))
    assert 0 < count < LONG.count
    assert spent == [begun_with] + [each] * count
    assert len(store.trials(live.id, LONG)) == count
    assert service.resume(live.id, LONG, spent.append)
    again = service.find(live.id, LONG)
    until(lambda: len(again.search.trials) > count, "it does not go on")
    service.stop(live.id)
    ended(again)
    assert spent == [begun_with] + [each] * len(again.search.trials)


def test_a_search_that_may_store_no_more_goes_on_unsaved(service: SearchService, store: RunStore) -> None:
    left = 3 * stored_bytes(PLAN.settings(0)) + 2000

    def spend(nbytes: int) -> None:
        nonlocal left
        if nbytes > left:
            raise StoreError(Reason.BROWSER)
        left -= nbytes

    live = ended(service.find(service.begin(SHELF, PLAN, spend), PLAN))
    assert (live.state, live.not_saved) == ("finished", Reason.BROWSER.value)
    assert_same(live.search.trials, whole(PLAN).trials)
    assert len(store.trials(live.id, PLAN)) == 3


def test_a_search_that_paused_goes_on_counting(visited: SearchService) -> None:
    spent: list[int] = []
    live = visited.find(visited.begin(SHELF, LONG, spent.append), LONG)
    visited.stop(live.id)
    ended(live)
    live.state = "paused"
    again = visited.find(live.id, LONG)
    until(lambda: len(again.search.trials) > len(live.search.trials), "it does not go on")
    visited.stop(live.id)
    ended(again)
    assert len(spent) == 1 + len(again.search.trials)


def test_memory_of_finished_searches_is_bounded(service: SearchService) -> None:
    plan = Plan(SPACE, BASE.replace(iterations=1), trials=1)
    for _ in range(searches.MAX_KEPT + 4):
        ended(begun(service, plan))
    assert len(service._live) <= searches.MAX_KEPT + 1


def test_a_store_that_cannot_be_opened_is_replaced_by_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    opened = Opened(tmp_path / "file" / "runs.sqlite")
    opened.store.pin(SHELF, BASE)
    assert opened.problem
    assert len(opened.store.pins(SHELF)) == 1


def test_searches_that_take_much_memory_are_few_and_small_ones_run_beside_them(
    visited: SearchService, asking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = visited
    monkeypatch.setattr(searches, "SHARED_SLICE_SECONDS", 0.02)
    large = Plan(SPACE, LONG.base.replace(hidden=(100, 110)), method="halving", trials=100)
    assert large.held_bytes() > searches.SMALL
    monkeypatch.setattr(searches, "MAX_BYTES", int(2.5 * large.held_bytes()))
    first = begun(service, large)
    service.begin("o" * 22, large)
    with pytest.raises(TooManySearchesError):
        service.begin("p" * 22, large)
    asking[0] = "another"
    assert begun(service, PLAN).state == "running"
    service.stop(first.id)
    ended(first)
    service.begin("p" * 22, large)


@pytest.mark.parametrize("method", ["random", "halving"])
def test_what_a_search_will_hold_is_known_before(method: Method) -> None:
    plan = Plan(SPACE, BASE.replace(hidden=(60, 60), optimizer="adam", iterations=900), method=method, trials=9)
    search = Search(plan)
    most = 0
    carry_out(search, Serial, 1)
    for trial in search.known:
        assert trial.record
        most += sum(map(len, trial.record.packed()[1:])) + (trial.checkpoint.nbytes if trial.checkpoint else 0)
    assert 0.5 * most < plan.held_bytes() < 3 * most


def test_so_many_searches_run_and_no_more(service: SearchService, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(limits.SEARCHES, "2")
    first = begun(service, LONG)
    service.begin("o" * 22, LONG)
    with pytest.raises(TooManySearchesError):
        service.begin("p" * 22, PLAN)
    assert service.running() == 2
    service.stop(first.id)
    ended(first)
    assert ended(begun(service, PLAN)).search.finished
    limits.forget()
    environment.setenv(limits.SEARCHES, "1")
    with pytest.raises(TooManySearchesError):
        service.resume(first.id, LONG)


def in_browsers(store: RunStore, asking: list[str]) -> SearchService:
    """A service for visits that are named by their address, browser and tab: "address/browser/tab"."""
    return SearchService(0, store, lambda: asking[0], everybody, lambda visit: Whose(*visit.split("/")[:2]))


def two_of_one(service: SearchService, asking: list[str]) -> Live:
    """As many searches as a browser may have run, each in a tab of its own; returns the first."""
    lives = []
    for tab in range(2):
        asking[0] = f"here/one/{tab}"
        lives.append(begun(service, LONG))
    return lives[0]


def test_a_browser_has_two_searches_that_run_in_however_many_tabs(store: RunStore, asking: list[str]) -> None:
    service = in_browsers(store, asking)
    first = two_of_one(service, asking)
    for asking[0] in ("here/one/2", "elsewhere/one/3"):  # an address is easily changed
        with pytest.raises(TooManyOfBrowserError):
            service.begin(SHELF, PLAN)
    assert len(store.searches(SHELF)) == 2
    asking[0] = "here/other/0"
    assert ended(begun(service, PLAN)).search.finished
    service.stop(first.id)
    ended(first)
    asking[0] = "here/one/2"
    assert service.resume(first.id, LONG)
    with pytest.raises(TooManyOfBrowserError):
        service.begin(SHELF, PLAN)
    service.close()


def test_a_search_that_paused_waits_until_its_browser_has_a_place(store: RunStore, asking: list[str]) -> None:
    service = in_browsers(store, asking)
    first = two_of_one(service, asking)
    asking[0] = "here/other/0"
    paused = begun(service, LONG)
    service.stop(paused.id)
    ended(paused).state = "paused"
    asking[0] = "here/one/2"
    assert service.find(paused.id, LONG).state == "paused"
    service.stop(first.id)
    ended(first)
    again = service.find(paused.id, LONG)
    assert (again.state, again.whose.browser) == ("running", "one")
    service.close()


def test_who_asks_many_times_at_once_gets_two_places(service: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[int] = []
    gate, enough = threading.Barrier(6), threading.Event()

    def slow(*_: object) -> str:
        enough.wait(10)
        return new_id()

    def ask(number: int) -> None:
        gate.wait(10)
        try:
            service.begin(SHELF, LONG)
        except TooManyOfBrowserError:
            refused.append(number)
            if len(refused) == 4:
                enough.set()

    monkeypatch.setattr(RunStore, "add_search", slow)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 4
    assert service.running() == 2


def test_what_a_trial_takes_is_the_processors_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the waiting for a core on a busy machine, by which a light search would be taken for a heavy one."""
    make = datasets.data_of

    def slow(*given: Any) -> Any:
        time.sleep(1.0)
        return make(*given)

    monkeypatch.setattr(engine, "data_of", slow)
    done = train_slice(BASE.replace(iterations=5), None, 60.0)
    assert done.progress.checkpoint.iteration == 5
    assert 0 < done.seconds < 0.9
