"""What stands round every page: title, language, navigation, and what a link could not set."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.ui.charts.palette import DARK, LIGHT
from pages.ui.charts.theme import look
from pages.ui.text import LANGUAGES, _, language, set_language
from pages.ui.visit import course, experiment, inside, teacher_link
from pages.ui.widgets import keyboard
from server.services import services
from spiral_core.marking import N_

# Ours, because a Material icon would be fetched from another host; as text, so that no run of a page reads the file again.
ICON = "data:image/png;base64," + base64.b64encode((Path(__file__).parent / "icon.png").read_bytes()).decode()

# The language switch stands in Streamlit's header, which has no place for widgets of its own; the rest of the rules
# give the pictures the room that Streamlit leaves empty by default.
STYLE = """
<style>
.stMainBlockContainer {padding: 3.7rem 2rem 2rem}
[data-testid="stCaptionContainer"], [data-testid="stImageCaption"] {color: inherit !important; opacity: .82}
[data-testid="stMarkdownContainer"] :is(p, li, td) {word-break: keep-all; overflow-wrap: break-word}
.st-key-status {min-height: 3.1rem}
.st-key-status .stAlert p {font-size: .95rem; line-height: 1.3}
.st-key-status [data-testid="stAlertContainer"] {padding: .4rem .8rem}
.stSidebar [data-testid="stSidebarHeader"] {height: 2.6rem; padding-bottom: 0; margin-bottom: 0}
.st-key-keys {position: absolute}
.st-key-hint {padding: .2rem .8rem}
.st-key-hint p {font-size: .9rem}
.st-key-language {position: fixed; top: .6rem; right: 3.6rem; width: auto; z-index: 999990}
@media (prefers-reduced-motion: reduce) {* {animation-duration: .01ms !important; transition-duration: .01ms !important}}
@media (max-width: 640px) {.stMainBlockContainer {padding: 3.7rem .8rem 2rem}}
</style>
"""


# Colours that stand out enough from their ground, by the theme: Streamlit's own do not reach 4.5 to 1 in code, nor does white on
# the dark theme's light blue.
CONTRAST = """
<style>
.stCode .token:is(.keyword, .builtin, .function) {{color: {keyword} !important}}
.stCode .token:is(.number, .boolean, .string, .class-name) {{color: {number} !important}}
.stCode .token:is(.operator, .punctuation, .comment) {{color: {quiet} !important}}
[data-testid="stBaseButton-primary"]:not(:disabled), [data-testid="stBaseButton-primary"]:not(:disabled) *,
  [data-testid="stMultiSelectTagsContainer"] [data-tag] * {{color: {on_primary} !important}}
:is(a, button, summary):focus-visible {{outline: 3px solid {keyword} !important; outline-offset: 1px}}
</style>
"""
COLOURS = {
    LIGHT: {"keyword": "#0b63a5", "number": "#00654f", "quiet": "#5b6270", "on_primary": "#ffffff"},
    DARK: {"keyword": "#63adf2", "number": "#2fd0a0", "quiet": "#a9b0bd", "on_primary": "#12151c"},
}

PROJECTOR = """
<style>
html {font-size: 20px !important}
.stMainBlockContainer {padding-top: 3.2rem}
</style>
"""

# The pages by their places in the address ("" is the Playground): script, title in English, icon.
PAGES = {
    "": ("playground/page.py", N_("Playground"), "play_circle"),
    "case_study": ("case_study/page.py", N_("Case study"), "menu_book"),
    course.PAGE: ("lessons/page.py", N_("Lessons"), "school"),
    "data": ("data/page.py", N_("Data"), "scatter_plot"),
    "compare": ("compare/page.py", N_("Compare"), "compare"),
    inside.PAGE: ("under_hood/page.py", N_("Under the hood"), "troubleshoot"),
    "search": ("search/page.py", N_("Search"), "travel_explore"),
    "teach": ("teach/page.py", N_("Teach"), "co_present"),
    "about": ("about/page.py", N_("About"), "info"),
}


def titles() -> dict[str, str]:
    """The pages that a teacher can choose from, by their places in the address, and their titles."""
    return {place: _(PAGES[place][1]) for place in teacher_link.PAGES}


def show() -> None:
    """Run the page that the address names."""
    services().runs.turn_page()
    set_language(experiment.language_of_visit())
    st.set_page_config(page_title="Spiral Lab", page_icon=ICON, layout="wide")
    rules = teacher_link.rules_of_visit()
    page = st.navigation([_page(place, rules.pages) for place in PAGES], position="top")
    st.html(STYLE + CONTRAST.format(**COLOURS[look()]) + (PROJECTOR if rules.projector else ""))
    experiment.follow_address(page.url_path)
    keyboard.listen()
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


def _page(place: str, left: tuple[str, ...]) -> st.Page:
    """A page of the menu; where a teacher's link leaves only some, the others are there, but not in the menu."""
    script, title, icon = PAGES[place]
    visibility: Literal["visible", "hidden"] = "visible" if not left or place in left else "hidden"
    return st.Page(
        script, title=_(title), icon=f":material/{icon}:", url_path=place or None, default=not place, visibility=visibility
    )
