"""Widgets whose value may change from elsewhere: such a widget is replaced by a new one, never written to.

While the server writes a widget's value, the browser may be sending another one, and neither learns what the other ended with.
So each change from elsewhere gives the widget a new key. It begins with the value that it must show, and what the browser still
sends for the old one reaches nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui.text import language
from pages.ui.visit.state import Shown, visit


def key(name: str, value: Any, *shape: object) -> str:
    """The key of the widget that shows a value; pass the value as its default too.

    shape: what else the widget is made of (its options, say): it is replaced where that changes, or the language.
    """
    shown, shape = visit().shown.get(name), (language(), *shape)
    if shown is None:
        shown = Shown(0, value, shape)
    elif shown.shape != shape or st.session_state.get(_key(name, shown.generation), value) != value:
        shown = Shown(shown.generation + 1, value, shape)
    visit().shown[name] = shown
    return _key(name, shown.generation)


def changed(key: str, act: Callable[[Any], object]) -> Callable[[], None]:
    """What to do with a new value of the widget with this key, as its callback.

    A widget that has been replaced changes nothing: the browser may send its value once more while the new one is on its way, and
    Streamlit, which has forgotten it by then, takes that for a change.
    """
    name, _, generation = key.partition("~")

    def callback() -> None:
        shown = visit().shown.get(name)
        if shown is None or shown.generation == int(generation or 0):
            act(st.session_state[key])

    return callback


def first_value(name: str, value: Any) -> Any:
    """The value with which the widget that is now on the screen began, if it still shows `value` and has not been replaced."""
    shown = visit().shown.get(name)
    if shown is None or st.session_state.get(_key(name, shown.generation), value) != value:
        return value
    return shown.value


def check(name: str, value: Any, result: Any) -> None:
    """Replace a widget that shows something else after all: what the browser kept of an earlier visit to this page."""
    if result != value:
        shown = visit().shown[name]
        visit().shown[name] = shown._replace(generation=shown.generation + 1, value=value)
        st.rerun()


def _key(name: str, generation: int) -> str:
    return f"{name}~{generation}" if generation else name
