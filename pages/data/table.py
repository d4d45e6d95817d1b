"""The points as a table to type in, and as a file to take along."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.data import draft as drafts
from pages.data.draft import Draft
from pages.ui.text import _, escaped, shortened, thousands
from server.tables.writing import write
from spiral_core.points import MAX_COORDINATE, MAX_POINTS, Points

MAX_WAITING = 200  # rows that are not taken yet: incomplete ones, or such as could not be


def show(draft: Draft) -> None:
    """All points, one row each; what is typed becomes the data at once."""
    refused = st.session_state.pop("data_table_refused", "")
    if refused:
        st.error(escaped(refused), icon=":material/error:")
    labels = dict(enumerate(draft.names))
    first, second = _columns(draft)
    frame = pd.DataFrame({first: draft.X[:, 0], second: draft.X[:, 1], _("class"): [labels[k] for k in draft.y.tolist()]})
    dropped = st.session_state.get("data_table_dropped", 0)
    points = (draft.X.tobytes(), draft.y.tobytes(), draft.names, dropped)
    key = f"data_table_{abs(hash(points))}"  # changed points get a fresh table

    def edited() -> None:
        edits = st.session_state[key]
        try:
            changed = apply_edits(draft, edits)
        except ValueError as error:
            st.session_state["data_table_refused"] = str(error)
            if len(edits.get("added_rows", [])) + len(edits.get("edited_rows", {})) > MAX_WAITING:
                st.session_state["data_table_dropped"] = dropped + 1  # a table takes about a millisecond for each, at each redraw
            return
        if changed is not draft:
            drafts.put(changed)

    st.data_editor(
        frame, key=key, num_rows="dynamic", on_change=edited, height=420, hide_index=False,
        column_config={
            first: st.column_config.NumberColumn(format="%.6g", required=True, min_value=-MAX_COORDINATE, max_value=MAX_COORDINATE),
            second: st.column_config.NumberColumn(format="%.6g", required=True, min_value=-MAX_COORDINATE, max_value=MAX_COORDINATE),
            _("class"): st.column_config.SelectboxColumn(options=list(draft.names), required=True),
        },
        alt=_("The points of the data as a table."),
    )  # fmt: skip
    st.caption(_("Click a cell to edit it, or the last row to add a point; tick rows and press the bin to delete them."))
    download(draft)


def download(draft: Draft) -> None:
    if not drafts.missing(draft):
        st.download_button(
            _("Download as CSV"), lambda: write(Points(draft.X, draft.y, draft.names, draft.axes)), "points.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="data_download",
        )  # fmt: skip


def _columns(draft: Draft) -> tuple[str, str]:
    """The names of the axes, as far as they are no other column's."""
    first, second = (name if name != _("class") else name + "_" for name in draft.axes)
    return first, second


def apply_edits(draft: Draft, edits: dict[str, Any]) -> Draft:
    """The draft with what was typed; the same draft while a new row is not complete. Raises ValueError, in a sentence."""
    columns = [*_columns(draft), _("class")]
    number_of = {name: k for k, name in enumerate(draft.names)}
    X, y = draft.X.copy(), draft.y.copy()
    touched = False
    for row, changes in edits.get("edited_rows", {}).items():
        at = int(row)
        for column, value in changes.items() if 0 <= at < len(y) else ():
            touched = True
            if column == columns[2]:
                y[at] = number_of[_known(value, number_of, at + 1, column)]
            else:
                X[at, columns.index(column)] = _number(value, at + 1, column)
    rows = edits.get("added_rows", [])
    added = [row for row in rows if all(row.get(column) is not None for column in columns)]
    gone = sorted({int(row) for row in edits.get("deleted_rows", [])} & set(range(len(y))))
    if len(y) + len(added) - len(gone) > MAX_POINTS:
        raise ValueError(drafts.no_room())
    if len(rows) - len(added) > MAX_WAITING:
        raise ValueError(
            _("{count} new rows lack a coordinate or the class; at most {most} can wait to be completed.").format(
                count=thousands(len(rows) - len(added)), most=MAX_WAITING
            )
        )
    if added:
        touched = True
        numbered = list(enumerate(added, len(y) + 1))
        places = [[_number(row[column], number, column) for column in columns[:2]] for number, row in numbered]
        labels = [number_of[_known(row[columns[2]], number_of, number, columns[2])] for number, row in numbered]
        X, y = np.vstack([X, places]), np.append(y, labels)
    if not touched and not gone:
        return draft
    return draft.replace(X=np.delete(X, gone, axis=0), y=np.delete(y, gone))


def _number(value: Any, row: int, column: str) -> float:
    if isinstance(value, int | float) and abs(value) <= MAX_COORDINATE:  # nor NaN
        return float(value)
    raise ValueError(
        _("Row {row}, column “{column}”: “{text}” is not a number within 1 000 000 000 of 0.").format(
            row=row, column=column, text=shortened(str(value))
        )
    )


def _known(value: Any, known: dict[str, int], row: int, column: str) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(
        _("Row {row}, column “{column}”: “{text}” is not one of {classes}.").format(
            row=row, column=column, classes=", ".join(known), text=shortened(str(value))
        )
    )
