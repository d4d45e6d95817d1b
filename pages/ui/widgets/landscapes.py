"""Shows the landscape of finished runs as it comes, a coarse one first where the fine one takes long, and the sharpness of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from pages.ui.text import _, thousands
from pages.ui.widgets import live
from server import page_time
from server.services import services
from server.training import cost
from server.training.service import RunFailedError
from server.training.view import View
from spiral_core.analysis.health import sampled
from spiral_core.analysis.landscape import Landscape, LandscapeError
from spiral_core.analysis.sharpness import Sharpness, SharpnessError
from spiral_core.run import Run

Found = TypeVar("Found", Landscape, Sharpness)
State = tuple[Found | str | None, bool]  # what is there, or why there is none; and whether more is coming
Views = Sequence[View]

WAIT, POLL = 0.6, 0.5  # seconds for the first look, and between two further ones


def follow(views: Views, draw: Callable[[Views, Landscape, bool], None]) -> None:
    """Draw the finest landscape of runs that is there, and whether a finer one is coming; why there is none is said instead.

    draw: keeps no run, as what stays with the page as long as it is open; it is given them.
    """
    sizes = cost.landscape_sizes(views[0].run.settings)
    if not sizes:
        _too_large(views[0].run)
        return
    _as_it_comes(views, partial(_look, sizes), draw, _("The landscape is being computed"))


def follow_sharpness(view: View, draw: Callable[[View, Sharpness], None]) -> None:
    """Draw the sharpness along a run once it is there; why there is none is said instead. draw: as for `follow`."""
    if not cost.has_sharpness(view.run.settings):
        text = _("This net is too large for its sharpness: {weights} weights × {points} points would take too long.")
        st.info(text.format(**_size(view.run)), icon=":material/info:")
        return

    def drawn(views: Views, found: Sharpness, _more: bool) -> None:
        draw(views[0], found)

    _as_it_comes([view], _look_at_sharpness, drawn, _("The sharpness is being computed"))


def _as_it_comes(
    views: Views, look: Callable[[Views, float], State[Found]], draw: Callable[[Views, Found, bool], None], waiting: str
) -> None:
    """Look, at first with some patience, until all is there."""
    with page_time.aside():
        first = [(views, look(views, WAIT))]
    polling = first[0][1][1]
    family = [view.run.settings for view in views]

    def again() -> None:
        if first:
            views, (found, unfinished) = first.pop()
        else:
            views = [live.once_more(settings) for settings in family]
            found, unfinished = look(views, 0.0)
        if polling and not unfinished:
            st.rerun()  # the whole page once more, which ends the repetition
        if isinstance(found, str):
            st.info(found, icon=":material/info:")
        elif found is None:
            st.progress(0.0, waiting)
        else:
            draw(views, found, unfinished)

    st.fragment(again, run_every=POLL if polling else None)()


def _look(sizes: Sequence[int], views: Views, patience: float) -> State[Landscape]:
    """The finest landscape that is there, or why there is none; and whether a finer one is coming."""
    runs, found = [view.run for view in views], None
    try:
        for size in sizes:
            finer = services().landscapes.look(runs, size, patience)
            if finer is None:
                return found, True
            found = finer
    except LandscapeError as error:
        return _("There is no landscape: {reason}.").format(reason=_(str(error))), False
    except RunFailedError as error:
        return _("The landscape could not be computed: {reason}.").format(reason=_(str(error))), False
    return found, False


def _look_at_sharpness(views: Views, patience: float) -> State[Sharpness]:
    try:
        found = services().landscapes.sharpness(views[0].run, patience)
    except SharpnessError as error:
        return _("There is no sharpness to measure: {reason}.").format(reason=_(str(error))), False
    except RunFailedError as error:
        return _("The sharpness could not be computed: {reason}.").format(reason=_(str(error))), False
    return found, found is None


def _too_large(run: Run) -> None:
    text = _("This net is too large for its landscape: {weights} weights × {points} points at {places} places would take too long.")
    st.info(text.format(**_size(run), places=cost.FIRST_LANDSCAPE**2), icon=":material/info:")


def _size(run: Run) -> dict[str, str]:
    return {"weights": thousands(run.settings.parameter_count), "points": thousands(len(sampled(run.data.train)))}
