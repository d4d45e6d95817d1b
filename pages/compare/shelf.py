"""The shelf itself: its table, what can be done with its runs, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.compare.rows import RESULTS, Entry, frame_of
from pages.ui.text import _, escaped, explain, ngettext, run_name
from pages.ui.visit import experiment, navigation, saved
from pages.ui.widgets import downloads, live
from server.services import services
from spiral_core.case_study import SOFTMAX, TWO_LAYER
from spiral_core.records import Record, stored_bytes
from spiral_core.rules import SettingError
from spiral_core.settings import Settings
from spiral_core.store.database import StoreError

MOST_SHOWN = 6


def entries() -> list[Entry]:
    """The runs of the shelf; those that were never trained here are now, while the page shows the others."""
    try:
        pins = services().store.pins(saved.shelf())
        records = services().store.load(pin.settings for pin in pins)
    except StoreError as error:
        st.error(_("The shelf cannot be read: {reason}.").format(reason=_(error.reason.value)))
        return []
    found: list[Entry] = []
    for pin in pins:
        name = base = pin.name or run_name(pin.settings)
        number = 1
        while name in {entry.name for entry in found}:
            number += 1
            name = f"{base} ({number})"
        found.append(Entry(pin, records.get(pin.key) or _just_trained(pin.settings), name))
    return found


def _just_trained(settings: Settings) -> Record | None:
    """The record of a run that the run service has finished and nobody has saved yet."""
    found = services().runs.finished(settings)
    if found is None:
        return None
    record = Record.of(found.run)
    with saved.attempt():
        saved.spend(stored_bytes(settings))
        services().store.save([record])
    return record


def header(shelf: Sequence[Entry]) -> None:
    """Title and what can be put on the shelf from here; below it, runs that are still in training."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare_header"):
        st.header(_("Compare"), width="stretch", anchor=False)
        st.button(
            _("Pin the Playground's run"), key="compare_pin", icon=":material/keep:", on_click=_pin_current,
            disabled=not saved.may_edit() or any(entry.settings == experiment.current() for entry in shelf),
        )  # fmt: skip
        st.button(
            _("Linear versus net"), key="compare_pair", icon=":material/compare_arrows:", on_click=_pin_pair,
            help=_("Put the article's two programs on the shelf."),
            disabled=not saved.may_edit() or {SOFTMAX, TWO_LAYER} <= {entry.settings for entry in shelf},
        )  # fmt: skip
        st.button(
            _("Undo"), key="compare_undo", icon=":material/undo:", on_click=_restore, type="tertiary",
            disabled=saved.is_shared() or not saved.has_removed(), help=_("Restore what was removed last."),
        )  # fmt: skip
    missing = [entry for entry in shelf if entry.record is None]
    with st.container():  # the charts below keep their place when it goes
        if missing:
            _complete(missing)


def _complete(missing: Sequence[Entry]) -> None:
    """Train what has no result yet, and show how far it is."""
    if not live.agreed([entry.settings for entry in missing]):
        return

    def again() -> None:
        unfinished = 0
        for entry in missing:
            try:
                unfinished += not services().runs.watch(entry.settings).run.finished
            except SettingError as error:
                st.error(f"{escaped(entry.name)}: {escaped(explain(error))}")
                return
        if unfinished == 0:
            st.rerun()
        text = ngettext("{count} run on the shelf is training …", "{count} runs on the shelf are training …", unfinished).format(
            count=unfinished
        )
        st.progress(1 - unfinished / len(missing), text)

    st.fragment(again, run_every=live.POLL)()


def whose() -> None:
    """Say so where the shelf is not this browser's own."""
    if not saved.is_shared():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="compare_whose"):
        st.info(
            _("This shelf was opened by a link: its owner and everyone with that link see what you change.")
            if saved.may_edit()
            else _("This shelf was opened by a link and is read-only: what you pin goes to your own shelf."),
            width="stretch",
        )
        st.button(_("Copy all to my own shelf"), key="compare_copy", on_click=_copy_to_own)
        st.button(_("Back to my own shelf"), key="compare_own", on_click=saved.close_shared)


def _pin_current() -> None:
    saved.pin(experiment.current())


def _pin_pair() -> None:
    for settings in (SOFTMAX, TWO_LAYER):
        saved.pin(settings)


def _restore() -> None:
    with saved.attempt():
        services().store.restore(saved.own_shelf())


def _copy_to_own() -> None:
    pins = [entry.pin for entry in entries()]
    saved.close_shared()
    for pin in pins:
        if not saved.pin(pin.settings, pin.name, pin.note):
            break


def empty() -> None:
    st.info(
        _(
            "The shelf is empty. Press “Pin” beside a run in the Playground or in a search, or start with the buttons "
            "above: the Playground's run, or the article's linear classifier and net."
        ),
        icon=":material/keep:",
    )


