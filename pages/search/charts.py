"""The charts of a search, on which trials are chosen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.search import figures, grids
from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, parameter_label, span
from server.kept import kept
from server.searches import Live
from spiral_core.search import Plan, Trial
from spiral_core.search.importance import MIN_TRIALS, Importance, Interaction, importances, interactions

FEW = 5  # trials, below which parallel coordinates say nothing
DETAIL = "search_detail"  # the key of the chosen trial's place


def show(live: Live, trials: Sequence[Trial], good: Sequence[Trial]) -> None:
    plan = live.plan
    alt = figures.describe(plan, good)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if len(good) >= FEW:
            ranges = component.brushed(figures.parallel(plan, good, look()), key="search_parallel", alt=alt)
            if ranges is not None:
                st.session_state["search_brush"] = ranges
        st.caption(_("Drag along an axis to choose trials; click outside the range to clear it. The table shows the chosen ones."))
    with right:
        _over_settings(plan, trials, good, alt)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        pick(component.picked(figures.progress(plan, good, look()), key="search_progress", alt=alt, goes_to=DETAIL))
    with right:
        _importances(live, trials)


def _over_settings(plan: Plan, trials: Sequence[Trial], good: Sequence[Trial], alt: str) -> None:
    """The trials over what they vary: a grid of two settings as a heat map, one setting over seeds as median and spread."""
    shape = grids.shape_of(plan)
    if shape == "heat":
        drawn = grids.heat(plan, good, look())
    elif shape == "spread":
        drawn = grids.spread(plan, trials, look())
    else:
        numeric = [dimension for dimension in plan.space if dimension.scale != "choice"] or list(plan.space)
        x, y = numeric[0], numeric[1] if len(numeric) > 1 else None
        if len(plan.space) > 2:
            x, y = _pair(plan)
        drawn = figures.scatter(plan, good, x, y, look())
    pick(component.picked(drawn, key="search_scatter", alt=alt, goes_to=DETAIL))
    if shape:
        st.caption(grids.reading(plan, shape))


def _pair(plan: Plan) -> tuple[Any, Any]:
    """Which two settings the scatter is drawn over."""
    names = {dimension.name: parameter_label(dimension.name) for dimension in plan.space}
    chosen = []
    for number, column in enumerate(st.columns(2)):
        key = f"search_axis_{number}"
        if st.session_state.get(key) not in names:
            st.session_state[key] = list(names)[number]
        with column:
            label = _("Horizontal axis") if number == 0 else _("Vertical axis")
            chosen.append(st.selectbox(label, list(names), key=key, format_func=names.__getitem__, label_visibility="collapsed"))
    by_name = {dimension.name: dimension for dimension in plan.space}
    return by_name[chosen[0]], by_name[chosen[1]] if chosen[1] != chosen[0] else None


def pick(number: Any) -> None:
    if number is not None:
        st.session_state["search_trial"] = int(number)


def _effects(live: Live, trials: Sequence[Trial]) -> tuple[list[Importance | None], list[Interaction]]:
    """What each setting does alone, in the order of the plan, and which pairs do more; computed once for what has come in."""
    plan, lowest = live.plan, [trial for trial in trials if trial.record]
    if not lowest:
        return [], []
    scores = np.array([trial.score for trial in lowest])
    if plan.method == "halving":  # trials that went on are ahead of those that did not
        worst = max((abs(score) for score in scores if math.isfinite(score)), default=1.0)
        scores = np.array([trial.score - 10 * worst * trial.rung for trial in lowest])

    def effects() -> tuple[list[Importance | None], list[Interaction]]:
        columns = np.array([[dim.place(plan.values(trial.number)[dim.name]) for dim in plan.space] for trial in lowest])
        return importances(columns, scores), interactions(columns, scores)

    came = hashlib.sha256(np.array([trial.number for trial in lowest]).tobytes() + scores.tobytes()).digest()
    return kept.get(("effects", live.id, came), effects)


def _importances(live: Live, trials: Sequence[Trial]) -> None:
    plan, (alone, pairs) = live.plan, _effects(live, trials)
    found = [(dimension.name, share) for dimension, share in zip(plan.space, alone, strict=False) if share]
    if not found:
        st.caption(_("What each setting does alone is shown once there are {count} trials.").format(count=MIN_TRIALS))
        return
    text = "; ".join(
        f"{parameter_label(name)}: {each.share:.0%} ({span(f'{each.low:.0%}', f'{each.high:.0%}')})" for name, each in found
    )
    title = _("What each setting does alone")
    st.markdown(
        f"**{title}**",
        help=_(
            "The share of the variance in the trials' ranking that a setting explains by itself, whatever the others are. Lines: "
            "90 % of bootstrap resamples lie there; a line that begins at 0 may be chance. What two settings do only together is "
            "not in the bars."
        ),
    )
    component.static(figures.importances(found, look()), key="search_importance", alt=f"{title}: {text}")
    together = [
        _("{first} with {second}: a further {share}").format(
            first=parameter_label(plan.space[pair.first].name), second=parameter_label(plan.space[pair.second].name),
            share=f"{pair.share:.0%}",
        )
        for pair in pairs[:3]
    ]  # fmt: skip
    if together:
        st.caption(_("Some settings explain more together than separately: {pairs}.").format(pairs="; ".join(together)))
    else:
        st.caption(_("No two settings clearly explain more together than separately."))
