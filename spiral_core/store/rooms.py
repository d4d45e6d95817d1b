"""Rooms: classes that answer together. Whoever is in one is known by a digest that means nothing outside it.

What a room holds goes with it: when its teacher closes it, and a day after it was opened.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from spiral_core.store.database import Part
from spiral_core.store.keys import new_id, to_json

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another on a board
CODE_LENGTH = 6
MAX_ROOMS = 200  # open at once; then empty ones make room
LEFT_SECONDS = 60.0  # without an open page, after which an empty room is left
FORSAKEN_SECONDS, A_CLASS = 3600.0, 5  # without an open page, and members who took part; then a smaller room may make room
LIFETIME = 24 * 3600.0  # seconds after which a room is closed whatever happens in it
PASS_SECONDS = 600.0  # that the link to another of the teacher's browsers is good for
HERE_SECONDS = 25.0  # after which the count of a server that says nothing any more is left out
# What belongs to a room, beside itself.
_TABLES = ("room_teachers", "room_passes", "room_here", "room_answers", "room_goals", "room_works")

State = dict[str, Any]  # plain JSON; what it says is known to `server/rooms`


class Room(NamedTuple):
    """A room as students may know it, and who its teachers are."""

    id: str  # that nobody can guess; the code leads to it
    code: str
    opened: float  # seconds since 1970
    revision: int  # grows with each change of the state
    state: State
    teachers: frozenset[str]


def digest(room: str, shelf: str) -> str:
    """What a browser is called in a room: nobody can find its shelf by it, nor the browser in another room."""
    return hashlib.sha256(f"{room}:{shelf}".encode()).hexdigest()[:32]


class Rooms(Part):
    """Callers see to it that only teachers change a room's state."""

    def open_room(self, shelf: str, state: State) -> Room:
        """Make a room whose teacher is the browser with this shelf. Raises ValueError where too many are open."""
        self.close_old_rooms()
        with self._database.writing() as connection:
            for makes_room in (_left_empty, _forsaken):
                if _count(connection) >= MAX_ROOMS:
                    _delete(connection, makes_room(connection))
            if _count(connection) >= MAX_ROOMS:
                raise ValueError(f"at most {MAX_ROOMS} rooms can be open at once")
            room, code = new_id(), ""
            while not code or connection.execute("SELECT 1 FROM rooms WHERE code = ?", (code,)).fetchone():
                code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
            connection.execute("INSERT INTO rooms VALUES (?, ?, ?, 1, ?)", (room, code, time.time(), to_json(state)))
            connection.execute("INSERT INTO room_teachers VALUES (?, ?)", (room, digest(room, shelf)))
        found = self.room(room)
        assert found
        return found

    def room(self, room: str) -> Room | None:
        """An open room by its id; None where there is none."""
        return self._room("id", room)

    def room_of_code(self, code: str) -> Room | None:
        """An open room by its code."""
        return self._room("code", code)

    def _room(self, column: str, value: str) -> Room | None:
        rows = self._database.read(
            f"SELECT id, code, opened, revision, state FROM rooms WHERE {column} = ? AND opened > ?",
            value,
            time.time() - LIFETIME,
        )
        for found, code, opened, revision, state in rows:
            teachers = self._database.read("SELECT teacher FROM room_teachers WHERE room = ?", found)
            names = frozenset(str(name) for (name,) in teachers)
            return Room(str(found), str(code), float(opened), int(revision), json.loads(str(state)), names)
        return None

    def rooms_of(self, shelf: str) -> list[str]:
        """The codes of the open rooms that the browser with this shelf teaches, the latest first."""
        rows = self._database.read(
            "SELECT id, code, teacher FROM rooms JOIN room_teachers ON room = id WHERE opened > ? ORDER BY rooms.rowid DESC",
            time.time() - LIFETIME,
        )
        return [str(code) for room, code, teacher in rows if teacher == digest(room, shelf)]

    def change_room(self, room: str, change: Callable[[State], State]) -> bool:
        """Give a room another state, made of the present one; False where it is closed."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT state FROM rooms WHERE id = ?", (room,)).fetchone()
            if row is None:
                return False
            connection.execute(
                "UPDATE rooms SET state = ?, revision = revision + 1 WHERE id = ?", (to_json(change(json.loads(row[0]))), room)
            )
        return True

    def close_room(self, room: str) -> None:
        """Delete a room with all that it holds."""
        with self._database.writing() as connection:
            _delete(connection, [room])
        self._database.leave_no_trace()

    def close_old_rooms(self) -> list[str]:
        """Delete the rooms whose day is over; returns their ids."""
        with self._database.writing() as connection:
            old = [room for (room,) in connection.execute("SELECT id FROM rooms WHERE opened <= ?", (time.time() - LIFETIME,))]
            _delete(connection, old)
            connection.execute("DELETE FROM room_passes WHERE made <= ?", (time.time() - PASS_SECONDS,))
        if old:
            self._database.leave_no_trace()
        return old

    # The teacher's right.

    def make_pass(self, room: str) -> str:
        """A word that makes one more browser the teacher's, once and soon."""
        token = new_id()
        with self._database.writing() as connection:
            connection.execute("INSERT INTO room_passes VALUES (?, ?, ?)", (_hidden(token), room, time.time()))
        return token

    def use_pass(self, token: str, shelf: str) -> str | None:
        """Let the browser with this shelf teach the room of a pass, which is then used up; the room's id, or None."""
        with self._database.writing() as connection:
            row = connection.execute(
                "DELETE FROM room_passes WHERE pass = ? AND made > ? RETURNING room", (_hidden(token), time.time() - PASS_SECONDS)
            ).fetchone()
            if row is None or not connection.execute("SELECT 1 FROM rooms WHERE id = ?", (row[0],)).fetchone():
                return None
            connection.execute("INSERT OR IGNORE INTO room_teachers VALUES (?, ?)", (row[0], digest(row[0], shelf)))
        return str(row[0])

    # Who is here.

    def note_members(self, room: str, server: str, members: int) -> None:
        """How many members have a page of this server open."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO room_here VALUES (?, ?, ?, ?)", (room, server, members, time.time()))

    def forget_server(self, server: str) -> None:
        """Nobody is with this server any more."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM room_here WHERE server = ?", (server,))

    def members_elsewhere(self, room: str, server: str) -> int:
        """How many are at other servers that share this store."""
        rows = self._database.read(
            "SELECT COALESCE(SUM(members), 0) FROM room_here WHERE room = ? AND server <> ? AND at > ?",
            room, server, time.time() - HERE_SECONDS,
        )  # fmt: skip
        return int(rows[0][0])

    # Answers.

    def answer(self, room: str, activity: int, round: int, member: str, answer: str, is_open: Callable[[State], bool]) -> bool:
        """Keep a member's answer, in place of an earlier one; False where the room no longer takes it."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT state FROM rooms WHERE id = ?", (room,)).fetchone()
            if row is None or not is_open(json.loads(row[0])):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO room_answers VALUES (?, ?, ?, ?, ?)", (room, activity, round, member, answer)
            )
        return True

    def answer_of(self, room: str, activity: int, round: int, member: str) -> str | None:
        """What a member answered in a round."""
        rows = self._database.read(
            "SELECT answer FROM room_answers WHERE room = ? AND activity = ? AND round = ? AND member = ?",
            room, activity, round, member,
        )  # fmt: skip
        return str(rows[0][0]) if rows else None

    def answer_count(self, room: str, activity: int, round: int) -> int:
        """How many have answered in a round."""
        rows = self._database.read(
            "SELECT COUNT(*) FROM room_answers WHERE room = ? AND activity = ? AND round = ?", room, activity, round
        )
        return int(rows[0][0])

    def answers(self, room: str, activity: int, round: int) -> Counter[str]:
        """How often each answer was given in a round."""
        rows = self._database.read(
            "SELECT answer, COUNT(*) FROM room_answers WHERE room = ? AND activity = ? AND round = ? GROUP BY answer",
            room, activity, round,
        )  # fmt: skip
        return Counter({str(answer): int(count) for answer, count in rows})


def _hidden(token: str) -> str:
    """A pass as the store knows it: who reads the file gets no right by it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _left_empty(connection: sqlite3.Connection) -> list[str]:
    """Rooms that no page has looked at for a while and in which nobody has done anything: opened and left."""
    rows = connection.execute(
        "SELECT id FROM rooms WHERE opened < :before AND id NOT IN (SELECT room FROM room_here WHERE at >= :before "
        "UNION SELECT room FROM room_answers UNION SELECT room FROM room_works)",
        {"before": time.time() - LEFT_SECONDS},
    )
    return [room for (room,) in rows]


