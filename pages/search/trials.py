"""The trials of a search: the best boundaries, the table, and the trial that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.search import figures
from pages.search.charts import DETAIL, pick
from pages.ui.charts import component, run_charts
from pages.ui.charts.theme import look
from pages.ui.text import _, objective_label, parameter_label, value_text
from pages.ui.visit import navigation
from pages.ui.widgets import downloads, pin
from server.searches import Live
from server.training.pictures import area, painted
from spiral_core.datasets import data_of
from spiral_core.search import Plan, Trial
from spiral_core.search.space import searched_value

THUMBNAILS, THUMBNAIL_WIDTH = 6, 145


def thumbnails(live: Live, ranked: Sequence[Trial]) -> None:
    """The boundaries of the best trials; a click opens one."""
    drawn = [trial for trial in ranked[:THUMBNAILS] if trial.record and trial.record.parameters is not None]
    if not drawn:
        return
    st.markdown("**" + _("Boundaries of the best trials") + "**")
    row = st.container(horizontal=True, gap="small", key="search_thumbnails")
    for trial in drawn:
        network = trial.record.network() if trial.record else None
        if network is None:
            continue
        with row.container(width=THUMBNAIL_WIDTH, gap="small"):
            st.image(painted(network, area(trial.settings.data), 100), width="stretch")
            value = figures.objective_text(live.plan, figures.value_of(live.plan, trial))
            st.button(
                f"#{trial.number + 1} · {value}", key=f"search_best_{trial.number}", width="stretch", on_click=pick,
                args=(trial.number,),
            )  # fmt: skip


def table(live: Live, ranked: Sequence[Trial]) -> int:
    """All trials, the best first, or those chosen in the parallel coordinates; returns the trial on show."""
    plan = live.plan
    ranges = st.session_state.get("search_brush")
    rows = list(ranked)
    if ranges and any(ranges) and len(ranges) == len(plan.space) + 1:
        good = sorted(ranked, key=lambda trial: trial.number)
        chosen = set(figures.chosen_by(plan, good, ranges))
        rows = [trial for trial in ranked if trial.number in chosen] or rows
    frame = frame_of(plan, rows)
    key = f"search_table_{live.id}_{live.version}_{len(rows)}"
    percent = {
        objective_label(name): st.column_config.NumberColumn(format="percent") for name in ("test_accuracy", "train_accuracy")
    }
    numeric = [parameter_label(dimension.name) for dimension in plan.space if dimension.scale != "choice"]
    columns = {label: st.column_config.NumberColumn(format="%.3g") for label in numeric} | percent
    picked = st.dataframe(
        frame, key=key, hide_index=True, on_select="rerun", selection_mode="single-row", height=min(38 + 35 * len(rows), 290),
        column_config=columns, alt=figures.describe(plan, rows),
    )  # fmt: skip
    chosen_rows = picked["selection"]["rows"] if picked else []
    if chosen_rows and st.session_state.get("search_row") != (key, chosen_rows[0]):
        st.session_state["search_row"] = (key, chosen_rows[0])
        st.session_state["search_trial"] = rows[chosen_rows[0]].number
    st.caption(
        _("Click a row to open its trial.")
        + ("" if len(rows) == len(ranked) else " " + _("Chosen: {n} of {all} trials.").format(n=len(rows), all=len(ranked)))
    )
    number: int | None = st.session_state.get("search_trial")
    return number if number is not None and any(trial.number == number for trial in ranked) else ranked[0].number


def frame_of(plan: Plan, rows: Sequence[Trial]) -> pd.DataFrame:
    """Trials as a table: number, what was varied, and results."""
    values = [plan.values(trial.number) for trial in rows]
    columns: dict[str, list[Any]] = {"#": [trial.number + 1 for trial in rows]}
    for dimension in plan.space:
        own = [row[dimension.name] for row in values]
        columns[parameter_label(dimension.name)] = (
            [value_text(dimension.name, v) for v in own] if dimension.scale == "choice" else own
        )
    names = ["test_loss", "test_accuracy", "loss", "train_accuracy", "seconds"]
    if plan.base.data.test_fraction == 0 and "test_fraction" not in {dimension.name for dimension in plan.space}:
        names = names[2:]
    summaries = [trial.record.summary if trial.record else None for trial in rows]
    columns |= {objective_label(name): [getattr(summary, name, None) for summary in summaries] for name in names}
    columns[parameter_label("iterations")] = [summary.iterations if summary else None for summary in summaries]
    return pd.DataFrame(columns)


def detail(plan: Plan, ranked: Sequence[Trial], number: int) -> None:
    """The chosen trial: its boundary and curves at once, and where to take it."""
    trial = next(trial for trial in ranked if trial.number == number)
    record = trial.record
    if record is None:
        return
    values = ", ".join(
        f"{parameter_label(d.name)} {value_text(d.name, searched_value(trial.settings, d.name))}" for d in plan.space
    )
    with st.container(horizontal=True, vertical_alignment="center", key=DETAIL):
        st.markdown(f"#### {_('Trial')} {number + 1}  \n{values}", width="stretch")
        navigation.playground_button("search_open", trial.settings)
        downloads.popover(trial.settings, "search_take")
        pin.pin_button("search_pin", trial.settings, _("Trial") + f" {number + 1}", record=record)
    left, right = st.columns([2, 3], gap="medium")
    network, data, plane = record.network(), data_of(trial.settings.data), area(trial.settings.data)
    with left:
        if network is None:
            st.caption(_("This net is too large for its parameters to be kept: open it in the Playground to see its boundary."))
        else:
            picture = painted(network, plane, 200)
            accuracy = f"{record.summary.train_accuracy:.1%}"
            alt = _("Decision boundary; training accuracy {accuracy}.").format(accuracy=accuracy)
            component.static(run_charts.boundary(data, plane, picture, look()), key="search_boundary", alt=alt)
    with right:
        loss = _("Loss {loss}, accuracy {accuracy}.").format(
            loss=f"{record.summary.loss:.4f}", accuracy=f"{record.summary.train_accuracy:.1%}"
        )
        component.static(figures.curves(record, look()), key="search_curves", alt=loss)
