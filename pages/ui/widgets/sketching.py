"""Axes on which the reader draws the loss of a run before it is shown."""

from __future__ import annotations

from typing import Any

from pages.ui.charts import component, drawn
from pages.ui.charts.theme import look
from pages.ui.text import _
from spiral_core.classroom.drawings import Curve, Drawing, places


def show(curve: Curve, of: str, own: Drawing | None, *, key: str) -> Any:
    """The axes with what was drawn; returns the points of a line that was just drawn, none where it was cleared, else None.

    of: which curve it is: where that changes, so does what is drawn.
    """
    at = places(curve.settings.last_iteration).tolist()
    asked = component.Draws(of, own.losses if own else None, at, curve.top)
    return component.drawn(drawn.axes(curve, look()), asked, key=key, alt=drawn.describe_axes(curve))


def how() -> str:
    """What the reader does."""
    return _("Draw the line with a finger, the mouse or the arrow keys.")
