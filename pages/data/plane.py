"""The points on the plane, changed by clicks: add, move, delete; and the classes they belong to."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from pages.data import draft as drafts
from pages.data import figures
from pages.data.draft import Draft
from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped, explain
from pages.ui.visit import experiment
from server.training.colours import CLASS_COLOURS
from spiral_core.datasets import Split, make_dataset, parted, wrong_places
from spiral_core.marking import N_
from spiral_core.rules import SettingError

REACH = 0.04  # of the picture's width: how far from a point a click still means it
MANY = 20_000  # points times moves at once, beyond which they are one change
MODES = {"look": N_("View"), "add": N_("Add"), "move": N_("Move"), "delete": N_("Delete")}


def show(draft: Draft) -> Split | None:
    """The toolbar and the picture; returns the split, not yet scaled, where the points can be trained on."""
    parts, refused = _split(draft)
    mode, label = _toolbar(draft)
    plane = figures.plane_of(draft, st.session_state.get("data_plane"))
    st.session_state["data_plane"] = plane
    wrong = wrong_places(experiment.current().data) if parts else np.empty((0, 2))
    figure = figures.plane_chart(draft, parts, plane, look(), changing=mode != "look", wrong=wrong)
    colours = {"look": None, "add": CLASS_COLOURS[label]}
    component.placed(
        figure, _change, key="data_plane_chart", alt=figures.describe(draft, parts), colour=colours.get(mode, look().muted)
    )
    if refused:
        st.error(escaped(refused), icon=":material/error:")
    why = drafts.missing(draft)
    if not why:
        _hint(mode, figures.scaled_apart(draft))
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="data_unfinished"):
            st.info(escaped(why), icon=":material/edit:", width="stretch")
            if len([count for count in draft.counts() if count]) >= drafts.FEWEST_CLASSES:
                st.button(_("Remove empty classes"), key="data_drop", on_click=lambda: drafts.put(drafts.drop_empty_classes(draft)))
            st.button(_("Discard"), key="data_discard", on_click=drafts.discard, help=_("Back to the experiment's data."))
    return parts


def _split(draft: Draft) -> tuple[Split | None, str]:
    """Which points are held out; None for an unfinished set, and with the reason for a share that holds out none."""
    if drafts.missing(draft):
        return None, ""
    data = experiment.current().data
    try:
        return parted(make_dataset(data), data), ""
    except SettingError as error:
        return None, explain(error)


def _toolbar(draft: Draft) -> tuple[str, int]:
    """What a click does, and for which class."""
    titles = {name: _(title) for name, title in MODES.items()}
    names = dict(enumerate(draft.names))
    if st.session_state.get("data_class") not in names:
        st.session_state["data_class"] = 0
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data_tools"):
        mode = st.segmented_control(
            _("What a click does"), list(titles), default="look", format_func=titles.__getitem__, key="data_mode", required=True,
            label_visibility="collapsed",
            help=_("View: drag to pan, scroll to zoom. Add, move and delete change the points; a generated set becomes your own."),
        )  # fmt: skip
        label = st.selectbox(
            _("Class"), list(names), format_func=names.__getitem__, key="data_class", width=105, label_visibility="collapsed"
        )
        with st.popover(_("More"), key="data_more"):
            st.button(
                _("New class"), key="data_new_class", icon=":material/add:", on_click=_new_class, args=(draft,),
                disabled=not drafts.may_add_class(draft), help=_("Then click on the plane to place its points. At most 8 classes."),
            )  # fmt: skip
            _rename(draft, int(label or 0))
            st.button(
                _("Clear"), key="data_clear", icon=":material/ink_eraser:", on_click=_clear, type="tertiary",
                help=_("Start with an empty plane and two classes; Undo brings the points back."),
            )  # fmt: skip
        st.button(
            _("Undo"),
            key="data_undo",
            icon=":material/undo:",
            on_click=drafts.undo,
            disabled=not drafts.can_undo(),
            type="tertiary",
        )
    return str(mode or "look"), int(label or 0)


def _hint(mode: str, apart: bool) -> None:
    hints = {
        "look": _("Hollow points are held out: training never sees them."),
        "add": _("Click to place a point of the chosen class."),
        "move": _("Drag a point to its new place."),
        "delete": _("Click a point to delete it."),
    }
    st.caption(hints[mode] + (" " + _("The axes have different scales.") if apart else ""))


def _new_class(draft: Draft) -> None:
    drafts.put(drafts.add_class(draft))
    st.session_state["data_class"] = len(draft.names)
    st.session_state["data_mode"] = "add"


def _clear() -> None:
    drafts.put(drafts.empty())
    st.session_state["data_plane"] = None
    st.session_state["data_mode"] = "add"
    st.session_state["data_class"] = 0


def _rename(draft: Draft, label: int) -> None:
    key = f"data_name_{label}_{draft.names[label]}"

    def rename() -> None:
        try:
            drafts.put(drafts.rename(draft, label, st.session_state[key]))
            st.session_state["data_name_refused"] = ""
        except ValueError as error:
            st.session_state["data_name_refused"] = str(error)

    st.text_input(_("Class name"), draft.names[label], key=key, on_change=rename)
    if st.session_state.get("data_name_refused"):
        st.error(st.session_state["data_name_refused"])


def _change(moves: list[component.Move]) -> None:
    """What the reader did on the picture. Each is a step of undo, but where many come at once for many points."""
    draft = drafts.current()
    alone = len(moves) * len(draft.y) <= MANY
    refused = set()
    for move in moves:
        try:
            draft = _changed(draft, st.session_state["data_mode"], move)
        except _RefusedError as error:
            refused.add((str(error), error.icon))
            continue
        if alone:
            drafts.put(draft)
    if not alone:
        drafts.put(draft)
    for why, icon in refused:
        st.toast(why, icon=icon)


class _RefusedError(Exception):
    """Nothing can be done at a place; its text is a sentence."""

    def __init__(self, text: str, icon: str) -> None:
        super().__init__(text)
        self.icon = icon


def _changed(draft: Draft, mode: str, move: component.Move) -> Draft:
    """The draft after a click or a drag. Raises _RefusedError."""
    plane = st.session_state["data_plane"]
    width, height = plane.right - plane.left, plane.top - plane.bottom
    x, y = round(move.end[0], _digits(width)), round(move.end[1], _digits(height))
    if mode == "add":
        if why := drafts.full(draft):
            raise _RefusedError(why, ":material/block:")
        return drafts.add(draft, x, y, st.session_state["data_class"])
    row = drafts.nearest(draft, move.start[0], move.start[1], (REACH * width, REACH * height))
    if row is None:
        raise _RefusedError(_("There is no point at that place."), ":material/near_me:")
    return drafts.delete(draft, row) if mode == "delete" else drafts.move(draft, row, x, y)


def _digits(length: float) -> int:
    """The decimals that a mouse can tell on an axis: a thousandth of its length."""
    return min(12, max(0, math.ceil(3 - math.log10(length)))) if length > 0 else 12
