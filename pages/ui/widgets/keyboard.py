"""The keys that work everywhere, with their list, which “?” shows; and numbers that are typed at a slider."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from pages.ui.text import _, language
from pages.ui.visit import controls
from spiral_core.fields import MAX_LAYERS
from spiral_core.flat import PARAMETERS
from spiral_core.marking import N_

# What each key does, in English.
KEYS = {
    "?": N_("this list"),
    "K": N_("play or pause the replay"),
    "J": N_("one step back in the replay"),
    "L": N_("one step forward in the replay"),
    "G": N_("go on training (Playground)"),
    "T": N_("pause the live training (Playground)"),
    "U": N_("undo the last change of a setting"),
    "N": N_("next lesson"),
    "P": N_("previous lesson"),
    "Enter": N_("type the exact value of the focused slider"),
}

_keys = component(
    "lab_keys", html="<span hidden></span>", js=(Path(__file__).parent / "keyboard.js").read_text("utf-8"), isolate_styles=False
)


TYPED = frozenset([*PARAMETERS, *(f"units_{layer}" for layer in range(MAX_LAYERS))])  # the sliders at which a number can be typed


def listen() -> None:
    """Hear the keys of this page; show their list when the reader presses “?”."""
    data = {"language": language(), "typed": _("{name}: exact value, then Enter")}
    heard = _keys(data=data, key="keys", on_asked_change=lambda: None, on_typed_change=_typed, on_back_change=lambda: None)
    if heard.asked:
        st.dialog(_("Keys"))(keys_table)()


def _typed() -> None:
    """A number was typed at a slider of the sidebar. What is no such message is passed over: a browser may send anything."""
    message = st.session_state["keys"].typed
    if not isinstance(message, dict):
        return
    name, text = message.get("name"), message.get("text")
    if isinstance(name, str) and isinstance(text, str) and name in TYPED:
        controls.type_value(name, text[:100])


def keys_table() -> None:
    """What each key does."""
    rows = [{_("key"): key, _("what it does"): _(words)} for key, words in KEYS.items()]
    st.dataframe(rows, hide_index=True, height="content", alt=_("The keys and what they do."))
    st.caption(_("Keys do nothing while you type in a field. Tab reaches every control."))
