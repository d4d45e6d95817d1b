"""A search as far as it is: progress, the best so far, charts to choose trials from, and the trial that was chosen."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.search import figures, form
from pages.ui.charts import component, run_charts
from pages.ui.charts.theme import look
from pages.ui.text import _, local_time, ngettext, objective_label, parameter_label, span, thousands, value_text
from pages.ui.visit import navigation, saved
from pages.ui.widgets import downloads, pin
from server.searches import Live
from server.services import services
from server.training.pictures import area, painted
from spiral_core.datasets import data_of
from spiral_core.search import Plan, Trial
from spiral_core.search.importance import MIN_TRIALS, importance, interactions
from spiral_core.search.space import searched_value
from spiral_core.store.database import StoreError
from spiral_core.store.searches import SavedSearch

FIRST = 0.5  # seconds to wait for the first trial, so that the page need not be drawn twice
POLL = 0.8
FEW = 5  # trials, below which parallel coordinates say nothing
THUMBNAILS, THUMBNAIL_WIDTH = 6, 145


def searches_of_shelf() -> list[SavedSearch]:
    """What the store holds for this shelf, the latest first."""
    try:
        return services().store.searches(saved.own_shelf())
    except StoreError as error:
        st.error(_("The searches of this shelf cannot be read: {reason}.").format(reason=_(error.reason.value)))
        return []


def choose(saved: Sequence[SavedSearch]) -> None:
    """Decide which search is shown: the one chosen or begun in this visit, else the latest."""
    shown = st.session_state.get("search_shown")
    if shown not in {one.id for one in saved} and not (shown and services().searches.knows(shown)):
        st.session_state["search_shown"] = saved[0].id if saved else None


def show(saved: Sequence[SavedSearch]) -> None:
    """The search on show; nothing but a hint before the first one."""
    shown: str | None = st.session_state.get("search_shown")
    _others(saved, shown)
    if shown is None:
        st.info(
            _("Choose what to vary and press “Start the search”: the first trials appear within a second."),
            icon=":material/search:",
        )
        component.prepare(key="search_prepare")
        return
    plans = {one.id: one.plan for one in saved}
    try:
        live = services().searches.find(shown, plans.get(shown))
    except StoreError as error:
        st.error(_("This search cannot be read: {reason}.").format(reason=_(error.reason.value)))
        return
    except KeyError:
        st.error(_("This search is not on this server."))
        return
    running = live.state == "running"
    deadline = time.monotonic() + FIRST
    while running and not live.search.trials and time.monotonic() < deadline:
        time.sleep(0.02)

    def again() -> None:
        services().searches.look(live)
        if running and live.state != "running":
            st.rerun()  # the whole page: the form may start another search
        _all(live)

    st.fragment(again, run_every=max(POLL, live.plan.count / 500) if running else None)()


def _others(saved: Sequence[SavedSearch], shown: str | None) -> None:
    """The other searches of the shelf, and the one that was deleted last."""
    names = {one.id: f"{len(saved) - i}. {_title(one)}" for i, one in enumerate(saved)}  # a choice goes by its text: no two alike
    deleted: list[str] = st.session_state.get("search_deleted", [])
    if not deleted and not (len(names) > 1 and shown in names):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="search_others"):
        if len(names) > 1 and shown in names:
            st.session_state["search_choice"] = shown

            def choose() -> None:
                _show(st.session_state["search_choice"])

            st.selectbox(
                _("Searches of this shelf"), list(names), key="search_choice", format_func=names.__getitem__, on_change=choose
            )
        if deleted:
            st.button(
                _("Undo"), key="search_undo", icon=":material/undo:", on_click=_restore, type="tertiary",
                help=_("Bring back the search that was deleted last."),
            )  # fmt: skip


def _show(name: str | None) -> None:
    st.session_state["search_shown"] = name
    st.session_state.pop("search_trial", None)


def _restore() -> None:
    with saved.attempt():
        name = st.session_state["search_deleted"][-1]
        services().store.restore_search(name)
        st.session_state["search_deleted"].pop()
        _show(name)


def _title(one: SavedSearch) -> str:
    when = local_time(one.begun)
    varied = ", ".join(parameter_label(dimension.name) for dimension in one.plan.space)
    count = ngettext("{count} trial", "{count} trials", one.plan.count).format(count=thousands(one.plan.count))
    return f"{when} · {count} · {varied} · {objective_label(one.plan.objective)}"


def _all(live: Live) -> None:
    trials = live.search.trials
    good = figures.finite(trials)
    _status(live, trials, good)
    if not good:
        return
    ranked = sorted(good, key=lambda trial: (-trial.rung, trial.score, trial.number))
    _edges(live.plan, ranked[0])
    _charts(live.plan, trials, good)
    _thumbnails(live, ranked)
    chosen = _table(live, ranked)
    _detail(live.plan, ranked, chosen)


def _status(live: Live, trials: Sequence[Trial], good: Sequence[Trial]) -> None:
    """One line: how far it is and the best so far; Stop, Resume, Delete; what went wrong."""
    with st.container(horizontal=True, vertical_alignment="center", key="search_status"):
        text = ngettext("{done} of {all} trial", "{done} of {all} trials", live.plan.count).format(
            done=thousands(len(trials)), all=thousands(live.plan.count)
        )
        if live.state == "running" and live.seconds_left is not None:
            text += " · " + _("about {left} s left").format(left=max(1, round(live.seconds_left)))
        elif live.state == "finished":
            text += " · " + _("done in {seconds} s").format(seconds=f"{live.seconds:.1f}")
        if good:
            best = min(good, key=lambda trial: (-trial.rung, trial.score))
            text += " · " + _("best so far: number {number}, {objective} {value}").format(
                number=best.number + 1, objective=objective_label(live.plan.objective),
                value=figures.objective_text(live.plan, figures.value_of(live.plan, best)),
            )  # fmt: skip
        st.progress(live.share, text, width="stretch")
        if live.state == "running":
            if st.button(_("Stop"), key="search_stop", icon=":material/stop_circle:", help=_("Keep the trials that are finished.")):
                services().searches.stop(live.id)
        else:
            if live.state != "finished" and st.button(_("Resume"), key="search_resume", icon=":material/resume:"):
                _resume(live)
            if st.button(_("Delete"), key="search_delete", icon=":material/delete:", type="tertiary"):
                _delete(live.id)
    if live.reason:
        st.error(_("The search ended early: {reason}.").format(reason=_(live.reason)), icon=":material/error:")
    if live.deaths:
        st.caption(
            ngettext(
                "A worker process died once; its trials were run again.",
                "Worker processes died {count} times; their trials were run again.",
                live.deaths,
            ).format(count=live.deaths)
        )
    if live.not_saved:
        st.warning(_("This search is not being saved: {reason}.").format(reason=_(live.not_saved)), icon=":material/save:")
    lost = len(trials) - len(good)
    if lost:
        reasons = sorted({trial.failure for trial in trials if trial.failure})
        st.caption(
            ngettext(
                "{count} trial diverged or could not be trained; it counts as the worst.",
                "{count} trials diverged or could not be trained; they count as the worst.",
                lost,
            ).format(count=lost)
            + " "
            + "; ".join(reasons)
        )


def _resume(live: Live) -> None:
    with saved.attempt():
        if not services().searches.resume(live.id, live.plan):
            st.toast(_("Another server is working on this search."))
            return
    st.rerun()


def _delete(name: str) -> None:
    with saved.attempt():
        services().store.remove_search(name)
        services().searches.forget(name)
        st.session_state.setdefault("search_deleted", []).append(name)
        _show(None)
    st.rerun()


def _edges(plan: Plan, best: Trial) -> None:
    """Say where the best value lies at the edge of its range, and offer to widen it or to search closer round the best."""
    values = plan.values(best.number)
    with st.container(horizontal=True, vertical_alignment="center", key="search_edges"):
        at_edge = {d.name: end for d in plan.space if (end := d.edge(values[d.name]))}
        if at_edge:
            names = ", ".join(f"{parameter_label(name)} = {value_text(name, values[name])}" for name in at_edge)
            st.info(
                _("The best trial lies at the edge of its range: {names}. Better values may lie beyond.").format(names=names),
                width="stretch", icon=":material/open_in_full:",
            )  # fmt: skip
            if st.button(_("Widen"), key="search_widen", icon=":material/unfold_more:"):
                form.change(space=tuple(d.widened(at_edge[d.name]) if d.name in at_edge else d for d in plan.space))
                st.rerun()
        if any(dimension.scale != "choice" for dimension in plan.space) and st.button(
            _("Zoom in"), key="search_zoom", icon=":material/zoom_in:",
            help=_("Set the ranges to a quarter of their length to both sides of the best trial."),
        ):  # fmt: skip
            form.change(space=tuple(d.near(values[d.name], 0.25) for d in plan.space))
            st.rerun()


def _charts(plan: Plan, trials: Sequence[Trial], good: Sequence[Trial]) -> None:
    alt = figures.describe(plan, good)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if len(good) >= FEW:
            ranges = component.brushed(figures.parallel(plan, good, look()), key="search_parallel", alt=alt)
            if ranges is not None:
                st.session_state["search_brush"] = ranges
        st.caption(_("Drag along an axis to choose trials; click beside the range to let go. The table shows the chosen ones."))
    with right:
        numeric = [dimension for dimension in plan.space if dimension.scale != "choice"] or list(plan.space)
        x, y = numeric[0], numeric[1] if len(numeric) > 1 else None
        if len(plan.space) > 2:
            x, y = _pair(plan)
        _pick(component.picked(figures.scatter(plan, good, x, y, look()), key="search_scatter", alt=alt, goes_to="search_detail"))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _pick(component.picked(figures.progress(plan, good, look()), key="search_progress", alt=alt, goes_to="search_detail"))
    with right:
        _importances(plan, trials)


def _pair(plan: Plan) -> tuple[Any, Any]:
    """Which two settings the scatter is drawn over."""
    names = {dimension.name: parameter_label(dimension.name) for dimension in plan.space}
    chosen = []
    for number, column in enumerate(st.columns(2)):
        key = f"search_axis_{number}"
        if st.session_state.get(key) not in names:
            st.session_state[key] = list(names)[number]
        with column:
            label = _("Across") if number == 0 else _("Upward")
            chosen.append(st.selectbox(label, list(names), key=key, format_func=names.__getitem__, label_visibility="collapsed"))
    by_name = {dimension.name: dimension for dimension in plan.space}
    return by_name[chosen[0]], by_name[chosen[1]] if chosen[1] != chosen[0] else None


def _pick(number: Any) -> None:
    if number is not None:
        st.session_state["search_trial"] = int(number)


def _importances(plan: Plan, trials: Sequence[Trial]) -> None:
    lowest = [trial for trial in trials if trial.record]
    scores = np.array([trial.score for trial in lowest])
    if plan.method == "halving":  # trials that went on are ahead of those that did not
        worst = max((abs(score) for score in scores if math.isfinite(score)), default=1.0)
        scores = np.array([trial.score - 10 * worst * trial.rung for trial in lowest])
    columns = np.array([[dim.place(plan.values(trial.number)[dim.name]) for dim in plan.space] for trial in lowest])
    shares = [(dimension.name, importance(columns[:, i], scores)) for i, dimension in enumerate(plan.space)] if lowest else []
    found = [(name, share) for name, share in shares if share]
    if not found:
        st.caption(_("What each setting does alone is shown from {count} trials on.").format(count=MIN_TRIALS))
        return
    text = "; ".join(
        f"{parameter_label(name)}: {each.share:.0%} ({span(f'{each.low:.0%}', f'{each.high:.0%}')})" for name, each in found
    )
    title = _("What each setting does alone")
    st.markdown(
        f"**{title}**",
        help=_(
            "The share of the order of the trials that a setting explains by itself, whatever the others are. Lines: 90 % of "
            "resampled trials lie there; a line that begins at 0 may be chance. What two settings do only together is not in the "
            "bars."
        ),
    )
    component.static(figures.importances(found, look()), key="search_importance", alt=f"{title}: {text}")
    together = [
        _("{first} with {second}: a further {share}").format(
            first=parameter_label(plan.space[pair.first].name), second=parameter_label(plan.space[pair.second].name),
            share=f"{pair.share:.0%}",
        )
        for pair in interactions(columns, scores)[:3]
    ]  # fmt: skip
    if together:
        st.caption(_("Together two settings explain more than both alone: {pairs}.").format(pairs="; ".join(together)))
    else:
        st.caption(_("No pair of settings clearly does more together than both alone."))


def _thumbnails(live: Live, ranked: Sequence[Trial]) -> None:
    """The boundaries of the best trials; a click opens one."""
    drawn = [trial for trial in ranked[:THUMBNAILS] if trial.record and trial.record.parameters is not None]
    if not drawn:
        return
    st.markdown("**" + _("The best boundaries") + "**")
    row = st.container(horizontal=True, gap="small", key="search_thumbnails")
    for trial in drawn:
        network = trial.record.network() if trial.record else None
        if network is None:
            continue
        with row.container(width=THUMBNAIL_WIDTH, gap="small"):
            st.image(painted(network, area(trial.settings.data), 100), width="stretch")
            value = figures.objective_text(live.plan, figures.value_of(live.plan, trial))
            st.button(
                f"#{trial.number + 1} · {value}", key=f"search_best_{trial.number}", width="stretch", on_click=_pick,
                args=(trial.number,),
            )  # fmt: skip


def _table(live: Live, ranked: Sequence[Trial]) -> int:
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


def _detail(plan: Plan, ranked: Sequence[Trial], number: int) -> None:
    """The chosen trial: its boundary and curves at once, and where to take it."""
    trial = next(trial for trial in ranked if trial.number == number)
    record = trial.record
    if record is None:
        return
    values = ", ".join(
        f"{parameter_label(d.name)} {value_text(d.name, searched_value(trial.settings, d.name))}" for d in plan.space
    )
    with st.container(horizontal=True, vertical_alignment="center", key="search_detail"):
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
