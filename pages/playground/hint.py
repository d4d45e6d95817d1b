"""The first visit's hint: three steps in one line, which never come back once they are closed."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import saved, teacher_link


def show() -> None:
    if "hint" in saved.notes() or teacher_link.rules().any or teacher_link.rules().projector:
        return
    with st.container(key="hint", horizontal=True, vertical_alignment="center", gap="small", border=True):
        steps = (
            _("**1.** Change a control, or click its number to type one: the net is trained anew."),
            _("**2.** Press ▶: watch it learn."),
            _("**3.** Look below: diagnosis, link, files."),
        )
        st.markdown("  ".join(steps), width="stretch")
        st.button(_("Got it"), key="close_hint", on_click=saved.note, args=("hint", "closed"), type="tertiary")
