"""Shows a run as it comes: at once where it is there, else again and again until it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import runs
from pages.ui.runs import View
from pages.ui.text import _, explain
from spiral_core.settings import SettingError, Settings

WAIT = 0.6  # seconds in which a usual run is done, so that it comes without a picture between
POLL = 0.5  # seconds between two looks at a longer one


def follow(settings: Settings, draw: Callable[[View], None]) -> None:
    """Draw the run as far as it is, and go on until it is finished; settings that fit no data are told instead."""
    try:
        view = runs.service().watch(settings, wait=WAIT)
    except SettingError as error:
        st.error(explain(error), icon=":material/error:")
        return
    polling = not view.run.finished
    first = [view]

    def again() -> None:
        view = first.pop() if first else runs.service().watch(settings)
        if view.run.finished and polling:
            st.rerun()  # the whole page once more, which ends the repetition
        draw(view)

    st.fragment(again, run_every=POLL if polling else None)()


def waiting(view: View) -> str:
    """Why there is no picture yet."""
    return _("Waiting for a free worker: {count} runs come first.").format(count=view.ahead)
