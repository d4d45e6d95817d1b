"""The words of the About page."""

from __future__ import annotations

import streamlit as st

from pages.lessons import glossary
from pages.ui.text import _
from pages.ui.visit import navigation, saved, teacher_link, tour
from pages.ui.widgets import keyboard
from spiral_core import __version__

_CITE = """@software{{spiral_lab,
  title   = {{Spiral Lab: see a neural network learn}},
  author  = {{The Spiral Lab authors}},
  version = {{{version}}},
  year    = {{2026}}
}}"""


def show() -> None:
    st.header(_("About"), anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            _(
                "**Spiral Lab** shows how a neural network learns. Every number on the screen comes from a small NumPy core and "
                "can be traced back to its formula. It follows the case study of Stanford's course CS231n, “Putting it together: "
                "minimal neural network case study”, and reproduces the losses printed there."
            )
        )
        st.markdown(_("Version {version}. Free software under the MIT licence.").format(version=__version__))
        st.subheader(_("How to cite"), anchor=False)
        st.code(_CITE.format(version=__version__), language="bibtex")
        st.subheader(_("What is stored"), anchor=False)
        st.markdown(
            _(
                "This server stores finished runs, the runs on your shelf, your searches, your plans and your lesson answers under "
                "a random number that your browser keeps in a cookie. It asks for no name and sends nothing to anyone "
                "else."
            )
        )
        if teacher_link.rules().has_page(""):
            st.button(_("Three minutes from a line to a net"), key="about_tour", icon=":material/route:", on_click=_tour)
        if "hint" in saved.notes() and st.button(_("Show the first steps again"), key="about_hint"):
            saved.forget_notes(["hint"])
            navigation.open_in_playground(None)
    with right:
        st.subheader(_("Keys"), anchor=False)
        keyboard.keys_table()
        with st.expander(_("Terms"), icon=":material/dictionary:"):
            st.markdown(glossary.whole())


def _tour() -> None:
    """Before anything of this page runs, so that its own address stays as it was."""
    tour.go(1)
    navigation.open_in_playground(None)
