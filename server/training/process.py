"""A worker process: answers one call after another from a pipe, says twice a second that it is alive, and ends with its server."""

from __future__ import annotations

import contextlib
import copy
import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Literal, NamedTuple

BEAT = 0.5  # seconds between two signs of life
_BELOW_NORMAL = 0x4000  # of Windows' classes of priority

Call = tuple[Callable[..., Any], tuple[Any, ...]]


class Message(NamedTuple):
    """What a worker says."""

    kind: Literal["ready", "beat", "result", "error"]
    value: Any = None
    memory: int = 0  # bytes that the process holds; 0 where the system does not tell
    trace: str = ""  # of an error


def serve(pipe: Connection, niceness: int, module: str) -> None:
    """The whole life of a worker. module: what its calls need, imported before the first of them; `prepare` in it is called once.

    The server never closes its end of the pipe while it lives, so the end of the file means that it is gone, however it went.
    """
    give_way(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    speaking = threading.Lock()
    calls: queue.SimpleQueue[Call] = queue.SimpleQueue()

    def say(message: Message) -> None:
        with speaking:
            pipe.send(message)

    threading.Thread(target=_listen, args=(pipe, calls), daemon=True).start()
    threading.Thread(target=_beat, args=(say,), daemon=True).start()
    tasks = importlib.import_module(module)
    say(Message("ready", memory=memory_held()))
    tasks.prepare()
    with contextlib.suppress(OSError):  # the server is gone
        while True:
            found = answer(*calls.get())
            try:
                say(found)
            except (TypeError, ValueError, AttributeError, RecursionError) as error:  # it cannot be pickled; nothing was sent yet
                say(Message("error", RuntimeError(f"the answer cannot be sent: {error}"), memory_held()))
            del found  # its memory is not needed until the next call
    os._exit(0)


def give_way(niceness: int) -> None:
    """Let others go first where cores are short: by so many steps, or on Windows by its class below the usual."""
    if sys.platform == "win32":
        if niceness:
            import ctypes

            kernel = ctypes.WinDLL("kernel32")
            kernel.GetCurrentProcess.restype = ctypes.c_void_p
            kernel.SetPriorityClass(ctypes.c_void_p(kernel.GetCurrentProcess()), _BELOW_NORMAL)
    else:
        os.nice(niceness)


class Condition(NamedTuple):
    """What the system tells of a process (Linux); elsewhere its silence has to tell."""

    stopped: bool = False  # by a signal
    runnable: bool = False  # any of its threads computes, or would if it had a core or the disk were quicker
    cpu: float = 0.0  # seconds of a core that it has had


def condition(process_id: int) -> Condition:
    """How a process is now."""
    if sys.platform != "linux":
        return Condition()
    try:
        with open(f"/proc/{process_id}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        states = [_state(f"/proc/{process_id}/task/{thread}/stat") for thread in os.listdir(f"/proc/{process_id}/task")]
    except (OSError, IndexError, ValueError):
        return Condition()
    return Condition(fields[0] in ("T", "t"), not {"R", "D"}.isdisjoint(states), ticks / os.sysconf("SC_CLK_TCK"))


def _state(path: str) -> str:
    """Of a thread; empty where it has just ended."""
    with contextlib.suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]
    return ""


def answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Message:
    """What comes of a call: its result, or its error with the text of its traceback, which does not travel with it."""
    try:
        value = function(*arguments)
    except Exception as error:
        return Message("error", _portable(error), memory_held(), traceback.format_exc())
    return Message("result", value, memory_held())


def _portable(error: Exception) -> Exception:
    """The error itself if it can be made again from its parts in another process, else its text."""
    try:
        copy.copy(error)
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _listen(pipe: Connection, calls: queue.SimpleQueue[Call]) -> None:
    """Take calls off the pipe; end the process with the server, whatever the process does at the time."""
    with contextlib.suppress(Exception):
        while True:
            calls.put(pipe.recv())
    os._exit(0)


def _beat(say: Callable[[Message], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            time.sleep(BEAT)
            say(Message("beat"))
    os._exit(0)


def memory_held() -> int:
    """Bytes of memory that this process holds now (Linux) or held at most (macOS); 0 elsewhere."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0
