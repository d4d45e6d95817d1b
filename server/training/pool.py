"""A pool of worker processes of which each can die or hang alone: its call fails, a new process takes its place, the others go on.

Each worker has a thread here that gives it one call at a time and completes the call's future. So a death names its call, and no
callback of a future runs under a lock of the pool. Locks are taken in one order alone: the caller's, then the queue's.
"""

from __future__ import annotations

import atexit
import multiprocessing
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from typing import Any, NamedTuple

from server import log
from server.training import cost, process
from server.training.process import Message
from spiral_core.settings import Settings

LOOK = 0.1  # seconds between two looks whether a worker was stopped
TICK = 0.5  # seconds between two looks whether it gave a sign of life
SUSPECT_TICKS = 3  # without a sign of life, after which a worker gets no call
SILENT_TICKS = 7  # without a sign of life, after which a worker counts as hung; ticks, so that a paused server blames nobody
START_TICKS, IMPORT_TICKS = 60, 20  # the same for one that is starting: until its first sign of life, and while it imports
IDLE_TICKS = 120  # without a call, after which the process of a pool that is not `ready` ends
GROWN = 300_000_000  # bytes over what it held at its start from which a worker is renewed
LIMIT, HEAVY_LIMIT = 60.0, 900.0  # seconds from which a call counts as hung
LOWEST = 19  # how far heavy work, and searches, give way where cores are short
TASKS = "server.training.worker"  # what a worker imports before its first call

_starting = threading.Lock()  # multiprocessing's list of children is not safe for threads


class WorkerDied(BrokenExecutor):
    """The worker that had this call died, or hung and was killed. No other call is affected."""


def pass_on(answer: Future[Any], future: Future[Any]) -> None:
    """Give a future what came of a call; of one that the end of the workers came before, that they died."""
    if answer.cancelled():
        future.set_exception(WorkerDied("the workers were closed"))
    elif error := answer.exception():
        future.set_exception(error)
    else:
        future.set_result(answer.result())


class _Call(NamedTuple):
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class _Worker:
    """A process and this end of its pipe."""

    def __init__(self, niceness: int) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork of a server with threads can hang
        self._pipe, other = spawn.Pipe()
        self.process = spawn.Process(target=process.serve, args=(other, niceness, TASKS), daemon=True)
        with _starting:
            self.process.start()
        other.close()
        self.silent, self.patience = 0.0, START_TICKS  # ticks
        self._cpu_before = 0.0  # seconds of a core that it had had at the last look
        self.busy = 0  # ticks that the present call takes
        self.working = False
        self.memory = self.first_memory = 0
        self.killed = ""  # why

    def wait_until_ready(self) -> None:
        """Raises EOFError or OSError, as all of these do, where the process is gone."""
        self.first_memory = self._hear("ready").memory
        self.patience = SILENT_TICKS

    def ask(self, call: _Call) -> Message:
        self.busy, self.working = 0, True
        try:
            self.silent = 0.0
            self._pipe.send((call.function, call.arguments))
            return self._hear("result", "error")
        finally:
            self.working = False

    def attend(self) -> None:
        """Take what an idle worker says, so that its silence is noticed."""
        while self._pipe.poll():
            self._pipe.recv()
            self.silent = 0.0

    def _hear(self, *kinds: str) -> Message:
        while True:
            message: Message = self._pipe.recv()
            self.silent, self.patience = 0.0, min(self.patience, IMPORT_TICKS)
            if message.kind in kinds:
                self.memory = message.memory
                return message

    def tick(self) -> None:
        """Some time has passed: it is silent for longer. Where it wants to work, only by the share of a core that it was given."""
        now = process.condition(self.process.pid or 0)
        share = (now.cpu - self._cpu_before) / TICK
        self.silent += min(max(share, 0.0), 1.0) if now.runnable else 1.0
        self._cpu_before = now.cpu
        self.busy += self.working

    def kill(self, why: str) -> None:
        self.killed = self.killed or why
        with suppress(OSError, ValueError, AttributeError):  # it is gone already
            self.process.kill()  # ends a stopped one too

    def close(self) -> None:
        self.kill("closed")
        self.process.join(1.0)
        self._pipe.close()


