"""Which theme the reader's browser shows."""

import streamlit as st

from pages.ui.charts.palette import DARK, LIGHT, Look


def look() -> Look:
    return DARK if st.context.theme.type == "dark" else LIGHT
