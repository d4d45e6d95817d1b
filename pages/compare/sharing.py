"""The shelf as files and by its link: saved, shared, loaded."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.compare import files as shelf_files
from pages.compare.rows import Entry
from pages.compare.shelf import entries
from pages.ui.text import _, escaped, ngettext
from pages.ui.text.files import FileError
from pages.ui.visit import address, saved
from pages.ui.visit.state import visit
from server.services import services
from spiral_core.store.shelves import MAX_PINS


def files_of(shelf: Sequence[Entry]) -> list[shelf_files.Row]:
    return [
        shelf_files.Row(entry.settings, entry.name, entry.pin.note, entry.record.summary if entry.record else None)
        for entry in shelf
    ]


def files(shelf: Sequence[Entry]) -> None:
    """Take the shelf along, as a file or by its link, and bring files back."""
    with st.expander(_("Save, load, share"), icon=":material/folder_open:", key="compare_files"):
        left, right = st.columns(2, gap="large")
        with left:
            rows = files_of(shelf)
            with st.container(horizontal=True):
                st.download_button(
                    "CSV", lambda: shelf_files.to_csv(rows), "shelf.csv", "text/csv", icon=":material/download:",
                    disabled=not rows, on_click="ignore", key="compare_csv",
                )  # fmt: skip
                st.download_button(
                    "JSON", lambda: shelf_files.to_json(rows), "shelf.json", "application/json", icon=":material/download:",
                    disabled=not rows, on_click="ignore", key="compare_json",
                )  # fmt: skip
            st.caption(_("Both contain all settings, names, notes and results."))
        with right:
            upload = st.file_uploader(
                _("Load a shelf"), ["csv", "json"], key="compare_upload", max_upload_size=1,
                help=_("A CSV or JSON file saved here. Its runs are added and trained again."),
            )  # fmt: skip
            if saved.may_edit() and upload is not None and st.session_state.get("compare_loaded") != upload.file_id:
                st.session_state["compare_loaded"] = upload.file_id
                _load(upload.name, upload.getvalue())
        if not saved.is_shared():
            _share()


def _share() -> None:
    """The link to the own shelf, by a token that opens nothing else."""
    editable = st.checkbox(_("Others may change this shelf"), key="compare_editable")
    st.caption(
        _("Anyone with its link can see and change the shelf; nobody can guess the link.")
        if editable
        else _("Anyone with its link can see the shelf; nobody can guess the link.")
    )
    token = saved.token(editable)
    if token:
        st.code(address.link_here(shelf=token), language=None, wrap_lines=True)
        st.button(
            _("Revoke all links to this shelf"), key="compare_unshare", icon=":material/link_off:", type="tertiary",
            on_click=saved.stop_sharing,
        )  # fmt: skip
    else:
        st.button(
            _("Make a link to this shelf"), key="compare_share", icon=":material/link:", on_click=saved.share, args=(editable,)
        )


def _load(name: str, content: bytes) -> None:
    try:
        loaded = shelf_files.read(name, content)
    except FileError as error:
        st.error(escaped(str(error)))
        return
    room = MAX_PINS - len(entries())
    with saved.attempt():
        saved.spend(sum(saved.size_of(row.settings) for row in loaded[:room]))
        for row in loaded[:room]:
            services().store.pin(saved.pin_shelf(), row.settings, row.name, row.note)
    if len(loaded) > room:
        visit().not_saved = ngettext(
            "the shelf holds at most {most} runs, so {count} run from the file was left out",
            "the shelf holds at most {most} runs, so {count} runs from the file were left out",
            len(loaded) - room,
        ).format(most=MAX_PINS, count=len(loaded) - room)
    st.rerun()
