"""The compiled engine, for those who install numba: its loops (`spiral_core.kernels`) are compiled once, in a process of their own.

The result is a file of machine code in the user's cache. Whoever computes loads it with llvmlite, which numba brings, and does not
import numba itself, which takes twice the memory and many times as long. A file is for one version of the loops, one numba and one
processor, and was tried once before it was kept.

Off without numba, and with SPIRAL_LAB_ENGINE=numpy. Nothing is loaded before `load` or `load_later` is called.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

VARIABLE = "SPIRAL_LAB_ENGINE"
LONGEST = 300.0  # seconds that compiling may take; it takes 20
SOURCES = [Path(__file__).with_name(name) for name in ("kernels.py", "building.py")]

# What the compiled functions take, as `kernels.ENTRIES`; all return a whole number.
TAKES = {
    "updates": "ppppppppppppppLLL",
    "enter": "pppDLLLL",
    "activate": "pDLLL",
    "head": "ppppppDDLLLLL",
    "through": "ppDLLL",
    "leave": "ppppDLLLL",
    "finish": "ppppppDLLL",
}
TYPES: dict[str, Any] = {"p": ctypes.c_void_p, "D": ctypes.c_double, "L": ctypes.c_int64}

_lock = threading.Lock()
_functions: dict[str, Callable[..., int]] = {}
_kept: list[Any] = []  # what the code lives in
_failed = False


def wanted() -> bool:
    """Whether numba is there and the environment does not say otherwise."""
    return os.environ.get(VARIABLE, "").lower() != "numpy" and importlib.util.find_spec("numba") is not None


def loaded() -> bool:
    """Whether the compiled functions can be called at once."""
    return bool(_functions) and wanted()


def load() -> bool:
    """Load the compiled functions, compiled first where they are not yet; False where there are none."""
    global _failed
    with _lock:
        if not wanted() or _failed:
            return False
        if not _functions:
            try:
                use(_code())
            except (ImportError, OSError, ValueError, RuntimeError, subprocess.SubprocessError):
                _failed = True  # NumPy computes
        return bool(_functions)


def use(code: bytes) -> None:
    """Compute with this machine code."""
    _functions.update(_linked(code))


def load_later() -> None:
    """`load` in the background: runs that begin before it is done are NumPy's."""
    if wanted():
        threading.Thread(target=load, name="compiled loops", daemon=True).start()


def function(name: str) -> Callable[..., int]:
    return _functions[name]


@lru_cache(maxsize=1)
def identity() -> str:
    return f"numba {metadata.version('numba')}, compiled loops"


def _linked(code: bytes) -> dict[str, Callable[..., int]]:
    """The functions of machine code as `spiral_core.building` makes it."""
    import llvmlite.binding as llvm

    header, _, machine_code = code.partition(b"\n")
    _start(llvm)
    nowhere = ctypes.cast(ctypes.pythonapi.Py_FatalError, ctypes.c_void_p).value
    for name in json.loads(header)["unused"]:  # of error paths that are never taken
        llvm.add_symbol(name, nowhere)
    linker = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine(llvm))
    linker.add_object_file(llvm.ObjectFileRef.from_data(machine_code))
    linker.finalize_object()
    _kept.append(linker)
    return {name: _callable(linker.get_function_address(name), takes) for name, takes in TAKES.items()}


def _callable(address: int, takes: str) -> Callable[..., int]:
    """The function at an address. Before its arguments it takes places for its result and for an error, which none has."""
    signature = ctypes.CFUNCTYPE(ctypes.c_int32, *[TYPES[letter] for letter in "pp" + takes])  # lets other threads run meanwhile
    call = signature(address)
    places = threading.local()

    def function(*arguments: Any) -> int:
        try:
            value, pointers = places.here
        except AttributeError:
            value, error = ctypes.c_int64(), ctypes.c_void_p()
            pointers = ctypes.addressof(value), ctypes.addressof(error)
            places.here, places.error = (value, pointers), error
        call(*pointers, *arguments)
        return int(value.value)

    return function


def _start(llvm: Any) -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def machine(llvm: Any) -> Any:
    """Code for this very processor."""
    _start(llvm)
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


def _code() -> bytes:
    """The machine code from the cache, or compiled; one process at a time compiles."""
    folder = _folder()
    if folder is None:
        return _compiled()
    path = folder / f"loops-{_key()}.bin"
    lock = path.with_suffix(".lock")
    while not path.exists():
        if not _take(lock):
            time.sleep(0.5)
            continue
        try:
            if not path.exists():
                _write(path, _compiled())
        finally:
            lock.unlink(missing_ok=True)
    return path.read_bytes()


def _take(lock: Path) -> bool:
    """Create a lock file; one that is older than compiling may take is another process's that died."""
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        try:
            if time.time() - lock.stat().st_mtime > LONGEST:
                lock.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        return False
    return True


def _write(path: Path, code: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(code)
    os.replace(file.name, path)


def _compiled() -> bytes:
    """Compile in another process: numba's memory and time are not this one's."""
    root = str(Path(__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    command = [sys.executable, "-m", "spiral_core.building"]
    logging.getLogger("spiral_core").warning("the training loops are compiled once for this machine, which takes about 20 seconds")
    return subprocess.run(command, env=environment, check=True, capture_output=True, timeout=LONGEST).stdout


def _key() -> str:
    """Of all that the machine code depends on."""
    import llvmlite.binding as llvm

    parts = [
        *(source.read_text("utf-8") for source in SOURCES),
        metadata.version("numba"),
        metadata.version("llvmlite"),
        platform.python_version(),
    ]
    parts += [llvm.get_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _folder() -> Path | None:
    """The first folder that this user alone may write to."""
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.stat()
        except OSError:
            continue
        own = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
        if own and os.access(folder, os.W_OK):
            return folder
    return None


def _folders() -> Iterable[Path]:
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    yield Path(given) / "spiral-lab" if given else Path(os.path.expanduser("~")) / ".cache" / "spiral-lab"
    yield Path(tempfile.gettempdir()) / f"spiral-lab-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
