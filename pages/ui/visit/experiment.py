"""The settings on the screen: one value, changed by controls and pages, with undo."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.visit import teacher_link
from pages.ui.visit.state import Visit, visit
from spiral_core import flat
from spiral_core.data_settings import GENERATED, OWN
from spiral_core.measured import MEASURED
from spiral_core.rules import SettingError
from spiral_core.settings import PHASE_FIELDS, Settings

_OF_A_PHASE = PHASE_FIELDS.keys() - {"iterations", "edits"}
UNDO_STEPS = 50
UNDO_CHARACTERS = 3_000_000  # of custom points in all these steps


def current() -> Settings:
    """The settings on the screen."""
    return visit().settings


def change(settings: Settings, *, trains_on: bool = False) -> None:
    """Put other settings on the screen; undo brings the old ones back. What a teacher's link forbids is refused with a toast.

    trains_on: training goes on before the reader's eyes; any other change ends that.
    """
    if _is_allowed(settings):
        put(settings, trains_on=trains_on)


def show(settings: Settings, *, trains_on: bool = False) -> None:
    """For buttons: the same, and the whole page is drawn anew, also from a part of it that repeats itself."""
    if _is_allowed(settings):
        put(settings, trains_on=trains_on)
        st.rerun()  # not after a toast, which it would take away before it came


def _is_allowed(settings: Settings) -> bool:
    refused = teacher_link.rules().refused(current(), settings)
    if refused:
        st.toast(teacher_link.refusal(refused), icon=":material/lock:")
    return not refused


def put(settings: Settings, *, trains_on: bool = False) -> None:
    """The same as `change`, whatever a teacher's link says."""
    here = visit()
    here.training_on = trains_on
    if settings != here.settings:
        here.before = [*here.before, here.settings][-UNDO_STEPS:]
        while len(here.before) > 1 and sum(len(s.data.points) for s in here.before) > UNDO_CHARACTERS:
            del here.before[0]
        if here.settings.hidden and not settings.hidden:
            here.hidden = here.settings.hidden
        here.settings = settings
    if settings.data.points:
        here.custom_points = settings.data.points
    here.control_error = None


def change_values(**changes: Any) -> None:
    """Change settings by their names in a link. A bad value changes nothing; the error is shown beside its control.

    While training goes on before the reader's eyes, what a phase may have of its own begins a phase.
    """
    here = visit()
    try:
        if here.training_on and changes.keys() <= _OF_A_PHASE:
            change(_next_phase(here, changes), trains_on=True)
        else:
            change(flat.changed(current(), changes))
    except SettingError as error:
        visit().control_error = error


def _next_phase(here: Visit, changes: dict[str, Any]) -> Settings:
    """The run on the screen, and from its end on a phase with changes, until the next picture."""
    shown = here.settings
    return shown.branched(shown.last_iteration, **changes, iterations=min(here.pace, shown.max_iterations - shown.iterations))


def own_points() -> str:
    """The custom points that this visit used last, packed; empty if it had none."""
    return visit().custom_points


def use_data(name: str) -> None:
    """Change the data set; custom points stay at hand. Measurements come standardised, generated points after them unscaled."""
    change_values(data=name, points=own_points() if name == OWN else "", scale=_scale_for(name))


def _scale_for(name: str) -> str:
    """The scaling that another data set begins with, as far as a teacher's link lets it change."""
    data, rules = current().data, teacher_link.rules()
    if name in MEASURED:
        scale = "standardise" if data.scale == "none" else data.scale
    else:
        scale = "none" if data.name in MEASURED and data.scale == "standardise" and name in GENERATED else data.scale
    fixed = "scale" in (*rules.hide, *rules.lock) or not rules.allows("scale", scale)
    return data.scale if fixed else scale


def control_error() -> SettingError | None:
    """Why the last change of a control was refused."""
    return visit().control_error


def undo() -> None:
    """Bring back the settings before the last change."""
    here = visit()
    if here.before:
        here.settings, here.training_on = here.before.pop(), False
        here.control_error = None


def can_undo() -> bool:
    """Whether there is anything to bring back."""
    return bool(visit().before)
