"""The run store: exact round trips, many writers, and files that are full, locked, damaged, old or too new."""

from __future__ import annotations

import platform
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from spiral_core import DataSettings, Settings, train
from spiral_core.points import Points, pack
from spiral_core.records import MAX_PARAMETERS, Record, Summary
from spiral_core.search import Plan, Search, Trial, carry_out
from spiral_core.search.space import Dimension
from spiral_core.store import searches, texts
from spiral_core.store.database import StoreError
from spiral_core.store.keys import key_of, new_id, points_name, shelf_of, to_json
from spiral_core.store.run_store import REMOVED_FOR, RunStore
from spiral_core.store.schema import MIGRATIONS
from spiral_core.store.shelves import MAX_PINS
from tests.core.test_search import BASE, SPACE, Serial, assert_same

SMALL = Settings(hidden=(5,), iterations=120, data=DataSettings(points_per_class=10, test_fraction=0.2))
A, B = "a" * 22, "b" * 22


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "runs.sqlite"


def test_a_record_is_the_run_in_short() -> None:
    run = train(SMALL.replace(iterations=3000))
    record = Record.of(run)
    h = run.history
    assert record.summary == Summary.of(run)
    assert (record.summary.loss, record.summary.best_test_loss) == (h.loss[-1], h.test_loss.min())
    assert len(record.history) < len(h)
    rows = [h.row(int(i)) for i in record.history.iteration]
    assert record.history.loss == pytest.approx(h.loss[rows], rel=1e-6)
    assert {0, 1, 2, 10, 100, 110, 120, 3000} <= set(record.history.iteration.tolist())
    network = record.network()
    assert network is not None
    assert network.parameters == pytest.approx(run.network_at().parameters, rel=1e-6)
    with pytest.raises(ValueError, match="run must be finished"):
        Record.of(run.reopened(run.settings.replace(iterations=9000)))


@pytest.mark.parametrize(
    "settings", [SMALL, SMALL.replace(hidden=(), learning_rate=50.0, reg=0.5), SMALL.replace(hidden=(200, 200))]
)
def test_a_saved_run_comes_back(store: RunStore, settings: Settings) -> None:
    record = Record.of(train(settings))
    store.save([record, record])
    (back,) = store.load([settings, settings.replace(seed=99)]).values()
    assert (back.settings, back.divergence) == (record.settings, record.divergence)
    assert str(back.summary) == str(record.summary)
    for old, new in zip(record.history.columns(), back.history.columns(), strict=True):
        assert np.array_equal(old, new, equal_nan=True)
    assert (back.parameters is None) == (settings.parameter_count > MAX_PARAMETERS)
    assert back.parameters is None or np.array_equal(back.parameters, record.parameters)  # type: ignore[arg-type]


def test_each_shelf_shows_its_own_runs_in_order(store: RunStore) -> None:
    several = [SMALL.replace(seed=seed) for seed in range(4)]
    for settings in several:
        store.pin(A, settings, f"seed {settings.seed}")
    store.pin(B, several[2])
    store.pin(A, several[0], "again")  # is there already
    assert [pin.settings for pin in store.pins(A)] == several
    assert [pin.settings for pin in store.pins(B)] == [several[2]]
    keys = [pin.key for pin in store.pins(A)]
    store.reorder(A, reversed(keys))
    assert [pin.settings for pin in store.pins(A)] == several[::-1]
    store.describe(A, keys[1], "name", "note")
    assert [(p.name, p.note) for p in store.pins(A)] == [("seed 3", ""), ("seed 2", ""), ("name", "note"), ("seed 0", "")]
    assert store.pins(B)[0].name == ""


