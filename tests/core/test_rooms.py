"""Rooms in the store: who is let in, what is kept, and that all of it goes."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from spiral_core import DataSettings, Settings
from spiral_core.points import Points, pack
from spiral_core.store import rooms, upkeep, works
from spiral_core.store.keys import new_id, to_json
from spiral_core.store.rooms import digest
from spiral_core.store.run_store import RunStore

SETTINGS = Settings(iterations=10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


def everything(path: Path) -> str:
    """All that the file holds of rooms, as text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'room%' AND type = 'table'")
        ]
        assert len(tables) == 7
        return "".join(str(row) for name in tables for row in connection.execute(f"SELECT * FROM {name}"))


def filled(store: RunStore, teacher: str, member: str) -> rooms.Room:
    room = store.open_room(teacher, {"n": 1})
    store.answer(room.id, 1, 1, digest(room.id, member), "2", lambda state: True)
    store.hand_in(room.id, 1, digest(room.id, member), SETTINGS, goal={"goal": "x"}, note="n", label="l")
    store.note_members(room.id, "server", 3)
    store.make_pass(room.id)
    return room


def test_a_room_is_found_by_its_code_and_by_its_id(store: RunStore) -> None:
    teacher = new_id()
    room = store.open_room(teacher, {"n": 1})
    assert store.room(room.id) == store.room_of_code(room.code) == room
    assert len(room.code) == 6
    assert set(room.code) <= set(rooms.CODE_LETTERS)
    assert not set("0O1IL") & set(rooms.CODE_LETTERS)
    assert room.teachers == {digest(room.id, teacher)}
    assert store.room(room.code) is None
    assert store.room_of_code(room.id) is None


def test_codes_differ(store: RunStore) -> None:
    assert len({store.open_room(new_id(), {}).code for _ in range(50)}) == 50


def test_too_many_rooms_are_refused(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_ROOMS", 2)
    first = store.open_room(new_id(), {})
    store.open_room(new_id(), {})
    with pytest.raises(ValueError, match="at most 2 rooms"):
        store.open_room(new_id(), {})
    store.close_room(first.id)
    store.open_room(new_id(), {})


def test_each_change_has_a_number(store: RunStore) -> None:
    room = store.open_room(new_id(), {"n": 1})
    assert store.change_room(room.id, lambda state: {"n": state["n"] + 1})
    found = store.room(room.id)
    assert found is not None
    assert (found.state, found.revision) == ({"n": 2}, room.revision + 1)
    assert not store.change_room("nothing", lambda state: state)


def test_an_answer_takes_the_place_of_an_earlier_one_and_counts_once(store: RunStore) -> None:
    room = store.open_room(new_id(), {})
    me, other = digest(room.id, new_id()), digest(room.id, new_id())
    for member, answer in ((me, "0"), (other, "1"), (me, "1")):
        assert store.answer(room.id, 1, 1, member, answer, lambda state: True)
    assert store.answers(room.id, 1, 1) == {"1": 2}
    assert store.answer_count(room.id, 1, 1) == 2
    assert store.answer_of(room.id, 1, 1, me) == "1"
    assert store.answer_of(room.id, 1, 2, me) is None
    assert not store.answer(room.id, 1, 1, me, "0", lambda state: False)
    assert not store.answer("nothing", 1, 1, me, "0", lambda state: True)
    assert store.answer_of(room.id, 1, 1, me) == "1"


def test_a_pass_works_once_and_soon(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    room = store.open_room(new_id(), {})
    phone, thief = new_id(), new_id()
    token = store.make_pass(room.id)
    assert store.use_pass(token, phone) == room.id
    assert store.use_pass(token, thief) is None
    late = store.make_pass(room.id)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rooms.PASS_SECONDS + 1)
    assert store.use_pass(late, thief) is None
    found = store.room(room.id)
    assert found is not None
    assert digest(room.id, phone) in found.teachers
    assert digest(room.id, thief) not in found.teachers


def test_closing_deletes_all_of_a_room_and_nothing_of_another(path: Path) -> None:
    store = RunStore(path)
    one, other = filled(store, new_id(), new_id()), filled(store, new_id(), new_id())
    store.close_room(one.id)
    assert one.id not in everything(path)
    assert store.room(other.id)
    assert store.works(other.id)
    store.close_room(other.id)
    assert everything(path) == ""
    store.close()


def test_after_a_day_a_room_is_closed_whoever_looks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(path)
    room = filled(store, new_id(), new_id())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rooms.LIFETIME + 1)
    assert store.room(room.id) is None
    assert store.room_of_code(room.code) is None
    store.tidy()
    assert everything(path) == ""
    store.close()


def test_the_file_names_nobody(path: Path) -> None:
    """Neither a shelf nor a pass is in it, and a browser is called otherwise in each room."""
    store = RunStore(path)
    teacher, member = new_id(), new_id()
    one, other = filled(store, teacher, member), filled(store, teacher, member)
    token = store.make_pass(one.id)
    held = everything(path)
    assert not any(name in held for name in (teacher, member, token))
    assert digest(one.id, member) != digest(other.id, member)
    store.close()


