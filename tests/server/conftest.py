"""What several tests of the server need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.http import limits


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Environment variables, read anew."""
    limits.forget()
    yield monkeypatch
    monkeypatch.undo()
    limits.forget()