def test_removed_runs_come_back_in_turn(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for seed in range(4):
        store.pin(A, SMALL.replace(seed=seed))
        keys.append(key_of(SMALL.replace(seed=seed)))
    store.remove(A, keys[:2])
    monkeypatch.setattr(time, "time", lambda: 5.0)  # the clock is set back
    store.remove(A, keys[2:3])
    assert [pin.key for pin in store.pins(A)] == keys[3:]
    assert store.restore(A) == keys[2:3]
    assert set(store.restore(A)) == set(keys[:2])
    assert store.restore(A) == []
    assert {pin.key for pin in store.pins(A)} == set(keys)


def test_a_shelf_has_an_end(store: RunStore) -> None:
    for seed in range(MAX_PINS):
        store.pin(A, SMALL.replace(seed=seed))
    with pytest.raises(ValueError, match=f"at most {MAX_PINS} runs"):
        store.pin(A, SMALL.replace(seed=999))


def test_an_interrupted_search_goes_on_with_the_same_digits(path: Path) -> None:
    """Stopped in the middle of halving, the file closed and opened again: nothing lost, nothing trained twice."""
    plan = Plan(SPACE, BASE.replace(optimizer="adam", learning_rate=0.01), "halving", 16)
    whole = Search(plan)
    carry_out(whole, Serial, 1)
    store = RunStore(path)
    name = store.add_search(A, plan)
    done: list[Trial] = []

    def take(trial: Trial) -> None:
        done.append(trial)
        store.add_trials(name, [trial])

    carry_out(Search(plan), Serial, 1, take, stopped=lambda: len(done) >= 18)
    store.close()
    store = RunStore(path)
    (saved,) = store.searches(A)
    assert (saved.id, saved.plan, saved.state) == (name, plan, "running")
    assert len(done) == len(store.trials(name, plan)) == 18
    again = Search(saved.plan, store.trials(name, plan))
    carry_out(again, Serial, 1, take)
    assert_same(again.trials, whole.trials)
    assert len(done) == 16 + 4 + 1
    store.remove_search(name)
    assert store.searches(A) == []
    store.tidy()
    store.restore_search(name)
    assert [one.id for one in store.searches(A)] == [name]
    assert len(store.trials(name, plan)) == 16 + 4 + 1


def test_what_was_removed_long_ago_is_forgotten_and_nothing_else(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(SPACE, BASE, trials=3)
    found = Search(plan)
    carry_out(found, Serial, 1)
    gone, kept = store.add_search(A, plan), store.add_search(B, Plan(SPACE, BASE, trials=1))
    store.add_trials(gone, found.trials)
    store.add_trials(kept, found.trials[:1])
    for seed in range(2):
        store.pin(A, SMALL.replace(seed=seed))
        store.save([Record.of(train(SMALL.replace(seed=seed)))])
    store.remove(A, [key_of(SMALL)])
    store.remove_search(gone)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + REMOVED_FOR + 60)
    store.tidy()
    assert store.restore(A) == []
    store.restore_search(gone)
    assert store.searches(A) == []
    assert store.trials(gone, plan) == []
    assert len(store.trials(kept, plan)) == 1
    wanted = [t.settings for t in found.trials] + [SMALL.replace(seed=seed) for seed in range(2)]
    assert set(store.load(wanted)) == {key_of(wanted[0]), key_of(wanted[-1])}
    store.close()


def test_a_search_is_claimed_by_one_server(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    name = store.add_search(A, Plan(SPACE, BASE))
    assert store.claim(name, 20)  # by the same process
    with monkeypatch.context() as other:
        other.setattr(searches, "_this_process", lambda: "1@elsewhere")
        assert not store.claim(name, 20)  # we have just spoken for it, and live
        assert store.claim(name, 0)  # silent for too long
        assert not store.claim("unknown", 0)
    assert not store.claim(name, 20)  # nobody here knows whether the other machine's process lives
    store.end_search(name, "stopped")
    assert store.claim(name, 20)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with monkeypatch.context() as other:
        other.setattr(searches, "_this_process", lambda: f"{dead.pid}@{platform.node()}")
        assert store.claim(name, 0)
    assert store.claim(name, 20)  # that process is gone


def test_many_writers_at_once(path: Path) -> None:
    """Threads on one store, and processes on the same file."""
    RunStore(path).close()
    script = """
        import sys
        from pathlib import Path
        from spiral_core import Settings
        from spiral_core.store.run_store import RunStore
        store = RunStore(Path(sys.argv[1]))
        for seed in range(40):
            store.pin(sys.argv[2], Settings(seed=seed))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    writers = [subprocess.Popen([*command, shelf * 22]) for shelf in "cd"]
    store = RunStore(path)

    def write(shelf: str) -> None:
        for seed in range(40):
            store.pin(shelf, SMALL.replace(seed=seed))

    threads = [threading.Thread(target=write, args=(shelf * 22,)) for shelf in "efg"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    for shelf in "cdefg":
        assert [pin.settings.seed for pin in store.pins(shelf * 22)] == list(range(40))
    store.close()


def test_a_clock_that_is_set_back_loses_nothing(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept last stays, comes first and is brought back first, whatever the clock said."""
    monkeypatch.setattr(texts, "MAX_POINT_SETS", 2)
    monkeypatch.setattr(texts, "MAX_NOTES", 2)
    plan = Plan((Dimension("reg", "log", 1e-3, 1.0),), SMALL)
    sets, searches = [], []
    for day in range(4):
        monkeypatch.setattr(time, "time", lambda day=day: 2e9 - day * 86_400)
        sets.append(pack(Points(np.array([[0.0, day], [1.0, day]]), np.array([0, 1]), ("a", "b"))))
        store.keep_points(sets[-1], A)
        store.note(A, f"lesson {day}", "1")
        searches.append(store.add_search(A, plan))
        store.pin(A, SMALL.replace(seed=day))
    assert [store.points(points_name(packed)) is not None for packed in sets] == [False, False, True, True]
    assert set(store.notes(A)) == {"lesson 2", "lesson 3"}
    assert [found.id for found in store.searches(A)] == searches[::-1]
    assert [found.settings.seed for found in store.pins(A)] == [0, 1, 2, 3]
    for seed in (1, 2):
        store.remove(A, [key_of(SMALL.replace(seed=seed))])
        monkeypatch.setattr(time, "time", lambda: 1e9)
    assert store.restore(A) == [key_of(SMALL.replace(seed=2))]
    store.tidy()
    assert store.restore(A) == [key_of(SMALL.replace(seed=1))]
    # a server of another machine, whose word is from the future
    monkeypatch.setattr("spiral_core.store.searches._this_process", lambda: "1@elsewhere")
    assert store.claim(searches[-1], 20)


def test_a_full_disk_refuses_and_keeps_what_was_there(store: RunStore) -> None:
    store.pin(A, SMALL)
    (pages,) = store._database.read("PRAGMA page_count")[0]
    store._database.read(f"PRAGMA max_page_count = {pages}")
    records = [Record.of(train(SMALL.replace(seed=seed, hidden=(300,), iterations=1))) for seed in range(3)]
    with pytest.raises(StoreError, match="the disk is full"):
        store.save(records)
    assert store.load(record.settings for record in records) == {}
    assert len(store.pins(A)) == 1
    store._database.read("PRAGMA max_page_count = 1000000")
    store.save(records)


def test_a_locked_file_refuses_in_time(store: RunStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store._database.read("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"):
        store.pin(A, SMALL)
    other.execute("ROLLBACK")
    other.close()
    store.pin(A, SMALL)


@pytest.mark.parametrize("content", [b"no database at all " * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = RunStore(path)
    assert store.set_aside is not None
    assert store.set_aside.read_bytes() == content
    store.pin(A, SMALL)
    store.close()
    assert RunStore(path).set_aside is None


def test_an_old_file_is_brought_up_to_date_and_a_newer_one_refused(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path)
    old.executescript(MIGRATIONS[0] + "; PRAGMA user_version = 1")
    row = (A, key_of(SMALL), to_json(SMALL.to_dict()), "old", "", 1, 0.0)
    old.execute("INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
    old.commit()
    old.close()
    store = RunStore(path)
    assert [pin.name for pin in store.pins(shelf_of(A))] == ["old"]
    store.add_search(A, Plan((Dimension("reg", "log", 1e-3, 1.0),), SMALL))
    store.close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="newer version"):
        RunStore(path)


def test_of_a_file_that_held_cookies_the_shelves_stay_and_the_cookies_go(path: Path) -> None:
    path.parent.mkdir()
    cookie = new_id()
    with closing(sqlite3.connect(path)) as old, old:
        for script in MIGRATIONS[:8]:
            old.executescript(script)
        old.execute("PRAGMA user_version = 8")
        old.execute("INSERT INTO pins VALUES (?, ?, ?, 'old', '', 1, 0.0, NULL)", (cookie, key_of(SMALL), to_json(SMALL.to_dict())))
        old.execute("INSERT INTO notes VALUES (?, 'lesson', 'done', 0.0)", (cookie,))
        old.execute("INSERT INTO shares VALUES ('token', ?, 1, 0.0)", (cookie,))
        old.execute("INSERT INTO plans VALUES ('id', ?, '{}', 0.0)", (cookie,))
        old.execute("INSERT INTO searches VALUES ('id', ?, '{}', 0.0, 'done', 0.0, '', NULL)", (cookie,))
        old.execute("INSERT INTO keepers VALUES ('points', 'x', ?), ('points', 'y', '')", (cookie,))
        old.execute("INSERT INTO rooms VALUES ('id', 'ABCDEF', 0.0, 1, '{}')")
    with closing(RunStore(path)) as store:
        own = shelf_of(cookie)
        assert [pin.name for pin in store.pins(own)] == ["old"]
        assert store.notes(own) == {"lesson": "done"}
        shared = store.shared("token")
        assert shared
        assert shared.shelf == own
        rows = [row for table in ("plans", "searches", "keepers") for row in store._database.read(f"SELECT shelf FROM {table}")]
        assert sorted(rows) == sorted([(own,), (own,), (own,), ("",)])
        assert store._database.read("SELECT * FROM rooms") == []
    assert cookie.encode() not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError):
        RunStore(tmp_path / "file" / "runs.sqlite")


def test_memory_is_a_store_too() -> None:
    store = RunStore(None)
    store.pin(A, SMALL)
    assert len(store.pins(A)) == 1


def test_the_file_is_for_its_owner_alone(store: RunStore, path: Path) -> None:
    store.pin(A, SMALL)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.parametrize("text", ["../../x", "/etc/passwd", "C:\\x", "a\0b", "'; DROP TABLE pins; --", "%2e%2e", "~/x"])
def test_no_text_becomes_a_path(store: RunStore, path: Path, text: str) -> None:
    """Ids and names of any kind stay within the one file."""
    before = sorted(path.parent.rglob("*"))
    store.pin(text, SMALL, name=text, note=text)
    store.note(text, text, text)
    assert store.points(text) is None
    assert store.trials(text, Plan((Dimension("reg", "log", 1e-3, 1.0),), SMALL)) == []
    assert not store.claim(text, 1.0)
    assert [(pin.name, pin.note) for pin in store.pins(text)] == [(text, text)]
    assert store.notes(text) == {text: text}
    assert sorted(path.parent.rglob("*")) == before
