"""A run in phases: its story in a line, and how to go on from it with other hyperparameters."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.charts.netview.edits import Edits
from pages.ui.text import _, choice_label, escaped, explain, parameter_label, story, thousands, value_text
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.controls import control
from pages.ui.visit.state import visit
from spiral_core.flat import PARAMETERS
from spiral_core.rules import SettingError
from spiral_core.run import Run

OTHERWISE = ("learning_rate", "optimizer", "schedule", "reg", "batch_size")  # what a phase may have other than the one before
FIRST_ITERATIONS = 1000  # that the form begins with


def told(run: Run, changeable: bool = True) -> None:
    """What was trained one after the other, where that is more than one phase from random weights."""
    settings = run.settings
    if settings.after is None and not settings.edits:
        return
    with st.container(key="story", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("Phases: {story}.").format(story=story(settings)), width="stretch")
        if changeable and may_change():
            alone = settings.alone()
            st.button(
                _("As one phase"), key="one_phase", icon=":material/merge:", type="tertiary", on_click=experiment.show,
                args=(alone.replace(iterations=min(settings.last_iteration, alone.max_iterations)),),
                help=_("As many iterations in all with the settings of the last phase, and no weights set by hand."),
            )  # fmt: skip


def may_change() -> bool:
    """Whether a teacher's link lets phases be added and taken away."""
    rules = teacher_link.rules()
    return not rules.projector and "after" not in (*rules.hide, *rules.lock)


def go_on_otherwise(run: Run) -> None:
    """A form for a further phase: from where, with what, and for how long."""
    known = [i for i in run.snapshot_iterations.tolist() if i > 0]
    if not known or not may_change():
        return
    with st.popover(
        _("Change and continue"), icon=":material/alt_route:", key="otherwise", on_change="rerun",
        help=_("Go on with another learning rate, optimizer or penalty, from here or from an earlier iteration."),
    ) as box:  # fmt: skip
        if box.open:
            _form(run, known)


def _form(run: Run, known: list[int]) -> None:
    shape = f"{hash(run.settings):x}"  # another run begins with its own values
    with st.form(f"phase_{shape}", border=False):
        texts, at = {i: thousands(i) for i in known}, _on_show(run, known)
        if len(known) > 1:
            at = st.select_slider(_("From iteration"), known, at, key=f"phase_at_{shape}_{at}", format_func=texts.__getitem__)
        values = {name: value for name in OTHERWISE if (value := _choice(name, shape)) is not _HIDDEN}
        values["iterations"] = _iterations(shape)
        if st.form_submit_button(_("Continue"), key=f"phase_go_{shape}", icon=":material/fast_forward:", type="primary"):
            try:
                settings = run.settings.branched(at, **values)
            except SettingError as error:
                st.error(escaped(explain(error)))
                return
            experiment.show(settings)


def _on_show(run: Run, known: list[int]) -> int:
    """The iteration that the replay shows, as the chart told when the form was opened; else the last one."""
    told, here = getattr(st.session_state.get("training"), "at", None), visit()
    if type(told) is int and told in known:
        here.branch_at = (run.settings, told)
    settings, at = here.branch_at or (None, 0)
    return at if settings == run.settings else known[-1]


def go_on_by_hand(run: Run, by_hand: Edits) -> None:
    """Let the gradient go on from weights that were set by hand, as far as the run went and at least for a while."""
    settings = run.settings
    more = max(settings.last_iteration - by_hand.iteration, FIRST_ITERATIONS)
    most = settings.max_iterations - (by_hand.iteration - settings.begin)
    try:
        branched = settings.branched(by_hand.iteration, by_hand.values, iterations=max(1, min(more, most)))
    except SettingError as error:
        st.toast(escaped(explain(error)), icon=":material/error:")
        return
    experiment.show(branched)


_HIDDEN = object()  # the value of what a teacher's link hides


def _choice(name: str, shape: str) -> Any:
    """A setting of the new phase, first as it is now."""
    what = control(name)
    if not what.shown:
        return _HIDDEN
    key = f"phase_{name}_{shape}"
    if PARAMETERS[name].kind == "choice":
        options = [choice for choice in PARAMETERS[name].choices if choice in what.allowed or choice == what.value]
        labels = {choice: choice_label(choice) for choice in options}
        return st.selectbox(
            parameter_label(name), options, options.index(what.value), key=key, format_func=labels.__getitem__, disabled=what.locked
        )
    texts = {value_text(name, step): step for step in (*what.allowed, what.value)}
    steps = sorted(texts.values(), key=lambda step: float("inf") if step is None else step)
    named = {step: text for text, step in texts.items()}
    return st.select_slider(
        parameter_label(name), steps, texts[value_text(name, what.value)], key=key, format_func=named.__getitem__,
        disabled=what.locked or len(steps) == 1,
    )  # fmt: skip


def _iterations(shape: str) -> int:
    """How many iterations the new phase has."""
    what = control("iterations")
    steps = sorted({*what.allowed, *(() if what.allowed else (what.value,))})
    first = min(steps, key=lambda step: abs(step - FIRST_ITERATIONS))
    texts = {step: thousands(step) for step in steps}
    if len(steps) == 1:
        return int(steps[0])
    return int(
        st.select_slider(
            parameter_label("iterations"), steps, first, key=f"phase_iterations_{shape}", format_func=texts.__getitem__
        )
    )
