"""The engines that train (tests that ask for `engine` run once with each), and a store at the `path` that a module names."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spiral_core import fast
from spiral_core.store.run_store import RunStore


@pytest.fixture(scope="module", params=["numpy", "compiled"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ[fast.VARIABLE]
    name = str(request.param)
    if name == "compiled" and importlib.util.find_spec("numba") is None:
        pytest.skip("numba is absent")
    os.environ[fast.VARIABLE] = name
    assert fast.load() == (name == "compiled")
    yield name
    os.environ[fast.VARIABLE] = before


@pytest.fixture
def store(path: Path) -> Iterator[RunStore]:
    store = RunStore(path)
    yield store
    store.close()
