"""The points in the reader's hands: those of the experiment, or a set that is not complete enough to train on yet."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.ui.text import _, own_name, thousands
from pages.ui.visit import experiment
from server.tables.names import composed, is_visible
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.data_settings import OWN
from spiral_core.datasets import as_labelled
from spiral_core.points import MAX_CLASSES, MAX_LABEL_LENGTH, MAX_POINTS, Points, pack

FEWEST_CLASSES = 2


@dataclass(frozen=True, eq=False)
class Draft:
    """X: (N, 2), y: (N,), N may be 0; names: of the classes, of which some may have no point yet."""

    X: FloatArray
    y: IntArray
    names: tuple[str, ...]
    axes: tuple[str, str] = ("x", "y")

    def counts(self) -> list[int]:
        return [int(count) for count in np.bincount(self.y, minlength=len(self.names))]

    def replace(self, **changes: object) -> Draft:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


def current() -> Draft:
    """What the page shows and changes."""
    unfinished = _unfinished()
    if unfinished:
        return unfinished[-1]
    data = experiment.current().data
    made, given = as_labelled(data), data.given
    if given is not None:
        first, second = map(own_name, given.axes)
        return Draft(made.X, made.y, tuple(map(own_name, given.names)), (first, second))
    return Draft(made.X, made.y, tuple(_("class {label}").format(label=k) for k in range(made.classes)))


def _unfinished() -> list[Draft]:
    """Drafts that cannot be trained on, the latest last."""
    drafts: list[Draft] = st.session_state.get("data_drafts", [])
    return drafts


def empty() -> Draft:
    """Two classes without points."""
    nothing = np.empty((0, 2))
    return Draft(nothing, np.empty(0, dtype=np.int64), ("A", "B"))


def put(draft: Draft) -> None:
    """Show other points; they become the experiment's as soon as they can be trained on."""
    if missing(draft) or not use(Points(draft.X, draft.y, draft.names, draft.axes)):
        st.session_state["data_drafts"] = [*_unfinished(), draft][-experiment.UNDO_STEPS :]


def use(points: Points, **more: str) -> bool:
    """Make points the experiment's data, if its other settings allow that; `more` are other data settings."""
    experiment.change_values(data=OWN, points=pack(points), **more)
    if experiment.control_error():
        return False
    st.session_state["data_drafts"] = []
    return True


def undo() -> None:
    """Take the last change back: of an unfinished set, else of the experiment."""
    if _unfinished():
        st.session_state["data_drafts"] = _unfinished()[:-1]
    else:
        experiment.undo()


def discard() -> None:
    """Leave an unfinished set; the experiment's data are shown again."""
    st.session_state["data_drafts"] = []


def can_undo() -> bool:
    return bool(_unfinished()) or experiment.can_undo()


def missing(draft: Draft) -> str:
    """Why a set cannot be trained on yet, in a sentence; empty if it can."""
    without = [name for name, count in zip(draft.names, draft.counts(), strict=True) if count == 0]
    if without:
        return _("Not used for training yet: there are no points of {classes}.").format(classes=", ".join(without))
    if len(draft.names) < FEWEST_CLASSES:
        return _("Not used for training yet: two classes are needed.")
    return ""


# Changes. Each returns the changed draft, or the same one where there is nothing to change.


def add(draft: Draft, x: float, y: float, label: int) -> Draft:
    return draft.replace(X=np.vstack([draft.X, [x, y]]), y=np.append(draft.y, label))


def delete(draft: Draft, row: int) -> Draft:
    return draft.replace(X=np.delete(draft.X, row, axis=0), y=np.delete(draft.y, row))


def move(draft: Draft, row: int, x: float, y: float) -> Draft:
    X = draft.X.copy()
    X[row] = x, y
    return draft.replace(X=X)


def nearest(draft: Draft, x: float, y: float, reach: tuple[float, float]) -> int | None:
    """The row of the point next to a place, if one lies within reach, which each axis has in its own unit."""
    if not len(draft.y):
        return None
    distances = np.hypot(*((draft.X - (x, y)) / reach).T)
    row = int(distances.argmin())
    return row if distances[row] <= 1 else None


def add_class(draft: Draft) -> Draft:
    free = (name for name in "ABCDEFGHIJKLMNOP" if name not in draft.names)
    return draft.replace(names=(*draft.names, next(free)))


def drop_empty_classes(draft: Draft) -> Draft:
    kept = [k for k, count in enumerate(draft.counts()) if count]
    return draft.replace(y=np.searchsorted(kept, draft.y), names=tuple(draft.names[k] for k in kept))


def rename(draft: Draft, label: int, name: str) -> Draft:
    """Raises ValueError, in a sentence, for a name that cannot be."""
    name = composed(name[: 4 * MAX_LABEL_LENGTH]).strip()
    if not all(map(is_visible, name)):
        raise ValueError(_("A class name may contain only visible characters."))
    if not 1 <= len(name) <= MAX_LABEL_LENGTH:
        raise ValueError(_("A class name must have 1 to {most} characters.").format(most=MAX_LABEL_LENGTH))
    if name in draft.names[:label] + draft.names[label + 1 :]:
        raise ValueError(_("There is already a class with this name."))
    return draft.replace(names=(*draft.names[:label], name, *draft.names[label + 1 :]))


def full(draft: Draft) -> str:
    """Why no point can be added, in a sentence; empty if one can."""
    return no_room() if len(draft.y) >= MAX_POINTS else ""


def no_room() -> str:
    return _("There are already {most} points; no more are allowed.").format(most=thousands(MAX_POINTS))


def may_add_class(draft: Draft) -> bool:
    return len(draft.names) < MAX_CLASSES
