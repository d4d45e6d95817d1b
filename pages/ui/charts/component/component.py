"""Puts a figure on the page: with `static` as it is, with `training` a run's training, which can be played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from streamlit.components.v2 import component

from pages.ui.charts import replay, run_charts
from pages.ui.charts.component import script
from pages.ui.charts.figure import Figure
from pages.ui.charts.netview import Diagram, diagram_of
from pages.ui.charts.palette import DARK
from pages.ui.charts.replay import Gallery
from pages.ui.charts.theme import look
from pages.ui.text import _, language
from pages.ui.text.numbers import SEPARATORS
from pages.ui.visit import inside, teacher_link
from server.training.view import View
from spiral_core.boundary import Area
from spiral_core.classroom.borders import MAX_LINES, Lines

_HERE = Path(__file__).parent
_NET = _HERE.parent / "netview"

NARROW_FLOW = 720  # pixels of a plane above a net on a narrow screen

Ranges = list[list[list[float]] | None]  # of each axis, from and to

_chart = component(
    "lab_chart",
    html=(_HERE / "chart.html").read_text("utf-8").replace("NET", (_NET / "net.html").read_text("utf-8")),
    css=(_HERE / "chart.css").read_text("utf-8") + (_NET / "net.css").read_text("utf-8"),
    js=script.loader(),
    isolate_styles=False,
)


def prepare(*, key: str) -> None:
    """Nothing to see: the browser gets ready for the first chart of a page."""
    _chart(data={}, key=key)


def waiting(*, key: str) -> None:
    """Nothing new to see yet: what the chart with this key shows stays until there is."""
    _show({}, key)


def static(figure: Figure, *, key: str, alt: str) -> None:
    """A chart without a replay. alt: what it shows, in a sentence with numbers."""
    _show({"figure": figure, "alt": alt}, key)


def picked(figure: Figure, *, key: str, alt: str, goes_to: str | None = None) -> Any:
    """A chart whose marks can be clicked: the `customdata` of the one that was clicked just now, or None.

    goes_to: the key of what shows the clicked one, which is scrolled into view.
    """
    return _show({"figure": figure, "alt": alt, "picks": True, "goes_to": goes_to}, key).pick


def cells(figure: Figure, *, key: str, alt: str, lights: str) -> None:
    """Confusion matrices, whose cells can be clicked: their points light up on the plane of the chart with the key `lights`."""
    _show({"figure": figure, "alt": alt, "lights": lights}, key)


def placed(figure: Figure, *, key: str, alt: str, active: bool) -> Any:
    """A plane on which the reader clicks or drags, while it is active: {"from": [x, y], "to": [x, y]} just now, or None."""
    return _show({"figure": figure, "alt": alt, "places": active}, key).place


class Draws(NamedTuple):
    """A curve that the reader draws, on the axes of a figure of losses over log iterations."""

    of: str  # which one: where it changes, so does what is drawn
    line: Sequence[float] | None  # what was drawn before
    places: Sequence[float]  # the iterations that `line` is at
    top: float  # of the axis of losses


def drawn(figure: Figure, draws: Draws, *, key: str, alt: str) -> Any:
    """Axes on which the reader draws a curve: its points, each an iteration and a loss, where the hand has just lifted; else None.

    An empty list: the curve was cleared.
    """
    sent = _show({"figure": figure, "alt": alt, "draws": draws._asdict() | {"colour": look().train}}, key).draw
    return sent.get("points") if isinstance(sent, Mapping) and sent.get("of") == draws.of else None


def bordered(figure: Figure, lines: Lines | None, plane: Area, *, of: str, key: str, alt: str) -> Any:
    """A plane on which the reader draws lines: all of them, as lists of places, where the pen was just lifted; else None.

    lines: drawn before; of: what they are about: where it changes, so does what is drawn. An empty list: all were cleared.
    """
    asked = {
        "of": of, "lines": lines.lines if lines else [], "area": plane, "most": MAX_LINES,
        "colour": look().ink, "paper": look().paper,
    }  # fmt: skip
    sent = _show({"figure": figure, "alt": alt, "border": asked}, key).draw
    return sent.get("points") if isinstance(sent, Mapping) and sent.get("of") == of else None


def brushed(figure: Figure, *, key: str, alt: str) -> Ranges | None:
    """Parallel coordinates: the ranges, 0..1, that the reader has just drawn on each axis; None if nothing changed."""
    ranges: Ranges | None = _show({"figure": figure, "alt": alt, "brushes": look().test}, key).brush
    return ranges


def gallery(shown: Gallery, *, key: str) -> None:
    """Several boundaries, scrubbed together."""
    _show(shown, key)


def flowing(figure: Figure, net: Diagram, *, key: str, alt: str) -> tuple[Any, Any]:
    """A plane with one point's numbers in the net beside it: the mark and the unit that were clicked just now."""
    narrow = {"height": NARROW_FLOW, "layout": {"xaxis": {"domain": [0, 1]}, "yaxis": {"domain": [0.52, 1]}}}
    shown = _show({"figure": figure, "net": net, "narrow": narrow, "alt": alt, "picks": True}, key)
    return shown.pick, shown.unit


