"""The controls of an experiment. Each shows its setting's value and, when it is used, changes that one setting."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.ui.text import _, choice_label, explain, parameter_label, parameter_of, value_text
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import PRESETS, START, preset_of
from spiral_core.fields import MAX_LAYERS
from spiral_core.flat import DATA_PARAMETERS, PARAMETERS, is_used, values
from spiral_core.settings import DATA_FIELDS, LAYERS, OWN, Settings

# The steps of each slider; a value from elsewhere, such as a link, is added to them.
STEPS: dict[str, Sequence[Any]] = {name: field.steps for name, field in (PARAMETERS | LAYERS).items() if field.steps}


# The controls of each group that can be folded away.
_MAIN = ("hidden", "activation", "learning_rate", "reg", "iterations")
_WEIGHTS = ("init", "seed")
_DATA = tuple(dict.fromkeys(("data", "classes", "points_per_class", "noise", *DATA_PARAMETERS, "data_seed")))
_OPTIMIZER = tuple(name for name in PARAMETERS if name not in {*DATA_PARAMETERS, *_MAIN, *_WEIGHTS})


def show(data_first: bool = False) -> Settings:
    """All controls, in the sidebar; returns the settings that they show. data_first: those of the data are open, and on top."""
    with st.sidebar:
        _presets()
        if data_first and _any_shown(_DATA):
            _data(opened=True)
        _model()
        for name in ("learning_rate", "reg", "iterations"):
            _slider(name)
        if teacher_link.rules().projector:  # few controls, in large type
            return experiment.current()
        if not data_first and _any_shown(_DATA):
            _data(opened=False)
        settings = experiment.current()
        if _any_shown(_OPTIMIZER):
            title = _("Optimizer") + ": " + choice_label(settings.optimizer)
            with st.expander(title, key="group_optimizer", icon=":material/trending_down:"):
                for name in _OPTIMIZER:
                    _choice(name) if PARAMETERS[name].kind == "choice" else _slider(name)
        if _any_shown(_WEIGHTS):
            with st.expander(_("First weights") + ": " + choice_label(settings.init), key="group_init", icon=":material/casino:"):
                _choice("init")
                _seed("seed", _("New weights"))
    return experiment.current()


def _any_shown(names: Sequence[str]) -> bool:
    """Whether a teacher's link leaves any of these controls."""
    return any(name not in teacher_link.rules().hide for name in names)


def _is_locked(name: str) -> bool:
    return name in teacher_link.rules().lock


def _presets() -> None:
    rules = teacher_link.rules()
    if rules.any:
        st.caption(_("This link was made by a teacher: some controls are fixed."))
    if teacher_link.PRESET not in rules.hide:
        current = experiment.current()
        chosen = preset_of(current)
        names = {preset.name: _(preset.name) for preset in PRESETS if not rules.refused(current, preset.settings)}
        shown = mirror("preset", chosen.name if chosen and chosen.name in names else None)

        def use() -> None:
            for preset in PRESETS:  # none where the choice was cleared: the experiment stays
                if preset.name == st.session_state["preset"]:
                    experiment.change(preset.settings)

        st.selectbox(
            _("Start from"), list(names), list(names).index(shown) if shown else None, names.__getitem__, key="preset",
            on_change=use, placeholder=_("own settings"), help=_("Ready experiments, each with something to see."),
            disabled=_is_locked(teacher_link.PRESET),
        )  # fmt: skip
    first = teacher_link.base() or START
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
    if "hidden" in teacher_link.rules().hide:
        return
    hidden, locked = experiment.current().hidden, _is_locked("hidden")
    linear, net = _("Linear"), _("Neural net")
    model = mirror("model", net if hidden else linear)

    def choose() -> None:
        last: tuple[int, ...] = st.session_state.get("last_hidden", START.hidden)
        if hidden:
            st.session_state["last_hidden"] = hidden
        experiment.change_values(hidden=last if st.session_state["model"] == net else ())

    st.segmented_control(
        _("Model"), [linear, net], default=model, key="model", on_change=choose, required=True, width="stretch", disabled=locked,
        help=_("Linear: the softmax classifier. Neural net: the same with hidden layers before it."),
    )  # fmt: skip
    if not hidden:
        return
    for layer, units in enumerate(hidden):
        label = _("Hidden units") if len(hidden) == 1 else _("Units in layer {number}").format(number=layer + 1)
        help = _("How many folds the boundary can have.")
        _steps(f"units_{layer}", label, STEPS["units"], units, _set_units(layer), help=help, locked=locked)
    depth, activation = st.columns([2, 3])
    with depth:
        mirror("depth", len(hidden))

        def deepen() -> None:
            layers: int = st.session_state["depth"]
            experiment.change_values(hidden=(hidden + hidden[-1:] * MAX_LAYERS)[:layers])

        st.selectbox(
            _("Layers"), range(1, MAX_LAYERS + 1), len(hidden) - 1, key="depth", on_change=deepen, disabled=locked,
            help=_("Hidden layers, one after the other."),
        )  # fmt: skip
    with activation:
        _choice("activation")
    _error_beside("hidden")


