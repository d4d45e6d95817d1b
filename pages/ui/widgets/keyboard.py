"""The keys that work everywhere, and their list, which “?” shows."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2 import component

from pages.ui.text import _
from spiral_core.marking import N_

# What each key does, in English.
KEYS = {
    "?": N_("this list"),
    "K": N_("play or pause the replay"),
    "J": N_("one step back in the replay"),
    "L": N_("one step on in the replay"),
    "G": N_("go on training (Playground)"),
    "U": N_("undo the last change of a setting"),
    "N": N_("next lesson"),
    "P": N_("previous lesson"),
}

# Presses the button of a key. Of several replays on a page the first one that is seen answers. Streamlit's own shortcuts show their
# letter on the button, but sleep while any field has the focus, a slider too, in which nobody types: there they are pressed here.
_LISTEN = """
const pressed = /^(range|radio|checkbox|button)$/; // fields in which nobody types
const replay = { k: "play", j: "back", l: "next" };
const shortcuts = { u: "undo", g: "go_on", n: "lessons_next", p: "lessons_previous" };

export default function (component) {
  const heard = (event) => {
    const { target: field } = event;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[role=dialog]")) return;
    const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);
    if (field.isContentEditable || (isField && !pressed.test(field.type))) return;
    if (key === "?") component.setTriggerValue("asked", true);
    else if (replay[key]) {
      const bars = [...document.querySelectorAll(".lab-chart .bar:not([hidden])")];
      bars.find((bar) => bar.getBoundingClientRect().bottom >= 0)?.querySelector(`[data-do=${replay[key]}]`).click();
    } else if (isField && shortcuts[key]) document.querySelector(`.st-key-${shortcuts[key]} button:not(:disabled)`)?.click();
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}
"""

_keys = component("lab_keys", html="<span hidden></span>", js=_LISTEN, isolate_styles=False)


def listen() -> None:
    """Show the list of keys when the reader presses “?”."""
    if _keys(key="keys", on_asked_change=lambda: None).asked:
        st.dialog(_("Keys"))(keys_table)()


def keys_table() -> None:
    """What each key does."""
    rows = [{_("key"): key, _("what it does"): _(words)} for key, words in KEYS.items()]
    st.dataframe(rows, hide_index=True, height="content", alt=_("The keys and what they do."))
    st.caption(_("Keys do nothing while you type in a field. Tab reaches every control."))
