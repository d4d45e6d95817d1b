"""What members of rooms hand in, and what its judgement came to; it goes with its room."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from spiral_core.settings import Settings
from spiral_core.store.database import Part
from spiral_core.store.keys import settings_of, text_name, to_json
from spiral_core.store.rooms import CODE_LETTERS, State
from spiral_core.store.shelves import MAX_NAME_LENGTH, MAX_NOTE_LENGTH

MAX_WORKS, MAX_WORKS_EACH = 2000, 20  # that a room holds, the last fifth for who has none yet; of one member
MAX_WORKS_CHARACTERS = 20_000_000  # of the settings of a room's works and of their goals, mostly custom points
SMALL = 10_000  # characters of a work, up to which a fifth of those is kept for such as it
PARTS = 20  # of those, of which one member's larger works may take one
RECEIPT_LENGTH = 8


class Work(NamedTuple):
    """What a member handed in, for a goal (an activity) or for none (0)."""

    id: str  # the receipt
    room: str
    activity: int
    member: str
    settings: Settings
    goal: State | None
    note: str
    label: str
    at: float  # seconds since 1970
    result: State | None  # of the server's judgement; None before it


class RoomWorks(Part):
    """Works come one after the other and are never taken back."""

    def hand_in(
        self, room: str, activity: int, member: str, settings: Settings, *,
        goal: State | None, note: str, label: str, takes: Callable[[State], bool] = lambda _state: True,
    ) -> str | None:  # fmt: skip
        """Keep a work; returns its receipt, None where the room is closed or, as it is now, `takes` it no longer.

        Raises ValueError for one that is too much.
        """
        receipt = "".join(secrets.choice(CODE_LETTERS) for _ in range(RECEIPT_LENGTH))
        text, goal_text = to_json(settings.to_dict()), to_json(goal) if goal else ""
        goal_name = text_name(goal_text) if goal else ""
        with self._database.writing() as connection:
            row = connection.execute("SELECT state FROM rooms WHERE id = ?", (room,)).fetchone()
            if row is None or not takes(json.loads(row[0])):
                return None
            if goal:  # once for all works that are handed in for it
                connection.execute("INSERT OR IGNORE INTO room_goals VALUES (?, ?, ?)", (room, goal_name, goal_text))
            works, own, own_characters, characters = connection.execute(
                "SELECT COUNT(*), COUNT(*) FILTER (WHERE member = ?1), "
                "COALESCE(SUM(LENGTH(settings)) FILTER (WHERE member = ?1), 0), "
                "COALESCE(SUM(LENGTH(settings)), 0) + (SELECT COALESCE(SUM(LENGTH(goal)), 0) FROM room_goals WHERE room = ?2) "
                "FROM room_works WHERE room = ?2",
                (member, room),
            ).fetchone()
            full = not _has_room(len(text), own_characters, characters)
            if works >= (MAX_WORKS * 4 // 5 if own else MAX_WORKS) or own >= MAX_WORKS_EACH or full:
                raise ValueError(f"at most {MAX_WORKS_EACH} works of one member and {MAX_WORKS} in all can be handed in")
            connection.execute(
                "INSERT INTO room_works VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (receipt, room, activity, member, text, goal_name, note[:MAX_NOTE_LENGTH], label[:MAX_NAME_LENGTH], time.time()),
            )
        return receipt

    def judged(self, receipt: str, result: State) -> None:
        """Keep what the judgement of a work came to."""
        with self._database.writing() as connection:
            connection.execute("UPDATE room_works SET result = ? WHERE id = ?", (to_json(result), receipt))

    def works(self, room: str, after: int = 0) -> list[Work]:
        """All that was handed in, in its order; after: how many of them are left out."""
        query = f"SELECT {_WORK} FROM room_works WHERE room = ? ORDER BY rowid LIMIT -1 OFFSET ?"
        return [_work(row) for row in self._database.read(query, room, after)]

    def results(self, room: str) -> list[State | None]:
        """What the judgements of all works came to, in the works' order."""
        rows = self._database.read("SELECT result FROM room_works WHERE room = ? ORDER BY rowid", room)
        return [json.loads(text) if text else None for (text,) in rows]

    def work_counts(self, room: str) -> dict[str, tuple[int, int]]:
        """How many works each member handed in, and how many of them have a result."""
        rows = self._database.read("SELECT member, COUNT(*), COUNT(result) FROM room_works WHERE room = ? GROUP BY member", room)
        return {str(member): (int(works), int(judged)) for member, works, judged in rows}

    def work(self, receipt: str) -> Work | None:
        """A work by its receipt."""
        rows = self._database.read(f"SELECT {_WORK} FROM room_works WHERE id = ?", receipt)
        return _work(rows[0]) if rows else None

    def unjudged(self, before: float, most: int) -> list[str]:
        """The receipts of works for a goal that have no result yet and were handed in before a moment.

        Rooms take turns, and in a room its members. A quarter is drawn from those whose turn is not near: one that is quick to
        judge comes to light there, however many others are before it.
        """
        numbered = (
            "SELECT id, room, rowid AS at_row, ROW_NUMBER() OVER (PARTITION BY room, member ORDER BY rowid) AS own "
            "FROM room_works WHERE result IS NULL AND goal <> '' AND at <= ?"
        )
        turns = f"SELECT id, own, at_row, ROW_NUMBER() OVER (PARTITION BY room ORDER BY own, at_row) AS turn FROM ({numbered})"
        near = f"SELECT id FROM ({turns}) ORDER BY turn, at_row LIMIT ?"
        found = [str(receipt) for (receipt,) in self._database.read(near, before, most)]
        if len(found) < most:
            return found
        found = found[: most - most // 4]
        drawn = f"SELECT id FROM ({turns}) WHERE own = 1 ORDER BY RANDOM() LIMIT ?"
        others = [str(receipt) for (receipt,) in self._database.read(drawn, before, most)]
        return [*found, *[receipt for receipt in others if receipt not in found][: most // 4]]


def _has_room(length: int, own: int, all_works: int) -> bool:
    """Whether a work of so many characters finds room beside its member's and all other works."""
    if length > SMALL and own + length > MAX_WORKS_CHARACTERS // PARTS:
        return False
    return all_works + length <= (MAX_WORKS_CHARACTERS if length <= SMALL else MAX_WORKS_CHARACTERS * 4 // 5)


_GOAL = "(SELECT goal FROM room_goals WHERE room_goals.room = room_works.room AND name = room_works.goal)"
_WORK = f"id, room, activity, member, settings, {_GOAL}, note, label, at, result"


def _work(row: tuple[Any, ...]) -> Work:
    receipt, room, activity, member, settings, goal, note, label, at, result = row
    plain = json.loads(result) if result else None
    return Work(receipt, room, activity, member, settings_of(settings), _goal(goal) if goal else None, note, label, at, plain)


@lru_cache(maxsize=16)
def _goal(text: str) -> State:
    """One value for all works that are for it; nobody changes it."""
    found: State = json.loads(text)
    return found
