"""The growth benchmark's figures as a page of the documentation and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import picture

if TYPE_CHECKING:
    from benchmarks.growth import Curve

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "growth.md", DOCS / "pictures" / "growth.png"
COLUMNS = 3
BENDS = 0.15  # beyond which a slope is another than the expected one
TEXT = """# How time and memory grow

`python -m benchmarks.growth` wrote this page ({machine}): one thing grows, all else stays as in the article's net.
*Slope*: of the straight line through the last four points on log-log axes; 1 grows as fast as what grows, 0 does not grow. Where
it is flatter than expected, what does not grow still counts. The compiled loops are steeper in units and points because they are
so quick for small nets, whose outputs the processor's caches hold: those of 100 units for 300 points take 0.24 MB.

{table}

![Time and memory, on log-log axes](pictures/growth.png)
"""


def write(curves: Sequence[Curve], machine: str) -> None:
    PAGE.write_text(TEXT.format(machine=machine, table=table(curves)), "utf-8")
    draw(curves)


def table(curves: Sequence[Curve]) -> str:
    lines = ["| grows | figure | from … to | slope | at most | why | |", "|---|---|---|---|---|---|---|"]
    for curve in curves:
        for name, points in curve.series.items():
            slope = curve.slope(name)
            ends = f"{points[0][0]:g} … {points[-1][0]:g}: {points[0][1]:.3g} … {points[-1][1]:.3g}"
            verdict = "steeper" if slope > curve.expected + BENDS else "flatter" if slope < curve.expected - BENDS else ""
            figure = curve.figure + (f", {name}" if name else "")
            lines.append(f"| {curve.grows} | {figure} | {ends} | {slope:.2f} | {curve.expected:g} | {curve.why} | {verdict} |")
    return "\n".join(lines)


def draw(curves: Sequence[Curve]) -> None:
    """A small picture for each curve, side by side."""
    rows = -(-len(curves) // COLUMNS)
    colours = {"numpy": "#0072b2", "compiled": "#d55e00", "": "#0072b2"}
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "width": 340 * COLUMNS, "height": 260 * rows, "margin": {"t": 24, "r": 10, "b": 40, "l": 50}, "showlegend": False,
        "grid": {"rows": rows, "columns": COLUMNS, "pattern": "independent", "xgap": 0.22, "ygap": 0.35}, "font": {"size": 11},
    }  # fmt: skip
    for number, curve in enumerate(curves, 1):
        axis = "" if number == 1 else str(number)
        layout[f"xaxis{axis}"] = {"type": "log", "title": {"text": curve.grows, "standoff": 4}, "exponentformat": "none"}
        layout[f"yaxis{axis}"] = {"type": "log", "title": {"text": curve.figure, "standoff": 4}, "exponentformat": "none"}
        for name, points in curve.series.items():
            x, y = zip(*points, strict=True)
            names = [name if i == len(x) // 2 else "" for i in range(len(x))]
            trace = {"x": x, "y": y, "xaxis": f"x{axis}", "yaxis": f"y{axis}", "line": {"color": colours[name]}, "text": names}
            below = name == "compiled"
            traces.append(trace | {"mode": "lines+markers+text", "textposition": "bottom right" if below else "top left"})
    picture.save(traces, layout, PICTURE)
