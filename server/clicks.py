"""What a click does is done whole, whatever the page sends meanwhile.

Streamlit ends a script wherever it is when the page has sent something new: also before the functions of the controls that were
used have been called, and in the middle of them. A click could be lost, or half of what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState

from server.over import over


def keep_whole() -> None:
    """Let no script of this process be ended while it takes in what the page has sent, and calls the functions of its controls."""

    @over(SafeSessionState, "on_script_will_rerun")
    def whole(take_in: Callable[..., None], state: SafeSessionState, *args: Any, **named: Any) -> None:
        asks = state._yield_callback
        object.__setattr__(state, "_yield_callback", lambda: None)
        try:
            take_in(state, *args, **named)
        finally:
            object.__setattr__(state, "_yield_callback", asks)
