"""What was handed in, for the teacher: a table, the boundaries side by side, each to open, and all of it as files."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.room import pictures
from pages.ui.charts import component
from pages.ui.charts.gallery import gallery
from pages.ui.charts.theme import look as theme
from pages.ui.text import _, escaped, language, local_time, ngettext, run_name
from pages.ui.visit import address, navigation
from pages.ui.widgets import live, report
from server.http.scripts import CARTESIAN
from server.services import services
from server.tables.writing import guarded
from server.training.view import View
from spiral_core.classroom.goals import Goal
from spiral_core.export import script
from spiral_core.export.files import settings_json
from spiral_core.settings import Settings
from spiral_core.store.works import Work

MAX_SHOWN = 6  # side by side
_PLOTLY = "plotly.min.js"  # in the zip, once for all reports


def show(works: Sequence[Work]) -> None:
    """All that was handed in; nothing where there is nothing."""
    if not works:
        return
    st.subheader(_("Handed in"), anchor=False)
    st.caption(
        ngettext("{count} work. Choose up to {most} to see.", "{count} works. Choose up to {most} to see.", len(works)).format(
            count=len(works), most=MAX_SHOWN
        )
    )
    event = st.dataframe(
        _table(works), hide_index=True, key="room_works", on_select="rerun", selection_mode="multi-row",
        alt=_("What was handed in: receipt, label, note, weights, judgement."),
    )  # fmt: skip
    chosen = [works[row] for row in event.selection.rows[:MAX_SHOWN]]
    if chosen:
        _shown(chosen)
    with st.container(horizontal=True, gap="small"):
        link_of = address.links()  # made here, where the server's address is known, and asked when a file is made
        st.download_button(
            _("Table (CSV)"), lambda: to_csv(works, link_of), "works.csv", "text/csv", on_click="ignore", key="room_csv"
        )
        st.download_button(
            _("Everything (zip)"), lambda: to_zip(works, link_of), "works.zip", "application/zip", on_click="ignore", key="room_zip",
            help=_("The table, and for each work its settings, its script and, if the server still has its run, its report."),
        )  # fmt: skip


def picked(works: Sequence[Work], receipt: str | None) -> None:
    """The one of the works whose dot was clicked last."""
    if receipt:
        st.session_state["room_picked"] = receipt
    wanted = st.session_state.get("room_picked")
    for work in works:
        if work.id == wanted:
            _shown([work])


def _table(works: Sequence[Work]) -> pd.DataFrame:
    rows = [
        {
            _("receipt"): work.id, _("label"): work.label, _("note"): work.note, _("run"): run_name(work.settings),
            _("weights"): work.settings.parameter_count, _("judged"): pictures.verdict(work),
            _("handed in"): local_time(work.at),
        }
        for work in works
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _shown(works: Sequence[Work]) -> None:
    """The boundaries of some works, and the way to each in the Playground, where nothing is locked."""
    names = [work.label or work.id for work in works]

    def draw(views: list[View]) -> None:
        component.gallery(gallery(views, names, theme()), key="room_gallery")

    live.follow_all([work.settings for work in works], draw)
    with st.container(horizontal=True, gap="small"):
        for work, name in zip(works, names, strict=True):
            st.button(
                _("Open {name}").format(name=escaped(name)), key=f"room_open_{work.id}", icon=":material/open_in_new:",
                on_click=navigation.open_in_playground, args=(work.settings,),
            )  # fmt: skip


def to_csv(works: Sequence[Work], link_of: Callable[[Settings], str]) -> bytes:
    """One row a work; with a byte order mark, so that spreadsheets read Korean right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["receipt", "label", "note", "weights", "iterations", "goal", "mean", "reached", "late", "time", "link"])
    for work in works:
        result = work.result or {}
        goal = Goal.from_dict(work.goal).to_query() if work.goal else ""
        writer.writerow([
            work.id, guarded(work.label), guarded(work.note), work.settings.parameter_count, work.settings.last_iteration, goal,
            result.get("mean", ""), result.get("reached", ""), pictures.is_late(work), local_time(work.at), link_of(work.settings),
        ])  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def to_zip(works: Sequence[Work], link_of: Callable[[Settings], str]) -> bytes:
    """The table, and a folder a work."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("works.csv", to_csv(works, link_of))
        for work in works:
            archive.writestr(f"{work.id}/settings.json", settings_json(work.settings))
            archive.writestr(f"{work.id}/run.py", script.script(work.settings))
            archive.writestr(f"{work.id}/note.json", json.dumps({"label": work.label, "note": work.note}, ensure_ascii=False))
            view = services().runs.finished(work.settings)
            if view:
                made = report.report(view, link_of(work.settings), language(), f"../{_PLOTLY}")
                archive.writestr(f"{work.id}/report.html", made)
        archive.write(CARTESIAN, _PLOTLY)
    return packed.getvalue()
