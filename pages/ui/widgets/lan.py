"""Whether other machines in the same network reach this one."""

from __future__ import annotations

import streamlit as st

HERE_ALONE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


def is_open() -> bool:
    """Whether this server listens to other machines."""
    return (st.get_option("server.address") or "") not in HERE_ALONE[:3]