def test_works_come_back_and_are_bounded(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    room = store.open_room(new_id(), {})
    me = digest(room.id, new_id())
    receipt = store.hand_in(room.id, 0, me, SETTINGS, goal=None, note="n" * 9999, label="l" * 999)
    (work,) = store.works(room.id)
    assert (work.id, work.settings, work.goal, work.result) == (receipt, SETTINGS, None, None)
    assert (len(work.note), len(work.label)) == (500, 80)
    monkeypatch.setattr(works, "MAX_WORKS_EACH", 2)
    store.hand_in(room.id, 0, me, SETTINGS, goal=None, note="", label="")
    with pytest.raises(ValueError, match="at most 2 works"):
        store.hand_in(room.id, 0, me, SETTINGS, goal=None, note="", label="")
    monkeypatch.setattr(works, "MAX_WORKS_CHARACTERS", 10)
    with pytest.raises(ValueError, match="works"):
        store.hand_in(room.id, 0, digest(room.id, new_id()), SETTINGS, goal=None, note="", label="")
    assert store.hand_in("nothing", 0, me, SETTINGS, goal=None, note="", label="") is None


def test_large_works_of_few_leave_room_for_the_others(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One member's larger works may take a twentieth of what a room holds, and all larger ones four fifths."""
    room = store.open_room(new_id(), {})
    cloud = Points(np.random.default_rng(0).normal(size=(900, 2)), np.arange(900) % 3, ("A", "B", "C"))
    large = SETTINGS.replace(data=DataSettings(name="own", points=pack(cloud)))
    length = len(to_json(large.to_dict()))
    assert length > works.SMALL
    monkeypatch.setattr(works, "MAX_WORKS_CHARACTERS", 20 * length + 1000)

    def hands_in(member: str, settings: Settings) -> bool:
        try:
            return bool(store.hand_in(room.id, 0, digest(room.id, member), settings, goal=None, note="", label=""))
        except ValueError:
            return False

    assert [hands_in("one", large) for _ in range(3)] == [True, False, False]
    assert hands_in("one", SETTINGS)
    assert [hands_in(f"{number}", large) for number in range(20)].count(True) == 15
    assert hands_in("student", SETTINGS)


def test_a_goal_is_kept_once_for_all_works_and_counts(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    room, other = store.open_room(new_id(), {}), store.open_room(new_id(), {})
    goals = [{"goal": "accuracy:0.9", "points": "x" * 10_000}, {"goal": "accuracy:0.8", "points": "y" * 10_000}]
    for number in range(20):
        store.hand_in(room.id, 1 + number % 2, f"{number}", SETTINGS, goal=goals[number % 2], note="", label="")
    assert [work.goal for work in store.works(room.id)] == goals * 10
    assert store._database.read("SELECT COUNT(*) FROM room_goals") == [(2,)]
    monkeypatch.setattr(works, "MAX_WORKS_CHARACTERS", 20_000)
    with pytest.raises(ValueError, match="works"):
        store.hand_in(room.id, 1, "one more", SETTINGS, goal=goals[0], note="", label="")
    assert store.hand_in(other.id, 1, "another class", SETTINGS, goal=goals[0], note="", label="")
    store.close_room(room.id)
    assert store._database.read("SELECT room FROM room_goals") == [(other.id,)]


def test_only_works_for_a_goal_are_judged(store: RunStore) -> None:
    room = store.open_room(new_id(), {})
    me = digest(room.id, new_id())
    store.hand_in(room.id, 0, me, SETTINGS, goal=None, note="", label="")
    receipt = store.hand_in(room.id, 1, me, SETTINGS, goal={"goal": "accuracy:0.9"}, note="", label="")
    assert receipt
    assert store.unjudged(time.time(), 9) == [receipt]
    assert store.unjudged(time.time() - 60, 9) == []
    store.judged(receipt, {"mean": 0.5})
    assert store.unjudged(time.time(), 9) == []
    assert store.works(room.id)[1].result == {"mean": 0.5}


def test_rooms_and_members_take_turns_to_be_judged(store: RunStore) -> None:
    """Many works of one member, and many members of one room, are no reason for others to wait."""
    first, second = (store.open_room(new_id(), {}).id for _ in range(2))
    order = (
        [("greedy", first)] * 3 + [(f"in disguise {number}", first) for number in range(3)] + [("late", first), ("other", second)]
    )
    receipts = {}
    for number, (member, room) in enumerate(order):
        receipts[store.hand_in(room, 1, member, SETTINGS, goal={"goal": "accuracy:0.9"}, note="", label="")] = number
    turns = [receipts[receipt] for receipt in store.unjudged(time.time(), 99)]
    assert turns == [0, 7, 3, 4, 5, 6, 1, 2]
    assert [receipts[receipt] for receipt in store.unjudged(time.time(), 2)] == [0, 7]


def test_one_that_comes_late_is_looked_at_however_many_wait_before_it(store: RunStore) -> None:
    room = store.open_room(new_id(), {}).id
    receipts = [
        store.hand_in(room, 1, f"member {number}", SETTINGS, goal={"goal": "accuracy:0.9"}, note="", label="")
        for number in range(60)
    ]
    looks = [store.unjudged(time.time(), 12) for _look in range(400)]
    assert all(look[:9] == receipts[:9] and len(set(look)) == len(look) <= 12 for look in looks)
    assert any(receipts[-1] in look for look in looks)


def test_what_is_left_of_a_full_room_is_for_who_has_handed_in_nothing_yet(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "MAX_WORKS", 10)
    room = store.open_room(new_id(), {}).id

    def hand_in(member: str) -> None:
        assert store.hand_in(room, 1, member, SETTINGS, goal=None, note="", label="")

    for number in range(8):
        hand_in(f"crowd {number % 2}")
    with pytest.raises(ValueError, match="at most"):
        hand_in("crowd 0")
    for member in ("late", "later"):
        hand_in(member)
    with pytest.raises(ValueError, match="at most"):
        hand_in("too late")


def test_members_of_other_servers_are_counted_while_these_speak(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    room = store.open_room(new_id(), {})
    store.note_members(room.id, "a", 3)
    store.note_members(room.id, "b", 4)
    assert store.members_elsewhere(room.id, "a") == 4
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rooms.HERE_SECONDS + 1)
    assert store.members_elsewhere(room.id, "a") == 0


def test_what_is_deleted_is_neither_in_the_file_nor_in_a_backup(path: Path) -> None:
    store = RunStore(path)
    room = store.open_room(new_id(), {})
    store.hand_in(room.id, 0, digest(room.id, new_id()), SETTINGS, goal=None, note="a note of mine", label="")
    upkeep.backup(path, path.with_name("copy.sqlite"))
    assert b"a note of mine" not in path.with_name("copy.sqlite").read_bytes()
    store.close_room(room.id)
    store.close()
    assert b"a note of mine" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_rooms_that_were_opened_and_left_make_room_for_a_teacher(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_ROOMS", 3)
    answered, watched, left = (store.open_room(new_id(), {}) for _ in range(3))
    store.answer(answered.id, 1, 1, "somebody", "0", lambda state: True)
    with pytest.raises(ValueError, match="at most 3 rooms"):
        store.open_room(new_id(), {})
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rooms.LEFT_SECONDS + 1)
    store.note_members(watched.id, "server", 0)  # its teacher has a page open
    assert store.open_room(new_id(), {})
    assert store.room(left.id) is None
    assert store.room(answered.id)
    assert store.room(watched.id)


def test_rooms_of_one_or_two_that_nobody_looks_at_make_room_but_no_class(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody may open them to keep teachers out, each with an answer in it."""
    monkeypatch.setattr(rooms, "MAX_ROOMS", 4)
    forged, pair, watched, taught = (store.open_room(new_id(), {}) for _ in range(4))
    for room, members in ((forged, 1), (pair, 2), (watched, 1), (taught, rooms.A_CLASS)):
        for number in range(members):
            store.answer(room.id, 1, 1, f"{number}", "0", lambda state: True)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + rooms.LEFT_SECONDS + 1)
    with pytest.raises(ValueError, match="at most 4 rooms"):
        store.open_room(new_id(), {})
    monkeypatch.setattr(time, "time", lambda: now + rooms.FORSAKEN_SECONDS + 1)
    store.note_members(watched.id, "server", 0)
    for gone in (forged, pair):
        opened = store.open_room(new_id(), {})
        store.note_members(opened.id, "server", 0)
        assert store.room(gone.id) is None
    with pytest.raises(ValueError, match="at most 4 rooms"):
        store.open_room(new_id(), {})
    assert store.room(watched.id)
    assert store.room(taught.id)


def test_works_are_counted_by_member_as_they_are_listed(store: RunStore) -> None:
    """A look at a room counts without reading them."""
    room = store.open_room(new_id(), {})
    receipts = [store.hand_in(room.id, 1, member, SETTINGS, goal={"goal": "x"}, note="", label="") for member in "aab"]
    assert receipts[0]
    store.judged(receipts[0], {"failure": "long"})
    assert store.work_counts(room.id) == {"a": (2, 1), "b": (1, 0)}
    assert sum(count for count, _judged in store.work_counts(room.id).values()) == len(store.works(room.id))
    assert store.work_counts("nothing") == {}


def test_nothing_of_a_closed_room_is_left_in_the_files(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "store.db")
    room = store.open_room(new_id(), {"activity": 0})
    store.hand_in(room.id, 0, "m", SETTINGS, goal=None, note="a note of somebody", label="a label")
    shelf = new_id()
    store.note(shelf, "lesson", "an answer of somebody")
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"a note of somebody" in written
    assert b"an answer of somebody" in written
    store.close_room(room.id)
    store.forget_notes(shelf, ["lesson"])
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"of somebody" not in left
    assert b"a label" not in left
    store.close()
