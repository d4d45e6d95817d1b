"""Streamlit's own words in the language of the visit: it offers no translation, so a style sheet shows ours in their place."""

from __future__ import annotations

import json

from pages.ui.text import _, language
from spiral_core.marking import N_

# Where Streamlit says something in English, and what it means. The tests look for each place in a browser.
WORDS = {
    '[data-testid="stMainMenuItem-theme-System"]': N_("System"),
    '[data-testid="stMainMenuItem-theme-Light"]': N_("Light"),
    '[data-testid="stMainMenuItem-theme-Dark"]': N_("Dark"),
    '[data-testid="stMainMenuItem-print"] [data-testid="stMainMenuItemLabel"]': N_("Print"),
    '[data-testid="stMainMenuItem-recordScreencast"] [data-testid="stMainMenuItemLabel"]': N_("Record the screen"),
    '[data-testid="stTopNavSection"] p': N_("More"),  # the pages that have no room in the menu
    '[data-key="__select_all__"] [data-item-hl]': N_("Select all"),
    '[data-testid="stFileUploaderDropzone"] button p': N_("Choose a file"),
}

# The limit of an uploader, which Streamlit writes in English; what a file may be stands above it in our words.
_HIDDEN = '[data-testid="stFileUploaderDropzoneInstructions"]'


def style() -> str:
    """The style sheet; empty in English."""
    if language() == "en":
        return ""
    rules = [f"{_HIDDEN} {{display: none}}"]
    for place, words in WORDS.items():
        rules.append(f"{place} {{font-size: 0 !important}}")
        rules.append(f"{place}::after {{font-size: .9rem; content: {json.dumps(_(words), ensure_ascii=False)}}}")
    return "<style>\n" + "\n".join(rules) + "\n</style>\n"
