"""The button that puts a run on the shelf."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import saved
from server.services import services
from spiral_core.records import Record
from spiral_core.settings import Settings


def pin_button(key: str, settings: Settings, name: str = "", record: Record | None = None) -> None:
    """A button that puts a run on the shelf, or says that it is there. record: what is known of a run that is not in memory."""
    pinned = saved.is_pinned(settings)
    theirs = saved.is_shared() and saved.may_edit()

    def put() -> None:
        if saved.pin(settings, name, record=record or _of_memory(settings)):
            st.toast(_("Pinned. The Compare page shows it."), icon=":material/keep:")
        saved.tell_problem()

    st.button(
        _("Pinned") if pinned else _("Pin to the shared shelf") if theirs else _("Pin"), key=key, icon=":material/keep:",
        disabled=pinned, on_click=put,
        help=_("The shelf was opened by a link: its owner and everyone with that link see what you pin.")
        if theirs
        else _("Keep this run on your shelf, to compare it with others."),
    )  # fmt: skip


def _of_memory(settings: Settings) -> Record | None:
    """Of the run as it is when the button is pressed. The button keeps none: that would hold it as long as the page is open."""
    view = services().runs.finished(settings)
    return Record.of(view.run) if view else None
