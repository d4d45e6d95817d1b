"""The teacher's controls of a class: what it does now, what it does next, and how students come in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import streamlit as st

from pages.room import asking, moves, pictures, plan_bar, words, works
from pages.ui.text import _, goals, ngettext
from pages.ui.visit import address, course, room, saved
from pages.ui.visit import goal as goals_of_visit
from pages.ui.widgets import invite, keyed, live
from server import rooms
from server.rooms import Look
from server.services import services
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.room_state import Stage
from spiral_core.classroom.votes import Vote
from spiral_core.marking import N_
from spiral_core.store.rooms import PASS_SECONDS
from spiral_core.store.works import Work

_PASS = "room_pass_made"  # the latest pass: of which room, and when it was made

# What leads from one stage of a vote to the next: what the button says, and its icon.
MOVES: dict[tuple[Stage, Stage], tuple[str, str]] = {
    ("first", "talk"): (N_("Close the vote: talk to your neighbour"), "forum"),
    ("talk", "second"): (N_("Vote again"), "how_to_vote"),
    ("talk", "shown"): (N_("Show the tally"), "bar_chart"),
    ("second", "closed"): (N_("Close the second vote"), "lock"),
    ("closed", "shown"): (N_("Show both tallies"), "bar_chart"),
}


DRAWING_MOVES: dict[tuple[Stage, Stage], tuple[str, str]] = {
    ("open", "closed"): (N_("Close the drawing"), "lock"),
    ("closed", "shown"): (N_("Show all drawings and the run"), "show_chart"),
}


def show(look: Look) -> None:
    handed_in = pictures.works_of(look)
    plan_bar.show(look)
    left, right = st.columns([3, 2], gap="large")
    with left:
        state = look.state
        if state.vote:
            vote(look, state.vote)
        elif state.goal:
            goal(look, state.goal, handed_in)
        elif state.drawing:
            drawing(look, state.drawing)
        else:
            asking.show(look)
            plan_bar.choose(look)
    with right:
        _invitation(look)
    works.show(handed_in)


# The vote, the drawing and the goal.


def vote(look: Look, vote: Vote) -> None:
    """The vote that is on: how many have answered, and what comes next."""
    st.subheader(words.question(vote), anchor=False)
    texts = words.options(vote)
    if texts and look.state.stage != "shown":
        st.markdown("  \n".join(words.lettered(texts).values()))
    st.markdown(answered(look))
    buttons(look)
    if look.state.stage == "shown":
        pictures.tallies(look, vote)
    elif look.state.stage in ("talk", "closed"):
        with st.expander(_("The tally, for your eyes only"), icon=":material/visibility:"):
            pictures.tallies(look, vote)


def drawing(look: Look, task: Curve | Plane) -> None:
    """The drawing that is on: how many have drawn, and what comes next."""
    live.begin(task.settings)
    st.subheader(words.to_draw(task), anchor=False)
    st.markdown(answered(look))
    buttons(look)
    if look.state.stage == "shown":
        pictures.drawings(look, task)
    elif look.state.stage == "closed":
        with st.expander(_("The drawings, for your eyes only"), icon=":material/visibility:"):
            pictures.drawings(look, task)


def answered(look: Look) -> str:
    """How many have answered, never what."""
    if look.state.drawing:
        text = ngettext("**{count} of {all}** has drawn", "**{count} of {all}** have drawn", look.answered)
    else:
        text = ngettext("**{count} of {all}** has answered", "**{count} of {all}** have answered", look.answered)
    return text.format(count=look.answered, all=max(look.here, look.answered))


def buttons(look: Look) -> None:
    """What leads the vote or the drawing on."""
    drawn = look.state.drawing is not None
    with st.container(horizontal=True, gap="small"):
        first = True
        for (stage, following), (label, icon) in (DRAWING_MOVES if drawn else MOVES).items():
            if stage == look.state.stage:
                st.button(
                    _(label), key=f"room_to_{following}", icon=f":material/{icon}:", type="primary" if first else "secondary",
                    on_click=moves.move, args=(look, following),
                )  # fmt: skip
                first = False
        _lesson_runs(look)
        st.button(
            _("End this drawing") if drawn else _("End this vote"),
            key="room_end",
            icon=":material/stop_circle:",
            on_click=moves.begin,
            args=(look,),
        )


def _lesson_runs(look: Look) -> None:
    """After the tally of a lesson's question, or the drawings: lead the class to what happens."""
    state = look.state
    if state.stage == "shown" and state.asks and state.asks.lesson:
        st.button(
            _("Show what happens"), key="room_runs", type="primary", icon=":material/play_arrow:", on_click=_lead_to_lesson,
            args=(look, state.asks.lesson), help=_("Opens the lesson here, and offers students the way to it."),
        )  # fmt: skip


