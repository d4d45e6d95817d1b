"""Tallies and the cloud of a goal's works as figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pages.ui.charts.figure import Figure, base_layout, curve_axis
from pages.ui.charts.palette import Look
from pages.ui.text import _, ngettext, number_text, thousands
from server.training.colours import CLASS_COLOURS
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.votes import Tally

FIRST, SECOND = "#8a93a3", CLASS_COLOURS[0]  # of the rounds of a vote


def tallies(rounds: Mapping[int, Tally], texts: Sequence[str], look: Look, large: bool = False) -> Figure:
    """The rounds of a vote (1 and 2) side by side. texts: the options, none where the answers are numbers."""
    labels = [chr(ord("A") + number) for number in range(len(texts))]
    size = 26 if large else 14
    bars: list[dict[str, Any]] = []
    for number, tally in rounds.items():
        shares = [100 * count / tally.total for count in tally.counts]
        hatched = number == 1 and len(rounds) > 1
        bars.append({
            "type": "bar", "name": _round_name(number, tally), "x": labels or _centres(tally), "y": shares,
            "marker": {"color": FIRST if hatched else SECOND, "pattern": {"shape": "/" if hatched else ""}},
            "text": [f"{share:.0f}%" if labels else "" for share in shares], "textposition": "outside", "cliponaxis": False,
            "textfont": {"size": size}, "hovertemplate": "%{x}: %{y:.0f}%<extra></extra>",
        })  # fmt: skip
    most = max(bar["y"][at] for bar in bars for at in range(len(bar["y"])))
    return {
        "data": bars,
        "layout": base_layout(look) | {
            "barmode": "group", "bargap": 0.25, "font": {"color": look.ink, "size": size},
            "xaxis": curve_axis(look, type="category" if labels else "linear", tickfont={"size": size + 4}, showgrid=False),
            "yaxis": {"visible": False, "range": [0, 1.18 * most or 1]},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
            "showlegend": True, "height": 230 if large and len(texts) > 4 else 300,
            "margin": {"l": 8, "r": 8, "t": 12, "b": 40},
        },
    }  # fmt: skip


def _round_name(number: int, tally: Tally) -> str:
    name = _("first vote ({count})") if number == 1 else _("second vote ({count})")
    return name.format(count=tally.total)


def _centres(tally: Tally) -> list[float]:
    return [(low + high) / 2 for low, high in zip(tally.edges[:-1], tally.edges[1:], strict=True)]


def describe_tallies(rounds: Mapping[int, Tally], texts: Sequence[str]) -> str:
    """The same in words."""
    sentences = []
    for number, tally in rounds.items():
        said = _("First vote") if number == 1 else _("Second vote")
        if texts:
            parts = [f"{chr(ord('A') + i)} {100 * count / tally.total:.0f}%" for i, count in enumerate(tally.counts)]
        else:
            parts = [_("the median is {value}").format(value=number_text(tally.median))]
        sentences.append(f"{said}: {', '.join(parts)}.")
    return " ".join(sentences)


class Dot(NamedTuple):
    """A judged work in the cloud."""

    weights: int
    mean: float
    reached: bool
    own: bool
    receipt: str | None  # for the teacher alone: who knows one can say that the work is theirs


def cloud(goal: Goal, dots: Sequence[Dot], look: Look, large: bool = False) -> Figure:
    """Weights against result: nobody's name, the front marked, the reader's own ringed."""
    size = 22 if large else 13
    groups = (
        (_("reached"), [dot for dot in dots if dot.reached], "circle", CLASS_COLOURS[0]),
        (_("not yet"), [dot for dot in dots if not dot.reached], "x", look.muted),
    )
    traces: list[dict[str, Any]] = []
    for name, some, symbol, colour in groups:
        traces.append({
            "type": "scatter", "mode": "markers", "name": name, "x": [dot.weights for dot in some], "y": [dot.mean for dot in some],
            **({"customdata": [dot.receipt for dot in some]} if any(dot.receipt for dot in some) else {}),
            "marker": {"symbol": symbol, "size": 14 if large else 10, "color": colour, "line": {"width": 2, "color": colour}},
            "hovertemplate": "%{x} · %{y:.3f}<extra></extra>",
        })  # fmt: skip
    own = [dot for dot in dots if dot.own]
    if own:
        traces.append({
            "type": "scatter", "mode": "markers", "name": _("yours"), "x": [dot.weights for dot in own],
            "y": [dot.mean for dot in own], "hoverinfo": "skip",
            "marker": {"symbol": "circle-open", "size": 20, "color": look.ink, "line": {"width": 2.5}},
        })  # fmt: skip
    best = front(goal, dots)
    if len(best) > 1:
        traces.append({
            "type": "scatter", "mode": "lines", "name": _("front"), "x": [dot.weights for dot in best],
            "y": [dot.mean for dot in best], "line": {"dash": "dot", "width": 2, "color": look.muted}, "hoverinfo": "skip",
        })  # fmt: skip
    title = _("accuracy") if goal.measure == "accuracy" else _("loss")
    shapes = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal.target, "y1": goal.target,
               "line": {"width": 1.5, "dash": "dash", "color": look.ink}}]  # fmt: skip
    if goal.weights:
        shapes.append({"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": goal.weights, "x1": goal.weights,
                       "line": {"width": 1.5, "dash": "dash", "color": look.ink}})  # fmt: skip
    font = {"font": {"size": size}}
    form: dict[str, Any] = {"tickformat": ".0%"} if goal.measure == "accuracy" else {}
    lowest, highest = (pick([goal.target, *(dot.mean for dot in dots)]) for pick in (min, max))
    room = 0.08 * (highest - lowest) or 0.05
    form["range"] = [lowest - room, highest + room]
    return {
        "data": traces,
        "layout": base_layout(look) | {
            "font": {"color": look.ink, "size": size},
            "xaxis": curve_axis(look, title={"text": _("weights and biases"), **font}, type="log", tickfont=font["font"], **_ticks(goal, dots)),
            "yaxis": curve_axis(look, title={"text": title, **font}, tickfont=font["font"], **form), "shapes": shapes,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
            "height": 360 if large else 340, "margin": {"l": 60, "r": 12, "t": 40, "b": 50},
        },
    }  # fmt: skip


def _ticks(goal: Goal, dots: Sequence[Dot]) -> dict[str, Any]:
    """A log axis with whole numbers of weights, from a little below the least to a little above the most."""
    numbers = [dot.weights for dot in dots] + ([goal.weights] if goal.weights else [])
    low, high = min(numbers) / 1.3, max(numbers) * 1.3
    ticks = [digit * 10**power for power in range(8) for digit in (1, 2, 5) if low <= digit * 10**power <= high]
    return {"range": [math.log10(low), math.log10(high)], "tickvals": ticks, "ticktext": list(map(thousands, ticks))}


def front(goal: Goal, dots: Sequence[Dot]) -> list[Dot]:
    """The works that no other beats with as few weights."""
    best: list[Dot] = []
    for dot in sorted(dots, key=lambda dot: (dot.weights, -dot.mean if goal.measure == "accuracy" else dot.mean)):
        if not best or goal.better(dot.mean, best[-1].mean):
            best.append(dot)
    return best


def describe_cloud(goal: Goal, dots: Sequence[Dot]) -> str:
    """The same in words."""
    done = [dot for dot in dots if dot.reached]
    said = ngettext("{count} work judged", "{count} works judged", len(dots)).format(count=len(dots)) + "; "
    said += ngettext("{count} reaches the goal.", "{count} reach the goal.", len(done)).format(count=len(done))
    if done:
        said += " " + _("The smallest net that does has {count} weights.").format(count=thousands(min(d.weights for d in done)))
    return said
