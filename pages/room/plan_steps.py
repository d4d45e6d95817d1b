"""The steps of a plan: what each is called on the screen, and how it begins in a class."""

from __future__ import annotations

import dataclasses
import time

from pages.lessons.lessons import LESSONS
from pages.room import moves, words
from pages.ui.text import _, escaped, explain, explain_value, goals, run_name, shortened
from pages.ui.visit import course, navigation, teacher_link
from pages.ui.visit.presets import START
from server.rooms import Look
from spiral_core import link
from spiral_core.classroom.plans import Kind, Plan, Step
from spiral_core.classroom.room_state import RoomState
from spiral_core.marking import N_
from spiral_core.rules import SettingError

KINDS: dict[Kind, str] = {
    "vote": N_("A vote"), "lesson": N_("A lesson"), "goal": N_("A goal"), "experiment": N_("An experiment"),
    "pause": N_("Away from the screen"),
}  # fmt: skip
_ABOUT: dict[Kind, str] = {
    "vote": N_("Vote: {about}"), "lesson": N_("Lesson: {about}"), "goal": N_("Goal: {about}"),
    "experiment": N_("Experiment: {about}"),
}  # fmt: skip
ICONS: dict[Kind, str] = {"vote": "how_to_vote", "lesson": "school", "goal": "flag", "experiment": "play_circle", "pause": "forum"}
# How the parts of a plan are called where one is refused.
_LABELS = {
    "plan": N_("The file"), "name": N_("The name"), "aim": N_("The aim"), "mistakes": N_("What students usually get wrong"),
    "steps": N_("The steps"), "kind": N_("The kind of the step"), "minutes": N_("Minutes"), "note": N_("The note"),
    "lesson": N_("The lesson"), "question": N_("The question"), "options": N_("The answers"), "option_count": N_("The number of answers"), "goal": N_("The goal"),
    "link": N_("The link"), "page": N_("The page"), "query": N_("The link"), "vote": N_("The vote"), "start": N_("The start"),
    "accuracy": N_("The accuracy"), "loss": N_("The loss"), "weights": N_("Weights"), "iterations": N_("Iterations"),
}  # fmt: skip


def text(step: Step) -> str:
    """A step in a few words, harmless as Markdown."""
    about = _about(step)
    return _(_ABOUT[step.kind]).format(about=about) if about else _(KINDS[step.kind])


def _about(step: Step) -> str:
    if step.kind in ("lesson", "vote") and step.lesson in LESSONS:
        return _(LESSONS[step.lesson].title)
    if step.kind == "vote" and step.vote:
        return escaped(step.vote.question)
    if step.kind == "goal" and step.goal:
        said = _("loss of at most {value}") if step.goal.measure == "loss" else _("accuracy of at least {value}")
        return said.format(value=goals.asked(step.goal))
    if step.kind == "experiment":
        settings, _errors = link.from_query(dict(step.query), START)
        page = _(navigation.PAGES[step.page][1]) + " · " if step.page and step.page in navigation.PAGES else ""
        return page + escaped(run_name(settings))
    return ""


def problem(error: SettingError) -> str:
    """What is wrong with a plan, as a sentence."""
    where, _dot, name = error.field.rpartition(".")
    error = SettingError(name, error.rule, error.given)
    if where.startswith("steps."):
        return _("Step {number}:").format(number=where.split(".")[1]) + " " + problem(error)
    if name in _LABELS:
        return explain_value(_(_LABELS[name]), SettingError(name, error.rule, shortened(str(error.given))))
    return explain(error)


# In a class.


def go(look: Look, plan: Plan, number: int) -> None:
    """Begin a step; two clicks, or two of the teacher's browsers, begin it once."""
    before = look.state

    def begun(state: RoomState) -> RoomState:
        if (state.plan, state.step) != (before.plan, before.step):
            return state
        return _begun(state, plan.steps[number]).at_step(state.plan, number)

    moves.change(look, begun)


def _begun(state: RoomState, step: Step) -> RoomState:
    if step.kind == "vote":
        return state.begin(vote=words.vote_of_lesson(step.lesson) if step.lesson in LESSONS else step.vote)
    if step.kind == "goal" and step.goal:
        return state.begin(goal=dataclasses.replace(step.goal, minutes=step.minutes), now=time.time())
    place = _place(step)
    if place is None:
        return state.begin()
    if state.vote and state.vote.lesson and state.vote.lesson == step.lesson:  # the answers go along into the lesson
        return dataclasses.replace(state, stage="shown").led(*place)
    return state.begin().led(*place)


def _place(step: Step) -> tuple[str, dict[str, str]] | None:
    """Where a step leads; None: nowhere."""
    if step.kind == "lesson":
        return course.PAGE, {"lesson": step.lesson}
    return (step.page, dict(step.query)) if step.kind == "experiment" else None


def leads(step: Step) -> bool:
    """Whether a step is about a page that the teacher may want to open too."""
    return _place(step) is not None and (step.kind == "lesson" or step.page in navigation.PAGES)


def open_here(step: Step) -> None:
    """Open what a step leads to in the teacher's own browser."""
    place = _place(step)
    if place is None or not teacher_link.rules().has_page(place[0]):
        return
    moves.open_here(*place)
