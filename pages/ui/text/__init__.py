"""The words on the screen: English in the code, `_()` round them, other languages in one catalogue each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from pages.ui.text.korean import KOREAN
from pages.ui.visit.presets import preset_of
from spiral_core.fields import format_value
from spiral_core.flat import DATA_PARAMETERS, PARAMETERS
from spiral_core.points import unpack
from spiral_core.rules import Rule, SettingError
from spiral_core.search.plan import PLAN_FIELDS
from spiral_core.search.space import SEARCHED
from spiral_core.settings import Settings

LANGUAGES = {"en": "English", "ko": "한국어"}
CATALOGUES = {"ko": KOREAN}


_outside: ContextVar[str | None] = ContextVar("language outside a visit", default=None)


def language() -> str:
    """The language of this visit."""
    return _outside.get() or str(st.session_state.get("language", "en"))


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """Texts in a language where there is no visit to ask: a file that is made when it is downloaded."""
    token = _outside.set(name)
    try:
        yield
    finally:
        _outside.reset(token)


def set_language(name: str) -> None:
    st.session_state["language"] = name


def _(english: str) -> str:
    """A text in the language of this visit; one that the catalogue lacks stays English (a test sees to it)."""
    return CATALOGUES.get(language(), {}).get(english, english)


def thousands(value: float) -> str:
    """A whole number with a narrow space between thousands, as both languages can read it."""
    return f"{int(value):,}".replace(",", "\u202f")


def local_time(moment: float) -> str:
    """A moment (seconds since 1970) by the clock of the reader's browser."""
    try:
        zone: tzinfo = ZoneInfo(st.context.timezone) if st.context.timezone else UTC
    except (ZoneInfoNotFoundError, ValueError):  # a browser may say anything, and a server may lack the tables
        zone = UTC
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M") + (" UTC" if zone is UTC else "")


# All that the core's tables know of the settings of experiments and searches, by their names in a link.
_FIELDS = SEARCHED | PARAMETERS | PLAN_FIELDS
_CHOICES = {choice: label for field in _FIELDS.values() for choice, label in field.labels.items()}


def parameter_label(parameter: str) -> str:
    """What a setting is called on the screen, by its name in a link."""
    return _("Vary") if parameter == "space" else _(_FIELDS[parameter].label)


def objective_label(objective: str) -> str:
    return choice_label(objective)


def run_name(settings: Settings) -> str:
    """A short name for a run: its preset's, else its model's."""
    preset = preset_of(settings)
    if preset:
        return _(preset.name)
    if not settings.hidden:
        return _("Linear")
    return "–".join(map(str, settings.hidden)) + " " + choice_label(settings.activation)


def choice_label(choice: str) -> str:
    return _(_CHOICES[choice])


def value_text(parameter: str, value: Any) -> str:
    """A setting's value as the screen shows it."""
    if parameter == "points":
        return points_text(value)
    if isinstance(value, str):
        return choice_label(value)
    if parameter == "hidden":
        return " – ".join(map(str, value)) if value else _("none (linear classifier)")
    if parameter == "batch_size" and value is None:
        return _("all points")
    if parameter == "test_fraction":
        return f"{value * 100:.10g}%"
    return number_text(value) if isinstance(value, int | float) else format_value(value)


def points_text(packed: str) -> str:
    """Points of one's own in a few words."""
    if not packed:
        return _("none")
    own = unpack(packed)
    return _("{points} points, {classes} classes").format(points=thousands(len(own)), classes=len(own.names))


def class_label(names: Sequence[str], label: int) -> str:
    """What a class is called: its own name, else its number."""
    return names[label] if names else str(label)


def escaped(text: str) -> str:
    """Text from outside, with Markdown's signs made harmless."""
    return "".join("\\" + sign if sign in "\\`*_{}[]()#+-!|<>$:~" else sign for sign in text)


def number_text(value: float) -> str:
    """A setting's number, without an exponent where that is short enough."""
    text = format_value(value)
    return f"{Decimal(text):f}" if abs(value) >= 1e-6 else text.replace("e-0", "e-")


def rule_text(rule: Rule) -> str:
    """What is allowed, as the end of a sentence."""
    shown = {name: number_text(value) if isinstance(value, int | float) else value for name, value in rule.values.items()}
    return _(rule.screen or rule.text).format(**shown)


def parameter_of(error: SettingError) -> str:
    """The name in a link of the setting that was refused; the core calls the data's own "data.…"."""
    prefix, _dot, name = error.field.rpartition(".")
    return next(parameter for parameter, field in DATA_PARAMETERS.items() if field == name) if prefix else name


def shortened(text: str) -> str:
    """Text from outside, cut where it would fill the screen."""
    return text if len(text) <= 40 else text[:39] + "…"


def explain(error: SettingError) -> str:
    """A refused setting in one sentence: what is wrong, where, what is allowed."""
    given = error.given if isinstance(error.given, str) else format_value(error.given)
    try:
        name = parameter_of(error)
        label = parameter_label(name)
    except (KeyError, StopIteration):  # from a file: a name that is no setting
        return _("“{name}” is not a setting.").format(name=shortened(error.field))
    return _("{label} ({name}) must be {rule}; “{given}” is not.").format(
        label=label, name=name, rule=rule_text(error.rule), given=shortened(given)
    )
