"""Puts a figure on the page: with `static` as it is, with `training` a run's training, which can be played."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
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
from pages.ui.visit.state import visit
from server.training.view import View
from spiral_core.boundary import Area
from spiral_core.classroom.borders import MAX_LINES, Lines

_HERE = Path(__file__).parent
_NET = _HERE.parent / "netview"

NARROW_FLOW = 720  # pixels of a plane above a net on a narrow screen

MAX_MOVES = 200  # of one message
MAX_REACH = 1e300  # of a place on a plane

# What the reader of a chart does, as the browser calls it.
ASKS = ("theme", "pick", "brush", "place", "draw", "open", "unit", "edits", "at")

Place = tuple[float, float]


class Move(NamedTuple):
    """A click or a drag on a plane."""

    start: Place
    end: Place


Keep = Callable[[list[Any]], None]
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


def placed(figure: Figure, put: Callable[[list[Move]], None], *, key: str, alt: str, colour: str | None) -> None:
    """A plane on which the reader clicks or drags.

    put: called before the next drawing of the page with the clicks and drags that are new, in their order, each once; colour: of
    one that is on its way; None: the plane takes none.
    """

    def hear() -> None:
        sent = [(number, move) for number, move in _moves(st.session_state[key].place) if number > heard.get(key, 0)]
        if sent:
            heard[key] = max(number for number, _move in sent)
            put([move for _number, move in sent])

    heard = visit().heard
    places = {"heard": heard.get(key, 0), "colour": colour} if colour else None
    _show({"figure": figure, "alt": alt, "places": places}, key, place=hear)


def _moves(sent: object) -> Iterator[tuple[int, Move]]:
    """The reader's moves, with their numbers; what is none is passed over: a browser may send anything."""
    for each in sent[:MAX_MOVES] if isinstance(sent, list) else ():
        number, *ends = (each.get(name) for name in ("number", "from", "to")) if isinstance(each, Mapping) else (None,)
        places = [tuple(end) for end in ends if isinstance(end, list) and len(end) == 2 and all(map(_is_finite, end))]
        if type(number) is int and len(places) == 2:
            yield number, Move(places[0], places[1])


def _is_finite(value: object) -> bool:
    return type(value) in (int, float) and -MAX_REACH <= value <= MAX_REACH  # type: ignore[operator]


class Draws(NamedTuple):
    """A curve that the reader draws, on the axes of a figure of losses over log iterations."""

    of: str  # which one: where it changes, so does what is drawn
    line: Sequence[float] | None  # what was drawn before
    places: Sequence[float]  # the iterations that `line` is at
    top: float  # of the axis of losses


def drawn(figure: Figure, draws: Draws, keep: Keep, *, key: str, alt: str) -> None:
    """Axes on which the reader draws a curve.

    keep: called before the next drawing of the page with its points, each an iteration and a loss, where the hand has lifted; an
    empty list: the curve was cleared.
    """
    asked = draws._asdict() | {"colour": look().train}
    _show({"figure": figure, "alt": alt, "draws": asked}, key, draw=_kept(draws.of, keep, key))


def bordered(figure: Figure, lines: Lines | None, plane: Area, keep: Keep, *, of: str, key: str, alt: str) -> None:
    """A plane on which the reader draws lines.

    lines: drawn before; of: what they are about: where it changes, so does what is drawn; keep: called before the next drawing of
    the page with all of them, as lists of places, where the pen was lifted. An empty list: all were cleared.
    """
    asked = {
        "of": of, "lines": lines.lines if lines else [], "area": plane, "most": MAX_LINES,
        "colour": look().ink, "paper": look().paper,
    }  # fmt: skip
    _show({"figure": figure, "alt": alt, "border": asked}, key, draw=_kept(of, keep, key))


def _kept(of: str, keep: Keep, key: str) -> Callable[[], None]:
    """Hears what was drawn; what belongs to something else, or to nothing, is passed over."""

    def hear() -> None:
        sent = st.session_state[key].draw
        if isinstance(sent, Mapping) and sent.get("of") == of and isinstance(sent.get("points"), list):
            keep(sent["points"])

    return hear


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
    """What a reader has just asked for at a training's chart; all None: nothing. A browser may send anything."""

    iteration: int | None = None  # to look into
    unit: Any = None  # of the net that is drawn, as the browser sent it
    edits: Any = None  # weights set by hand, from which training is to go on, as the browser sent them


def training(
    view: View, *, key: str, greets: bool = False, net: bool = False, goes_on: bool = False, moving: bool = False,
    brief: bool = False,
) -> Asked:  # fmt: skip
    """The training of a run so far, whose boundary, cursor and figures follow the replay bar once it is finished.

    greets: it plays by itself on a reader's first visit, and after each change for readers who choose so; net: the reader can have
    the net drawn instead of the curves; goes_on: and train on from weights set by hand; moving: more pictures follow at once;
    brief: the whole run does, so that what is beside the picture keeps its looks.
    """
    live = moving or not view.run.finished
    bar = replay.replay_of(view, look(), live=live)
    bar["opens"] &= teacher_link.rules().has_page(inside.PAGE)
    bar |= {"greets": greets, "brief": brief}
    data = {
        "figure": run_charts.training(view, look()),
        "replay": bar,
        "narrow": run_charts.narrow_training(),
        "alt": run_charts.describe_training(view),
    }
    if net:
        data["net"] = diagram_of(view.run, look(), len(view.run.snapshots) - 1 if live else None) | {"goes_on": goes_on}
    asked = _show(data, key)
    return Asked(asked.open if type(asked.open) is int else None, asked.unit, asked.edits)


def _show(data: Mapping[str, Any], key: str, **hears: Callable[[], None]) -> Any:
    """Hand a chart to the browser; the chart asks for a rerun when its reader does something on it.

    hears: called at the beginning of that rerun, by the name of what the reader does: nothing that comes in the middle of it can
    make it go unheard, as what `_show` returns may.
    """
    asks: dict[str, Any] = {f"on_{name}_change": hears.get(name, lambda: None) for name in ASKS}
    return _chart(data={**data, "words": _words(language()), "dark": look() == DARK}, key=key, **asks)


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
