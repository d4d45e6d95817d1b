"""A run as files to take along, wherever a run is shown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.text import _, language
from pages.ui.visit import address
from pages.ui.widgets import report
from server.training import service as runs
from server.training.service import View
from spiral_core.export import script, weights
from spiral_core.settings import Settings

PATIENCE, LOOKS = 60.0, 30  # seconds a look, and looks, at a run that is no longer in memory, and so is trained again


def buttons(settings: Settings, key: str) -> None:
    """One button a file. A file is made when its button is pressed; what needs the run itself trains it again if need be."""
    link, words = address.link_of(settings), language()

    def view() -> View:
        """The finished run; a file of half a run would be none."""
        for _look in range(LOOKS):
            found = runs.service().watch(settings, wait=PATIENCE)
            if found.run.finished:
                return found
        raise TimeoutError("the run did not end")

    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        (_("Report"), "spiral_report.html", "text/html", lambda: report.report(view(), link, words)),
        (_("Python script"), "spiral_run.py", "text/x-python", lambda: script.script(settings)),
        (_("Notebook"), "spiral_run.ipynb", "application/x-ipynb+json", lambda: script.notebook(settings)),
        (_("Settings"), "spiral_settings.json", "application/json", lambda: script.settings_json(settings)),
        (_("History"), "spiral_history.csv", "text/csv", lambda: script.history_csv(view().run.history)),
        (_("Weights") + " .npz", "spiral_weights.npz", "application/octet-stream", lambda: weights.to_npz(view().run.network_at())),
        (_("Weights") + " .json", "spiral_weights.json", "application/json", lambda: weights.to_json(view().run.network_at())),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, name, kind, make in files:
            st.download_button(label, make, name, kind, on_click="ignore", key=f"{key}_{name}")


def popover(settings: Settings, key: str) -> None:
    """The same behind one button."""
    with st.popover(_("Take it along"), icon=":material/download:", key=f"{key}_popover"):
        buttons(settings, key)
