"""The keys that work everywhere, and their list, which “?” shows."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.components.v2 import component

from pages.ui.text import _

# What each key does, in English. Those of the replay are the chart's own, the rest are shortcuts of buttons.
KEYS = {
    "?": "this list",
    "K": "play or pause the replay",
    "J": "one step back in the replay",
    "L": "one step on in the replay",
    "G": "go on training (Playground)",
    "U": "undo the last change of a setting",
    "N": "next lesson",
    "P": "previous lesson",
}

# Streamlit's shortcuts sleep while any field has the focus, a slider too, in which nobody types: there the button is pressed here.
_LISTEN = """
const pressed = /^(range|radio|checkbox|button)$/; // fields in which nobody types
const buttons = { u: "undo", g: "go_on", n: "lessons_next", p: "lessons_previous" };

export default function (component) {
  const heard = (event) => {
    const { target: field, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[role=dialog]")) return;
    const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);
    if (field.isContentEditable || (isField && !pressed.test(field.type))) return;
    if (key === "?") component.setTriggerValue("asked", true);
    else if (isField && buttons[key]) document.querySelector(`.st-key-${buttons[key]} button:not(:disabled)`)?.click();
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}
"""

_keys = component("lab_keys", html="<span hidden></span>", js=_LISTEN, isolate_styles=False)


def listen() -> None:
    """Show the list of keys when the reader presses “?”."""
    if _keys(key="keys", on_asked_change=lambda: None).asked:
        _show()


def _show() -> None:
    st.dialog(_("Keys"))(keys_table)()


def keys_table() -> None:
    """What each key does."""
    rows = [{_("key"): key, _("what it does"): _(words)} for key, words in KEYS.items()]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=_("The keys and what they do."))
    st.caption(_("Keys do nothing while you type in a field. Tab reaches every control."))
