"""The plans of hours of this browser's owner, kept in the store, and what brings back the state before a change."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import course, saved
from pages.ui.visit.state import visit
from server.services import services
from spiral_core.classroom.plans import Plan
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError
from spiral_core.store.database import StoreError
from spiral_core.store.lesson_plans import MAX_PLANS

MAX_BEFORE = 30  # changes that can be undone


def own() -> dict[str, Plan]:
    """The plans of this browser by their ids, oldest first; none where the store fails."""
    try:
        kept = services().store.plans(saved.own_shelf())
    except StoreError:
        return {}
    return {plan_id: plan for plan_id, text in kept.items() if (plan := _read(text))}


def of(plan_id: str) -> Plan | None:
    """A plan by its id: of a class too whose plan another browser of the teacher's has made."""
    if not plan_id:
        return None
    try:
        text = services().store.plan(plan_id)
    except StoreError:
        return None
    return _read(text) if text else None


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
