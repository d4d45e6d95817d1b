"""A file of points: what was understood of it is shown before it is used, and every guess can be changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

from pages.data import draft as drafts
from pages.data import guesses
from pages.ui.text import _, escaped, ngettext, thousands
from pages.ui.text.files import in_words
from server import page_time
from server.services import whose_page
from server.tables import readers
from server.tables.table import Choices, Reading
from spiral_core.points import Points

UNLIKE = 3.0  # times larger or smaller than 1: where standardising is proposed
TYPES = ["csv", "tsv", "txt", "data", "dat", "xlsx"]


@dataclass
class Upload:
    """The file on show in this visit: its id, what the user decided, and the reading that came of it."""

    file: str
    choices: Choices
    reading: Reading
    open: bool  # whether the guesses began unfolded: they stay so, for nothing may move under a pointer


def show() -> None:
    st.markdown(_("Two columns with numbers and one with the class, as CSV, text or Excel. At most 8 classes and 5 MB."))
    sent = content_of()
    if sent is None:
        if st.session_state.get("data_upload_forgotten"):
            text = _(
                "The server no longer has this file: the server was restarted, or newer files took its place. Choose the file "
                "again."
            )
            st.warning(text, icon=":material/upload_file:")
        return
    shown = _read(*sent)
    st.session_state["data_upload_forgotten"] = shown is None
    if shown is None:
        st.session_state["data_upload_number"] = _number() + 1  # an empty uploader, in which the same file can be chosen again
        st.rerun()
    guesses.show(shown.reading, shown.open, lambda kind, value: _choose(shown, kind, value))
    _decide(shown)
    guesses.preview(shown.reading)


def _number() -> int:
    """How many uploaders were emptied because the server had no longer what they held."""
    return int(st.session_state.get("data_upload_number", 0))


class Sent(NamedTuple):
    """A file that the browser sent. content: None if the server no longer has it."""

    file: str
    content: bytes | None


def content_of() -> Sent | None:
    """The file in the uploader, if there is one."""
    key = f"data_upload_{_number()}" if _number() else "data_upload"
    upload = st.file_uploader(_("A file with points"), TYPES, key=key, max_upload_size=5, label_visibility="collapsed")
    if upload is not None:
        return Sent(upload.file_id, upload.getvalue())
    told = st.session_state.get(key)
    return Sent(told.file_id, None) if isinstance(told, DeletedFile) else None


def _read(file: str, content: bytes | None) -> Upload | None:
    """The reading of a file under the user's choices; None if the server no longer has what it would need for that."""
    shown: Upload | None = st.session_state.get("data_reading")
    word = _("column {number}")
    if shown is None or shown.file != file:
        if content is None:
            return None
        with page_time.aside():
            reading = readers.read(content, Choices(column_word=word), whose_page())
        shown = Upload(file, Choices(column_word=word), reading, guesses.need_a_look(reading))
        st.session_state["data_reading"] = shown
    wanted = st.session_state.pop("data_wanted", None)
    if wanted is not None and wanted != shown.choices:
        if content is None:
            return None
        with page_time.aside():
            shown = dataclasses.replace(shown, choices=wanted, reading=readers.read(content, wanted, whose_page()))
        st.session_state["data_reading"] = shown
    return shown


def _choose(shown: Upload, kind: str, value: object) -> None:
    """Take up what the user decided; other columns than before are guessed anew."""
    changes: dict[str, object] = {kind: value}
    if kind in ("encoding", "sheet", "delimiter", "header"):
        changes |= {"x": None, "y": None, "label": None, "missing": None}
    if kind in ("encoding", "sheet", "delimiter"):
        changes["header"] = None
    before = st.session_state.get("data_wanted") or shown.choices  # of two quick changes both count
    st.session_state["data_wanted"] = dataclasses.replace(before, **changes)


def _decide(shown: Upload) -> None:
    """What is wrong with the file or its rows, if anything is, and the button that uses the points."""
    reading = shown.reading
    if reading.error is not None:
        st.error(escaped(in_words(reading.error)), icon=":material/error:")
        return
    if reading.refusal is not None:
        st.warning(escaped(in_words(reading.refusal)), icon=":material/error:")
        text = ngettext("Leave out {count} unusable row", "Leave out {count} unusable rows", reading.refused).format(
            count=thousands(reading.refused)
        )
        key = f"data_leave_{shown.file}"
        st.session_state[key] = shown.choices.leave_out
        st.checkbox(text, key=key, on_change=lambda: _choose(shown, "leave_out", st.session_state[key]))
    if reading.points is not None:
        for note in guesses.notes(reading):
            st.caption(escaped(note))
        _offer(reading.points, shown.file)


def _offer(points: Points, file: str) -> None:
    """What would be used, and the button that uses it."""
    counts = ", ".join(f"{name}: {int((points.y == k).sum())}" for k, name in enumerate(points.names))
    st.markdown(escaped(_("{count} points: {classes}.").format(count=thousands(len(points)), classes=counts)))
    deviation, mean = points.X.std(axis=0), points.X.mean(axis=0)
    unlike = bool((deviation > UNLIKE).any() or (deviation < 1 / UNLIKE / 2).any() or (abs(mean) > UNLIKE).any())
    why = _("Suggested here because these numbers are far from 0 or differ greatly in size: training would crawl or blow up.")
    standardise = st.checkbox(
        _("Standardise before training"), unlike, key=f"data_scale_{file}_{unlike}", help=why if unlike else None
    )
    if unlike:
        st.caption(why)
    scale = "standardise" if standardise else "none"
    st.button(_("Use these points"), key="data_use", type="primary", icon=":material/check:", on_click=_use, args=(points, scale))


def _use(points: Points, scale: str) -> None:
    if drafts.use(points, scale=scale):
        st.session_state["data_plane"] = None
        st.toast(_("All pages now use your points."), icon=":material/check:")
