"""The goal that one works on, above the run: how far this run is, on what terms, and the best so far."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _, ngettext, parameter_label, thousands
from pages.ui.text import goals as words
from pages.ui.visit import goal, room
from pages.ui.visit.state import visit
from spiral_core.classroom.goals import Goal, result, terms
from spiral_core.run import Run


def show(run: Run) -> None:
    """One line, whose place is there without a goal too: what is below it never moves to another."""
    look = room.look()
    found = goal.of_visit(look)
    with st.container():
        if found:
            _line(found, look.state.until if look and look.state.goal else None)
            st.markdown(_so_far(found, run) if run.finished else _("This run is still training."))


def _line(found: Goal, until: float | None) -> None:
    with st.container(key="goal_line", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/flag: **{words.target(found)}** " + _terms_text(found, until), width="stretch")
        if found is visit().goal:  # a class's goes with its class
            st.button(_("Put the goal away"), key="goal_away", icon=":material/close:", type="tertiary", on_click=_put_away)


def _put_away() -> None:
    goal.set_own(None)
    st.rerun()


def _terms_text(found: Goal, until: float | None) -> str:
    limits = words.limits(found, until)
    return _("Terms: {limits}.").format(limits="; ".join(limits)) if limits else ""


def _so_far(found: Goal, run: Run) -> str:
    """How far a finished run is, and the best of this visit."""
    value, kept = result(found, run), terms(found, run.settings)
    here = visit()
    if kept.kept and (here.goal_best is None or found.better(value, here.goal_best)):
        here.goal_best = value
    on = _("on the held-out points") if run.data.test is not None else _("on the training points")
    said = [_("This run: **{value}** {on}.").format(value=words.amount(found, value), on=on)]
    if kept.weights_over:
        over = ngettext("{count} weight too many.", "{count} weights too many.", kept.weights_over)
        said.append(over.format(count=thousands(kept.weights_over)))
    if kept.iterations_over:
        over = ngettext("{count} iteration too many.", "{count} iterations too many.", kept.iterations_over)
        said.append(over.format(count=thousands(kept.iterations_over)))
    if kept.changed:
        said.append(_("Not yours to change: {names}.").format(names=", ".join(map(parameter_label, kept.changed))))
    if kept.kept and not found.misses(value):
        enough = _("That is enough here; whether it holds for other points is judged when you hand it in.")
        said.append(f":material/check_circle: {enough}")
    elif here.goal_best is not None:
        said.append(_("Best on these terms: {value}.").format(value=words.amount(found, here.goal_best)))
    return " ".join(said)
