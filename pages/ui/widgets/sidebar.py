"""Draws the controls of an experiment. What each shows and allows is in `visit/controls.py`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.ui.text import _, choice_label, escaped, explain, parameter_label, value_text
from pages.ui.visit import controls, experiment, teacher_link
from pages.ui.visit.controls import Control, control
from pages.ui.visit.presets import PRESETS
from pages.ui.visit.rules import PRESET
from pages.ui.widgets import keyed
from spiral_core.fields import MAX_LAYERS
from spiral_core.flat import DATA_PARAMETERS, PARAMETERS
from spiral_core.settings import Settings

# The controls of each group that can be folded away.
_MAIN = ("hidden", "activation", "learning_rate", "reg", "iterations")
_WEIGHTS = ("init", "seed")
_SHAPE = ("data", "classes", "points_per_class", "noise")
_DATA = (*_SHAPE, *(name for name in DATA_PARAMETERS if name not in {*_SHAPE, "points", "data_seed"}), "data_seed")
_OPTIMIZER = (*(name for name in PARAMETERS if name not in {*DATA_PARAMETERS, *_MAIN, *_WEIGHTS, "features", "loss"}), "loss")
_SEEDS = ("data_seed", "seed")


def head() -> None:
    """What the experiment begins with, undo and reset: for a page that draws the other controls at its end."""
    with st.sidebar:
        _presets()


def show(data_first: bool = False, headed: bool = False) -> Settings:
    """All controls, in the sidebar; returns the settings that they show.

    data_first: those of the data are open, and on top; headed: `head` has been drawn.
    """
    if not headed:
        head()
    with st.sidebar:
        if data_first and _any_shown(_DATA):
            _data(opened=True)
        _model()
        for name in ("learning_rate", "reg", "iterations"):
            _draw(control(name))
        if teacher_link.rules().projector:  # few controls, in large type
            return experiment.current()
        if not data_first and _any_shown(_DATA):
            _data(opened=False)
        settings = experiment.current()
        if _any_shown(("features",)):
            title = parameter_label("features") + ": " + value_text("features", settings.features)
            with st.expander(title, key="group_inputs", icon=":material/input:"):
                _draw(control("features"))
        if _any_shown(_OPTIMIZER):
            title = _("Optimizer") + ": " + choice_label(settings.optimizer)
            title += "" if settings.loss == Settings.loss else " · " + choice_label(settings.loss)
            with st.expander(title, key="group_optimizer", icon=":material/trending_down:"):
                for name in _OPTIMIZER:
                    _draw(control(name))
        if _any_shown(_WEIGHTS):
            with st.expander(_("Initial weights") + ": " + choice_label(settings.init), key="group_init", icon=":material/casino:"):
                _draw(control("init"))
                _draw(control("seed"))
    return experiment.current()


def _any_shown(names: Sequence[str]) -> bool:
    """Whether a group holds any control: a teacher's link may hide them, and some have no effect now."""
    return any(control(name).shown for name in names)


def _draw(what: Control) -> None:
    """The control of one setting, and below it why its last change was refused."""
    if not what.shown:
        return
    if what.name in _SEEDS:
        _seed(what)
    elif PARAMETERS[what.name].kind == "choice":
        texts = {choice: choice_label(choice) for choice in PARAMETERS[what.name].choices}
        _select(what, parameter_label(what.name), texts, _(PARAMETERS[what.name].help))
    elif PARAMETERS[what.name].kind == "several":
        _several(what)
    else:
        _slider(what, parameter_label(what.name), what.name, _(PARAMETERS[what.name].help))
    _error_beside(what.name)


# The kinds of controls. Each gets its value as its default, under a key that no older widget has.


def _slider(what: Control, label: str, parameter: str, help: str) -> None:
    """A slider over the steps of a number; a value between two steps is a step of its own."""
    first = keyed.first_value(what.name, what.value)
    texts = {value_text(parameter, step): step for step in (*what.allowed, first, what.value)}  # no two alike
    steps = sorted(texts.values(), key=lambda step: float("inf") if step is None else step)
    key = keyed.key(what.name, what.value, tuple(steps))
    if len(steps) == 1:  # a slider needs two ends
        st.selectbox(label, list(texts), key=f"{key}_alone", help=help, disabled=True)
        return
    named = {step: text for text, step in texts.items()}
    result = st.select_slider(
        label, steps, what.value, key=key, format_func=named.__getitem__, on_change=_changed(what.name, key), help=help,
        disabled=what.locked,
    )  # fmt: skip
    keyed.check(what.name, what.value, result)


def _select(what: Control, label: str, texts: dict[Any, str], help: str, placeholder: str | None = None) -> None:
    """One of a few named values; without a placeholder, one is always chosen."""
    options = [choice for choice in texts if choice in what.allowed or choice == what.value]
    key = keyed.key(what.name, what.value, tuple(options))
    result = st.selectbox(
        label, options, None if what.value is None else options.index(what.value), key=key, format_func=texts.__getitem__,
        on_change=_changed(what.name, key), help=help, disabled=what.locked, placeholder=placeholder,
    )  # fmt: skip
    keyed.check(what.name, what.value, result)


