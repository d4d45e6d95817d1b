"""Plans of hours: the teacher's own, to make and change, and six that are ready."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.room import plan_bar, plan_steps
from pages.room.ready import READY, translated
from pages.teach import step_form
from pages.ui.text import _, escaped, number_text
from pages.ui.visit import plans
from pages.ui.visit.state import visit
from pages.ui.widgets import keyed
from spiral_core.classroom.plans import MAX_FILE, MAX_NAME, MAX_NOTE, MINUTES, Outline, Plan
from spiral_core.rules import SettingError

_CHOSEN, _PROBLEM, _READ = "plans_chosen", "plans_problem", "plans_file_read"


def show() -> None:
    st.markdown(
        _(
            "An hour, step by step: votes, lessons, goals, experiments and talk, each with its minutes. In your class, “Next” begins "
            "the next step for everybody. Plans are kept for this browser; a file takes them elsewhere."
        )
    )
    own = plans.own()
    chosen, plan = _chosen(own)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _header(own, chosen, plan)
        problem = st.session_state.pop(_PROBLEM, "")
        if problem:
            st.error(escaped(problem), icon=":material/error:")
        if plan:
            _editor(chosen, plan)
        elif own:
            st.warning(_("This plan cannot be read here: a newer version may have made it."), icon=":material/update:")
    with right:
        _ready()


# Which plan.


def _chosen(own: dict[str, Outline]) -> tuple[str, Plan | None]:
    """The plan that is open, else the newest: alone read whole, None where it cannot be."""
    chosen = st.session_state.get(_CHOSEN, "")
    if not own:
        return "", None
    if chosen not in own:
        chosen = st.session_state[_CHOSEN] = next(reversed(own))
    return chosen, plans.of(chosen)


def _header(own: dict[str, Outline], chosen: str, plan: Plan | None) -> None:
    """The teacher's own plans, a new one, one from a file, and undo."""
    if own:
        names = {plan_id: f"{each.name} · {plan_bar.sums(each)}" for plan_id, each in own.items()}
        key = keyed.key("plans_which", chosen, tuple(names.items()))
        st.selectbox(
            _("Your plans"), list(names), list(names).index(chosen), key=key, format_func=names.__getitem__,
            on_change=keyed.changed(key, _choose),
        )  # fmt: skip
    else:
        st.info(_("You have no plan yet. Make one, or take one of those that are ready."), icon=":material/checklist:")
    with st.container(horizontal=True, gap="small"):
        st.button(_("New plan"), key="plans_new", icon=":material/add:", on_click=_add, args=(Plan(_("My hour")),))
        with st.popover(_("From a file"), key="plans_import", icon=":material/upload_file:"):
            _import()
        if plan:
            st.download_button(
                _("As a file"), plan.to_json, "spiral_plan.json", "application/json", on_click="ignore", key="plans_export",
                icon=":material/download:",
            )  # fmt: skip
            st.button(_("Delete"), key="plans_delete", icon=":material/delete:", on_click=plans.delete, args=(chosen, plan))
        st.button(
            _("Undo"), key="plans_undo", icon=":material/undo:", type="tertiary", disabled=not visit().plans_before, on_click=_undo
        )


def _choose(plan_id: Any) -> None:
    st.session_state[_CHOSEN] = plan_id


def _add(plan: Plan) -> None:
    try:
        plan_id = plans.add(plan)
    except SettingError as error:
        st.session_state[_PROBLEM] = plan_steps.problem(error)
    else:
        if plan_id:
            _choose(plan_id)


def _undo() -> None:
    _choose(plans.undo())


def _import() -> None:
    upload = st.file_uploader(_("A plan that was saved as a file"), ["json"], key="plans_file", max_upload_size=1)
    if upload is None or st.session_state.get(_READ) == upload.file_id:
        return
    st.session_state[_READ] = upload.file_id
    try:
        plan = plans.read(upload.getvalue()[: 4 * MAX_FILE + 1].decode("utf-8-sig"))
    except UnicodeDecodeError:
        st.session_state[_PROBLEM] = _("The file is not text.")
    except SettingError as error:
        st.session_state[_PROBLEM] = plan_steps.problem(error)
    else:
        _add(plan)
    st.rerun()


