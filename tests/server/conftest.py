"""A real server, visited over its own WebSocket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import running_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as address:
        yield address
