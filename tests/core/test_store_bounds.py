"""Who keeps much loses first, a file does not outgrow its bound, and what nothing needs makes room for the rest."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from spiral_core import DataSettings, Settings, train
from spiral_core.records import Record, stored_bytes
from spiral_core.search import Plan
from spiral_core.store import short_links, texts
from spiral_core.store.database import Reason, StoreError
from spiral_core.store.keys import points_name
from spiral_core.store.run_store import RunStore
from spiral_core.store.runs import run_row
from spiral_core.store.schema import MIGRATIONS
from tests.core.test_search import BASE, SPACE

SMALL = Settings(hidden=(5,), iterations=20, data=DataSettings(points_per_class=10))
MEGABYTE = 1_000_000
Keep = Callable[[RunStore, str, str], Callable[[], bool]]  # store, text, shelf → whether it is still there


def points(store: RunStore, text: str, shelf: str) -> Callable[[], bool]:
    store.keep_points(text, shelf)
    return lambda: store.points(points_name(text)) == text


def link(store: RunStore, text: str, shelf: str) -> Callable[[], bool]:
    name = store.keep_link(text, shelf)
    # looked at without opening it, which would count as use
    return lambda: bool(store._database.read("SELECT 1 FROM short_links WHERE name = ?", name))


@pytest.fixture(params=[points, link])
def keep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Keep:
    monkeypatch.setattr(texts, "MAX_POINT_SETS", 10)
    monkeypatch.setattr(short_links, "MAX_LINKS", 10)
    found: Keep = request.param
    return found


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs.sqlite")


def test_who_keeps_much_pushes_out_the_own_alone(store: RunStore, keep: Keep) -> None:
    of_others = [keep(store, f"{shelf}{number}", shelf) for shelf in "abc" for number in range(2)]
    greedy = [keep(store, f"greedy {number}", "g") for number in range(50)]
    assert all(is_there() for is_there in of_others)
    assert [is_there() for is_there in greedy] == [False] * 46 + [True] * 4


def test_who_comes_with_many_shelves_pushes_out_no_ones_latest_before_the_table_is_full_of_them(
    store: RunStore, keep: Keep
) -> None:
    first, latest = keep(store, "first", "a"), keep(store, "latest", "a")
    disguised = [keep(store, f"disguised {number}", f"shelf {number}") for number in range(9)]
    assert (first(), latest()) == (False, True)
    assert all(is_there() for is_there in disguised)


def test_what_several_keep_stays_with_each_of_them(store: RunStore, keep: Keep) -> None:
    shared = keep(store, "the teacher's", "t")
    keep(store, "the teacher's", "student")
    for number in range(50):
        keep(store, f"{number}", "t")
    assert shared()


def test_what_is_gone_leaves_no_keeper_behind(store: RunStore, keep: Keep) -> None:
    for number in range(30):
        keep(store, f"{number}", "abc"[number % 3])
    assert store._database.read("SELECT COUNT(*) FROM keepers") == [(10,)]
    store.clean(before=1e12)
    assert store._database.read("SELECT COUNT(*) FROM keepers") == [(0,)]


def test_what_an_older_version_kept_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as old, old:
        for script in MIGRATIONS[:7]:
            old.executescript(script)
        old.execute("PRAGMA user_version = 7")
        for number in range(4):
            old.execute("INSERT INTO points VALUES (?, ?, ?)", (points_name(f"{number}"), f"{number}", float(number)))
            old.execute("INSERT INTO short_links VALUES (?, ?, ?)", (f"aaaaa{number + 2}", f"seed={number}", float(number)))
    monkeypatch.setattr(texts, "MAX_POINT_SETS", 4)
    monkeypatch.setattr(short_links, "MAX_LINKS", 4)
    store = RunStore(path)
    assert [store.points(points_name(f"{number}")) for number in range(4)] == ["0", "1", "2", "3"]
    store.keep_points("new", "a")
    store.keep_link("seed=9", "a")
    assert [store.points(points_name(f"{number}")) for number in range(4)] == [None, "1", "2", "3"]
    assert [store.link(f"aaaaa{number + 2}") for number in range(4)] == [None, "seed=1", "seed=2", "seed=3"]


def test_since_when_a_shelf_has_kept_something(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.kept_since("a") is None
    signs: list[Callable[[], object]] = [
        lambda: store.pin("a", SMALL),
        lambda: store.note("a", "lesson", "1"),
        lambda: store.add_search("a", Plan(SPACE, BASE, trials=1)),
        lambda: store.add_plan("a", "plan"),
    ]
    for day, sign in enumerate(signs):
        monkeypatch.setattr(time, "time", lambda day=day: 1e9 - day * 86_400)
        sign()
        assert store.kept_since("a") == 1e9 - day * 86_400
    assert store.kept_since("b") is None


def test_a_file_does_not_outgrow_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    store = RunStore(path, 5 * MEGABYTE)
    with pytest.raises(StoreError, match=Reason.BOUND.value):
        all(store.add_plan(f"shelf {number}", secrets.token_hex(100_000)) for number in range(100))
    assert path.stat().st_size <= 5 * MEGABYTE
    assert 4 * MEGABYTE < store.nbytes <= 5 * MEGABYTE
    for number in range(10):  # what is there can be read and taken away, and then there is room again
        for plan in store.plans(f"shelf {number}"):
            store.delete_plan(f"shelf {number}", plan)
    assert store.plans("shelf 11")
    store.add_plan("one more", secrets.token_hex(100_000))


def test_what_nothing_needs_goes_before_anything_is_refused(tmp_path: Path) -> None:
    """Runs on no shelf, the oldest first, and what was removed; what is pinned, searched or planned stays."""
    store = RunStore(tmp_path / "runs.sqlite", 3 * MEGABYTE)
    record = Record.of(train(SMALL))
    key, *_rest = run_row(record)
    store.save([record])
    store.pin("a", SMALL)
    store.pin("b", SMALL.replace(seed=2))
    store.remove("b", [pin.key for pin in store.pins("b")])
    store.add_search("a", Plan(SPACE, BASE, trials=1))
    plan = store.add_plan("a", "plan")
    for number in range(1000):  # each of 10 kB, none of which compresses
        with store._database.writing() as connection:
            row = (f"run {number}", "", "{}", secrets.token_bytes(10_000), b"", float(number))
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
    kept = [str(name) for (name,) in store._database.read("SELECT key FROM runs ORDER BY saved")]
    others = [name for name in kept if name != key]
    assert 100 < len(others) < 300
    assert others == [f"run {number}" for number in range(1000 - len(others), 1000)]
    assert store.load([SMALL])
    assert len(store.pins("a")) == len(store.searches("a")) == 1
    assert store.plan(plan) == "plan"
    assert store.restore("b") == []


def test_without_a_bound_a_file_grows(store: RunStore) -> None:
    for number in range(40):
        store.add_plan(f"shelf {number}", secrets.token_hex(100_000))
    assert store.nbytes > 8 * MEGABYTE


@pytest.mark.parametrize("hidden", [(5,), (100,), (100, 100), (150, 150)])
@pytest.mark.parametrize("iterations", [20, 3000])
def test_what_a_run_will_take_is_known_before(hidden: tuple[int, ...], iterations: int) -> None:
    settings = SMALL.replace(hidden=hidden, iterations=iterations, learning_rate=0.01)
    row = run_row(Record.of(train(settings)))
    taken = sum(len(part) for part in row[2:5])
    assert taken <= stored_bytes(settings) <= taken + 10_000
