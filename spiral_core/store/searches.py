"""Searches with their trials: which server works on each, and everything needed to resume a trial."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from spiral_core.rules import SettingError
from spiral_core.run import Checkpoint
from spiral_core.search import Plan, Trial
from spiral_core.stopping import UNSEEN, Best
from spiral_core.store.database import Part, Reason, StoreError
from spiral_core.store.keys import key_of, new_id, to_json
from spiral_core.store.runs import record_of, run_row

MAX_CHECKPOINT_BYTES = 1_000_000  # a larger trial restarts when it is interrupted


@dataclass(frozen=True)
class SavedSearch:
    """A search on a shelf. state: running, stopped or finished; beat: the last heartbeat of its server, in seconds since 1970."""

    id: str
    plan: Plan
    begun: float
    state: str
    beat: float


class Searches(Part):
    """The searches of each shelf. A server that works on one sends heartbeats; when they stop, another may take over."""

    def add_search(self, shelf: str, plan: Plan) -> str:
        """Store a plan that is about to start; returns its id."""
        name, now = new_id(), time.time()
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO searches VALUES (?, ?, ?, ?, 'running', ?, ?, NULL)",
                (name, shelf, to_json(plan.to_dict()), now, now, _this_process()),
            )
        return name

    def searches(self, shelf: str) -> list[SavedSearch]:
        """The searches of a shelf, the latest first."""
        rows = self._database.read(
            "SELECT id, plan, begun, state, beat FROM searches WHERE shelf = ? AND removed IS NULL ORDER BY rowid DESC",
            shelf,
        )
        return [SavedSearch(str(i), _plan(plan), float(begun), str(state), float(beat)) for i, plan, begun, state, beat in rows]

    def claim(self, search: str, silence: float) -> bool:
        """Take over a search whose server is gone or has sent no heartbeat for `silence` seconds; else False."""
        now = time.time()
        with self._database.writing() as connection:
            row = connection.execute("SELECT state, beat, owner FROM searches WHERE id = ?", (search,)).fetchone()
            if row is None or (row[0] == "running" and abs(now - row[1]) < silence and _may_live(row[2])):
                return False
            connection.execute(
                "UPDATE searches SET state = 'running', beat = ?, owner = ? WHERE id = ?", (now, _this_process(), search)
            )
        return True

    def beat(self, search: str) -> None:
        """Record the heartbeat of this server for a search."""
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET beat = ? WHERE id = ?", (time.time(), search))

    def end_search(self, search: str, state: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET state = ?, beat = ? WHERE id = ?", (state, time.time(), search))

    def remove_search(self, search: str) -> None:
        """Take a search off its shelf; `restore_search` brings it back."""
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET removed = ? WHERE id = ?", (time.time(), search))

    def restore_search(self, search: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE searches SET removed = NULL WHERE id = ?", (search,))

    def add_trials(self, search: str, trials: Iterable[Trial]) -> None:
        """Store the results of trials, with everything needed to resume them."""
        with self._database.writing() as connection:
            for trial in trials:
                if trial.record:
                    connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", run_row(trial.record))
                score = trial.score if math.isfinite(trial.score) else None
                place, blob = _packed(trial.checkpoint)
                key = key_of(trial.settings)
                connection.execute(
                    "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (search, trial.number, trial.rung, key, score, trial.failure, blob, place),
                )
                connection.execute(
                    "UPDATE trials SET checkpoint = NULL WHERE search = ? AND number = ? AND rung < ?",
                    (search, trial.number, trial.rung),
                )

    def trials(self, search: str, plan: Plan) -> list[Trial]:
        """All trials of a search, those of lower rungs too."""
        rows = self._database.read(
            "SELECT number, rung, score, failure, checkpoint, place, plain, history, parameters FROM trials "
            "LEFT JOIN runs ON runs.key = trials.key WHERE search = ? ORDER BY rung, number",
            search,
        )
        found = []
        for number, rung, score, failure, blob, place, plain, history, parameters in rows:
            settings = plan.settings(number, rung)
            record = record_of(settings, plain, history, parameters) if plain else None
            checkpoint = _unpacked(place, blob, settings.parameter_count)
            if record or failure:
                found.append(Trial(number, rung, settings, math.inf if score is None else score, record, checkpoint, failure))
        return found


def _this_process() -> str:
    return f"{os.getpid()}@{platform.node()}"


def _may_live(owner: str) -> bool:
    """Whether the process that worked on a search may still do so; known of those of this machine alone."""
    number, _, machine = owner.partition("@")
    if owner == _this_process():
        return False
    if machine != platform.node() or os.name != "posix":
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@lru_cache(maxsize=128)  # a plan checks each of its trials
def _plan(text: Any) -> Plan:
    try:
        return Plan.from_dict(json.loads(text))
    except SettingError as error:
        raise StoreError(Reason.NEWER) from error


def _packed(checkpoint: Checkpoint | None) -> tuple[str, bytes | None]:
    """Where training is as JSON, and its arrays in full precision; nothing for one that is too large."""
    if checkpoint is None or checkpoint.nbytes > MAX_CHECKPOINT_BYTES:
        return "{}", None
    place: dict[str, Any] = {
        "iteration": checkpoint.iteration,
        "logged_iteration": checkpoint.logged_iteration,
        "logged_loss": checkpoint.logged_loss,
        "lowest": checkpoint.lowest,
        "highest": checkpoint.highest,
    }
    if checkpoint.compiled:
        place["compiled"] = True
    if checkpoint.best != UNSEEN:
        place["best"] = list(checkpoint.best)
    return to_json(place), np.vstack([checkpoint.parameters, checkpoint.logged_parameters, *checkpoint.memory]).tobytes()


def _unpacked(place: Any, blob: Any, count: int) -> Checkpoint | None:
    if blob is None:
        return None
    parameters, logged, *memory = np.frombuffer(blob).reshape(-1, count).copy()
    slots = np.array(memory).reshape(len(memory), count)
    known = json.loads(place)
    best = Best(*known.pop("best", ()))
    return Checkpoint(parameters=parameters, logged_parameters=logged, memory=slots, best=best, **known)
