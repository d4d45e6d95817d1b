"""The frame of the page: title with the projector switch, its parts, and the state of the server."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.teach import form, link, plans, sheets
from pages.ui.text import _, thousands
from pages.ui.visit import navigation, room, teacher_link
from server import metrics
from server.http import limits
from server.store import SAID_FROM
from server.training.jobs import MEMORY
from spiral_core.marking import N_

PARTS = {"link": N_("A link for the class"), "plans": N_("Plans of an hour"), "sheets": N_("Worksheets")}


def show() -> None:
    """The whole page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="teach_header"):
        st.header(_("Teach"), width="stretch", anchor=False)
        st.button(
            _("To the classroom"), key="teach_class", icon=":material/groups:", on_click=navigation.go, args=(room.PAGE,),
            help=_("Ask the class while you teach, set it a goal, collect its work."),
        )  # fmt: skip
        on = teacher_link.rules().projector
        st.toggle(
            _("Projector mode in this tab"), on, key=f"teach_projector_{on}", on_change=_toggle_projector,
            help=_("Large type, thick lines and fewer controls in this tab until you switch it off or open the plain "
                   "address."),
        )  # fmt: skip
    texts = {part: _(text) for part, text in PARTS.items()}
    part = st.segmented_control(
        _("What to prepare"), list(texts), default=None if "teach_part" in st.session_state else "link", key="teach_part",
        format_func=texts.__getitem__, required=True, label_visibility="collapsed",
    )  # fmt: skip
    if part == "plans":
        plans.show()
    elif part == "sheets":
        sheets.show()
    else:
        _link()
    with st.expander(_("This server"), icon=":material/monitor_heart:"):
        _server()


def _link() -> None:
    """The form of a link beside the link."""
    st.markdown(
        _(
            "Make a link for your class. It opens a page with an experiment and leaves only the controls that the "
            "lesson needs. It guides rather than protects: anyone who edits the address gets all controls back."
        )
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        page, query = form.show()
    with right:
        link.show(page, query)


def _toggle_projector() -> None:
    rules = teacher_link.rules()
    teacher_link.use(replace(rules, projector=not rules.projector))


@st.fragment(run_every=2.0)
def _server() -> None:
    """How many pages are open, what waits, and whether the workers keep up."""
    now = {metric.name: metric.value for metric in metrics.measure()}
    shown = [
        (_("Open pages"), f"{now['pages_open']:g}", _("Open in browsers, including this one.")),
        (
            _("Busy workers"),
            f"{now['workers_busy']:g} / {now['workers']:g}",
            _("Each worker trains one run at a time; runs take turns."),
        ),
        (
            _("Waiting runs"),
            f"{now['runs_waiting']:g}",
            _("Runs waiting for their next turn. If many wait for long, the class needs more cores."),
        ),
        (_("Finished runs"), thousands(int(now["runs_finished_total"])), _("Since the server started.")),
        (
            _("Searches"),
            f"{now['searches_running']:g}",
            _("Searches running now; runs that someone is watching go first."),
        ),
        (
            _("Run memory"),
            f"{now['runs_kept_megabytes']:g} MB",
            _("Runs that nobody is viewing are kept, up to {most} MB in all.").format(most=MEMORY // 1_000_000),
        ),
        (
            _("Store"),
            f"{round(now['store_megabytes'], 1):g} MB",
            _("Pinned runs, searches, answers and plans on this server's disk: up to {most} MB in all. Near that, runs that nobody "
              "has pinned go first.").format(most=thousands(int(now["store_most_megabytes"]))),
        ),
    ]  # fmt: skip
    for column, (label, value, help) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value, help=help)
    if now["store_megabytes"] > SAID_FROM * now["store_most_megabytes"]:
        st.warning(
            _("The store is nearly full. {command} deletes what nobody has used for long; {variable} allows more.").format(
                command="`spiral-lab store clean`", variable=f"`{limits.STORE}`"
            ),
            icon=":material/hard_drive:",
        )
    st.caption(_("Monitoring tools can read the same figures at {address} on this server.").format(address="`/metrics`"))
