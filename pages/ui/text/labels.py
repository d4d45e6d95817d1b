"""What settings, their values, runs and classes are called on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.ui.text.numbers import number_text, thousands
from pages.ui.text.translation import _, ngettext
from pages.ui.visit.presets import preset_of
from spiral_core.marking import N_
from spiral_core.points import unpack
from spiral_core.settings import Settings, format_value

# The name of each setting on the screen, by its name in a link.
_LABELS = {
    "data": N_("Data set"),
    "points_per_class": N_("Points in each class"),
    "classes": N_("Classes"),
    "noise": N_("Noise"),
    "data_seed": N_("Data seed"),
    "test_fraction": N_("Held out"),
    "scale": N_("Scaling"),
    "points": N_("Own points"),
    "hidden": N_("Hidden layers"),
    "activation": N_("Activation"),
    "init": N_("First weights"),
    "optimizer": N_("Optimizer"),
    "learning_rate": N_("Learning rate"),
    "momentum": N_("Momentum µ"),
    "decay": N_("Decay"),
    "beta1": N_("β₁"),
    "beta2": N_("β₂"),
    "epsilon": N_("ε"),
    "schedule": N_("Schedule"),
    "schedule_rate": N_("Rate k"),
    "schedule_factor": N_("Factor"),
    "schedule_every": N_("Every … iterations"),
    "reg": N_("Regularisation (L2)"),
    "reg_l1": N_("L1 regularisation"),
    "iterations": N_("Iterations"),
    "batch_size": N_("Batch size"),
    "seed": N_("Seed"),
    "units": N_("Hidden units"),
    "layers": N_("Layers"),
    "space": N_("Vary"),
    "trials": N_("Trials"),
    "objective": N_("Judged by"),
    "method": N_("Method"),
}

# The name of each choice on the screen.
_CHOICES = {
    "spiral": N_("Spiral"),
    "moons": N_("Two moons"),
    "circles": N_("Circles"),
    "blobs": N_("Blobs"),
    "xor": N_("XOR"),
    "checkerboard": N_("Checkerboard"),
    "own": N_("Own data"),
    "none": N_("As they are"),
    "standardise": N_("Standardised"),
    "relu": N_("ReLU"),
    "leaky_relu": N_("Leaky ReLU"),
    "tanh": N_("tanh"),
    "sigmoid": N_("Sigmoid"),
    "zero": N_("All zero"),
    "small": N_("0.01 · randn"),
    "inverse_sqrt": N_("randn / √n"),
    "he": N_("He: randn · √(2/n)"),
    "glorot": N_("Glorot: randn · √(2/(n+m))"),
    "sgd": N_("SGD"),
    "momentum": N_("Momentum"),
    "nesterov": N_("Nesterov"),
    "adagrad": N_("Adagrad"),
    "rmsprop": N_("RMSprop"),
    "adam": N_("Adam"),
    "constant": N_("Constant"),
    "step": N_("Step"),
    "exponential": N_("Exponential"),
    "inverse": N_("1/t"),
}

# What a search may judge trials by, and the results of a run.
_OBJECTIVES = {
    "test_loss": N_("Held-out loss"),
    "test_accuracy": N_("Held-out accuracy"),
    "loss": N_("Loss"),
    "train_accuracy": N_("Accuracy"),
    "seconds": N_("Seconds of training"),
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


def parameter_label(parameter: str) -> str:
    """What a setting is called on the screen, by its name in a link."""
    return _(_LABELS[parameter])


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
    """Custom points in a few words."""
    if not packed:
        return _("none")
    own = unpack(packed)
    return _("{points}, {classes} classes").format(points=points_count(len(own)), classes=thousands(len(own.names)))


def points_count(count: int) -> str:
    """A number of points in words: "1 point", "300 points"."""
    return ngettext("{count} point", "{count} points", count).format(count=thousands(count))


def class_label(names: Sequence[str], label: int) -> str:
    """What a class is called: its own name, else its number."""
    return names[label] if names else str(label)
