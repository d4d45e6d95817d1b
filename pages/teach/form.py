"""The form of a teacher's link. What stands in it is kept for the visit, so that it is there when the teacher comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.lessons.lessons import LESSONS
from pages.ui.text import LANGUAGES, _, choice_label, parameter_label, value_text
from pages.ui.visit import address, course, experiment
from pages.ui.visit.controls import STEPS
from pages.ui.visit.presets import PRESETS
from pages.ui.visit.rules import CONTROLS, LIMITED, PRESET
from pages.ui.visit.state import visit
from pages.ui.visit.teacher_form import HERE, TeacherForm
from pages.ui.widgets import frame, keyed
from spiral_core.data_settings import OWN
from spiral_core.flat import values
from spiral_core.marking import N_
from spiral_core.settings import Settings

THEMES = {"": N_("the reader's own"), "light_theme": N_("light"), "dark_theme": N_("dark")}


def show() -> tuple[str, dict[str, str]]:
    """Draw the form; returns what the link shall open: the place of its page, and the query of its address."""
    titles = frame.titles()
    first, second = st.columns(2)
    with first:
        page = _one("page", _("Start page"), titles)
    starts = {HERE: _("the Playground's current settings"), **{preset.name: _(preset.name) for preset in PRESETS}}
    with second:
        if page == course.PAGE:
            _one("lesson", _("Lesson"), {name: _(LESSONS[name].title) for name in course.LESSONS}, course.LESSONS[0])
        start = _one("start", _("Starting experiment"), starts)
    settings = next((preset.settings for preset in PRESETS if preset.name == start), experiment.current())
    _controls(settings)
    others = {place: title for place, title in titles.items() if place != page}
    pages = _some("pages", _("Other pages in the menu"), others, _("all"), _("Leave empty to keep all pages in the menu."))
    _tick("only", _("Only this page"), disabled=bool(pages))
    third, fourth = st.columns(2)
    with third:
        _one("language", _("Language"), {"": _("the reader's own"), **LANGUAGES})
    with fourth:
        _one("theme", _("Theme"), {name: _(text) for name, text in THEMES.items()})
    _tick("projector", _("Projector mode: large type, thick lines, fewer controls"))
    return page, query_of(visit().form, settings)


def query_of(form: TeacherForm, settings: Settings) -> dict[str, str]:
    """The query of the address of a form's link."""
    limit = {name: with_own(name, allowed, settings) for name, allowed in form.limit.items()}
    query = address.query_of(settings) | replace(form, limit=limit).rules.to_query()
    more = {"lang": form.language, "embed_options": form.theme, "lesson": form.lesson if form.page == course.PAGE else ""}
    return query | {name: text for name, text in more.items() if text}


def _controls(settings: Settings) -> None:
    """Which controls the link hides, locks and limits."""
    names = {name: _("Start from") if name == PRESET else parameter_label(name) for name in CONTROLS}
    hide = _some("hide", _("Hidden controls"), names, _("none"))
    locked = {name: text for name, text in names.items() if name not in hide}
    lock = _some("lock", _("Locked controls"), locked, _("none"), _("They are shown but cannot be changed."))
    fixed = {*hide, *lock} | ({"units", "layers"} if "hidden" in (*hide, *lock) else set())
    free = {name: parameter_label(name) for name in LIMITED if name not in fixed}
    limited = [name for name in visit().form.limit if name in free]
    key = keyed.key("teach_limit", limited, tuple(free))

    def choose(names: list[str]) -> None:
        before = visit().form.limit
        visit().form = replace(visit().form, limit={name: before[name] if name in before else widest(name) for name in names})

    st.multiselect(
        _("Limited controls"), list(free), limited, key=key, format_func=free.__getitem__, placeholder=_("none"),
        on_change=keyed.changed(key, choose),
        help=_("They can be changed only within a range or among some of the choices."),
    )  # fmt: skip
    for name in limited:
        _limit(name, with_own(name, visit().form.limit[name], settings))


# Limits.


def widest(name: str) -> tuple[Any, ...]:
    """The limit that a control gets first, which leaves all that its slider or list offers."""
    rule = LIMITED[name]
    if rule.kind == "choice":
        return tuple(choice for choice in rule.choices if choice != OWN)
    steps = steps_of(name) or (0, 99)  # of a seed the first hundred
    return steps[0], steps[-1]