def _set_units(layer: int) -> Callable[[Any], None]:
    def change(units: int) -> None:
        hidden = experiment.current().hidden
        experiment.change_values(hidden=(*hidden[:layer], units, *hidden[layer + 1 :]))

    return change


def _slider(name: str) -> None:
    """A slider over the steps of a setting, if the setting has any effect now."""
    if not _is_shown(name):
        return
    value = values(experiment.current())[name]
    limit = teacher_link.rules().limit.get(name, ())
    steps = [step for step in dict.fromkeys([*STEPS[name], *limit]) if teacher_link.rules().allows(name, step)]

    def change(new: Any) -> None:
        experiment.change_values(**{name: new})

    help = _(PARAMETERS[name].help)
    _steps(name, parameter_label(name), steps, value, change, help=help, parameter=name, locked=_is_locked(name))
    _error_beside(name)


def _is_shown(name: str) -> bool:
    """Whether a setting has any effect now, and no teacher's link hides it."""
    return is_used(experiment.current(), name) and name not in teacher_link.rules().hide


def _steps(
    key: str,
    label: str,
    steps: Sequence[Any],
    value: Any,
    change: Callable[[Any], None],
    help: str,
    parameter: str = "units",
    locked: bool = False,
) -> None:
    steps = sorted({*steps, value}, key=lambda step: float("inf") if step is None else step)
    mirror(key, value)
    texts = {step: value_text(parameter, step) for step in steps}
    if len(steps) == 1:  # a slider needs two ends
        st.selectbox(label, steps, format_func=texts.__getitem__, key=f"{key}_alone", help=help, disabled=True)
        return
    st.select_slider(
        label,
        steps,
        value,
        key=key,
        format_func=texts.__getitem__,
        on_change=lambda: change(st.session_state[key]),
        help=help,
        disabled=locked,
    )


def _choice(name: str) -> None:
    """One of a few named values."""
    if not _is_shown(name):
        return
    value = mirror(name, values(experiment.current())[name])
    rules = teacher_link.rules()
    texts = {choice: choice_label(choice) for choice in PARAMETERS[name].choices if choice == value or rules.allows(name, choice)}
    st.selectbox(
        parameter_label(name),
        list(texts),
        list(texts).index(value),
        key=name,
        format_func=texts.__getitem__,
        on_change=lambda: experiment.change_values(**{name: st.session_state[name]}),
        help=_(PARAMETERS[name].help),
        disabled=_is_locked(name),
    )


def _data(opened: bool) -> None:
    data = experiment.current().data
    title = _("Data") + ": " + choice_label(data.name)
    with st.expander(title, opened, key="group_data_opened" if opened else "group_data", icon=":material/scatter_plot:"):
        _data_set()
        for name in _DATA:
            if name not in ("data", "points", "data_seed"):
                _choice(name) if PARAMETERS[name].kind == "choice" else _slider(name)
        _seed("data_seed", _("Other held-out points") if data.name == OWN else _("New points"))
        if not opened and teacher_link.has_page("data"):
            st.page_link("data/page.py", label=_("See and change the data"), icon=":material/table_chart:")


def _data_set() -> None:
    """The generators, and one's own points once there are some."""
    if not _is_shown("data"):
        return
    shown = mirror("data", experiment.current().data.name)
    texts = {
        name: choice_label(name)
        for name in DATA_FIELDS["name"].choices
        if name == shown or ((name != OWN or experiment.own_points()) and teacher_link.rules().allows("data", name))
    }
    st.selectbox(
        parameter_label("data"), list(texts), list(texts).index(shown), texts.__getitem__, key="data", disabled=_is_locked("data"),
        on_change=lambda: experiment.use_data(st.session_state["data"]), help=_(PARAMETERS["data"].help),
    )  # fmt: skip
    _error_beside("data")
    _error_beside("points")


def _seed(name: str, again: str) -> None:
    """A seed to type, and a button that draws another."""
    if not _is_shown(name):
        return
    value = mirror(name, values(experiment.current())[name])
    rule = PARAMETERS[name]
    low, high = teacher_link.rules().limit.get(name, (int(rule.low), int(rule.high)))
    st.number_input(
        parameter_label(name),
        low,
        high,
        value,
        key=name,
        disabled=_is_locked(name),
        on_change=lambda: experiment.change_values(**{name: st.session_state[name]}),
        help=_(rule.help),
    )
    st.button(
        again,
        key=f"again_{name}",
        icon=":material/casino:",
        on_click=lambda: experiment.change_values(**{name: low + secrets.randbelow(min(10_000, high - low + 1))}),
        width="stretch",
        disabled=_is_locked(name),
    )
    _error_beside(name)


def mirror(key: str, value: Any) -> Any:
    """Let a control show a value; only a real change is sent, so that a slider in motion is not pulled back.

    Returns the value, which the control must get as its default too: a click that interrupts the first run of a page may lose
    the values on their way to the browser, and with the next click it sends the defaults.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return value


def _error_beside(name: str) -> None:
    error = experiment.control_error()
    if error is not None and parameter_of(error) == name:
        st.error(explain(error))
