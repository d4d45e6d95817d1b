"""What computes: one thread where the core comes first, and its name in each run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from spiral_core import Settings, engine, train
from spiral_core.records import Record

CODE = """
import {first}
import json, os, spiral_core.engine
print(json.dumps([spiral_core.engine.identity(), os.environ.get("OPENBLAS_NUM_THREADS")]))
"""


def told(first: str, **environment: str) -> tuple[str, str | None]:
    """What a new process says that imports `first` first."""
    clean = {name: value for name, value in os.environ.items() if name not in engine.THREADS}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)], capture_output=True, text=True, check=True, env=clean | environment
    )
    identity, variable = json.loads(done.stdout)
    return identity, variable


def test_the_core_asks_for_one_thread_where_it_comes_before_numpy() -> None:
    identity, variable = told("spiral_core")
    assert variable == "1"
    assert identity.endswith(("1 thread", "threads unknown"))


def test_whoever_sets_the_threads_is_obeyed() -> None:
    assert told("spiral_core", OPENBLAS_NUM_THREADS="2")[1] == "2"
    assert told("numpy")[1] is None


@pytest.mark.skipif(engine.identity().endswith("threads unknown"), reason="another BLAS than NumPy's own")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="a single core")
def test_the_identity_tells_threads_apart() -> None:
    assert told("spiral_core", OPENBLAS_NUM_THREADS="2")[0].endswith("2 threads")


def test_a_run_and_what_is_kept_of_it_say_what_computed_them() -> None:
    run = train(Settings(iterations=5))
    assert run.engine == engine.identity() != ""
    record = Record.of(run)
    plain, history, parameters = record.packed()
    assert Record.unpacked(run.settings, json.loads(json.dumps(plain)), history, parameters).engine == run.engine
    del plain["engine"]  # of an older version
    assert Record.unpacked(run.settings, plain, history, parameters).engine == ""