def steps_of(name: str) -> list[Any]:
    """What the ends of a limit are chosen from; none for a seed. No layer at all is the linear classifier."""
    steps = [step for step in STEPS.get(name, ()) if step is not None]
    return [0, *steps] if name == "layers" else steps


def with_own(name: str, allowed: tuple[Any, ...], settings: Settings) -> tuple[Any, ...]:
    """A limit with the experiment's own value among what it allows."""
    flat = values(settings)
    if LIMITED[name].kind == "choice":
        chosen = flat[name] if isinstance(flat[name], tuple) else (flat[name],)
        return tuple(choice for choice in LIMITED[name].choices if choice in allowed or choice in chosen)
    own = {"units": settings.hidden, "layers": (len(settings.hidden),)}.get(name) or (flat.get(name),)
    numbers = [*allowed, *(value for value in own if value is not None)]
    return min(numbers), max(numbers)


def _limit(name: str, allowed: tuple[Any, ...]) -> None:
    """The range of a number, or the choices that are left."""
    rule, label = LIMITED[name], parameter_label(name)

    def change(value: Any) -> None:
        if value:  # of a choice at least one
            visit().form = replace(visit().form, limit=visit().form.limit | {name: tuple(value)})

    if rule.kind == "choice":
        texts = {choice: choice_label(choice) for choice in rule.choices if choice != OWN or choice in allowed}
        key = keyed.key(f"teach_limit_{name}", list(allowed), tuple(texts))
        st.pills(
            label, list(texts), default=list(allowed), selection_mode="multi", format_func=texts.__getitem__, key=key,
            on_change=keyed.changed(key, change),
        )  # fmt: skip
    elif name in STEPS:
        steps = sorted({*steps_of(name), *allowed})
        names = {step: value_text(name, step) for step in steps}
        key = keyed.key(f"teach_limit_{name}", allowed, tuple(steps))
        st.select_slider(label, steps, allowed, format_func=names.__getitem__, key=key, on_change=keyed.changed(key, change))
    else:
        _seeds(name, label, allowed, change)


def _seeds(name: str, label: str, allowed: tuple[Any, ...], change: Callable[[Any], None]) -> None:
    """The least and the greatest of the seeds that are left."""
    low, high = allowed
    keys = [keyed.key(f"teach_limit_{name}_{end}", value) for end, value in (("low", low), ("high", high))]

    def both(_one: int) -> None:
        change(sorted(st.session_state[key] for key in keys))

    for column, title, value, key in zip(st.columns(2), (_("{name}: from"), _("{name}: to")), allowed, keys, strict=True):
        column.number_input(
            title.format(name=label),
            int(LIMITED[name].low),
            int(LIMITED[name].high),
            value,
            key=key,
            on_change=keyed.changed(key, both),
        )


# The kinds of fields. Each shows a part of the form by its name.


def _one(field: str, label: str, texts: Mapping[str, str], default: str = "") -> str:
    """One of several; what is no choice any more is the first."""
    value = getattr(visit().form, field) or default
    value = value if value in texts else next(iter(texts))
    key = keyed.key(f"teach_{field}", value, tuple(texts))
    st.selectbox(label, list(texts), list(texts).index(value), key=key, format_func=texts.__getitem__, on_change=_kept(field, key))
    return value


def _some(field: str, label: str, texts: Mapping[str, str], none: str, help: str | None = None) -> Sequence[str]:
    """Any number of several."""
    chosen = [name for name in getattr(visit().form, field) if name in texts]
    if tuple(chosen) != getattr(visit().form, field):
        _keep(field, tuple(chosen))
    key = keyed.key(f"teach_{field}", chosen, tuple(texts))
    st.multiselect(
        label, list(texts), chosen, key=key, format_func=texts.__getitem__, placeholder=none, help=help,
        on_change=_kept(field, key, tuple),
    )  # fmt: skip
    return chosen


def _tick(field: str, label: str, disabled: bool = False) -> None:
    value = getattr(visit().form, field)
    key = keyed.key(f"teach_{field}", value)
    st.checkbox(label, value, key=key, disabled=disabled, on_change=_kept(field, key))


def _kept(field: str, key: str, kind: Callable[[Any], Any] = lambda value: value) -> Callable[[], None]:
    return keyed.changed(key, lambda value: _keep(field, kind(value)))


def _keep(field: str, value: Any) -> None:
    visit().form = replace(visit().form, **{field: value})
