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
from pages.ui.visit import state
from pages.ui.visit.presets import preset_of
from spiral_core.link import DATA_PARAMETERS
from spiral_core.points import unpack
from spiral_core.search.space import SEARCHED
from spiral_core.settings import MAX_LAYERS, MAX_UNITS, POINTS_RULE, WORK_RULE, Field, SettingError, Settings, format_value

LANGUAGES = {"en": "English", "ko": "한국어"}
CATALOGUES = {"ko": KOREAN}


_outside: ContextVar[str | None] = ContextVar("language outside a visit", default=None)


def language() -> str:
    """The language of this visit."""
    return _outside.get() or state.language()


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """Texts in a language where there is no visit to ask: a file that is made when it is downloaded."""
    token = _outside.set(name)
    try:
        yield
    finally:
        _outside.reset(token)


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


# The name of each setting on the screen, by its name in a link.
_LABELS = {
    "data": "Data set",
    "points_per_class": "Points in each class",
    "classes": "Classes",
    "noise": "Noise",
    "data_seed": "Data seed",
    "test_fraction": "Held out",
    "scale": "Scaling",
    "points": "Own points",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "init": "First weights",
    "optimizer": "Optimizer",
    "learning_rate": "Learning rate",
    "momentum": "Momentum µ",
    "decay": "Decay",
    "beta1": "β₁",
    "beta2": "β₂",
    "epsilon": "ε",
    "schedule": "Schedule",
    "schedule_rate": "Rate k",
    "schedule_factor": "Factor",
    "schedule_every": "Every … iterations",
    "reg": "Regularisation (L2)",
    "reg_l1": "L1 regularisation",
    "iterations": "Iterations",
    "batch_size": "Batch size",
    "seed": "Seed",
    "units": "Hidden units",
    "layers": "Layers",
    "space": "Vary",
    "trials": "Trials",
    "objective": "Judged by",
    "method": "Method",
}

# The name of each choice on the screen.
_CHOICES = {
    "spiral": "Spiral",
    "moons": "Two moons",
    "circles": "Circles",
    "blobs": "Blobs",
    "xor": "XOR",
    "checkerboard": "Checkerboard",
    "own": "Own data",
    "none": "As they are",
    "standardise": "Standardised",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "tanh": "tanh",
    "sigmoid": "Sigmoid",
    "zero": "All zero",
    "small": "0.01 · randn",
    "inverse_sqrt": "randn / √n",
    "he": "He: randn · √(2/n)",
    "glorot": "Glorot: randn · √(2/(n+m))",
    "sgd": "SGD",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "adagrad": "Adagrad",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "constant": "Constant",
    "step": "Step",
    "exponential": "Exponential",
    "inverse": "1/t",
}


# Rules of the core that are sentences of their own, beside the limits of one field.
SPECIAL_RULES = (
    POINTS_RULE,
    "given for the data set “own”, and for no other",
    "layers with at most 1 100 000 weights in all",
    WORK_RULE,
    "0, or large enough to hold out at least one point",
    "one or more settings, each once",
    "loss, train_accuracy or seconds where no points are held out",
    "left out of a search by halving, which varies them itself",
    "enough for two levels of each range and all choices",
)


def parameter_label(parameter: str) -> str:
    """What a setting is called on the screen, by its name in a link."""
    return _(_LABELS[parameter])


# What a search may judge trials by, and the results of a run.
_OBJECTIVES = {
    "test_loss": "Held-out loss",
    "test_accuracy": "Held-out accuracy",
    "loss": "Loss",
    "train_accuracy": "Accuracy",
    "seconds": "Seconds of training",
}


def objective_label(objective: str) -> str:
    return _(_OBJECTIVES[objective])


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
    field = SEARCHED.get(name)
    rule = rule_text(field) if field and error.rule == field.rule else _(error.rule)
    return _("{label} ({name}) must be {rule}; “{given}” is not.").format(label=label, name=name, rule=rule, given=shortened(given))
