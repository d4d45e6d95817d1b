"""The line of the teacher's controls that says where the class is in the plan of the hour, and leads on."""

from __future__ import annotations

import streamlit as st

from pages.room import moves, plan_steps
from pages.room.ready import READY, translated
from pages.ui.text import _, escaped, ngettext
from pages.ui.visit import navigation, plans
from server.rooms import Look
from spiral_core.classroom.plans import Outline, Plan


def show(look: Look) -> None:
    """Where the class is; nothing where it follows no plan."""
    plan = plans.of(look.state.plan)
    if plan is None or not plan.steps:
        return
    at = min(look.state.step, len(plan.steps) - 1)
    with st.container(key="room_plan", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_sentence(plan, at), width="stretch")
        if at >= 0 and plan_steps.leads(plan.steps[at]):
            st.button(
                _("Open it here"), key="room_plan_open", icon=":material/open_in_new:", on_click=plan_steps.open_here,
                args=(plan.steps[at],), help=_("Students see a button that leads there. This opens it in your browser too."),
            )  # fmt: skip
        with st.popover(_("All steps"), key="room_plan_all", icon=":material/list:"):
            _all(look, plan, at)
        if at + 1 < len(plan.steps):
            following = f"{plan_steps.text(plan.steps[at + 1])} · {_minutes(plan.steps[at + 1].minutes)}"
            st.button(
                _("Begin") if at < 0 else _("Next"), key="room_plan_next", icon=":material/skip_next:", type="primary",
                help=following, on_click=plan_steps.go, args=(look, plan, at + 1),
            )  # fmt: skip
        else:
            st.button(_("End the plan"), key="room_plan_end", icon=":material/stop_circle:", on_click=_end, args=(look,))
    if at >= 0 and plan.steps[at].note:
        st.caption(escaped(plan.steps[at].note))


def _sentence(plan: Plan, at: int) -> str:
    if at < 0:
        return f":material/checklist: **{escaped(plan.name)}** · {sums(plan)}"
    where = _("Plan: step {number} of {all}").format(number=at + 1, all=len(plan.steps))
    until = _("until minute {end} of {all}").format(end=plan.until(at), all=plan.minutes)
    step = plan.steps[at]
    return f":material/checklist: **{where}** · {plan_steps.text(step)} · {_minutes(step.minutes)}, {until}"


def sums(plan: Plan | Outline) -> str:
    """How long a plan is."""
    steps = ngettext("{count} step", "{count} steps", plan.step_count).format(count=plan.step_count)
    return f"{steps}, {_minutes(plan.minutes)}"


def _minutes(count: int) -> str:
    return _("{count} min").format(count=count)


def listed(plan: Plan, at: int = -1) -> str:
    """All steps as a list; the one that is on in bold."""
    lines = []
    for number, step in enumerate(plan.steps):
        line = f"{plan_steps.text(step)} · {_minutes(step.minutes)}"
        lines.append(f"{number + 1}. " + (f"**{line}**" if number == at else line))
    return "\n".join(lines)


def _all(look: Look, plan: Plan, at: int) -> None:
    """Where the plan leads; a step back, and the way out."""
    st.markdown(listed(plan, at))
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Previous step"), key="room_plan_back", icon=":material/skip_previous:", disabled=at < 1, on_click=plan_steps.go,
            args=(look, plan, max(at - 1, 0)),
        )  # fmt: skip
        st.button(
            _("Leave the plan"), key="room_plan_leave", type="tertiary", on_click=_leave, args=(look,),
            help=_("What the class does now goes on."),
        )  # fmt: skip


def _leave(look: Look) -> None:
    moves.change(look, lambda state: state.at_step("", -1))


def _end(look: Look) -> None:
    moves.change(look, lambda state: state.begin().at_step("", -1))


# Which plan.


def choose(look: Look) -> None:
    """A way to a plan, out of the way of who teaches without one."""
    if plans.of(look.state.plan):
        return
    with st.popover(_("Follow a plan"), key="room_plan_choose", icon=":material/checklist:"):
        own = {plan_id: plan for plan_id, plan in plans.own().items() if plan.step_count}
        ready = {f"ready {name}": translated(plan) for name, plan in READY.items()}
        names = {plan_id: f"{plan.name} · {sums(plan)}" for plan_id, plan in (own | ready).items()}
        chosen = st.selectbox(_("Plan of the hour"), list(names), key="room_plan_which", format_func=names.__getitem__)
        plan = ready.get(chosen) or plans.of(chosen)
        st.markdown(listed(plan) if plan else "")
        with st.container(horizontal=True, gap="small"):
            st.button(
                _("Take this plan"), key="room_plan_take", type="primary", icon=":material/checklist:", on_click=_take,
                args=(look, chosen, ready.get(chosen)),
            )  # fmt: skip
            st.button(_("Make or change plans"), key="room_plan_edit", icon=":material/edit:", on_click=_to_plans, type="tertiary")


def _take(look: Look, plan_id: str, ready: Plan | None) -> None:
    """The plan stands above the controls; its first step begins when the teacher says so."""
    if ready:
        plan_id = plans.id_of(ready) or plans.add(ready)
    if plan_id:
        moves.change(look, lambda state: state.at_step(plan_id, -1))


def _to_plans() -> None:
    st.session_state["teach_part"] = "plans"
    navigation.go("teach")
