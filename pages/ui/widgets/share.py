"""The link to what is on the screen, to copy."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import address, teacher_link


def link_here(key: str) -> None:
    """The link as text; a teacher's rules are left out, so that work which is handed in opens unlocked, unless they are wanted."""
    with_rules = teacher_link.rules().any and st.checkbox(_("Include the teacher’s restrictions"), key=f"{key}_rules")
    st.code(address.link_here(with_rules=with_rules), language=None, wrap_lines=True)
