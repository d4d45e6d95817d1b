"""A file of points: what was understood of it is shown before it is used."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.data import draft as drafts
from pages.data import reading
from pages.data.reading import Columns, RowsError, Sheet
from pages.ui.text import _, escaped, ngettext, thousands
from pages.ui.text.tabular import DELIMITERS, FileError
from spiral_core.points import Points

PREVIEW = 6  # rows
_UNLIKE = 3.0  # times larger or smaller than 1: where standardising is proposed


def show() -> None:
    st.markdown(
        _(
            "Two columns with numbers and one with the class, in any order and with any names. UTF-8, UTF-16 and CP949 are read, with any "
            "delimiter. At most 10 000 points, 8 classes and 5 MB."
        )
    )
    upload = st.file_uploader(
        _("A CSV file"), ["csv", "tsv", "txt"], key="data_upload", max_upload_size=5, label_visibility="collapsed"
    )
    if upload is None:
        return
    try:
        sheet = _sheet(upload.file_id, upload.getvalue())
        columns = _columns(sheet, upload.file_id)
        offer, preview = st.container(), st.container()
        preview.dataframe(
            pd.DataFrame(sheet.rows[:PREVIEW], columns=sheet.columns, index=sheet.lines[:PREVIEW]), height="content",
            alt=_("The first rows of the file."),
        )  # fmt: skip
        with offer:
            _decide(sheet, columns, upload.file_id)
    except FileError as error:
        st.error(escaped(str(error)), icon=":material/error:")


def _decide(sheet: Sheet, columns: Columns, file: str) -> None:
    """What is wrong with the rows, if anything is, and the button that uses them. Raises FileError."""
    try:
        points = reading.points(sheet, columns)
    except RowsError as error:
        st.warning(escaped(str(error)), icon=":material/error:")
        text = ngettext(
            "Leave out what cannot be used ({count} row)", "Leave out what cannot be used ({count} rows)", error.count
        ).format(count=thousands(error.count))
        if not st.checkbox(text, key=f"data_leave_{file}"):
            return
        points = reading.points(sheet, columns, leave_out=True)
    _offer(points, file)


def _sheet(file: str, content: bytes) -> Sheet:
    """The file's rows, with what was guessed shown and changeable. Raises FileError."""
    names = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": "|", " ": _("space")}
    state = st.session_state
    chosen, header = state.get(f"data_delimiter_{file}"), state.get(f"data_header_{file}")
    memo: tuple[object, Sheet] | None = state.get("data_sheet")
    if memo is None or memo[0] != (file, chosen, header):
        memo = ((file, chosen, header), reading.read(content, chosen, header))
        state["data_sheet"] = memo
    sheet = memo[1]
    st.caption(
        ngettext(
            "Understood as {encoding}, {rows} row, {columns} columns.",
            "Understood as {encoding}, {rows} rows, {columns} columns.",
            len(sheet.rows),
        ).format(encoding=sheet.encoding, rows=thousands(len(sheet.rows)), columns=len(sheet.columns))
    )
    with st.container(horizontal=True, vertical_alignment="center", key="data_guessed", gap="small"):
        st.selectbox(
            _("Delimiter"), DELIMITERS, DELIMITERS.index(sheet.delimiter), label_visibility="collapsed", format_func=names.__getitem__, key=f"data_delimiter_{file}",
            width=130,
        )  # fmt: skip
        st.checkbox(_("The first line names the columns"), sheet.header, key=f"data_header_{file}")
    return sheet


def _columns(sheet: Sheet, file: str) -> Columns:
    """Which columns are used: guessed, and changeable."""
    guessed = reading.guess(sheet)
    titles = (_("First number"), _("Second number"), _("Class"))
    chosen = []
    for place, title, name, field in zip(st.columns(3), titles, guessed, Columns._fields, strict=True):
        key = f"data_{field}_{file}_{hash(sheet.columns)}"
        chosen.append(place.selectbox(title, sheet.columns, sheet.columns.index(name), key=key))
    return Columns(*chosen)


def _offer(points: Points, file: str) -> None:
    """What would be used, and the button that uses it."""
    counts = ", ".join(f"{name}: {int((points.y == k).sum())}" for k, name in enumerate(points.names))
    st.markdown(
        escaped(
            ngettext("{count} point: {classes}.", "{count} points: {classes}.", len(points)).format(
                count=thousands(len(points)), classes=counts
            )
        )
    )
    deviation, mean = points.X.std(axis=0), points.X.mean(axis=0)
    unlike = bool((deviation > _UNLIKE).any() or (deviation < 1 / _UNLIKE / 2).any() or (abs(mean) > _UNLIKE).any())
    why = _("Proposed here, because these numbers are far from 0 or of very different size: training would crawl or blow up.")
    standardise = st.checkbox(_("Standardise before training"), unlike, key=f"data_scale_{file}", help=why if unlike else None)
    if unlike:
        st.caption(why)
    if st.button(_("Use these points"), key="data_use", type="primary", icon=":material/check:"):
        if drafts.use(points, scale="standardise" if standardise else "none"):
            st.session_state["data_plane"] = None
            st.toast(_("All pages now use your points."), icon=":material/check:")
        st.rerun()