def table(shelf: Sequence[Entry]) -> None:
    """The table: names and notes can be edited in place, rows deleted; only settings that differ are shown."""
    frame = frame_of(shelf)
    editable = (_("Name"), _("Note"))
    columns: dict[str, Any] = {
        editable[0]: st.column_config.TextColumn(pinned=True, max_chars=80),
        editable[1]: st.column_config.TextColumn(max_chars=500),
    }
    columns |= {_(label): st.column_config.NumberColumn(format=form) for _field, label, form in RESULTS}
    # Edits are kept in the store; a changed shelf gets a fresh table, so that no edit is applied to another row.
    key = "compare_table_" + str(abs(hash(tuple((e.key, e.pin.name, e.pin.note) for e in shelf))))

    if not saved.may_edit():
        st.dataframe(
            frame, hide_index=True, column_config=columns, placeholder="–",
            alt=_("Runs on the shelf: {names}").format(names=", ".join(entry.name for entry in shelf)),
        )  # fmt: skip
        return

    def edited() -> None:
        apply_edits(shelf, st.session_state[key])

    st.data_editor(
        frame, key=key, hide_index=True, num_rows="delete", column_config=columns, on_change=edited, placeholder="–",
        disabled=[name for name in frame.columns if name not in editable],
        alt=_("Runs on the shelf: {names}").format(names=", ".join(entry.name for entry in shelf)),
    )  # fmt: skip
    st.caption(
        _("Only settings that differ are shown. Click a name or a note to edit it; select rows and press the bin to remove them.")
    )


def apply_edits(shelf: Sequence[Entry], edits: dict[str, Any]) -> None:
    """Save what was typed into the table, and take deleted rows off the shelf."""
    names = {_("Name"): "name", _("Note"): "note"}
    with saved.attempt():
        changes = edits.get("edited_rows", {})
        for row, entry in enumerate(shelf):
            changed = changes.get(row, changes.get(str(row), {}))
            new = {names[column]: value or "" for column, value in changed.items() if column in names}
            if new:
                services().store.describe(saved.pin_shelf(), entry.key, **new)
        gone = set(edits.get("deleted_rows", []))
        remove([entry.key for row, entry in enumerate(shelf) if row in gone])


def remove(keys: Sequence[str]) -> None:
    """Take runs off the shelf, until `Undo`."""
    if keys:
        with saved.attempt():
            services().store.remove(saved.pin_shelf(), keys)


def move(shelf: Sequence[Entry], key: str, step: int) -> None:
    """Move a run to the left or to the right of its neighbour."""
    keys = [entry.key for entry in shelf]
    i = keys.index(key)
    j = min(max(i + step, 0), len(keys) - 1)
    keys[i], keys[j] = keys[j], keys[i]
    with saved.attempt():
        services().store.reorder(saved.pin_shelf(), keys)


def choose(shelf: Sequence[Entry]) -> list[Entry]:
    """Which runs are drawn: those that somebody chose, and what was pinned since, the latest MOST_SHOWN."""
    by_key = {entry.key: entry for entry in shelf}
    names = {key: entry.name for key, entry in by_key.items()}
    known = st.session_state.get("compare_known", ())
    chosen = [key for key in st.session_state.get("compare_shown", []) if key in by_key]
    chosen += [key for key in by_key if key not in known and key not in chosen]
    st.session_state["compare_shown"] = (chosen or list(by_key))[-MOST_SHOWN:]
    st.session_state["compare_known"] = tuple(by_key)
    keys = st.multiselect(
        _("Side by side"), list(names), key="compare_shown", format_func=lambda key: names.get(key, key),
        max_selections=MOST_SHOWN, help=_("Two to six runs."), placeholder=_("Choose runs"),
    )  # fmt: skip
    shown = [by_key[key] for key in by_key if key in keys]
    _actions(shelf, shown)
    return shown


def _actions(shelf: Sequence[Entry], shown: Sequence[Entry]) -> None:
    """What can be done with each run on show."""
    if not shown:
        return
    for entry, column in zip(shown, st.columns(len(shown)), strict=True):
        with column, st.popover(escaped(entry.name), icon=":material/more_vert:", width="stretch", key=f"compare_menu_{entry.key}"):
            navigation.playground_button(f"compare_open_{entry.key}", entry.settings)
            if saved.may_edit():
                _changes(shelf, entry)
            st.caption(_("Export"))
            downloads.buttons(entry.settings, f"compare_take_{entry.key}")


def _changes(shelf: Sequence[Entry], entry: Entry) -> None:
    """What changes the shelf itself."""
    st.button(
        _("Move up"), key=f"compare_up_{entry.key}", icon=":material/arrow_upward:", on_click=move,
        args=(shelf, entry.key, -1), disabled=entry is shelf[0],
    )  # fmt: skip
    st.button(
        _("Move down"), key=f"compare_down_{entry.key}", icon=":material/arrow_downward:", on_click=move,
        args=(shelf, entry.key, 1), disabled=entry is shelf[-1],
    )  # fmt: skip
    st.button(
        _("Remove"), key=f"compare_remove_{entry.key}", icon=":material/delete:", on_click=remove,
        args=([entry.key],),
    )  # fmt: skip
