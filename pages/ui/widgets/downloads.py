"""A run as files, wherever a run is shown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.text import _, language
from pages.ui.visit import address
from pages.ui.visit.state import visit
from pages.ui.widgets import live, report
from server.services import services
from server.training.view import View
from spiral_core.export import notebook, script, weights
from spiral_core.export.files import history_csv, settings_json
from spiral_core.settings import Settings

POLL = 1.0  # seconds between two looks at a run that is trained again for its files

File = tuple[str, str, str, Callable[[], str | bytes]]  # label, name, type, what makes it


def buttons(settings: Settings, key: str) -> None:
    """One button a file, which is made when its button is pressed.

    Files of the run itself are offered once it is there: one that is no longer in memory is trained again when somebody asks for
    it, like any run, and nobody's thread waits for it.
    """
    files = _of_settings(settings)
    there = services().runs.finished(settings) is not None
    if there:
        files = _of_run(settings) + files
    with st.container(horizontal=True, gap="small"):
        for label, name, kind, make in files:
            st.download_button(label, make, name, kind, on_click="ignore", key=f"{key}_{name}")
        if not there:
            st.button(
                _("Prepare report, history and weights"), key=f"{key}_prepare", icon=":material/hourglass:",
                help=_("These files need the run itself, which is no longer in memory: it is trained again."),
                on_click=_asked().add, args=(settings,),
            )  # fmt: skip
    if not there and settings in _asked():
        _prepare(settings)


def popover(settings: Settings, key: str) -> None:
    """The same behind one button."""
    with st.popover(_("Download"), icon=":material/download:", key=f"{key}_popover", on_change="rerun") as box:
        if box.open:
            buttons(settings, key)


def _of_settings(settings: Settings) -> list[File]:
    return [
        (_("Python script"), "spiral_run.py", "text/x-python", lambda: script.script(settings)),
        (_("Notebook"), "spiral_run.ipynb", "application/x-ipynb+json", lambda: notebook.notebook(settings)),
        (_("Settings"), "spiral_settings.json", "application/json", lambda: settings_json(settings)),
    ]


def _of_run(settings: Settings) -> list[File]:
    link, words = address.link_of(settings), language()

    def view() -> View:
        """The finished run. Not kept by the button: that would hold it in memory as long as the page is open."""
        found = services().runs.finished(settings)
        if found is None:
            raise LookupError("the run is no longer in memory; the page offers to prepare it again")
        return found

    return [
        (_("Report"), "spiral_report.html", "text/html", lambda: report.report(view(), link, words)),
        (_("History"), "spiral_history.csv", "text/csv", lambda: history_csv(view().run.history)),
        (_("Weights") + " .npz", "spiral_weights.npz", "application/octet-stream", lambda: weights.to_npz(view().run.network_at())),
        (_("Weights") + " .json", "spiral_weights.json", "application/json", lambda: weights.to_json(view().run.network_at())),
    ]


def _asked() -> set[Settings]:
    """The runs whose files this visit has asked for."""
    return visit().files_asked


def _prepare(settings: Settings) -> None:
    """Train the run, with consent where that takes long, and show how far it is."""
    if not live.agreed([settings]):
        return

    def again() -> None:
        try:
            run = services().runs.watch(settings).run
        except live.REFUSALS as error:
            live.say(error)
            return
        if run.finished:
            _asked().discard(settings)
            st.rerun()
        st.progress(run.iteration / settings.last_iteration, _("Preparing the files …"))

    st.fragment(again, run_every=POLL)()
