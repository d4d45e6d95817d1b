"""Which search is on show, and its parts as far as it is: progress, charts, trials."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from pages.search import charts, figures, status
from pages.search import trials as trials_of
from pages.ui.charts import component
from pages.ui.text import _, local_time, ngettext, objective_label, parameter_label, thousands
from pages.ui.visit import saved
from server.searches import Live
from server.services import services
from spiral_core.store.database import StoreError
from spiral_core.store.searches import SavedSearch

FIRST = 0.5  # seconds to wait for the first trial, so that the page need not be drawn twice
POLL = 0.8


def searches_of_shelf() -> list[SavedSearch]:
    """What the store holds for this shelf, the latest first."""
    try:
        return services().store.searches(saved.own_shelf())
    except StoreError as error:
        st.error(_("The searches on this shelf cannot be read: {reason}.").format(reason=_(error.reason.value)))
        return []


def choose(saved: Sequence[SavedSearch]) -> None:
    """Decide which search is shown: the one chosen or begun in this visit, else the latest."""
    shown = st.session_state.get("search_shown")
    if shown not in {one.id for one in saved} and not (shown and services().searches.knows(shown)):
        st.session_state["search_shown"] = saved[0].id if saved else None


def show(saved: Sequence[SavedSearch]) -> None:
    """The search on show; nothing but a hint before the first one."""
    shown: str | None = st.session_state.get("search_shown")
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
        state = live.state  # before its trials: one that is finished has them all
        if running and state != "running":
            st.rerun()  # the whole page: the form may start another search
        _all(live, state)

    st.fragment(again, run_every=max(POLL, live.plan.count / 500) if running else None)()


def others(saved: Sequence[SavedSearch]) -> None:
    """The other searches of the shelf, and the one that was deleted last."""
    shown: str | None = st.session_state.get("search_shown")
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
                _("Searches on this shelf"), list(names), key="search_choice", format_func=names.__getitem__, on_change=choose
            )
        if deleted:
            st.button(
                _("Undo"), key="search_undo", icon=":material/undo:", on_click=_restore, type="tertiary",
                help=_("Bring back the most recently deleted search."),
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


def _all(live: Live, state: str) -> None:
    trials = live.search.trials
    good = figures.finite(trials)
    status.show(live, state, trials, good, _show)
    if not good:
        return
    ranked = sorted(good, key=lambda trial: (-trial.rung, trial.score, trial.number))
    status.edges(live.plan, ranked[0])
    charts.show(live, trials, good)
    trials_of.thumbnails(live, ranked)
    chosen = trials_of.table(live, ranked)
    trials_of.detail(live.plan, ranked, chosen)