def _forsaken(connection: sqlite3.Connection) -> list[str]:
    """The room that no page has looked at for an hour and in which fewest have taken part, the oldest of several; no class's."""
    rows = connection.execute(
        "SELECT id, COUNT(DISTINCT member) AS members FROM rooms LEFT JOIN "
        "(SELECT room, member FROM room_answers UNION SELECT room, member FROM room_works) ON room = id "
        "WHERE opened < :before AND id NOT IN (SELECT room FROM room_here WHERE at >= :before) "
        "GROUP BY id HAVING members < :class ORDER BY members, opened LIMIT 1",
        {"before": time.time() - FORSAKEN_SECONDS, "class": A_CLASS},
    )
    return [room for room, _members in rows]


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM rooms").fetchone()[0])


def _delete(connection: sqlite3.Connection, rooms: list[str]) -> None:
    ids = [(room,) for room in rooms]
    connection.executemany("DELETE FROM rooms WHERE id = ?", ids)
    for table in _TABLES:
        connection.executemany(f"DELETE FROM {table} WHERE room = ?", ids)


def delete_rooms(connection: sqlite3.Connection) -> None:
    """Delete all rooms of a store, of whatever version."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in ("rooms", *_TABLES):
        if table in known:
            connection.execute(f"DELETE FROM {table}")
    connection.commit()
