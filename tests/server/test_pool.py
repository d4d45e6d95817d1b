"""The pool of workers: a death or a hang costs its own call alone, and nothing is left of a pool that ends, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from server.training import pool as pool_module
from server.training import process
from server.training.pool import SILENT_TICKS, Lanes, Pool, WorkerDied
from server.training.process import Condition
from spiral_core import DataSettings, SettingError, Settings
from spiral_core.rules import Rule
from tests.support.polling import PATIENCE, until

ROOT = Path(__file__).parents[2]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(2, name="test")
    pool.start()
    yield pool
    pool.close()


def ready(pool: Pool) -> list[int]:
    """The processes of a pool once all of them answer."""
    found: set[int] = set()

    def answered() -> bool:
        calls = [pool.submit(nap) for _ in range(pool.size)]
        found.clear()
        found.update(call.result(PATIENCE) for call in calls)
        return len(found) == pool.size

    until(answered, "not all started")
    return list(found)


def nap() -> int:
    time.sleep(0.05)
    return os.getpid()


def kill_own_process() -> None:
    psutil.Process().kill()


def stop_own_process() -> None:
    psutil.Process().suspend()


def refuse() -> None:
    raise SettingError("reg", Rule("number", "a number"), "x")


def hold(megabytes: int) -> int:
    held.append(bytearray(megabytes * 1_000_000))
    return os.getpid()


held: list[bytearray] = []


def test_calls_run_in_processes_of_their_own(pool: Pool) -> None:
    found = {pool.submit(os.getpid).result(PATIENCE) for _ in range(20)}
    assert found <= set(pool.processes())
    assert os.getpid() not in found


def test_an_error_comes_back_with_its_traceback(pool: Pool) -> None:
    with pytest.raises(SettingError, match="reg must be a number") as caught:
        pool.submit(refuse).result(PATIENCE)
    assert "in refuse" in caught.value.__notes__[0]
    with pytest.raises(Exception, match="pickle"):
        pool.submit(threading.Lock).result(PATIENCE)  # an answer that cannot travel
    assert pool.submit(os.getpid).result(PATIENCE)


def test_a_death_names_its_call_and_its_neighbour_never_notices(pool: Pool) -> None:
    for _ in range(10):
        neighbour, poison = pool.submit(time.sleep, 0.05), pool.submit(kill_own_process)
        with pytest.raises(WorkerDied):
            poison.result(PATIENCE)
        neighbour.result(PATIENCE)
    assert pool.deaths == 10


def test_a_worker_that_dies_idle_is_counted_and_replaced(pool: Pool) -> None:
    before = ready(pool)
    psutil.Process(before[0]).kill()
    until(lambda: pool.deaths == 1, "the death is not noticed")
    until(lambda: len(pool.processes()) == 2 and before[0] not in pool.processes(), "no other came")


@pytest.mark.parametrize("told", [True, False], ids=["told by the system", "noticed by its silence"])
def test_a_worker_that_is_stopped_is_killed_and_replaced(pool: Pool, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a call or without."""
    if not told:
        monkeypatch.setattr("server.training.process.condition", lambda _pid: Condition())
    with pytest.raises(WorkerDied, match="it was stopped" if told and sys.platform == "linux" else "it hung"):
        pool.submit(stop_own_process).result(PATIENCE)
    idle = ready(pool)
    psutil.Process(idle[0]).suspend()
    until(lambda: gone(idle[0]), "the stopped worker lives on")
    assert pool.submit(os.getpid).result(PATIENCE) != idle[0]


