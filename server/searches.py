"""The search service: carries searches out in workers of its own that give way to the runs on screen, and saves each trial."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property

from server import cluster, log
from server.cluster import Cluster
from server.http import limits
from server.shares import Shares
from server.training import cost
from server.training.pool import LOWEST, Lanes
from server.turns import Whose, own
from spiral_core.marking import N_
from spiral_core.records import stored_bytes
from spiral_core.search import Plan, Search, Trial, carry_out
from spiral_core.store.database import StoreError
from spiral_core.store.keys import new_id, to_json
from spiral_core.store.run_store import RunStore

BEAT = 5.0  # seconds between two signs to other servers that a search is alive
SILENCE = 20.0  # seconds after which one counts as interrupted
RESTS_AFTER = 20.0  # seconds without anybody who looks, after which a search pauses
MAX_OF_ONE_BROWSER = 2  # searches that run: its tabs take turns as one, so more would only take longer
MAX_KEPT = 8  # searches that stay in memory when they are done
MAX_BYTES = 1_000_000_000  # of all running searches' trials; small searches run beside them
SMALL = 10_000_000
MAX_ON_CLUSTER = 64  # tasks of a search that wait or are in progress there
SLICE_SECONDS, SHARED_SLICE_SECONDS = 1.0, 0.25  # of a task, alone and where several searches share the workers

# Why a search failed, by the error that ended it.
FAILURES: dict[type[Exception], str] = {
    ImportError: N_("the package “distributed”, which talks to the cluster, is not installed"),
    OSError: N_("the cluster cannot be reached"),
    Exception: N_("something went wrong on our side"),
}


Spend = Callable[[int], None]  # counts bytes before they are stored; raises StoreError where that is too much


def _free(nbytes: int) -> None:
    """Nobody counts."""


class TooManySearchesError(Exception):
    """As many searches run as this server allows."""


class TooManyOfBrowserError(TooManySearchesError):
    """As many of this browser's searches run as it may have."""


