"""The rooms of classes: who is in one, what came in, and what a page may know of it.

Pages and browsers look at a room again and again; a look is read from the store at most every FRESH seconds for all of them.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from server import log
from server.judge import Judge
from server.refusals import Refusal, RoomError
from server.training.service import RunService
from server.turns import Whose, own
from server.works import Works
from spiral_core.classroom.borders import Lines, all_of
from spiral_core.classroom.drawings import Cloud, Drawing, cloud
from spiral_core.classroom.room_state import RoomState
from spiral_core.classroom.votes import Tally, tallies
from spiral_core.settings import Settings
from spiral_core.store.database import StoreError
from spiral_core.store.keys import new_id
from spiral_core.store.rooms import CODE_LENGTH, CODE_LETTERS, Room, digest
from spiral_core.store.run_store import RunStore
from spiral_core.store.works import Work

FRESH = 0.5  # seconds that a look at a room is good for
MAX_MEMBERS = 500
SHARE = 0.5  # of a full room, beyond which those of one address make room for others
MAX_OWN = 3  # classes that one browser has open
MAX_MISSES, MAX_MISSES_ADDRESS = 10, 300  # wrong codes a minute: of a page; of an address, behind which a school may stand
MINUTE = 60.0
SAY_HERE = 8.0  # seconds after which a server says again how many are with it
CLOSE_OLD = 3600.0  # seconds between two looks for rooms whose day is over


class Look(NamedTuple):
    """A room at a moment."""

    room: Room
    state: RoomState
    here: int  # members with an open page
    answered: int  # in the round that is open or was open last
    works: int
    judged: Counter[str]  # works with a judgement, by member


def plain_code(text: str) -> str:
    """A code as people type it; empty for what can be none."""
    letters = "".join(sign for sign in text.upper() if sign.isalnum())
    return letters if len(letters) == CODE_LENGTH and all(sign in CODE_LETTERS for sign in letters) else ""


def code_text(code: str) -> str:
    """A code as it is read aloud."""
    return f"{code[:3]} {code[3:]}"


class RoomService:
    """The rooms of this server, and of others that share its store. All methods raise StoreError where the store fails them."""

    def __init__(
        self, store: RunStore, runs: RunService, is_here: Callable[[str], bool], whose: Callable[[str], Whose] = own
    ) -> None:
        """is_here: whether a visit's page is open; whose: says whose a visit is."""
        self._store, self._is_here, self._whose = store, is_here, whose
        self._server = new_id()
        self._lock = threading.Lock()
        self._looks: dict[str, tuple[float, Look | None]] = {}
        self._members: defaultdict[str, dict[str, str]] = defaultdict(dict)  # room → member → the visit that came last
        self._said: dict[str, tuple[int, float]] = {}  # room → members that the store was told of, and when
        self._misses: defaultdict[str, deque[float]] = defaultdict(deque)
        self._works = Works(store)
        self._judge = Judge(store, runs, self.forget)
        self._closes = threading.Event()
        threading.Thread(target=self._close_old, name="rooms", daemon=True).start()

    def close(self) -> None:
        """The server ends: nobody is with it any more."""
        self._closes.set()
        self._judge.close()
        with suppress(StoreError):
            self._store.forget_server(self._server)

    def _close_old(self) -> None:
        """A room's day ends also when nobody looks."""
        while not self._closes.wait(CLOSE_OLD):
            try:
                for room in self._store.close_old_rooms():
                    self.forget(room)
            except StoreError as error:
                log.warning("old rooms could not be closed", reason=error)

    # Coming and going.

    def open(self, shelf: str) -> Room:
        """Open a room for a teacher. Raises RoomError where too many are open."""
        if len(self._store.rooms_of(shelf)) >= MAX_OWN:
            raise RoomError(Refusal.OWN)
        try:
            return self._store.open_room(shelf, RoomState().to_dict())
        except ValueError:
            raise RoomError(Refusal.ROOMS) from None

    def find(self, code: str, visit: str, address: str) -> Room:
        """The room of a code. Raises RoomError for one that is unknown, and after too many of these.

        Where many came from an address, who comes from there with the right code is still let in at once.
        """
        now, names = time.monotonic(), (f"visit {visit}", f"address {address}")
        with self._lock:
            own, of_address = (self._misses_since(name, now - MINUTE) for name in names)
        if own >= MAX_MISSES:
            raise RoomError(Refusal.MISSES)
        if own and of_address >= MAX_MISSES_ADDRESS:
            raise RoomError(Refusal.ADDRESS)
        found = self._store.room_of_code(plain_code(code)) if plain_code(code) else None
        if found is None:
            with self._lock:
                for name in names:
                    self._misses[name].append(now)
                for name in [name for name, misses in self._misses.items() if not misses or now - misses[-1] > MINUTE]:
                    del self._misses[name]
            raise RoomError(Refusal.UNKNOWN)
        return found

    def _misses_since(self, name: str, since: float) -> int:
        """How many wrong codes came; under the lock."""
        misses = self._misses.get(name, deque())
        while misses and misses[0] < since:
            misses.popleft()
        return len(misses)

    def come(self, room: Room, shelf: str, visit: str) -> None:
        """A page of a member is open. Raises RoomError where the room is full."""
        member = digest(room.id, shelf)
        if member in room.teachers:
            return
        with self._lock:
            members = self._members[room.id]
            known = member in members
            if known:
                members[member] = visit
        if known:
            return
        elsewhere = self._store.members_elsewhere(room.id, self._server)
        with self._lock:
            present = self._present(room.id)
            if len(present) + elsewhere >= MAX_MEMBERS and member not in present:
                out = self._who_makes_room(present, visit)
                if out is None:
                    raise RoomError(Refusal.FULL)
                del present[out]
            present[member] = visit
            self._looks.pop(room.id, None)

    def _who_makes_room(self, present: dict[str, str], visit: str) -> str | None:
        """Whoever came last from the address that fills the room, for somebody from another one; under the lock."""
        addresses = {member: self._whose(own_visit).address for member, own_visit in present.items()}
        counts = Counter(addresses.values())
        fullest, count = counts.most_common(1)[0] if counts else ("", 0)
        if count <= max(MAX_MEMBERS * SHARE, counts[self._whose(visit).address] + 1):
            return None
        return next(member for member in reversed(present) if addresses[member] == fullest)

    def leave(self, room: str, shelf: str) -> None:
        """A member goes; what was answered stays."""
        with self._lock:
            self._members[room].pop(digest(room, shelf), None)
            self._looks.pop(room, None)

    def _present(self, room: str) -> dict[str, str]:
        """Members of a room with an open page here; under the lock."""
        members = self._members[room]
        for member in [member for member, visit in members.items() if not self._is_here(visit)]:
            del members[member]
        return members

    # Looking.

    def look(self, room: str) -> Look | None:
        """A room as it is, or was a moment ago; None: it is closed."""
        with self._lock:
            at, look = self._looks.get(room, (-FRESH, None))
            if time.monotonic() - at < FRESH:
                return look
        found = self._store.room(room)
        look = self._seen(found) if found else None
        with self._lock:
            self._looks[room] = (time.monotonic(), look)
            if look is None:
                self._members.pop(room, None)
                self._said.pop(room, None)
            if len(self._looks) > 1000:
                self._looks.clear()
        return look

    def _seen(self, room: Room) -> Look:
        state = RoomState.from_dict(room.state)
        with self._lock:
            here = len(self._present(room.id))
            said = self._said.get(room.id)
            to_say = said is None or said[0] != here or time.monotonic() - said[1] > SAY_HERE
            if to_say:
                self._said[room.id] = (here, time.monotonic())
        if to_say:
            self._store.note_members(room.id, self._server, here)
        here += self._store.members_elsewhere(room.id, self._server)
        counts = (self._store.answer_count(room.id, state.activity, round) for round in state.rounds)
        answered = next(filter(None, counts), 0)
        handed_in = self._store.work_counts(room.id)
        works = sum(count for count, _judged in handed_in.values())
        return Look(room, state, here, answered, works, Counter({member: judged for member, (_count, judged) in handed_in.items()}))

    def news(self, room: str, shelf: str) -> str:
        """A word that changes whenever a browser's page of the room has something new to show; empty: the room is closed."""
        look = self.look(room)
        if look is None:
            return ""
        member = digest(room, shelf)
        until = look.state.until
        news = f"{look.room.revision}.{int(until is not None and until < time.time())}"
        if member not in look.room.teachers:
            own = self.answer_of(look, shelf) if look.state.round_open else None  # given in another tab, say
            return f"{news}.{look.judged[member]}.{zlib.crc32(own.encode()) if own else ''}"
        return f"{news}.{look.here}.{look.answered}.{look.works}.{look.judged.total()}"

    def works(self, look: Look) -> list[Work]:
        """All that was handed in, in its order."""
        return self._works.of(look.room.id, look.works, look.judged.total())

    def forget(self, room: str) -> None:
        """The next look at a room is a new one."""
        with self._lock:
            self._looks.pop(room, None)

    # What teachers do.

    def change(self, room: str, change: Callable[[RoomState], RoomState]) -> None:
        """Give a room another state. Raises RoomError where it is closed."""
        if not self._store.change_room(room, lambda plain: change(RoomState.from_dict(plain)).to_dict()):
            raise RoomError(Refusal.CLOSED)
        self.forget(room)

    def close_room(self, room: str) -> None:
        """Delete a room with all that is in it."""
        self._store.close_room(room)
        self._works.forget(room)
        self.forget(room)

    def tallies(self, look: Look) -> dict[int, Tally]:
        """The tallies of the present vote by their rounds; none of a round in which fewer than five have answered."""
        assert look.state.vote
        answers = {number: self._store.answers(look.room.id, look.state.activity, number) for number in (1, 2)}
        return tallies(look.state.vote, answers)

    def drawings(self, look: Look) -> Cloud | None:
        """The drawings of the present curve; None where there are fewer than five."""
        return cloud([Drawing.unpacked(text) for text in self._drawn(look)])

    def borders(self, look: Look) -> tuple[Lines, ...] | None:
        """The drawings on the present plane; None where there are fewer than five."""
        return all_of([Lines.unpacked(text) for text in self._drawn(look)])

    def _drawn(self, look: Look) -> list[str]:
        """In the order of the texts, which tells nothing of who drew when."""
        answers = self._store.answers(look.room.id, look.state.activity, look.state.rounds[0])
        return [text for text, count in sorted(answers.items()) for _ in range(count)]

    # What members do.

    def answer(self, look: Look, shelf: str, answer: object) -> None:
        """Take a member's answer or drawing. Raises SettingError for what is none, RoomError where it comes too late."""
        asked, round = look.state.asks, look.state.round_open
        if asked is None or not round:
            raise RoomError(Refusal.STAGE)
        activity, stage = look.state.activity, look.state.stage
        member, text = digest(look.room.id, shelf), asked.read(answer)
        if not self._store.answer(
            look.room.id, activity, round, member, text, lambda now: (now["activity"], now["stage"]) == (activity, stage)
        ):
            raise RoomError(Refusal.CLOSED if self._store.room(look.room.id) is None else Refusal.STAGE)
        self.forget(look.room.id)

    def answer_of(self, look: Look, shelf: str) -> str | None:
        """What this browser has answered in the round that is open, or was open last."""
        member, state = digest(look.room.id, shelf), look.state
        given = (self._store.answer_of(look.room.id, state.activity, round, member) for round in state.rounds)
        return next((answer for answer in given if answer is not None), None)

    def hand_in(self, look: Look, shelf: str, settings: Settings, note: str, label: str) -> str:
        """Take a work; returns its receipt. Raises RoomError."""
        state, member = look.state, digest(look.room.id, shelf)
        goal = state.goal.to_dict() | {"until": state.until, "seed": state.seed} if state.goal else None
        try:
            receipt = self._store.hand_in(
                look.room.id, state.activity if goal else 0, member, settings, goal=goal, note=note, label=label,
                takes=lambda now: now["activity"] == state.activity if goal else now["collects"],
            )  # fmt: skip
        except ValueError:
            raise RoomError(Refusal.WORKS) from None
        if receipt is None:
            raise RoomError(Refusal.CLOSED if self._store.room(look.room.id) is None else Refusal.OVER)
        self.forget(look.room.id)
        if goal:
            self._judge.wake()
        return receipt