@pytest.mark.parametrize("gets", [0.02, 0.15, 0.5])
def test_one_that_gets_little_of_a_core_is_not_taken_for_one_that_hangs(gets: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine whatever holds a worker up for a second takes many. gets: seconds of a core, of each half a second."""
    worker = pool_module._Worker.__new__(pool_module._Worker)
    vars(worker).update(process=SimpleNamespace(pid=1), silent=0.0, patience=SILENT_TICKS, busy=0, working=True, _cpu_before=0.0)
    had, enough = 0.0, SILENT_TICKS * pool_module.TICK
    while had < enough + 1.0:
        had += gets
        monkeypatch.setattr("server.training.process.condition", lambda _pid, had=had: Condition(runnable=True, cpu=had))
        worker.tick()
        assert had > enough - gets or worker.silent <= worker.patience
    assert worker.silent > worker.patience
    monkeypatch.setattr("server.training.process.condition", lambda _pid: Condition(runnable=False, cpu=had))
    worker.silent = 0.0
    for _tick in range(SILENT_TICKS + 1):  # one that sleeps is given no core for a good reason
        worker.tick()
    assert worker.silent > worker.patience


COMPUTES_BESIDE = """
import threading, time
threading.Thread(target=exec, args=("while True: pass",), daemon=True).start()
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell")
def test_a_thread_beside_the_first_that_computes_is_seen() -> None:
    with subprocess.Popen([sys.executable, "-c", COMPUTES_BESIDE], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        until(lambda: process._state(f"/proc/{other.pid}/stat") == "S", "the first sleeps")
        assert process.condition(other.pid).runnable
        other.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell")
def test_the_system_tells_what_a_process_does() -> None:
    own = process.condition(os.getpid())
    assert own.runnable
    assert not own.stopped
    assert own.cpu > 0
    assert process.condition(2**22 + 1) == Condition()


def test_five_seconds_are_enough_to_notice_a_stopped_worker() -> None:
    assert (pool_module.SILENT_TICKS + 2) * pool_module.TICK <= 5.0


def test_a_call_without_an_end_is_ended() -> None:
    pool = Pool(1, limit=1.0)
    with pytest.raises(WorkerDied, match="did not end"):
        pool.submit(time.sleep, 600).result(PATIENCE)
    assert pool.submit(os.getpid).result(PATIENCE)
    pool.close()


def test_a_worker_that_has_grown_is_renewed_and_no_call_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "GROWN", 50_000_000)
    pool = Pool(1)
    small, grown = pool.submit(hold, 1), pool.submit(hold, 200)
    after = [pool.submit(os.getpid) for _ in range(5)]
    assert small.result(PATIENCE) == grown.result(PATIENCE)
    assert {future.result(PATIENCE) for future in after}.isdisjoint({grown.result()})
    assert pool.deaths == 0
    pool.close()


def test_a_pool_that_is_not_kept_ready_starts_with_its_first_call_and_ends_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE_TICKS", 2)
    pool = Pool(1, ready=False)
    pool.start()
    assert pool.processes() == []
    assert pool.submit(os.getpid).result(PATIENCE)
    until(lambda: pool.processes() == [], "the idle process stays")
    assert pool.submit(os.getpid).result(PATIENCE)
    assert pool.deaths == 0
    pool.close()


def test_the_forced_lock_order_does_not_deadlock(pool: Pool) -> None:
    """A callback wants a lock that a page holds while the page submits: again and again, with workers that die just then."""
    lock, called = threading.Lock(), []

    def callback(future: Future[None]) -> None:
        with lock:
            called.append(future)

    def page() -> None:
        for _ in range(5):
            with lock:
                future: Future[None] = Future()
                future.add_done_callback(callback)
                pool.call(future, kill_own_process)
                for pid in pool.processes():
                    with suppress(psutil.NoSuchProcess):  # the one with the call may be dead already
                        psutil.Process(pid).kill()
                time.sleep(0.05)  # the death is noticed, and the callback waits for the lock
                for _ in range(20):
                    pool.submit(os.getpid)

    thread = threading.Thread(target=page, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    until(lambda: len(called) == 5, "a callback was lost")


@pytest.mark.parametrize("state", ["idle", "busy", "stopped", "starting"])
def test_a_pool_closes_at_once_in_any_state_and_leaves_no_process(state: str) -> None:
    pool = Pool(2)
    pool.start()
    if state != "starting":
        ready(pool)
    calls = [pool.submit(time.sleep, 600) for _ in range(4)] if state in ("busy", "stopped") else []
    processes = pool.processes()
    if state == "stopped":
        until(lambda: sum(call.running() for call in calls) == 2, "no call began")
        for pid in processes:
            psutil.Process(pid).suspend()
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 3
    until(lambda: all(gone(pid) for pid in processes), "a process stays")
    until(lambda: all(call.done() for call in calls), "a call waits for ever")
    until(lambda: not any(thread.name.startswith("workers") for thread in threading.enumerate()), "a thread stays")
    assert pool.processes() == []


PARENT = """
import os, sys, time
from server.training.pool import Pool
if __name__ == "__main__":
    pool = Pool(2)
    pool.submit(os.getpid).result()
    while len(pool.processes()) < 2:
        time.sleep(0.01)
    for _ in range(4):
        pool.submit(time.sleep, 600)
    print(*pool.processes(), flush=True)
    if sys.argv[1] == "return":
        time.sleep(0.2)
    else:
        time.sleep(600)
"""


WAYS = ["SIGKILL", "SIGTERM", "return"] + (["group"] if hasattr(os, "killpg") else [])


@pytest.mark.parametrize("way", WAYS)
def test_workers_end_with_their_server_however_it_goes(way: str, tmp_path: Path) -> None:
    file = tmp_path / "parent.py"
    file.write_text(textwrap.dedent(PARENT))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(file), way], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as parent:
        assert parent.stdout
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        if way == "group":
            os.killpg(parent.pid, signal.SIGTERM)
        elif way != "return":
            parent.kill() if way == "SIGKILL" else parent.terminate()
        parent.wait(10)
    until(lambda: all(gone(pid) for pid in workers), "a worker outlives its server")


def test_heavy_work_has_workers_of_its_own() -> None:
    lanes = Lanes(0, 0, "test")
    heavy = Settings(hidden=(700, 700, 700), iterations=2, data=DataSettings(points_per_class=10_000, classes=8))
    assert lanes.of(heavy) is lanes.heavy
    assert lanes.of(Settings()) is lanes.light
    assert lanes.of(Settings(hidden=(1000,))) is lanes.light
    assert [Lanes(workers, 0, "test").heavy.size for workers in (1, 2, 8)] == [1, 1, 7]
    lanes.close()
