"""Refused settings in one sentence: what is wrong, where, what is allowed."""

from __future__ import annotations

from pages.ui.text.labels import parameter_label
from pages.ui.text.numbers import number_text, shortened
from pages.ui.text.translation import _
from spiral_core.link import DATA_PARAMETERS
from spiral_core.search.space import SEARCHED
from spiral_core.settings import MAX_LAYERS, MAX_UNITS, Field, SettingError, format_value


def rule_text(field: Field) -> str:
    """What a setting may be."""
    if field.kind == "choice":
        return _("one of {choices}").format(choices=", ".join(field.choices))
    if field.kind == "layers":
        return _("0 to {layers} whole numbers in 1..{units}, joined by “-”").format(layers=MAX_LAYERS, units=MAX_UNITS)
    text = _("a whole number in {low}..{high}") if field.kind == "integer" else _("a number in {low}..{high}")
    return text.format(low=number_text(field.low), high=number_text(field.high)) + (_(", or empty") if field.optional else "")


def parameter_of(error: SettingError) -> str:
    """The name in a link of the setting that was refused; the core calls the data's own "data.…"."""
    prefix, _dot, name = error.field.rpartition(".")
    return next(parameter for parameter, field in DATA_PARAMETERS.items() if field == name) if prefix else name


def explain(error: SettingError) -> str:
    """A refused setting in one sentence: what is wrong, where, what is allowed."""
    given = error.given if isinstance(error.given, str) else format_value(error.given)
    try:
        name = parameter_of(error)
        label = parameter_label(name)
    except (KeyError, StopIteration):  # from a file: a name that is no setting
        return _("“{name}” is not a setting.").format(name=shortened(error.field))
    field = SEARCHED.get(name)
    rule = rule_text(field) if field and error.rule == field.rule else _(error.rule)
    return _("{label} ({name}) must be {rule}; “{given}” is not.").format(label=label, name=name, rule=rule, given=shortened(given))
