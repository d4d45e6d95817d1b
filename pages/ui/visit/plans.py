"""The plans of hours of this browser's owner, kept in the store, and what brings back the state before a change."""

from __future__ import annotations

import hashlib
from functools import partial

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import course, saved
from pages.ui.visit.state import visit
from server.kept import kept
from server.services import services
from spiral_core.classroom.plans import Outline, Plan
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError
from spiral_core.store.database import StoreError
from spiral_core.store.lesson_plans import MAX_PLANS

MAX_BEFORE = 30  # changes that can be undone
STEP_BYTES = 5000  # of a step in memory, without its points


def own() -> dict[str, Outline]:
    """What there is to say of the plans of this browser, by their ids, oldest first; none where the store fails."""
    seen = {plan_id: kept.get(("outline", _digest(text)), partial(_outline, text)) for plan_id, text in _texts().items()}
    return {plan_id: outline for plan_id, outline in seen.items() if outline}


def id_of(plan: Plan) -> str:
    """The id of a plan of this browser's that is the same; empty where there is none."""
    wanted = plan.to_json()
    return next((plan_id for plan_id, text in _texts().items() if text == wanted), "")


def _texts() -> dict[str, str]:
    try:
        return services().store.plans(saved.own_shelf())
    except StoreError:
        return {}


def of(plan_id: str) -> Plan | None:
    """A plan by its id: of a class too whose plan another browser of the teacher's has made."""
    if not plan_id:
        return None
    try:
        text = services().store.plan(plan_id)
    except StoreError:
        return None
    return kept.get(("plan", _digest(text)), partial(_read, text), lambda plan: _size(text, plan)) if text else None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _size(text: str, plan: Plan | None) -> int:
    """About how many bytes a plan takes: its texts and points, and the values of each step."""
    return len(text.encode()) + plan.step_count * STEP_BYTES if plan else 0


def _outline(text: str) -> Outline | None:
    try:
        return Outline.from_json(text)
    except SettingError:
        return None


def _read(text: str) -> Plan | None:
    try:
        return read(text)
    except SettingError:  # of a newer version
        return None


def read(text: str) -> Plan:
    """A plan from the text of its file. Raises SettingError, for lessons too that there are not."""
    plan = Plan.from_json(text)
    for number, step in enumerate(plan.steps, 1):
        if step.lesson and step.lesson not in course.LESSONS:
            rule = Rule("one of", N_("one of {choices}"), {"choices": ", ".join(course.LESSONS)})
            raise SettingError(f"steps.{number}.lesson", rule, step.lesson)
    return plan


def add(plan: Plan) -> str:
    """Keep a new plan; returns its id, or nothing, with a word on the page, where that cannot be. Raises SettingError."""
    text = plan.to_json()
    with saved.attempt():
        saved.spend(len(text))
        try:
            return services().store.add_plan(saved.own_shelf(), text)
        except ValueError:
            st.toast(_("There are {count} plans already. Delete one first.").format(count=MAX_PLANS))
    return ""


def change(plan_id: str, before: Plan, after: Plan) -> None:
    """Keep a plan in place of what it was. Raises SettingError."""
    text = after.to_json()
    _remember(plan_id, before)
    with saved.attempt():
        saved.spend(len(text))
        services().store.keep_plan(saved.own_shelf(), plan_id, text)


def delete(plan_id: str, plan: Plan) -> None:
    """Take a plan away, until `undo`."""
    _remember(plan_id, plan)
    with saved.attempt():
        services().store.delete_plan(saved.own_shelf(), plan_id)


def _remember(plan_id: str, plan: Plan) -> None:
    before = visit().plans_before
    before.append((plan_id, plan))
    del before[:-MAX_BEFORE]


def undo() -> str:
    """Bring back what a plan was before the last change; returns its id."""
    plan_id, plan = visit().plans_before.pop()
    with saved.attempt():
        services().store.keep_plan(saved.own_shelf(), plan_id, plan.to_json())
    return plan_id
