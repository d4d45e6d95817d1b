"""How far a search is, the best so far, what can be done with it, and where its best trial lies in the ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.search import figures, form
from pages.search.grids import SEEDS
from pages.ui.text import _, ngettext, objective_label, parameter_label, thousands, value_text
from pages.ui.visit import saved
from server.searches import Live, TooManySearchesError
from server.services import services
from spiral_core.search import Plan, Trial
from spiral_core.search.space import Dimension


def show(live: Live, state: str, trials: Sequence[Trial], good: Sequence[Trial], forget: Callable[[str | None], None]) -> None:
    """One line: how far it is and the best so far; Stop, Resume, Delete; what went wrong.

    state: the search's as it was when its trials were read; its own may be another by now.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="search_status"):
        st.progress(live.share, _how_far(live, state, trials, good), width="stretch")
        if state == "running":
            st.button(
                _("Stop"), key="search_stop", icon=":material/stop_circle:", help=_("Keep the trials that are finished."),
                on_click=services().searches.stop, args=(live.id,),
            )  # fmt: skip
        else:
            if state != "finished":
                st.button(_("Resume"), key="search_resume", icon=":material/resume:", on_click=_resume, args=(live,))
            st.button(
                _("Delete"), key="search_delete", icon=":material/delete:", type="tertiary",
                on_click=_delete, args=(live.id, forget),
            )  # fmt: skip
    _what_went_wrong(live, trials, lost=len(trials) - len(good))


def _how_far(live: Live, state: str, trials: Sequence[Trial], good: Sequence[Trial]) -> str:
    text = ngettext("{done} of {all} trial", "{done} of {all} trials", live.plan.count).format(
        done=thousands(len(trials)), all=thousands(live.plan.count)
    )
    if state == "running" and live.seconds_left is not None:
        text += " · " + _("about {left} s left").format(left=max(1, round(live.seconds_left)))
    elif state == "finished":
        text += " · " + _("done in {seconds} s").format(seconds=f"{live.seconds:.1f}")
    if good:
        best = min(good, key=lambda trial: (-trial.rung, trial.score))
        text += " · " + _("best so far: number {number}, {objective} {value}").format(
            number=best.number + 1, objective=objective_label(live.plan.objective),
            value=figures.objective_text(live.plan, figures.value_of(live.plan, best)),
        )  # fmt: skip
    return text


def _what_went_wrong(live: Live, trials: Sequence[Trial], lost: int) -> None:
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
    if lost:
        reasons = sorted({trial.failure for trial in trials if trial.failure})
        text = ngettext(
            "{count} trial diverged or could not be trained; it counts as the worst.",
            "{count} trials diverged or could not be trained; they count as the worst.",
            lost,
        )
        st.caption(text.format(count=lost) + " " + "; ".join(reasons))


def _resume(live: Live) -> None:
    with saved.attempt():
        try:
            resumed = services().searches.resume(live.id, live.plan, saved.spender())
        except TooManySearchesError as error:
            form.tell_full(error)
            return
        if not resumed:
            st.toast(_("Another server is working on this search."))
            return
    st.rerun()


def _delete(name: str, forget: Callable[[str | None], None]) -> None:
    with saved.attempt():
        services().store.remove_search(name)
        services().searches.forget(name)
        st.session_state.setdefault("search_deleted", []).append(name)
        forget(None)
    st.rerun()


def edges(plan: Plan, best: Trial) -> None:
    """Say where the best value lies at the edge of its range, and offer to widen it or to search closer round the best."""
    values = plan.values(best.number)
    varied = [d for d in plan.space if d.name not in SEEDS]  # no seed is better for being larger
    with st.container(horizontal=True, vertical_alignment="center", key="search_edges"):
        at_edge = {d.name: end for d in varied if (end := d.edge(values[d.name]))}
        if at_edge:
            names = ", ".join(f"{parameter_label(name)} = {value_text(name, values[name])}" for name in at_edge)
            st.info(
                _("The best trial lies at the edge of its range: {names}. Better values may lie beyond.").format(names=names),
                width="stretch", icon=":material/open_in_full:",
            )  # fmt: skip
            wider = tuple(d.widened(at_edge[d.name]) if d.name in at_edge else d for d in plan.space)
            st.button(_("Widen"), key="search_widen", icon=":material/unfold_more:", on_click=_search_in, args=(wider,))
        if any(dimension.scale != "choice" for dimension in varied):
            st.button(
                _("Zoom in"), key="search_zoom", icon=":material/zoom_in:", on_click=_search_in,
                args=(tuple(d.near(values[d.name], 0.25) if d in varied else d for d in plan.space),),
                help=_("Set each range to reach a quarter of its length to either side of the best trial."),
            )  # fmt: skip


def _search_in(space: tuple[Dimension, ...]) -> None:
    form.change(space=space)
    st.rerun()
