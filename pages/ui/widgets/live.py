"""Shows a run as it comes: at once where it is there, else again and again until it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from pages.ui.text import _, escaped, explain, ngettext, thousands
from pages.ui.visit.state import visit
from server import page_time
from server.services import services
from server.training import cost
from server.training.service import SHORTEST_SLICE, RunFailedError
from server.training.view import View
from spiral_core.rules import SettingError
from spiral_core.settings import Settings

WAIT = 0.6  # seconds in which a usual run is done, so that it comes without a picture between
MOVING = 0.6  # seconds in which a control that is moved again is still on the move
POLL, SLOWEST_POLL = 0.5, 1.5  # seconds between two looks at a longer one, the slower the more runs share the workers
SLOWER = 1.4  # times as long from which a page that looks already takes up a slower pace
REFUSALS = (SettingError, RunFailedError)  # that are said where the run would be


def begin(settings: Settings) -> None:
    """Ask for a run that the page will soon show."""
    if _may_begin(_missing([settings])):
        with suppress(*REFUSALS):  # said where it is shown
            services().runs.watch(settings)


def say(error: Exception) -> None:
    """Why there is no run: settings that fit no data, or workers that died of it."""
    if isinstance(error, SettingError):
        text = explain(error)
    else:
        text = _("This run could not be trained: {reason}.").format(reason=_(str(error)))
    st.error(escaped(text), icon=":material/error:")


def follow(settings: Settings, draw: Callable[[View], None], glimpse: Callable[[View], None] | None = None) -> bool:
    """Draw the run as far as it is, and go on until it is finished; what refuses it is said instead.

    glimpse: draws a first picture of a run that will be finished in a moment, in the place of what `draw` draws; not while a
    control is on the move, whose last place one waits for. Returns whether it did: the page then calls `go_on` at its end.
    """
    if not agreed([settings]):
        return False
    at_once = glimpse is not None and _is_at_rest(settings)
    try:
        with page_time.aside():
            view = services().runs.watch(settings, wait=WAIT, for_picture=True, at_once=at_once)
    except REFUSALS as error:
        say(error)
        return False
    if glimpse and at_once and view.started and not view.run.finished and view.seconds_left < WAIT:
        st.fragment(glimpse)(view)
        return True
    polling = not view.run.finished
    pace = poll(view)
    first = [view]

    def again() -> None:
        try:
            view = first.pop() if first else services().runs.watch(settings)
        except REFUSALS as error:
            say(error)
            return
        if polling and (view.run.finished or poll(view) > SLOWER * pace):
            st.rerun()  # the whole page once more, which ends the repetition or slows it down
        draw(view)

    st.fragment(again, run_every=pace if polling else None)()
    return False


def go_on(settings: Settings) -> None:
    """Wait for the run of which the page shows a first picture, and draw the page with it."""
    with page_time.aside(), suppress(*REFUSALS):  # said by the page that follows
        services().runs.watch(settings, wait=WAIT, for_picture=True)
    st.rerun()


def _is_at_rest(settings: Settings) -> bool:
    """Whether no other run of this visit began a moment ago."""
    if services().runs.finished(settings):
        return False
    before, visit().began = visit().began, time.monotonic()
    return visit().began - before > MOVING


def once_more(settings: Settings) -> View:
    """The finished run that a fragment shows again. It asks anew: what a fragment keeps is in memory as long as its page is open.

    Where the run has left the service's memory, the whole page begins once more, and trains it.
    """
    try:
        view = services().runs.watch(settings)
    except REFUSALS:
        st.rerun()  # the page says it
    if not view.run.finished:
        st.rerun()
    return view


def agreed(family: Sequence[Settings]) -> bool:
    """Whether runs may begin: where they take long, the reader is told how long, and decides."""
    missing = _missing(family)
    if _may_begin(missing):
        return True
    new, takes = list(missing), sum(missing.values())
    effort = _("About {minutes} min of computing") if takes > 90 else _("About {seconds} s of computing")
    words = {"effort": effort.format(minutes=thousands(round(takes / 60)), seconds=round(takes))}
    if len(new) == 1:
        one = new[0]
        text = _(
            "{effort}: {points} points × {weights} weights × {iterations} iterations. Fewer of any of these are quicker."
        ).format(
            **words,
            points=thousands(one.batch_points),
            weights=thousands(one.parameter_count),
            iterations=thousands(one.last_iteration),
        )
    else:
        text = _("{effort}: {count} runs. Fewer iterations are quicker.").format(**words, count=len(new))
    key = f"agree_{hash(tuple(new))}"
    with st.container(key=f"long_{key}", horizontal=True, vertical_alignment="center", gap="small"):
        st.info(text, icon=":material/hourglass:", width="stretch")
        st.button(_("Train anyway"), key=key, type="primary", on_click=_wanted().update, args=(new,))
    return False


def _may_begin(missing: dict[Settings, float]) -> bool:
    return sum(missing.values()) <= cost.LONG or _wanted().issuperset(missing)


def _missing(family: Sequence[Settings]) -> dict[Settings, float]:
    """The runs that have not begun, and about how many seconds they take from what is there."""
    takes = {settings: services().runs.missing(settings) for settings in family}
    return {settings: seconds for settings, seconds in takes.items() if seconds}


def _wanted() -> set[Settings]:
    """The long runs that this visit has asked for."""
    return visit().consents


def poll(view: View) -> float:
    """Seconds until there is something new to see."""
    return min(SLOWEST_POLL, max(POLL, view.load * SHORTEST_SLICE * 1.5))


def follow_all(family: Sequence[Settings], draw: Callable[[list[View]], None]) -> None:
    """Draw several runs once all are finished; until then say how many are."""
    if not agreed(family):
        return
    deadline = time.monotonic() + WAIT
    try:
        with page_time.aside():
            views = [services().runs.watch(settings, wait=max(0.0, deadline - time.monotonic())) for settings in family]
    except REFUSALS as error:
        say(error)
        return
    if all(view.run.finished for view in views):
        draw(views)
        return

    def again() -> None:
        try:
            views = [services().runs.watch(settings) for settings in family]
        except REFUSALS as error:
            say(error)
            return
        done = sum(view.run.finished for view in views)
        if done == len(views):
            st.rerun()
        share = sum(view.run.finished or view.run.iteration / view.run.settings.last_iteration for view in views) / len(views)
        st.progress(min(share, 1.0), _("{done} of {all} runs are trained").format(done=done, all=len(views)))

    st.fragment(again, run_every=POLL)()


def waiting(view: View) -> str:
    """Why there is no picture yet."""
    return ngettext(
        "Waiting for a free worker: {count} run comes first.", "Waiting for a free worker: {count} runs come first.", view.ahead
    ).format(count=view.ahead)
