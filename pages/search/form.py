"""What to search: the settings to vary and their ranges, the method, the budget, the objective."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.ui.text import _, choice_label, escaped, explain, ngettext, objective_label, parameter_label, thousands, value_text
from pages.ui.visit import experiment, saved
from pages.ui.visit.controls import STEPS
from pages.ui.widgets import keyed
from server.searches import MAX_OF_ONE_BROWSER, TooManyOfBrowserError, TooManySearchesError
from server.services import services
from spiral_core.rules import SettingError
from spiral_core.search import ETA, OBJECTIVES, Method, Plan
from spiral_core.search.space import SEARCHED, Dimension, Scale
from spiral_core.settings import Settings

TRIALS = (4, 8, 16, 32, 64, 100, 200, 500, 1000)

_MORE_STEPS: dict[str, Sequence[Any]] = {
    "seed": (0, 1, 2, 4, 9, 19, 49, 99, 999),
    "data_seed": (0, 1, 2, 4, 9, 19, 49, 99, 999),
}


@dataclass(frozen=True)
class Draft:
    """A plan without its base, which is the experiment of the sidebar."""

    space: tuple[Dimension, ...]
    method: Method = "random"
    trials: int = 64
    objective: str = "test_loss"
    seed: int = 0

    def plan(self) -> Plan:
        """Raises SettingError where it does not go with the experiment."""
        return _plan(self, experiment.current().alone())


def note_of_phases() -> None:
    """Say that trials leave out what the experiment has before its last phase."""
    settings = experiment.current()
    if settings != settings.alone():
        st.caption(_("Trials start from random weights: earlier phases and weights set by hand are left out."))


@lru_cache(maxsize=64)  # a plan checks each of its trials
def _plan(draft: Draft, base: Settings) -> Plan:
    return Plan(draft.space, base, draft.method, draft.trials, draft.objective, draft.seed)


def draft_default() -> Draft:
    return Draft((first_dimension("learning_rate"), first_dimension("reg")))


def nothing_held_out() -> bool:
    """Whether the experiment trains on all of its points."""
    return experiment.current().data.test_fraction == 0


def judged(draft: Draft) -> Draft:
    """A draft that is judged by the training loss where no points are held out."""
    return dataclasses.replace(draft, objective="loss") if nothing_held_out() else draft


def draft() -> Draft:
    """What the form shows now."""
    shown: Draft = st.session_state.setdefault("search_draft", judged(draft_default()))
    return shown


def change(**changes: Any) -> None:
    st.session_state["search_draft"] = dataclasses.replace(draft(), **changes)


def _replace(dimension: Dimension) -> None:
    change(space=tuple(dimension if other.name == dimension.name else other for other in draft().space))


def steps_of(name: str) -> list[Any]:
    """The ends that the range of a numeric setting is chosen from."""
    return [step for step in (_MORE_STEPS.get(name) or STEPS[name]) if step is not None]


def first_dimension(name: str) -> Dimension:
    """A setting with the range that it is first searched in."""
    field = SEARCHED[name]
    if field.kind == "choice":
        return Dimension(name, "choice", choices=field.choices)
    steps = steps_of(name)
    scale: Scale = "log" if field.log_scale else "linear"
    low, high = field.search_range or (next(step for step in steps if step > 0 or scale == "linear"), steps[-1])
    return Dimension(name, scale, low, high)


def show() -> None:
    """The title with the button that starts the search, and the form, folded once there is a search to look at."""
    try:
        plan, refused = draft().plan(), None
    except SettingError as error:
        plan, refused = None, error
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="search_header"):
        st.header(_("Search"), width="stretch", anchor=False)
        if plan:
            st.caption(_estimate(plan), width="content")
        _start(plan)
    folded = bool(st.session_state.get("search_shown"))
    key = "search_form_folded" if folded else "search_form"  # as one element it would stay as it was opened
    with st.expander(_summary(), expanded=not folded, key=key, icon=":material/tune:"):
        left, right = st.columns([3, 2], gap="large")
        with left:
            _space()
        with right:
            _budget()
            note_of_phases()
    with st.container():
        if refused:
            st.error(escaped(explain(refused)), icon=":material/error:")


def _start(plan: Plan | None) -> None:
    latest = (st.session_state.get(name) for name in ("search_shown", "search_begun"))
    running = any(name and services().searches.is_running(name) for name in latest)  # one at a time
    st.button(
        _("Start the search"), key="search_start", type="primary", icon=":material/search:", disabled=plan is None or running,
        help=_("A search is running: stop it first.") if running else None, on_click=_begin, args=(plan,),
    )  # fmt: skip


def _begin(plan: Plan) -> None:
    try:
        begun = services().searches.begin(saved.own_shelf(), plan, saved.spender())
    except TooManySearchesError as error:
        tell_full(error)
        return
    st.session_state["search_shown"] = st.session_state["search_begun"] = begun
    st.session_state.pop("search_trial", None)


def tell_full(error: TooManySearchesError) -> None:
    """No search can start now."""
    text = _("Too many searches are running on this server. Try again when some have finished.")
    if isinstance(error, TooManyOfBrowserError):
        text = _("This browser has {count} searches running already. Stop one of them, or wait until one has finished.")
    st.toast(text.format(count=MAX_OF_ONE_BROWSER), icon=":material/hourglass:")


def _summary() -> str:
    """What is searched, and how, in a line."""
    parts = []
    for dimension in draft().space:
        if dimension.scale == "choice":
            ends = ", ".join(value_text(dimension.name, choice) for choice in dimension.choices)
        else:
            ends = f"{value_text(dimension.name, dimension.low)} … {value_text(dimension.name, dimension.high)}"
        parts.append(f"{parameter_label(dimension.name)} {ends}")
    return "  ·  ".join([*parts, f"{_methods()[draft().method]} × {thousands(draft().trials)}", objective_label(draft().objective)])


def _space() -> None:
    names = [name for name in ("learning_rate", "reg", "units", "layers", *SEARCHED) if name != "hidden"]
    labels = {name: parameter_label(name) for name in dict.fromkeys(names)}
    varied = [dimension.name for dimension in draft().space]
    key = keyed.key("search_vary", varied)

    def choose(names: list[str]) -> None:
        known = {dimension.name: dimension for dimension in draft().space}
        change(space=tuple(known.get(name) or first_dimension(name) for name in names))

    st.multiselect(
        _("Vary"), list(labels), varied, key=key, format_func=labels.__getitem__, on_change=keyed.changed(key, choose),
        help=_("Settings that differ from trial to trial. All others stay as in the sidebar."),
        placeholder=_("Choose settings"),
    )  # fmt: skip
    for dimension in draft().space:
        if dimension.scale == "choice":
            _choices(dimension)
        else:
            _range(dimension)


def _choices(dimension: Dimension) -> None:
    chosen = list(dimension.choices)
    key = keyed.key(f"search_choices_{dimension.name}", chosen)
    texts = {choice: choice_label(choice) for choice in SEARCHED[dimension.name].choices}

    def choose(some: list[Any]) -> None:
        if some:
            _replace(Dimension(dimension.name, "choice", choices=tuple(some)))

    st.pills(
        parameter_label(dimension.name),
        list(texts),
        default=chosen,
        key=key,
        selection_mode="multi",
        format_func=texts.__getitem__,
        on_change=keyed.changed(key, choose),
    )


def _range(dimension: Dimension) -> None:
    name, label = dimension.name, parameter_label(dimension.name)
    ends, scale = st.columns([4, 1], vertical_alignment="center")
    log = dimension.scale == "log"
    steps = sorted({step for step in steps_of(name) if step > 0 or not log} | {dimension.low, dimension.high})
    texts = {step: value_text(name, step) for step in steps}
    key = keyed.key(f"search_range_{name}", (dimension.low, dimension.high), tuple(steps))
    log_key = keyed.key(f"search_log_{name}", log)

    def move(ends: tuple[float, float]) -> None:
        low, high = ends
        if low < high:
            _replace(dataclasses.replace(dimension, low=low, high=high))

    def rescale(log: bool) -> None:
        chosen: Scale = "log" if log else "linear"
        low = dimension.low if chosen == "linear" or dimension.low > 0 else next(step for step in steps if step > 0)
        _replace(dataclasses.replace(dimension, scale=chosen, low=low))

    with ends:
        st.select_slider(
            label,
            steps,
            (dimension.low, dimension.high),
            key=key,
            format_func=texts.__getitem__,
            on_change=keyed.changed(key, move),
        )
    with scale:
        st.checkbox(
            _("log"), log, key=log_key, on_change=keyed.changed(log_key, rescale),
            help=_("On a log scale each order of magnitude gets the same number of trials."),
        )  # fmt: skip


def _methods() -> dict[str, str]:
    return {"random": _("Random"), "grid": _("Grid"), "halving": _("Halving")}


def _budget() -> None:
    methods = _methods()
    method = draft().method
    method_key = keyed.key("search_method", method)
    st.segmented_control(
        _("Method"), list(methods), default=method, format_func=methods.__getitem__, key=method_key, required=True,
        width="stretch",
        on_change=keyed.changed(method_key, lambda chosen: change(method=chosen)),
        help=_(
            "A random search tries more values of each setting than a grid with as many trials. Successive halving starts many "
            "short trials; one in {eta} continues, with {eta} times the iterations."
        ).format(eta=ETA),
    )  # fmt: skip
    if draft().method == "halving":
        st.caption(
            _(
                "Successive halving drops trials because of their early results. Where trials overfit, or learn slowly at first "
                "and well in the end, it may drop the best one: check with a random search."
            )
        )
    left, right = st.columns(2)
    with left:
        trials = draft().trials
        texts = {n: thousands(n) for n in sorted({*TRIALS, trials})}
        trials_key = keyed.key("search_trials", trials, tuple(texts))
        st.select_slider(
            _("Trials"), list(texts), trials, key=trials_key, format_func=texts.__getitem__,
            on_change=keyed.changed(trials_key, lambda count: change(trials=count)),
        )  # fmt: skip
    with right:
        labels = {name: objective_label(name) for name in OBJECTIVES}
        objective = draft().objective
        objective_key = keyed.key("search_objective", objective)
        st.selectbox(
            _("Objective"), list(labels), list(labels).index(objective), key=objective_key, format_func=labels.__getitem__,
            on_change=keyed.changed(objective_key, lambda chosen: change(objective=chosen)),
            help=_("Measured at the end of each trial. Held-out points judge fairly: no trial was trained on them."),
        )  # fmt: skip


def _estimate(plan: Plan) -> str:
    """How much work a plan is."""
    seconds = services().searches.estimate(plan)
    long = ngettext("{count} trial, {updates}, about {minutes} min", "{count} trials, {updates}, about {minutes} min", plan.count)
    short = ngettext("{count} trial, {updates}, about {seconds} s", "{count} trials, {updates}, about {seconds} s", plan.count)
    updates = ngettext("{count} iteration in all", "{count} iterations in all", plan.updates())
    return (long if seconds > 90 else short).format(
        count=thousands(plan.count), updates=updates.format(count=thousands(plan.updates())), minutes=round(seconds / 60),
        seconds=max(1, round(seconds)),
    )  # fmt: skip