class Asked(NamedTuple):
    """What a reader has just asked for at a training's chart; all None: nothing."""

    iteration: int | None = None  # to look into
    unit: Any = None  # of the net that is drawn, as the browser sent it
    edits: Any = None  # weights set by hand, from which training is to go on, as the browser sent them


def training(
    view: View, *, key: str, greets: bool = False, net: bool = False, goes_on: bool = False, moving: bool = False
) -> Asked:
    """The training of a run so far, whose boundary, cursor and figures follow the replay bar once it is finished.

    greets: it plays by itself on a reader's first visit, and after each change for readers who choose so; net: the reader can have
    the net drawn instead of the curves; goes_on: and train on from weights set by hand; moving: more pictures follow at once.
    """
    live = moving or not view.run.finished
    bar = replay.replay_of(view, look(), live=live)
    bar["opens"] &= teacher_link.rules().has_page(inside.PAGE)
    bar["greets"] = greets
    data = {
        "figure": run_charts.training(view, look()),
        "replay": bar,
        "narrow": run_charts.narrow_training(),
        "alt": run_charts.describe_training(view),
    }
    if net:
        data["net"] = diagram_of(view.run, look(), len(view.run.snapshots) - 1 if live else None) | {"goes_on": goes_on}
    asked = _show(data, key)
    return Asked(None if asked.open is None else int(asked.open), asked.unit, asked.edits)


def _show(data: Mapping[str, Any], key: str) -> Any:
    """Hand a chart to the browser; the chart asks for a rerun when its reader changes the theme, clicks a mark or draws a range."""
    return _chart(
        data={**data, "words": _words(language()), "dark": look() == DARK},
        key=key,
        on_theme_change=lambda: None,
        on_pick_change=lambda: None,
        on_brush_change=lambda: None,
        on_place_change=lambda: None,
        on_draw_change=lambda: None,
        on_open_change=lambda: None,
        on_unit_change=lambda: None,
        on_edits_change=lambda: None,
        on_at_change=lambda: None,
    )


@cache
def _words(language: str) -> dict[str, str]:
    """Of the chart's controls, in the language of this visit."""
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "first": _("To the start"),
        "back": _("One step back"),
        "next": _("One step forward"),
        "last": _("To the end"),
        "slider": _("Iteration shown"),
        "iteration": _("iteration {iteration}"),
        "logIterations": _("log iterations"),
        "logLoss": _("log loss"),
        "open": _("look inside"),
        "wrong": _("circle wrong points"),
        "tools": _("Chart tools"),
        "autoplay": _("Play after each change"),
        "zoom": _("Zoom by dragging"),
        "whole": _("Reset view"),
        "png": _("Save as PNG"),
        "svg": _("Save as SVG"),
        "unlight": _("Show all points again"),
        "sketch": _("Your line: left and right go along the iterations, up and down change the loss"),
        "sketchAt": _("iteration {iteration}: loss {loss}"),
        "sketchNone": _("iteration {iteration}: nothing drawn"),
        "clear": _("Clear the line"),
        "clearAll": _("Clear all lines"),
        "undoLine": _("Undo line"),
        "strokes": _("The plane: arrow keys move the pen, the space bar puts it down and lifts it"),
        "penDown": _("drawing at ({x}, {y})"),
        "penUp": _("pen lifted at ({x}, {y})"),
        "numbers": _("Give numbers instead"),
        "separator": SEPARATORS[language],
        "failed": _("The chart could not be drawn. It shows:"),
    }