def _lead_to_lesson(look: Look, lesson: str) -> None:
    query = {"lesson": lesson}
    moves.change(look, lambda state: state.led(course.PAGE, query))
    moves.open_here(course.PAGE, query)


def goal(look: Look, goal: Goal, handed_in: Sequence[Work]) -> None:
    """The goal that is on, and the cloud of works."""
    st.subheader(goals.target(goal), anchor=False)
    limits = goals.limits(goal, look.state.until)
    if limits:
        st.markdown("\n".join(f"- {limit}" for limit in limits))
    st.button(_("End this goal"), key="room_end", icon=":material/stop_circle:", on_click=moves.begin, args=(look,))
    works.picked(handed_in, pictures.cloud(look, goal, handed_in, receipts=True))
    with st.expander(_("The same goal as a link, to work alone"), icon=":material/link:"):
        link = invite.whole(invite.guessed(), "", address.query_of(goal.start) | {goals_of_visit.PARAMETER: goal.to_query()})
        st.code(link, language=None, wrap_lines=True)


# How students come in.


def _invitation(look: Look) -> None:
    """The code, the address, the QR code, and the teacher's other browsers."""
    st.markdown(f"# {rooms.code_text(look.room.code)}")
    here = ngettext("{count} student is here", "{count} students are here", look.here)
    st.markdown(here.format(count=look.here))
    base = invite.server_address()
    if base:
        st.markdown(_("Students open `{address}` and type the code, or scan:").format(address=f"{base}/{room.PAGE}"))
        link = student_link(base, look)
        invite.qr(link, "width: 180px; max-width: 100%")
        st.code(link, language=None, wrap_lines=True)
        with st.container(horizontal=True, gap="small"):
            st.link_button(
                _("Open the screen"), invite.whole(base_here(), room.PAGE, {room.CODE: look.room.code, room.SCREEN: "1"}),
                icon=":material/cast:", help=_("A page for the projector, in a tab of its own: you stay in control here."),
            )  # fmt: skip
            invite.large_qr("room_qr_large", link)
    with st.expander(_("Settings of this class"), icon=":material/settings:"):
        _settings(look)
    with st.expander(_("Control it from your phone"), icon=":material/phonelink:"):
        _pass(look, base)
    with st.popover(_("Close the class"), icon=":material/close:", key="room_close"):
        st.markdown(_("All answers and all work that was handed in will be deleted. This cannot be undone."))
        st.button(_("Close it and delete everything"), key="room_close_now", type="primary", on_click=moves.close, args=(look,))


def student_link(base: str, look: Look) -> str:
    """The address by which students join."""
    return invite.whole(base, room.PAGE, {room.CODE: look.room.code})


def base_here() -> str:
    """The address of this server as this browser knows it: its cookie, the teacher's right, belongs to that."""
    return address.root().rstrip("/")


def _settings(look: Look) -> None:
    for name, label, help in (
        ("collects", _("Students can hand in experiments at any time"), _("Without a goal too: the experiment on their screen and a note.")),
        ("wants_label", _("Ask for a label with it"), _("A number or the name of a group, as you agree with the class. It is the only thing that tells whose work it is.")),
    ):  # fmt: skip
        value = getattr(look.state, name)
        key = keyed.key(f"room_{name}", value)
        st.toggle(label, value, key=key, help=help, on_change=keyed.changed(key, _switch(look, name)))


def _switch(look: Look, name: str) -> Callable[[object], None]:
    return lambda value: moves.change(look, lambda state: state.switched(name, bool(value)))


def _pass(look: Look, base: str) -> None:
    """A link that makes another browser the teacher's; it stays on the page, which draws itself anew, while it is good."""
    st.markdown(
        _(
            "A link that gives another browser your right to control this class. It works once and for ten minutes; keep it from students."
        )
    )
    st.button(_("Make the link"), key="room_pass", icon=":material/key:", on_click=_make_pass, args=(look,))
    made_for, token, made = st.session_state.get(_PASS, ("", "", 0.0))
    if made_for == look.room.id and time.time() - made < PASS_SECONDS:
        link = invite.whole(base or base_here(), room.PAGE, {room.PASS: token})
        invite.qr(link, "width: 180px; max-width: 100%")
        st.code(link, language=None, wrap_lines=True)


def _make_pass(look: Look) -> None:
    with saved.attempt():
        st.session_state[_PASS] = (look.room.id, services().store.make_pass(look.room.id), time.time())
