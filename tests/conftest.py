"""What holds for all tests: the user's own runs stay untouched, one core a training as in the app, slowness is no failure, and CI
draws the same cases each time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before the first import of NumPy
os.environ["SPIRAL_LAB_ENGINE"] = "numpy"  # tests of the compiled engine say so
os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")

settings.register_profile(
    "spiral-lab", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, derandomize="CI" in os.environ
)
settings.load_profile("spiral-lab")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a running app, one for each test process."""
    from tests.support.server import running_server

    with running_server() as address:
        yield address
