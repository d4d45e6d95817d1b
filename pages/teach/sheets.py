"""Worksheets to print: one lesson's, or all of them."""

from __future__ import annotations

import streamlit as st

from pages.lessons.lessons import LESSONS
from pages.room import words
from pages.teach import worksheet
from pages.ui.text import _, language


def show() -> None:
    st.markdown(
        _(
            "A page of A4 for each lesson: the question, room for a prediction, for what was observed, and for why. It has no answers. "
            "Open the file in a browser and print it."
        )
    )
    titles = {"": _("all lessons"), **words.lesson_titles()}
    chosen = st.selectbox(_("Which lesson"), list(titles), 1, key="sheets_lesson", format_func=titles.__getitem__)
    names, reader = [chosen] if chosen else list(LESSONS), language()
    st.download_button(
        _("Download the worksheet"), lambda: worksheet.worksheet(names, reader), f"spiral_worksheet_{chosen or 'all'}.html", "text/html",
        on_click="ignore", key="sheets_download", type="primary", icon=":material/print:",
    )  # fmt: skip
