"""What a click does is done whole."""

from __future__ import annotations

from typing import Any, cast

import pytest
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState

from server import clicks


class EndedError(Exception):
    """As Streamlit ends a script."""


def test_nothing_ends_a_script_while_it_takes_in_what_was_clicked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", SafeSessionState.on_script_will_rerun)  # put back at the end
    done: list[str] = []

    def end() -> None:
        raise EndedError

    def click(*_given: Any, **_named: Any) -> None:
        done.append("begun")
        _ = "a key" in state  # where Streamlit looks whether something new has come
        done.append("done")

    state = SafeSessionState(cast(SessionState, _Inner(click)), end)
    with pytest.raises(EndedError):
        state.on_script_will_rerun(None)
    assert done == []
    clicks.keep_whole()
    clicks.keep_whole()  # as a server that starts twice in one process
    state.on_script_will_rerun(None)
    assert done == ["begun", "done"]
    with pytest.raises(EndedError):
        _ = "a key" in state  # afterwards as before


class _Inner:
    def __init__(self, click: Any) -> None:
        self.on_script_will_rerun = click

    def __contains__(self, _key: str) -> bool:
        return False
