"""What stands round every page: title, language, navigation, and what a link could not set."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import experiment, inside
from pages.ui.text import LANGUAGES, _, language, set_language

ICON = Path(__file__).parent / "icon.png"  # a Material icon would be fetched from another host

# The language switch stands in Streamlit's header, which has no place for widgets of its own; the rest of the rules
# give the pictures the room that Streamlit leaves empty by default.
STYLE = """
<style>
.stMainBlockContainer {padding: 3.7rem 2rem 2rem}
[data-testid="stMarkdownContainer"] :is(p, li, td) {word-break: keep-all; overflow-wrap: break-word}
.st-key-status {min-height: 3.1rem}
.st-key-status .stAlert p {font-size: .95rem; line-height: 1.3}
.st-key-status [data-testid="stAlertContainer"] {padding: .4rem .8rem}
.stSidebar [data-testid="stSidebarHeader"] {height: 2.6rem; padding-bottom: 0; margin-bottom: 0}
.st-key-language {position: fixed; top: .6rem; right: 3.6rem; width: auto; z-index: 999990}
@media (max-width: 640px) {.stMainBlockContainer {padding: 3.7rem .8rem 2rem}}
</style>
"""


def show() -> None:
    """Run the page that the address names."""
    set_language(experiment.language_of_visit())
    st.set_page_config(page_title="Spiral Lab", page_icon=ICON, layout="wide")
    page = st.navigation(
        [
            st.Page("playground/page.py", title=_("Playground"), icon=":material/play_circle:", default=True),
            st.Page("case_study/page.py", title=_("Case study"), icon=":material/menu_book:", url_path="case_study"),
            st.Page("data/page.py", title=_("Data"), icon=":material/scatter_plot:", url_path="data"),
            st.Page("compare/page.py", title=_("Compare"), icon=":material/compare:", url_path="compare"),
            st.Page("under_hood/page.py", title=_("Under the hood"), icon=":material/troubleshoot:", url_path=inside.PAGE),
            st.Page("search/page.py", title=_("Search"), icon=":material/travel_explore:", url_path="search"),
        ],
        position="top",
    )
    st.html(STYLE)
    experiment.follow_address(page.url_path)
    with st.container(key="language"):
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            default=language(),
            key=f"language_{language()}",
            required=True,
            label_visibility="collapsed",
            on_change=experiment.choose_language,
        )
    page.run()
