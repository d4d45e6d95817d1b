"""What the class came to, as a student, a teacher and the screen see it: tallies, drawings and the cloud."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from pages.room import figures, words
from pages.ui.charts import bordered, component, drawn
from pages.ui.charts.theme import look as theme
from pages.ui.text import _, goals, ngettext
from pages.ui.visit import room, saved
from pages.ui.widgets import live, sketching
from server.rooms import Look
from server.services import services
from server.training.pictures import area
from server.training.view import View
from spiral_core.classroom.borders import Plane, miss
from spiral_core.classroom.drawings import Curve, gap
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.votes import LEAST, Tally, Vote
from spiral_core.store.database import StoreError
from spiral_core.store.works import Work


def tallies(look: Look, vote: Vote, large: bool = False) -> None:
    """The tallies of the rounds that had at least five answers, side by side."""
    rounds = _rounds(look)
    texts = words.options(vote)
    if not rounds:
        st.info(_("Fewer than {count} have answered, so there is no tally: it would tell who answered what.").format(count=LEAST))
        return
    component.static(
        figures.tallies(rounds, texts, theme(), large), key="room_tallies", alt=figures.describe_tallies(rounds, texts)
    )
    if texts:
        st.markdown("  \n".join(words.lettered(texts).values()))
    else:
        st.markdown(figures.describe_tallies(rounds, texts))
    for number, text in (
        (1, _("In the first vote fewer than {count} answered, so it has no tally.")),
        (2, _("In the second vote fewer than {count} answered, so it has no tally.")),
    ):
        if number not in rounds and services().store.answer_count(look.room.id, look.state.activity, number):
            st.caption(text.format(count=LEAST))


def _rounds(look: Look) -> dict[int, Tally]:
    """The tallies that there are, by the number of the round."""
    try:
        return services().rooms.tallies(look)
    except StoreError:
        return {}


def drawings(look: Look, task: Curve | Plane, large: bool = False) -> None:
    """All drawings with the run that they are about; to who drew, how far the own one is from it."""
    draw = _borders if isinstance(task, Plane) else _curves
    live.follow_all([task.settings], lambda views: draw(look, task, views[0], large))  # type: ignore[arg-type]


def _curves(look: Look, curve: Curve, view: View, large: bool) -> None:
    run, found = view.run, None
    with suppress(StoreError):
        found = services().rooms.drawings(look)
    own = sketching.curve_of(_own(look))
    component.static(drawn.shown(curve, run, own, found, theme(), large), key="room_drawings", alt=drawn.describe_shown(run, found))
    if own:
        st.info(drawn.describe_gap(gap(own, run.history, curve.settings.last_iteration), curve.top), icon=":material/draw:")
    st.caption(drawn.describe_shown(run, found) if found else _too_few())


def _borders(look: Look, plane: Plane, view: View, large: bool) -> None:
    found = None
    with suppress(StoreError):
        found = services().rooms.borders(look)
    own = sketching.lines_of(_own(look))
    component.static(bordered.shown(view, own, found, theme(), large), key="room_drawings", alt=bordered.describe_shown(found))
    if own:
        said = bordered.describe_miss(miss(own, view.run.network_at(), area(plane.settings.data)))
        st.info(said, icon=":material/draw:")
    st.caption(bordered.describe_shown(found) if found else _too_few())


def _own(look: Look) -> str:
    """What this browser has drawn; empty where there is nothing."""
    with suppress(StoreError):
        return services().rooms.answer_of(look, saved.own_shelf()) or ""
    return ""


def _too_few() -> str:
    text = _("Fewer than {count} have drawn, so their drawings are not shown: they would tell who drew what.")
    return text.format(count=LEAST)


def works_of(look: Look) -> list[Work]:
    """All that was handed in; nothing where the store fails."""
    try:
        return services().rooms.works(look)
    except StoreError:
        return []


def cloud(look: Look, goal: Goal, works: Sequence[Work], large: bool = False, receipts: bool = False) -> str | None:
    """The judged ones among the works that are for the present goal.

    receipts: for the teacher; returns the one of a dot that was clicked just now.
    """
    own = [work for work in works if work.activity == look.state.activity]
    dots, waiting = _dots(own, room.member(look), receipts), sum(work.result is None for work in own)
    picked = None
    if dots:
        picked = component.picked(
            figures.cloud(goal, dots, theme(), large), key="room_cloud", alt=figures.describe_cloud(goal, dots)
        )
        st.caption(figures.describe_cloud(goal, dots))
    else:
        st.caption(
            _(
                "Nothing has been judged yet. Each work is trained anew from five other seeds, and judged on points that it has not seen."
            )
        )
    if diverged := sum(_is_judged(work) for work in own) - len(dots):
        text = ngettext(
            "{count} work diverged: it is not in the picture.", "{count} works diverged: they are not in the picture.", diverged
        )
        st.caption(text.format(count=diverged))
    if waiting:
        st.caption(_("Being judged: {count}").format(count=waiting))
    return picked if isinstance(picked, str) else None


def _dots(works: Sequence[Work], member: str, receipts: bool) -> list[figures.Dot]:
    """The judged works as dots, without the late ones. member: whose own are marked."""
    return [
        figures.Dot(
            work.settings.parameter_count,
            work.result["mean"],
            work.result["reached"],
            work.member == member,
            work.id if receipts else None,
        )
        for work in works
        if _is_judged(work) and work.result and math.isfinite(work.result["mean"])
    ]


def _is_judged(work: Work) -> bool:
    """Whether a work came in time and has a result, be it infinite."""
    return not is_late(work) and "mean" in (work.result or {})


def is_late(work: Work) -> bool:
    """Whether a work came in when the time of its goal was over."""
    until = (work.goal or {}).get("until")
    return until is not None and work.at > until


def verdict(work: Work) -> str:
    """What the judgement of a work came to, as a phrase."""
    if work.goal is None:
        return _("not judged: there was no goal")
    said = _judgement(Goal.from_dict(work.goal), work.result)
    return _("{judgement} (late)").format(judgement=said) if is_late(work) else said


def _judgement(goal: Goal, result: Mapping[str, Any] | None) -> str:
    if result is None:
        return _("being judged")
    if "failure" in result:
        return _("could not be judged: it takes too long") if result["failure"] == "long" else _("could not be judged")
    said = _("{value}, goal reached") if result["reached"] else _("{value}, goal not reached")
    return said.format(value=goals.amount(goal, result["mean"]))