# Changing one.


def _change(plan_id: str, before: Plan, after: Plan) -> None:
    try:
        plans.change(plan_id, before, after)
    except SettingError as error:
        st.session_state[_PROBLEM] = plan_steps.problem(error)


def _editor(plan_id: str, plan: Plan) -> None:
    """The name, the steps, and a form for one more."""
    key = keyed.key("plans_name", plan.name, plan_id)

    def rename(name: str) -> None:
        if name.strip():
            _change(plan_id, plan, Plan(name.strip(), plan.steps, plan.aim, plan.mistakes))

    st.text_input(_("Name"), plan.name, key=key, max_chars=MAX_NAME, on_change=keyed.changed(key, rename))
    about(plan)
    for number in range(len(plan.steps)):
        _row(plan_id, plan, number)
    if plan.steps:
        st.markdown(f"**{plan_bar.sums(plan)}**")
    with st.expander(_("Add a step"), icon=":material/add:", expanded=not plan.steps):
        step_form.show(lambda step: _change(plan_id, plan, plan.added(step)))


def about(plan: Plan) -> None:
    """What a plan is for, and what to expect."""
    if plan.aim:
        st.markdown(f"**{_('Aim')}.** {escaped(plan.aim)}")
    if plan.mistakes:
        st.markdown(f"**{_('What students usually get wrong')}.** {escaped(plan.mistakes)}")


def _row(plan_id: str, plan: Plan, number: int) -> None:
    """A step: what it is, its minutes and note, its place, and the way out."""
    step = plan.steps[number]
    with st.container(key=f"plans_step_{number}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{number + 1}. :material/{plan_steps.ICONS[step.kind]}: {plan_steps.text(step)}", width="stretch")
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                key = keyed.key(f"plans_minutes_{number}", step.minutes, plan_id)

                def minutes(value: Any) -> None:
                    _change(plan_id, plan, plan.changed(number, minutes=value))

                st.number_input(
                    _("Minutes of step {number}").format(number=number_text(number + 1)), MINUTES.low, MINUTES.high, step.minutes,
                    key=key, label_visibility="collapsed", width=110, on_change=keyed.changed(key, minutes),
                )  # fmt: skip
                for name, label, icon, after, off in (
                    ("up", _("Move up"), "arrow_upward", plan.moved(number, -1), number == 0),
                    ("down", _("Move down"), "arrow_downward", plan.moved(number, 1), number + 1 == len(plan.steps)),
                    ("delete", _("Delete this step"), "delete", plan.without(number), False),
                ):
                    st.button(
                        "", key=f"plans_{name}_{number}", icon=f":material/{icon}:", help=label, type="tertiary", disabled=off,
                        on_click=_change, args=(plan_id, plan, after),
                    )  # fmt: skip
                with st.popover(
                    "", key=f"plans_note_{number}", icon=":material/edit_note:", type="tertiary", help=_("Change the note")
                ):
                    _note(plan_id, plan, number)
        if step.note:
            st.caption(escaped(step.note))


def _note(plan_id: str, plan: Plan, number: int) -> None:
    step = plan.steps[number]
    key = keyed.key(f"plans_text_{number}", step.note, plan_id)

    def note(text: str) -> None:
        _change(plan_id, plan, plan.changed(number, note=text.strip()))

    st.text_area(_("Note, for you alone"), step.note, key=key, max_chars=MAX_NOTE, height=120, on_change=keyed.changed(key, note))


# Those that are ready.


def _ready() -> None:
    st.subheader(_("Ready to teach"), anchor=False)
    for name, english in READY.items():
        plan = translated(english)
        with st.expander(f"{plan.name} · {plan_bar.sums(plan)}"):
            about(plan)
            st.markdown(plan_bar.listed(plan))
            st.button(_("Take it as my own"), key=f"plans_take_{name}", icon=":material/content_copy:", on_click=_add, args=(plan,))
