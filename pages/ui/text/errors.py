"""Refused settings in one sentence: what is wrong, where, what is allowed."""

from __future__ import annotations

from pages.ui.text.labels import choice_label, objective_label, parameter_label
from pages.ui.text.numbers import number_text, shortened
from pages.ui.text.translation import _
from spiral_core.fields import format_value
from spiral_core.flat import DATA_PARAMETERS
from spiral_core.rules import Rule, SettingError
from spiral_core.search.plan import OBJECTIVES


def rule_text(rule: Rule) -> str:
    """What is allowed, as the end of a sentence."""
    return _(rule.screen or rule.text).format(**{name: _shown(value) for name, value in rule.values.items()})


def _shown(value: object) -> object:
    """A value of a rule as the screen shows it; a tuple holds choices."""
    if isinstance(value, tuple):
        return ", ".join(f"“{choice_label(choice)}”" for choice in value)
    return number_text(value) if isinstance(value, int | float) else value


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
    if name == "objective":  # of a search: no link names it
        return _("{label} must be {rule}; “{given}” is not.").format(
            label=label, rule=rule_text(error.rule), given=objective_label(given) if given in OBJECTIVES else shortened(given)
        )
    return _("{label} ({name}) must be {rule}; “{given}” is not.").format(
        label=label, name=name, rule=rule_text(error.rule), given=shortened(given)
    )


def explain_value(label: str, error: SettingError) -> str:
    """A refused value that is no setting, in one sentence."""
    given = error.given if isinstance(error.given, str) else format_value(error.given)
    return _("{label} must be {rule}; “{given}” is not.").format(label=label, rule=rule_text(error.rule), given=shortened(given))
