"""What settings, their values, runs and classes are called on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pages.ui.text.numbers import number_text, thousands
from pages.ui.text.translation import _, ngettext
from pages.ui.visit.presets import preset_of
from spiral_core.fields import format_value
from spiral_core.flat import PARAMETERS, is_used
from spiral_core.marking import Term
from spiral_core.points import unpack
from spiral_core.search.plan import PLAN_FIELDS
from spiral_core.search.space import SEARCHED
from spiral_core.settings import PHASE_FIELDS, Settings

# All that the core's tables know of the settings of experiments and searches, by their names in a link.
_FIELDS = SEARCHED | PARAMETERS | PLAN_FIELDS
_CHOICES = {choice: label for field in _FIELDS.values() for choice, label in field.labels.items()}


def objective_label(objective: str) -> str:
    return choice_label(objective)


def run_name(settings: Settings) -> str:
    """A short name for a run: its preset's, else its model's."""
    preset = preset_of(settings)
    if preset:
        return _(preset.name)
    if settings.after is not None:
        count = len(settings.phases)
        return run_name(settings.alone()) + " · " + ngettext("{count} phase", "{count} phases", count).format(count=count)
    if not settings.hidden:
        return _("Linear")
    return "–".join(map(str, settings.hidden)) + " " + choice_label(settings.activation)


def parameter_label(parameter: str) -> str:
    """What a setting is called on the screen, by its name in a link."""
    return _("Vary") if parameter == "space" else _(_FIELDS[parameter].label)


def choice_label(choice: str) -> str:
    return _(_CHOICES[choice])


def value_text(parameter: str, value: Any) -> str:
    """A setting's value as the screen shows it."""
    if parameter == "points":
        return points_text(value)
    if isinstance(value, str):
        return choice_label(value)
    if parameter == "after":
        return _("none") if value is None else story(value)
    if parameter == "edits":
        return _edits_text(len(value)) if value else _("none")
    if parameter == "features":
        return ", ".join(map(choice_label, value))
    if parameter == "hidden":
        return " – ".join(map(str, value)) if value else _("none (linear classifier)")
    if parameter == "batch_size" and value is None:
        return _("all points")
    if parameter in ("test_fraction", "label_noise"):
        return f"{value * 100:.10g}%"
    return number_text(value) if isinstance(value, int | float) else format_value(value)


def story(settings: Settings) -> str:
    """What was trained one after the other: "1 000 at rate 1, then 1 000 at rate 0.1"."""
    told, before = "", Settings()
    for phase in settings.phases:
        text = _("{iterations} at rate {rate}").format(
            iterations=thousands(phase.iterations), rate=value_text("learning_rate", phase.learning_rate)
        )
        names = [name for name in PHASE_FIELDS if name not in ("iterations", "learning_rate", "edits") and is_used(phase, name)]
        if not told:
            names = ["optimizer"]
        more = [_brief(phase, name) for name in names if getattr(phase, name) != getattr(before, name)]
        more += [_edits_text(len(phase.edits))] if phase.edits else []
        text += f" ({', '.join(more)})" if more else ""
        told = _("{first}, then {next}").format(first=told, next=text) if told else text
        before = phase
    return told


def _brief(settings: Settings, name: str) -> str:
    """A setting in a story, within brackets: choices speak for themselves, and labels leave out what they have in brackets."""
    value = value_text(name, getattr(settings, name))
    if PHASE_FIELDS[name].kind == "choice":
        return value
    label = re.sub(r"\s*\(.*\)$", "", parameter_label(name))
    return f"{label[0].lower() if label[1:2].islower() else label[0]}{label[1:]} {value}"


def _edits_text(count: int) -> str:
    return ngettext("{count} weight set by hand", "{count} weights set by hand", count).format(count=count)


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
    return own_name(names[label]) if names else str(label)


def own_name(name: str) -> str:
    """The name of a class or an axis: as users gave it, or, where it is one of ours, translated."""
    return _(name) if isinstance(name, Term) else name
