"""How each step of the story looks: its words and formula on one side, its lines of NumPy or its picture on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.case_study import snippets
from pages.ui.charts import component
from pages.ui.charts.netview import edits
from pages.ui.text import _
from pages.ui.visit import navigation, teacher_link
from pages.ui.widgets import downloads, live, pin
from server.training.view import View
from spiral_core.marking import N_
from spiral_core.settings import Settings

# The steps in order: anchor, and title in English.
STEPS = {
    "data": N_("The data"),
    "scores": N_("Scores and softmax"),
    "loss": N_("The loss"),
    "gradient": N_("The gradient"),
    "linear": N_("The linear classifier, trained"),
    "limits": N_("Why a line is not enough"),
    "hidden": N_("A hidden layer"),
    "relu": N_("The gradient through the ReLU"),
    "net": N_("The net, trained"),
    "boundaries": N_("Both boundaries"),
    "digits": N_("Every published loss"),
}


def contents() -> None:
    """Links to all steps."""
    with st.sidebar:
        st.subheader(_("Case study"))
        st.markdown("\n".join(f"{i}. [{_(title)}](#{anchor})" for i, (anchor, title) in enumerate(STEPS.items(), 1)))


def begin(anchor: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The heading of a step; returns the side for words and the side for code or a picture."""
    number = list(STEPS).index(anchor) + 1
    st.header(f"{number}. {_(STEPS[anchor])}", anchor=anchor, divider="gray")
    if teacher_link.rules().projector:  # large type leaves half a page no room for a line of code
        return st.container(), st.container()
    words, side = st.columns(2, gap="large")
    return words, side


def code(text: str) -> None:
    """Lines of NumPy, their comments in the language of the visit; long ones wrap rather than hide."""
    st.code(snippets.translated(text), wrap_lines=True)


def shapes(rows: Sequence[tuple[str, str, str]]) -> None:
    """A small table: variable, shape, meaning."""
    lines = [f"| `{name}` | {shape.replace(' ', chr(0xA0))} | {meaning} |" for name, shape, meaning in rows]
    st.markdown("\n".join([f"| {_('variable')} | {_('shape')} | {_('meaning')} |", "|---|---|---|", *lines]))


def numbers(values: Mapping[str, str]) -> None:
    """A few numbers with their names, which wrap where there is no room beside each other."""
    st.markdown("  \n".join(f"{name}: **{value}**" for name, value in values.items()))


def trained(settings: Settings, name: str) -> None:
    """A run with its replay, and a button that takes its settings to the Playground."""

    def draw(view: View) -> None:
        if not view.started:
            st.info(live.waiting(view))
            return
        asked = component.training(view, key=f"case_{name}", net=True)
        navigation.look_inside(settings, asked.iteration)
        navigation.look_at_unit(settings, edits.read_unit(asked.unit, view.run))
        with st.container(horizontal=True):
            navigation.playground_button(f"case_open_{name}", settings)
            if view.run.finished:
                pin.pin_button(f"case_pin_{name}", settings)
                downloads.popover(settings, f"case_take_{name}")

    live.follow(settings, draw)
