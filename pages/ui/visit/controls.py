"""What a control of an experiment shows and allows, once a teacher's link has had its say. The sidebar only draws it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pages.ui.text import parameter_of
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import PRESETS, START, preset_of
from pages.ui.visit.rules import PRESET
from pages.ui.visit.state import visit
from spiral_core.data_settings import OWN
from spiral_core.fields import MAX_LAYERS, Field
from spiral_core.flat import PARAMETERS, is_used, values
from spiral_core.rules import SettingError
from spiral_core.settings import LAYERS, Settings

# The steps of each slider; a value from elsewhere, such as a link, is added to them.
STEPS: dict[str, Sequence[Any]] = {name: field.steps for name, field in (PARAMETERS | LAYERS).items() if field.steps}
_UNITS = "units_"  # how the names of the controls of single layers begin


@dataclass(frozen=True)
class Control:
    """One control: the value that it shows, and what a visitor may do with it."""

    name: str
    value: Any
    shown: bool
    locked: bool
    allowed: tuple[Any, ...]  # a number's steps, a choice's choices; the value itself may not be among them
    low: float = 0.0  # the least and the greatest number that may be typed
    high: float = 0.0


def control(name: str) -> Control:
    """A control by its name: a setting's in a link, `preset`, `layers`, or `units_0` and so on for the layers of a net."""
    rules, settings = teacher_link.rules(), experiment.current()
    setting = "hidden" if name == "layers" or name.startswith(_UNITS) else name
    locked = setting in rules.lock
    shown = setting not in rules.hide and (name == PRESET or is_used(settings, setting))
    if name == PRESET:
        preset = preset_of(settings)
        names = tuple(preset.name for preset in PRESETS if not rules.refused(settings, preset.settings))
        return Control(name, preset.name if preset and preset.name in names else None, shown, locked, names)
    if setting == "hidden":
        limited = "units" if name.startswith(_UNITS) else "layers"
        value = len(settings.hidden) if limited == "layers" else _units(name)
        return _number(name, limited, LAYERS[limited], value, shown, locked)
    rule, value = PARAMETERS[name], values(settings)[name]
    if rule.kind == "choice":
        choices = (choice for choice in rule.choices if rules.allows(name, choice) and (choice != OWN or experiment.own_points()))
        return Control(name, value, shown, locked, tuple(choices))
    if rule.kind == "several":
        return Control(name, value, shown, locked, tuple(choice for choice in rule.choices if rules.allows(name, choice)))
    return _number(name, name, rule, value, shown, locked)


def _number(name: str, limited: str, rule: Field, value: Any, shown: bool, locked: bool) -> Control:
    low, high = teacher_link.rules().limit.get(limited, (rule.low, rule.high))
    steps = dict.fromkeys([*STEPS.get(limited, ()), *teacher_link.rules().limit.get(limited, ())])
    allowed = tuple(step for step in steps if step is None or low <= step <= high)
    return Control(name, value, shown, locked, allowed, low, high)


def _units(name: str) -> int | None:
    layer = int(name.removeprefix(_UNITS))
    hidden = experiment.current().hidden
    return hidden[layer] if layer < len(hidden) else None


def set_value(name: str, value: Any) -> None:
    """Do what a control was used for."""
    hidden = experiment.current().hidden
    if name == PRESET:
        for preset in PRESETS:  # none where the choice was cleared: the experiment stays
            if preset.name == value:
                experiment.change(preset.settings)
    elif name == "data":
        experiment.use_data(value)
    elif name == "layers":
        layers = hidden or visit().hidden
        experiment.change_values(hidden=(layers + layers[-1:] * MAX_LAYERS)[:value])
    elif name.startswith(_UNITS):
        layer = int(name.removeprefix(_UNITS))
        if layer < len(hidden):
            experiment.change_values(hidden=(*hidden[:layer], value, *hidden[layer + 1 :]))
    else:
        experiment.change_values(**{name: value})


def may_be_linear() -> bool:
    """Whether a teacher's link allows a model without hidden layers."""
    return teacher_link.rules().allows("layers", 0)


def choose_model(net: bool) -> None:
    """Linear, or a net with the hidden layers that were there last."""
    experiment.change_values(hidden=visit().hidden if net else ())


def type_value(name: str, text: str) -> None:
    """Take a number that was typed. One that is not allowed changes nothing, and the error is shown beside its control."""
    found = control(name)
    if not found.shown or found.locked or not (text.strip() or name == "batch_size"):
        return
    rule = LAYERS["units"] if name.startswith(_UNITS) else PARAMETERS[name]
    if rule.kind not in ("number", "integer"):  # nobody can type another by hand
        return
    try:
        set_value(name, rule.parse("units" if name.startswith(_UNITS) else name, plain(text, rule)))
    except SettingError as error:
        visit().control_error = error


def plain(text: str, rule: Field) -> str:
    """A number as people type it (commas between thousands, a decimal comma, a per cent sign) as `Field.parse` reads it."""
    text = "".join(text.split()).replace("\u2212", "-")
    if rule.kind == "integer":
        head, *groups = text.split(",")
        return head + "".join(groups) if groups and all(len(group) == 3 for group in groups) else text
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if text.endswith(("%", "％")) and rule.high <= 1:
        with suppress(ArithmeticError):
            return str(Decimal(text[:-1]) / 100)
    return text


def error_of(name: str) -> SettingError | None:
    """Why the last change was refused, if the reason belongs beside this control."""
    error = experiment.control_error()
    if error is None:
        return None
    setting = "hidden" if error.field in LAYERS else parameter_of(error)
    return error if setting == name else None


def first() -> Settings:
    """The settings that Reset goes back to."""
    return teacher_link.base() or START
