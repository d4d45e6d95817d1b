"""The frame of the page: the plane at the left, and at the right what is known of the points or how they can be brought in."""

from __future__ import annotations

import streamlit as st

from pages.data import draft as drafts
from pages.data import facts, plane, scaling, table, upload
from pages.data.draft import Draft
from pages.ui.text import _, choice_label, escaped, explain, parameter_of, points_count, points_text, thousands
from pages.ui.visit import address, experiment, navigation, saved
from pages.ui.widgets import sidebar
from spiral_core.data_settings import OWN
from spiral_core.flat import DATA_PARAMETERS
from spiral_core.marking import N_
from spiral_core.measured import MEASURED

PARTS = {"overview": N_("Facts"), "table": N_("Table"), "file": N_("File"), "scale": N_("Scaling"), "fresh": N_("Fresh test")}


def show() -> None:
    sidebar.show(data_first=True)
    draft = drafts.current()
    _header(draft)
    left, right = st.columns([3, 2], gap="large")
    with left:
        split = plane.show(draft)
        _below_the_plane()
    with right:
        titles = {name: _(title) for name, title in PARTS.items()}
        part = st.segmented_control(
            _("Part"), list(titles), default="overview", key="data_part", format_func=titles.__getitem__, required=True, width="stretch",
            label_visibility="collapsed",
        )  # fmt: skip
        if part == "table":
            table.show(draft)
        elif part == "file":
            upload.show()
        elif part == "scale":
            scaling.show(draft, split)
        elif part == "fresh":
            facts.fresh_test(split)
        else:
            facts.overview(draft, split)
            if not drafts.missing(draft):
                facts.origin(experiment.current().data)
            table.download(draft)


def _header(draft: Draft) -> None:
    """Title, whose points these are, and the way to the training."""
    data = experiment.current().data
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data_header"):
        st.header(_("Data"), width="stretch", anchor=False)
        if drafts.missing(draft):
            st.caption(_("Not used yet; the other pages keep the data they had."), width="content")
        elif data.name == OWN:
            st.caption(_("Your own: {points}").format(points=points_text(data.points)), width="content")
        elif data.name in MEASURED:
            st.caption(
                _("{label}: {points}, measured").format(label=choice_label(data.name), points=points_count(data.point_count)),
                width="content",
            )
        else:
            st.caption(_("{count} generated points").format(count=thousands(data.point_count)), width="content")
        navigation.playground_button("data_playground")


def _below_the_plane() -> None:
    """What a click may have brought about: said where it does not move the plane under the pointer."""
    saved.show_problems()
    refused = experiment.control_error()
    if refused and parameter_of(refused) not in DATA_PARAMETERS:  # a control of another page does not let the points in
        st.error(escaped(explain(refused)), icon=":material/error:")
    if not address.link_holds_all():
        st.caption(
            _(
                "This many points do not fit into a link, so it works only on this server. For use elsewhere, take the CSV "
                "file or the settings."
            )
        )