@dataclass(eq=False)
class Live:
    """A search that this server works on or has in memory."""

    id: str
    plan: Plan
    search: Search
    known: int  # updates that were done before
    whose: Whose  # whose share of the workers it takes
    looked: dict[str, float] = field(default_factory=dict)  # visit → when it last looked
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    state: str = "running"  # paused, stopped, finished, failed
    deaths: int = 0
    not_saved: str = ""
    reason: str = ""  # why it failed
    wanted: bool = True  # until somebody stops it
    spend: Spend = _free
    version: int = 0  # goes up with each trial

    @cached_property
    def nbytes(self) -> int:
        """About how much memory its trials take."""
        return self.plan.held_bytes()

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
    """workers=0 works in a thread, for tests; with SPIRAL_LAB_SCHEDULER the work goes to that cluster.

    visit: names the visit that is asking; is_here: whether a visit still has its page open, whichever that is; whose: says whose a
    visit is.
    """

    def __init__(
        self,
        workers: int,
        store: RunStore,
        visit: Callable[[], str] = lambda: "",
        is_here: Callable[[str], bool] = lambda visit: False,
        whose: Callable[[str], Whose] = own,
    ) -> None:
        self._store, self._visit, self._is_here, self._whose = store, visit, is_here, whose
        self._lanes = Lanes(workers, LOWEST, "searches", ready=False)
        self._shares = Shares(self._lanes, beyond=lambda asked, done: done.seconds - asked[-1])  # of `train_slice`
        self._lock = threading.Lock()
        self._live: dict[str, Live] = {}
        self._beginning: list[Whose] = []  # who has a place for a search that is not in `_live` yet
        self._cluster = Cluster()
        self._closed = False

    def begin(self, shelf: str, plan: Plan, spend: Spend = _free) -> str:
        """Start a search; returns its id. spend: counts what is stored of it, as that is. Raises TooManySearchesError."""
        with self._place(plan) as whose:
            name, not_saved = new_id(), ""
            try:
                spend(len(to_json(plan.to_dict())))
                name = self._store.add_search(shelf, plan)
            except StoreError as error:
                not_saved = error.reason.value
            self._start(Live(name, plan, Search(plan), 0, whose, not_saved=not_saved, spend=spend))
            return name

    def resume(self, name: str, plan: Plan, spend: Spend = _free) -> bool:
        """Go on with a stopped or interrupted search; False where another server works on it.

        Raises StoreError and TooManySearchesError.
        """
        with self._place(plan) as whose:
            if not self._store.claim(name, SILENCE):
                return False
            search = Search(plan, self._store.trials(name, plan))
            self._start(Live(name, plan, search, search.updates_done, whose, spend=spend))
            return True

    def knows(self, name: str) -> bool:
        """Whether a search is in memory."""
        with self._lock:
            return name in self._live

    def find(self, name: str, plan: Plan | None) -> Live:
        """A search as far as it is, from memory or else from the store; one that paused because nobody looked goes on.

        Raises StoreError, and KeyError for an unknown one.
        """
        with self._lock:
            live = self._live.get(name)
        if live:
            self.look(live)
            if live.state == "paused":
                with suppress(TooManySearchesError), self._place(live.plan, asked=False) as whose:
                    if live.not_saved or self._store.claim(name, SILENCE):
                        live = self._again(live, whose)
            return live
        if plan is None:
            raise KeyError(name)
        search = Search(plan, self._store.trials(name, plan))
        state = "finished" if search.finished else "stopped"
        found = Live(name, plan, search, search.updates_done, own(""), ended=0.0, state=state)
        found.ended = found.began + sum(t.record.summary.seconds for t in search.trials if t.record)
        with self._lock:
            return self._keep(found)

    def look(self, live: Live) -> None:
        """A word that the visit's page still shows a search."""
        live.looked[self._visit()] = time.monotonic()

    def _again(self, live: Live, whose: Whose) -> Live:
        """Go on with a search that paused, for who looks at it now."""
        with self._lock:
            if live.state != "paused":  # another visit was quicker
                return self._live.get(live.id, live)
            live.state = "stopped"
        done = live.search.updates_done
        search = Search(live.plan, live.search.known)
        again = Live(live.id, live.plan, search, done, whose, dict(live.looked), not_saved=live.not_saved, spend=live.spend)
        return self._start(again)

    def estimate(self, plan: Plan) -> float:
        """About how many seconds a plan takes here."""
        shown = range(0, plan.count, max(1, plan.count // 50))
        each = sum(cost.seconds_per_update(plan.settings(number)) for number in shown) / len(shown)
        return plan.updates() * each / self._lanes.light.size

    def running(self) -> int:
        """How many searches run."""
        with self._lock:
            return sum(live.state == "running" for live in self._live.values())

    @contextmanager
    def _place(self, plan: Plan, asked: bool = True) -> Iterator[Whose]:
        """A place for a search of who is asking, until it runs; two that ask at once get two. Raises TooManySearchesError.

        asked: not merely looked at, so that the log says what is refused.
        """
        whose, wanted = self._whose(self._visit()), plan.held_bytes()
        with self._lock:
            running = [live for live in self._live.values() if live.state == "running"]
            owners = [live.whose for live in running] + self._beginning
            is_small = wanted <= SMALL or not running or wanted + sum(live.nbytes for live in running) <= MAX_BYTES
            if len(owners) >= limits.max_searches() or not is_small:
                if asked:
                    log.warning("a search is refused: as many run as are allowed", limit=limits.SEARCHES)
                raise TooManySearchesError
            if sum(other.browser == whose.browser for other in owners) >= MAX_OF_ONE_BROWSER:
                raise TooManyOfBrowserError
            self._beginning.append(whose)
        try:
            yield whose
        finally:
            with self._lock:
                self._beginning.remove(whose)

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
        if not os.environ.get(cluster.SCHEDULER) and not self._closed:
            self._lanes.light.warm()

    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return self._lanes.processes()

    def close(self) -> None:
        """The server ends: what is in progress is dropped, what is finished is saved."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            running = [live for live in self._live.values() if live.state == "running" and not live.not_saved]
        self._lanes.close()
        for live in running:
            with suppress(StoreError):
                self._store.end_search(live.id, "stopped")
        self._cluster.close()

    def _keep(self, live: Live) -> Live:
        self._live[live.id] = self._live.pop(live.id, live)
        done = [name for name, other in self._live.items() if other.state != "running"]
        for name in done[:-MAX_KEPT]:
            del self._live[name]
        return self._live[live.id]

    def _start(self, live: Live) -> Live:
        self.look(live)
        with self._lock:
            self._live[live.id] = live
            self._keep(live)
        threading.Thread(target=self._work, args=(live,), name=f"search {live.id[:6]}", daemon=True).start()
        return live

    def _work(self, live: Live) -> None:
        """Carry a search out; runs in its thread."""
        last_beat = time.monotonic()
        log.info("a search begins", search=live.id[:6], trials=live.plan.count, known=len(live.search.trials))

        def stopped() -> bool:
            nonlocal last_beat
            if time.monotonic() - last_beat > BEAT:
                last_beat = time.monotonic()
                self._save(live, lambda: self._store.beat(live.id))
            return not live.wanted or self._closed or not self._is_attended(live)

        def take(trial: Trial) -> None:
            live.version += 1
            self._save(live, lambda: self._keep_trial(live, trial))

        def died() -> None:
            if self._closed:
                return
            live.deaths += 1
            log.warning("a search's worker died; its trials are done again", search=live.id[:6])

        try:
            at_once = MAX_ON_CLUSTER if os.environ.get(cluster.SCHEDULER) else self._lanes.light.size * 2
            carry_out(live.search, self._executor(live), at_once, take, died, stopped, self._slice_seconds)
            state = "finished" if live.search.finished else "stopped" if not live.wanted or self._closed else "paused"
        except Exception as error:
            log.error("a search failed", error, search=live.id[:6])
            live.reason = next(reason for kind, reason in FAILURES.items() if isinstance(error, kind))
            state = "failed"
        self._save(live, lambda: self._store.end_search(live.id, "finished" if state == "finished" else "stopped"))
        live.ended, live.state = time.monotonic(), state
        log.info("a search ended", search=live.id[:6], state=state, trials=len(live.search.trials), seconds=round(live.seconds, 1))

    def _is_attended(self, live: Live) -> bool:
        """Whether somebody looks, or has at least a page open."""
        now = time.monotonic()
        looked = list(live.looked.items())
        return any(now - at < RESTS_AFTER or self._is_here(visit) for visit, at in looked)

    def _slice_seconds(self) -> float:
        return SLICE_SECONDS if self.running() < 2 else SHARED_SLICE_SECONDS

    def _save(self, live: Live, action: Callable[[], object]) -> None:
        if live.not_saved or self._closed:  # what failed once is not tried for each trial: a full disk would slow all down
            return
        try:
            action()
        except StoreError as error:
            log.warning("a search is not saved", search=live.id[:6], reason=error)
            live.not_saved = error.reason.value

    def _keep_trial(self, live: Live, trial: Trial) -> None:
        if trial.record:
            live.spend(stored_bytes(trial.settings))
        self._store.add_trials(live.id, [trial])

    def _executor(self, live: Live) -> Callable[[], Executor]:
        """Gives what does a search's work: its share of the workers here, or the cluster, connected anew where that was lost."""
        address = os.environ.get(cluster.SCHEDULER)
        share = self._shares.executor(live.whose, live.id)
        return lambda: self._cluster.executor(address) if address else share
