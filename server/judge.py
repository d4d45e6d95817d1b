"""Judges what is handed in for a goal: trains it with other seeds in the workers, and keeps what comes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from server import log
from server.training import cost
from server.training.service import RunService
from spiral_core.classroom.goals import Goal, judge, trials
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import RunStore
from spiral_core.store.works import Work

AT_ONCE = 3  # works whose runs are trained at a time: the quickest of those, one of each member
AT_HAND = 120  # whose turn it is
PAUSE = 0.3  # seconds between two looks at their runs
LEFT_BEHIND = 60.0  # seconds after which a work that another server took, and has not judged, is judged here
IDLE = 30.0  # seconds between two looks for these
LONGEST = 60.0  # estimated seconds of computing for one work; more is not judged
SLOWER = 3  # times as long as that it may take in fact


class Judge:
    """A thread that works while there is something to judge."""

    def __init__(self, store: RunStore, runs: RunService, told: Callable[[str], None]) -> None:
        """told: called with the id of a room in which a work has been judged."""
        self._store, self._runs, self._told = store, runs, told
        self._wake, self._closed = threading.Event(), False
        self._at_hand: dict[str, Work] = {}  # by their receipts: reading one with custom points takes a while
        self._awaited = 0.0  # when something was handed in here last
        self._thread = threading.Thread(target=self._work, name="judge", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was handed in here."""
        self._awaited = time.time()
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def _work(self) -> None:
        while True:
            self._wake.wait(IDLE)
            self._wake.clear()
            if self._closed:
                return
            try:
                while self._judge_some() and not self._closed:
                    time.sleep(PAUSE)
            except StoreError as error:
                log.warning("works could not be judged", reason=error)

    def _judge_some(self) -> bool:
        """One look at the runs of the quickest works, so that heavy ones hold up nobody's; False: there is nothing to do."""
        here = time.time() - self._awaited < LEFT_BEHIND
        receipts = self._store.unjudged(time.time() - (0.0 if here else LEFT_BEHIND), AT_HAND)
        known = self._at_hand
        found = {receipt: known.get(receipt) or self._store.work(receipt) for receipt in receipts}
        self._at_hand = {receipt: work for receipt, work in found.items() if work}  # without those whose room was closed just now
        for work in sorted(self._next_of_each(), key=lambda work: cost.seconds(work.settings))[:AT_ONCE]:
            result = self._result(work)
            if result is not None:
                self._store.judged(work.id, result)
                self._told(work.room)
        return bool(receipts)

    def _next_of_each(self) -> list[Work]:
        """The first of the works at hand of each member."""
        found: dict[tuple[str, str], Work] = {}
        for work in self._at_hand.values():
            found.setdefault((work.room, work.member), work)
        return list(found.values())

    def _result(self, work: Work) -> dict[str, object] | None:
        """What a work comes to; None: not yet."""
        assert work.goal
        try:
            family = trials(work.settings, work.goal["seed"])
            if sum(map(cost.seconds, family)) > LONGEST:
                return {"failure": "long"}
            runs = [self._runs.watch_trial(settings) for settings in family]
            finished = [run for run in runs if run is not None]
            if len(finished) < len(runs):
                return {"failure": "long"} if sum(map(self._runs.spent, family)) > SLOWER * LONGEST else None
            found = judge(Goal.from_dict(work.goal), work.settings, finished)
        except Exception as error:  # whatever it is, the next work is judged
            log.warning("a work could not be judged", reason=error)
            return {"failure": "failed"}
        return {"results": list(found.results), "mean": found.mean, "reached": found.reached}
