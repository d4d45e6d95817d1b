"""The search service: carries searches out in workers of its own that give way to the runs on screen, and saves each trial."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from server import log
from server import store as stores
from server.training import cost, worker
from spiral_core.marking import N_
from spiral_core.search import Plan, Search, Trial, carry_out
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import new_id

BEAT = 5.0  # seconds between two words to other servers that a search is alive
SILENCE = 20.0  # seconds after which one counts as interrupted
KEPT = 8  # searches that stay in memory when they are done
SCHEDULER = "SPIRAL_LAB_SCHEDULER"  # the address of a Dask cluster that does the work instead
CLUSTER_SECONDS = 10.0  # to reach it
AT_ONCE_ON_CLUSTER = 64  # tasks that wait there or are in work

# Why a search failed, by the error that ended it.
FAILURES: dict[type[Exception], str] = {
    ImportError: N_("the package “distributed”, which talks to the cluster, is not installed"),
    OSError: N_("the cluster cannot be reached"),
    Exception: N_("something went wrong on our side"),
}


@dataclass(eq=False)
class Live:
    """A search that this server works on or has in memory."""

    id: str
    plan: Plan
    search: Search
    known: int  # updates that were done before
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    state: str = "running"  # stopped, finished, failed
    deaths: int = 0
    not_saved: str = ""
    reason: str = ""  # why it failed
    wanted: bool = True  # until somebody stops it
    version: int = 0  # goes up with each trial

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    @property
    def share(self) -> float:
        """How much of the work is done, 0..1."""
        return min(1.0, self.search.updates_done / max(self.plan.updates(), 1))

    @property
    def seconds_left(self) -> float | None:
        """From the pace so far; None before there is one."""
        done = self.search.updates_done - self.known
        return self.seconds * (self.plan.updates() - self.search.updates_done) / done if done > 0 else None


class SearchService:
    """workers=0 works in a thread, for tests; with SPIRAL_LAB_SCHEDULER the work goes to that cluster."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._live: dict[str, Live] = {}
        self._pool: Executor | None = None
        self._disconnect: Callable[[], object] = lambda: None  # from the cluster, if there is one
        self._closed = False

    def begin(self, shelf: str, plan: Plan) -> str:
        """Start a search; returns its id."""
        not_saved = ""
        try:
            name = stores.store().add_search(shelf, plan)
        except StoreError as error:
            name, not_saved = new_id(), str(error)
        self._start(Live(name, plan, Search(plan), 0, not_saved=not_saved))
        return name

    def resume(self, name: str, plan: Plan) -> bool:
        """Go on with a stopped or interrupted search; False where another server works on it. Raises StoreError."""
        if not stores.store().claim(name, SILENCE):
            return False
        search = Search(plan, stores.store().trials(name, plan))
        self._start(Live(name, plan, search, search.updates_done))
        return True

    def knows(self, name: str) -> bool:
        """Whether a search is in memory."""
        with self._lock:
            return name in self._live

    def find(self, name: str, plan: Plan | None) -> Live:
        """A search as far as it is, from memory or else from the store. Raises StoreError, and KeyError for an unknown one."""
        with self._lock:
            if name in self._live:
                return self._live[name]
        if plan is None:
            raise KeyError(name)
        search = Search(plan, stores.store().trials(name, plan))
        found = Live(name, plan, search, search.updates_done, ended=0.0, state="finished" if search.finished else "stopped")
        found.ended = found.began + sum(t.record.summary.seconds for t in search.trials if t.record)
        with self._lock:
            return self._keep(found)

    def estimate(self, plan: Plan) -> float:
        """About how many seconds a plan takes here."""
        shown = range(0, plan.count, max(1, plan.count // 50))
        each = sum(cost.seconds_per_update(plan.settings(number)) for number in shown) / len(shown)
        return plan.updates() * each / max(1, self._workers)

    def running(self) -> int:
        """How many searches run."""
        with self._lock:
            return sum(live.state == "running" for live in self._live.values())

    def is_running(self, name: str) -> bool:
        with self._lock:
            return name in self._live and self._live[name].state == "running"

    def stop(self, name: str) -> None:
        """End a search; its finished trials stay."""
        with self._lock:
            if name in self._live:
                self._live[name].wanted = False

    def forget(self, name: str) -> None:
        self.stop(name)
        with self._lock:
            self._live.pop(name, None)

    def warm(self) -> None:
        """Start the workers before somebody needs them."""
        if self._workers and not os.environ.get(SCHEDULER):
            with self._lock:
                if self._pool is None and not self._closed:
                    self._pool = self._new_pool()
                    for _ in range(self._workers):
                        self._pool.submit(os.getpid)

    def close(self) -> None:
        """The server ends: what is in work is dropped, what is finished is saved."""
        with self._lock:
            self._closed = True
            for live in self._live.values():
                if live.state == "running" and not live.not_saved:
                    with suppress(StoreError):
                        stores.store().end_search(live.id, "stopped")
            pool, self._pool = self._pool, None
        if isinstance(pool, ProcessPoolExecutor | ThreadPoolExecutor):
            pool.shutdown(wait=False, cancel_futures=True)
        self._disconnect()

    def _keep(self, live: Live) -> Live:
        self._live[live.id] = self._live.pop(live.id, live)
        done = [name for name, other in self._live.items() if other.state != "running"]
        for name in done[:-KEPT]:
            del self._live[name]
        return self._live[live.id]

    def _start(self, live: Live) -> None:
        with self._lock:
            self._live[live.id] = live
            self._keep(live)
        threading.Thread(target=self._work, args=(live,), name=f"search {live.id[:6]}", daemon=True).start()

    def _work(self, live: Live) -> None:
        beat = [time.monotonic()]

        log.tell("a search begins", search=live.id[:6], trials=live.plan.count, known=len(live.search.trials))

        def stopped() -> bool:
            if time.monotonic() - beat[0] > BEAT:
                beat[0] = time.monotonic()
                self._save(live, lambda: stores.store().beat(live.id))
            return not live.wanted or self._closed

        def take(trial: Trial) -> None:
            live.version += 1
            self._save(live, lambda: stores.store().add_trials(live.id, [trial]))

        def died() -> None:
            live.deaths += 1
            log.warn("a search's worker died; its trials are done again", search=live.id[:6])

        try:
            at_once = AT_ONCE_ON_CLUSTER if os.environ.get(SCHEDULER) else max(1, self._workers) * 2
            carry_out(live.search, self._executor_for(), at_once, take, died, stopped)
            state = "finished" if live.search.finished else "stopped"
        except Exception as error:
            log.fail("a search failed", error, search=live.id[:6])
            live.reason = next(reason for kind, reason in FAILURES.items() if isinstance(error, kind))
            state = "failed"
        live.ended, live.state = time.monotonic(), state
        log.tell("a search ended", search=live.id[:6], state=state, trials=len(live.search.trials), seconds=round(live.seconds, 1))
        self._save(live, lambda: stores.store().end_search(live.id, "finished" if live.state == "finished" else "stopped"))

    def _save(self, live: Live, action: Callable[[], object]) -> None:
        if live.not_saved or self._closed:  # what failed once is not tried for each trial: a full disk would slow all down
            return
        try:
            action()
        except StoreError as error:
            log.warn("a search is not saved", search=live.id[:6], reason=error)
            live.not_saved = str(error)

    def _executor_for(self) -> Callable[[], Executor]:
        """Gives the executor to one search, and another after it broke."""
        last: list[Executor] = []

        def give() -> Executor:
            with self._lock:
                if self._pool is None or (last and last[-1] is self._pool):
                    self._pool = self._new_pool()
                last.append(self._pool)
                return self._pool

        return give

    def _new_pool(self) -> Executor:
        address = os.environ.get(SCHEDULER)
        if address:
            from distributed import Client

            client = Client(address, timeout=CLUSTER_SECONDS)
            self._disconnect = client.close
            pool: Executor = client.get_executor(retries=3)
            return pool
        if self._workers:
            spawn = multiprocessing.get_context("spawn")  # a fork of a server with threads can hang
            return ProcessPoolExecutor(self._workers, spawn, initializer=worker.begin, initargs=(worker.BEHIND,))
        return ThreadPoolExecutor(1, "search")


_service: SearchService | None = None
_lock = threading.Lock()


def open_service(workers: int) -> SearchService:
    """Make the server's one service; app.py does so when the server starts."""
    global _service
    with _lock:
        _service = SearchService(workers)
    return _service


def service() -> SearchService:
    """The server's service; without a server (in tests, say) one that works in a thread."""
    global _service
    with _lock:
        if _service is None:
            _service = SearchService(workers=0)
        return _service
