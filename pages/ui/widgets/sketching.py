"""What readers draw of a run before it is shown: its loss on axes, or its borders on the plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pages.ui.charts import bordered, component, drawn
from pages.ui.charts.theme import look
from pages.ui.text import _
from server.training.pictures import area
from spiral_core.classroom.borders import Lines, Plane
from spiral_core.classroom.drawings import Curve, Drawing, places
from spiral_core.rules import SettingError

Kept = TypeVar("Kept")


def show(task: Curve | Plane, of: str, given: str, keep: component.Keep, *, key: str) -> None:
    """Where to draw, with what was drawn, as it is kept.

    of: what it is about: where that changes, so does what is drawn; keep: called with what was drawn as soon as the hand has
    lifted, before the page is made again; with nothing where it was cleared.
    """
    if isinstance(task, Plane):
        figure, plane = bordered.axes(task, look()), area(task.settings.data)
        component.bordered(figure, lines_of(given), plane, keep, of=of, key=key, alt=bordered.describe_axes())
        return
    own = curve_of(given)
    at = places(task.settings.last_iteration).tolist()
    asked = component.Draws(of, own.losses if own else None, at, task.top)
    component.drawn(drawn.axes(task, look()), asked, keep, key=key, alt=drawn.describe_axes(task))


def curve_of(given: str) -> Drawing | None:
    """A loss curve as it was kept; None where there is none."""
    return _kept(Drawing.unpacked, given)


def lines_of(given: str) -> Lines | None:
    """Borders as they were kept; None where there are none."""
    return _kept(Lines.unpacked, given)


def _kept(unpacked: Callable[[str], Kept], given: str) -> Kept | None:
    try:
        return unpacked(given) if given else None
    except SettingError:
        return None


def how(task: Curve | Plane) -> str:
    """What the reader does."""
    if isinstance(task, Plane):
        return _("Draw the boundaries between the classes with a finger, the mouse or the keys: as many lines as you need.")
    return _("Draw the line with a finger, the mouse or the arrow keys.")