class Pool(Executor):
    """Calls for `size` worker processes, or for a thread where size is 0 (in tests).

    ready: the processes are there before the first call; otherwise each starts with its first call and ends when it has had none
    for a minute. limit: seconds from which a call counts as hung.
    """

    def __init__(self, size: int, niceness: int = 0, *, ready: bool = True, limit: float = LIMIT, name: str = "workers") -> None:
        self.size = max(size, 1)
        self.deaths = 0  # of workers, with a call or without
        self._in_processes = size > 0
        self._niceness, self._ready, self._limit, self._name = niceness, ready, limit, name
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        self._lock = threading.Lock()  # of what follows; never held while anything of somebody else's runs
        self._started = self._closed = False

    def start(self) -> None:
        """Start the processes (of a pool that is `ready`), or what will start them."""
        with self._lock:
            if self._started or self._closed:
                return
            self._started = True
        attend = self._attend_processes if self._in_processes else self._attend_thread
        for number in range(self.size):
            threading.Thread(target=attend, name=f"{self._name} {number}", daemon=True).start()
        if self._in_processes:
            atexit.register(self.close)
            threading.Thread(target=self._watch, name=f"{self._name} heartbeat", daemon=True).start()

    def warm(self) -> None:
        """Have the processes started now, though nobody has called yet."""
        for _ in range(self.size):
            self.submit(time.sleep, 0.0)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; its future gets WorkerDied where its worker dies."""
        assert not kwargs
        future: Future[Any] = Future()
        self.call(future, fn, *args)
        return future

    def call(self, future: Future[Any], function: Callable[..., Any], *arguments: Any) -> None:
        """The same for a future that has its callbacks already: they never run in the caller's thread."""
        if self._closed:
            raise RuntimeError("the pool is closed")
        self.start()
        self._calls.put(_Call(future, function, arguments))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.close()

    def close(self) -> None:
        """Kill the workers and fail what they have; takes no time in any state of theirs."""
        with self._lock:
            self._closed, workers = True, list(self._workers)
        for worker in workers:
            worker.kill("closed")
        atexit.unregister(self.close)
        self._drop_calls()

    def processes(self) -> list[int]:
        """The ids of the worker processes that are there now."""
        with self._lock:
            return [worker.process.pid for worker in self._workers if worker.process.pid]

    def _next(self) -> _Call | None:
        """A call that is still wanted; None if there is none within a tick."""
        try:
            call = self._calls.get(timeout=TICK)
        except queue.Empty:
            return None
        if call.future.running():  # running: its first worker was gone before it got the call
            return call
        return call if call.future.set_running_or_notify_cancel() else None

    def _attend_thread(self) -> None:
        while not self._closed:
            call = self._next()
            if call:
                _complete(call, process.answer(call.function, call.arguments))
            del call  # which would be kept until the next one

    def _attend_processes(self) -> None:
        """One worker after another in the same place: the next where one has died, hung, grown or was idle for long."""
        while not self._closed:
            first = None if self._ready else self._next()
            if first is None and not self._ready:
                continue
            try:
                worker = _Worker(self._niceness)
            except OSError as error:  # no memory or no more processes: later, perhaps
                log.error("a worker could not be started", error, pool=self._name)
                self._put_back(first)
                time.sleep(2 * TICK)
                continue
            with self._lock:
                self._workers.add(worker)
                if self._closed:
                    worker.kill("closed")
            self._live(worker, first)
            with self._lock:
                self._workers.discard(worker)
            worker.close()
        self._drop_calls()

    def _live(self, worker: _Worker, call: _Call | None) -> None:
        """Give a worker calls until it is to be replaced; `call` is the first."""
        ready = asked = False
        idle = 0
        try:
            worker.wait_until_ready()
            ready = True
            while not self._closed and idle <= IDLE_TICKS and worker.memory - worker.first_memory <= GROWN:
                call = call or self._next()
                worker.attend()
                if call is None:
                    idle += not self._ready
                elif worker.silent > SUSPECT_TICKS:  # it may hang: somebody else is better
                    self._put_back(call)
                    call = None
                    time.sleep(TICK)
                else:
                    idle, asked = 0, True
                    message = worker.ask(call)
                    done, call, asked = call, None, False
                    _complete(done, message)
                    del done, message  # which would be kept until the next call
        except (EOFError, OSError, MemoryError):
            if not self._closed:
                self.deaths += 1
                log.warning("a worker died; another takes its place", pool=self._name, why=worker.killed or "it was gone")
            if call and asked:
                call.future.set_exception(WorkerDied(worker.killed or "it was gone"))
                return
        self._put_back(call)
        if not ready and not self._closed:
            time.sleep(2 * TICK)  # whatever ends workers as they start is not made worse by haste

    def _put_back(self, call: _Call | None) -> None:
        """Leave a call that no worker got to others."""
        if call:
            self._calls.put(call)

    def _drop_calls(self) -> None:
        """Fail what no worker will get any more."""
        with suppress(queue.Empty):
            while True:
                call = self._calls.get_nowait()
                if not call.future.cancel():
                    call.future.set_exception(WorkerDied("the pool was closed"))

    def _watch(self) -> None:
        """Kill workers that were stopped, that give no sign of life, or whose call does not end."""
        looks = 0
        while not self._closed:
            time.sleep(LOOK)
            looks += 1
            with self._lock:
                workers = list(self._workers)
            for worker in workers:
                if process.condition(worker.process.pid or 0).stopped:
                    worker.kill("it was stopped")
            if looks * LOOK < TICK:
                continue
            looks = 0
            for worker in workers:
                worker.tick()
                if worker.silent > worker.patience:
                    worker.kill("it hung")
                elif worker.busy * TICK > self._limit:
                    worker.kill("its call did not end")


def _complete(call: _Call, message: Message) -> None:
    """Hand the answer to whoever waits; callbacks run here, under no lock."""
    if message.kind == "result":
        call.future.set_result(message.value)
    else:
        message.value.add_note(message.trace)
        call.future.set_exception(message.value)


class Lanes:
    """A pool for light work and a smaller one, which gives way to it, for heavy: so what is light never waits for what is heavy."""

    def __init__(self, workers: int, niceness: int, name: str, ready: bool = True) -> None:
        self.light = Pool(workers, niceness, ready=ready, name=name)
        heavy = max(1, workers - 1) if workers else 0
        self.heavy = Pool(heavy, LOWEST, ready=False, limit=HEAVY_LIMIT, name=f"{name} (heavy)")

    @property
    def deaths(self) -> int:
        return self.light.deaths + self.heavy.deaths

    def of(self, settings: Settings) -> Pool:
        """Where a run or a trial of these settings belongs."""
        return self.heavy if cost.is_heavy(settings) else self.light

    def processes(self) -> list[int]:
        """The ids of the worker processes that are there now."""
        return self.light.processes() + self.heavy.processes()

    def close(self) -> None:
        self.light.close()
        self.heavy.close()
