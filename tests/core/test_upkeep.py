"""Looking after a store: its size, a copy while somebody writes, and what is old goes and nothing else."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from spiral_core import DataSettings, Settings, train
from spiral_core.records import Record
from spiral_core.search import Plan
from spiral_core.store import upkeep
from spiral_core.store.database import Reason, StoreError
from spiral_core.store.keys import points_name
from spiral_core.store.run_store import RunStore
from spiral_core.store.schema import MIGRATIONS
from spiral_core.store.upkeep import DAY, Held
from tests.core.test_search import BASE, SPACE

SMALL = Settings(hidden=(5,), iterations=20, data=DataSettings(points_per_class=10))
OLD, NEW = "o" * 22, "n" * 22


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept #1" / "runs 100%.sqlite"


def grow_older(path: Path, days: float) -> None:
    """Let all that a store holds have happened so many days earlier."""
    times = {
        "runs": "saved",
        "pins": "pinned",
        "searches": "beat",
        "points": "saved",
        "notes": "saved",
        "shares": "made",
        "plans": "saved",
    }
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, column in (times | {"short_links": "used"}).items():
            connection.execute(f"UPDATE {table} SET {column} = {column} - ?", (days * DAY,))


def fill(store: RunStore, shelf: str) -> str:
    """A shelf with one of everything; returns the name of its short link."""
    seed = 1 + (shelf == NEW)
    store.save([Record.of(train(SMALL.replace(seed=seed)))])
    store.pin(shelf, SMALL.replace(seed=seed))
    store.add_search(shelf, Plan(SPACE, BASE.replace(seed=seed), trials=1))
    store.note(shelf, "lesson", "1")
    store.share(shelf, may_edit=False)
    store.add_plan(shelf, "plan")
    store.keep_points(shelf, shelf)
    return store.keep_link(f"seed={seed}", shelf)


def test_what_a_store_holds(store: RunStore, path: Path) -> None:
    fill(store, OLD)
    fill(store, NEW)
    store.remove(NEW, [pin.key for pin in store.pins(NEW)])
    held = upkeep.held(path)
    assert held == Held(held.nbytes, shelves=2, pins=1, searches=2, runs=2, point_sets=2, links=2)
    files = [path, path.with_name(path.name + "-wal")]
    assert held.nbytes == sum(file.stat().st_size for file in files if file.exists())


def test_what_is_old_goes_and_nothing_else(store: RunStore, path: Path) -> None:
    old_link = fill(store, OLD)
    grow_older(path, 100)
    new_link = fill(store, NEW)
    assert set(upkeep.clean(path, 101).values()) == {0}
    gone = upkeep.clean(path, 99)
    assert {kind: count for kind, count in gone.items() if count} == {
        "pinned runs": 1,
        "searches": 1,
        "answers": 1,
        "plans": 1,
        "shared shelves": 1,
        "short links": 1,
        "sets of points": 1,
        "stored runs": 1,
    }
    for shelf, link, there in ((OLD, old_link, False), (NEW, new_link, True)):
        found = [store.pins(shelf), store.searches(shelf), store.notes(shelf), store.link(link), store.points(points_name(shelf))]
        found.append(store.plans(shelf))
        assert [bool(entry) for entry in found] == [there] * 6
        assert bool(store.token(shelf, may_edit=False)) == there
        assert bool(store.load([SMALL.replace(seed=1 + (shelf == NEW))])) == there


@pytest.mark.parametrize("sign", ["pin", "note", "search", "share", "plan", "removal"])
def test_one_sign_of_life_keeps_a_whole_shelf(store: RunStore, path: Path, sign: str) -> None:
    fill(store, OLD)
    grow_older(path, 100)
    if sign == "pin":
        store.pin(OLD, SMALL.replace(seed=7))
    elif sign == "note":
        store.note(OLD, "another", "2")
    elif sign == "search":
        store.beat(store.searches(OLD)[0].id)
    elif sign == "share":
        store.share(OLD, may_edit=True)
    elif sign == "plan":
        store.add_plan(OLD, "another")
    else:
        store.remove(OLD, [store.pins(OLD)[0].key])
    gone = upkeep.clean(path, 99)
    assert {kind for kind, count in gone.items() if count} == {"short links", "sets of points"}
    assert store.searches(OLD)
    assert store.notes(OLD)["lesson"] == "1"
    assert store.restore(OLD) or store.pins(OLD)


def test_points_of_a_link_that_is_opened_stay(store: RunStore, path: Path) -> None:
    store.keep_points("packed", OLD)
    grow_older(path, 100)
    store.keep_link(f"points=~{points_name('packed')}", OLD)
    assert upkeep.clean(path, 99)["sets of points"] == 0
    assert store.points(points_name("packed")) == "packed"


def test_cleaning_gives_room_back(store: RunStore, path: Path) -> None:
    for number in range(40):
        store.keep_points(f"{number}" * 20_000, OLD)
    grow_older(path, 100)
    before = upkeep.size(path)
    assert upkeep.clean(path, 99)["sets of points"] == 40
    assert upkeep.size(path) < before / 4


def test_a_copy_while_somebody_writes_is_whole(store: RunStore, path: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        other, number = RunStore(path), 0
        while not stop.is_set():
            number += 1
            other.note(NEW, "a", str(number))
            other.note(NEW, "b", str(number))
            time.sleep(0.001)
        other.close()

    fill(store, OLD)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(store.notes(NEW)) < 2:
            time.sleep(0.01)
        for number in range(5):
            upkeep.backup(path, tmp_path / f"{number}.sqlite")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        copy = tmp_path / f"{number}.sqlite"
        assert sys.platform == "win32" or stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert not copy.with_name(copy.name + "-wal").exists()
        with closing(RunStore(copy)) as again:
            a, b = (int(again.notes(NEW)[name]) for name in ("a", "b"))
            assert a - b in (0, 1)
            assert (again.pins(OLD), again.searches(OLD)) == (store.pins(OLD), store.searches(OLD))


def test_nothing_is_made_or_lost_where_there_is_no_store(path: Path, tmp_path: Path) -> None:
    for act in (upkeep.held, lambda at: upkeep.clean(at, 1), lambda at: upkeep.backup(at, tmp_path / "copy")):
        with pytest.raises(FileNotFoundError):
            act(path)
    assert list(tmp_path.iterdir()) == []
    path.parent.mkdir()
    path.write_bytes(b"no database " * 1000)
    for act in (upkeep.held, lambda at: upkeep.clean(at, 1), lambda at: upkeep.backup(at, tmp_path / "copy")):
        with pytest.raises(StoreError) as error:
            act(path)
        assert error.value.reason is Reason.DAMAGED
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert not (tmp_path / "copy").exists()


def test_a_copy_overwrites_nothing(store: RunStore, path: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    for to in (tmp_path / "mine", path):
        with pytest.raises(FileExistsError):
            upkeep.backup(path, to)
    assert (tmp_path / "mine").read_text("utf-8") == "mine"


def test_a_backup_comes_back_and_what_was_there_is_kept(store: RunStore, path: Path, tmp_path: Path) -> None:
    fill(store, OLD)
    upkeep.backup(path, tmp_path / "copy")
    fill(store, NEW)
    store.remove(OLD, [pin.key for pin in store.pins(OLD)])
    before = upkeep.restore(path, tmp_path / "copy")
    assert before is not None
    assert (len(store.pins(OLD)), store.pins(NEW)) == (1, [])  # a server that has the file open sees it at once
    store.pin(NEW, SMALL)  # and goes on writing
    with closing(RunStore(before)) as kept:
        assert (kept.pins(OLD), len(kept.pins(NEW))) == ([], 1)
    elsewhere = tmp_path / "new" / "runs.sqlite"
    assert upkeep.restore(elsewhere, tmp_path / "copy") is None
    with closing(RunStore(elsewhere)) as made:
        assert len(made.pins(OLD)) == 1


def test_a_backup_of_a_newer_version_is_refused_and_an_older_one_brought_up(store: RunStore, path: Path, tmp_path: Path) -> None:
    store.pin(OLD, SMALL)
    newer, older = tmp_path / "newer", tmp_path / "older"
    upkeep.backup(path, newer)
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError) as error:
        upkeep.restore(path, newer)
    assert error.value.reason is Reason.NEWER
    assert len(store.pins(OLD)) == 1
    with closing(sqlite3.connect(older)) as connection:
        connection.executescript(MIGRATIONS[0] + "; PRAGMA user_version=1")
    upkeep.restore(path, older)
    with closing(RunStore(path)) as again:
        again.note(OLD, "a table", "of a later version")
        assert again.pins(OLD) == []