def _several(what: Control) -> None:
    """Any number of a few names, at least one."""
    texts = {choice: choice_label(choice) for choice in PARAMETERS[what.name].choices}
    options = [choice for choice in texts if choice in what.allowed or choice in what.value]
    key = keyed.key(what.name, [*what.value], tuple(options))
    result = st.pills(
        parameter_label(what.name), options, default=[*what.value], selection_mode="multi", key=key, format_func=texts.__getitem__,
        on_change=_changed(what.name, key), help=_(PARAMETERS[what.name].help), disabled=what.locked, label_visibility="collapsed",
    )  # fmt: skip
    keyed.check(what.name, [*what.value], result)


def _seed(what: Control) -> None:
    """A seed to type, and a button that draws another."""
    low, high = int(what.low), int(what.high)
    key = keyed.key(what.name, what.value, low, high)
    result = st.number_input(
        parameter_label(what.name), min(low, what.value), max(high, what.value), what.value, key=key, disabled=what.locked,
        on_change=_changed(what.name, key), help=_(PARAMETERS[what.name].help),
    )  # fmt: skip
    again = _("New weights")
    if what.name == "data_seed":
        again = _("Other held-out points") if experiment.current().data.given is not None else _("New points")
    st.button(
        again, key=f"again_{what.name}", icon=":material/casino:", width="stretch", disabled=what.locked,
        on_click=lambda: controls.set_value(what.name, low + secrets.randbelow(min(10_000, high - low + 1))),
    )  # fmt: skip
    keyed.check(what.name, what.value, result)


def _changed(name: str, key: str) -> Callable[[], None]:
    return keyed.changed(key, lambda value: controls.set_value(name, value))


def _error_beside(name: str) -> None:
    error = controls.error_of(name)
    if error is not None:
        st.error(escaped(explain(error)))


# The groups.


def _presets() -> None:
    if teacher_link.rules().any:
        st.caption(_("This link was made by a teacher: some controls are fixed."))
    ready = control(PRESET)
    if ready.shown:
        names = {preset.name: _(preset.name) for preset in PRESETS}
        _select(
            ready,
            _("Start from"),
            names,
            _("Ready-made experiments, each with something to see."),
            placeholder=_("custom settings"),
        )
    first = controls.first()
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Undo"), key="undo", icon=":material/undo:", on_click=experiment.undo, disabled=not experiment.can_undo(),
            help=_("Bring back the settings before the last change."), type="tertiary", shortcut="U",
        )  # fmt: skip
        st.button(
            _("Reset"), key="reset", icon=":material/restart_alt:", on_click=experiment.change, args=(first,),
            disabled=experiment.current() == first, help=_("Back to the settings that the Playground opens with."),
            type="tertiary",
        )  # fmt: skip


def _model() -> None:
    """Linear or a net; how many layers, and how many units in each."""
    layers = control("layers")
    if not layers.shown:
        return
    value = "net" if layers.value else "linear"
    names = {"linear": _("Linear"), "net": _("Neural net")}
    if not controls.may_be_linear() and layers.value:
        del names["linear"]
    key = keyed.key("model", value, tuple(names))
    result = st.segmented_control(
        _("Model"), list(names), default=value, key=key, format_func=names.__getitem__, required=True, width="stretch",
        on_change=keyed.changed(key, lambda chosen: controls.choose_model(chosen == "net")), disabled=layers.locked,
        help=_("Linear: scores straight from the inputs. Neural net: the same with hidden layers before it."),
    )  # fmt: skip
    for layer in range(layers.value):
        label = _("Hidden units") if layers.value == 1 else _("Units in layer {number}").format(number=layer + 1)
        _slider(control(f"units_{layer}"), label, "units", _("How many folds the boundary can have."))
    if layers.value:
        depth, activation = st.columns([2, 3])
        with depth:
            texts = {count: str(count) for count in range(1, MAX_LAYERS + 1)}
            _select(layers, _("Layers"), texts, _("Hidden layers, one after the other."))
        with activation:
            _draw(control("activation"))
        _error_beside("hidden")
    keyed.check("model", value, result)


def _data(opened: bool) -> None:
    name = experiment.current().data.name
    title = _("Data") + ": " + choice_label(name)
    with st.expander(title, opened, key="group_data_opened" if opened else "group_data", icon=":material/scatter_plot:"):
        _draw(control("data"))
        _error_beside("points")
        for other in _DATA[1:]:
            _draw(control(other))
        if not opened and teacher_link.rules().has_page("data"):
            st.page_link("data/page.py", label=_("View and edit the data"), icon=":material/table_chart:")
