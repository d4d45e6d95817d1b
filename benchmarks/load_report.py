"""The load benchmark's figures as a page of the documentation and a picture, drawn by the browser with the app's own Plotly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import picture

DOCS = Path(__file__).parents[1] / "docs"
TABLE, PICTURE = DOCS / "load.md", DOCS / "pictures" / "load.png"
ROWS: dict[str, tuple[str, float | None]] = {
    "first": ("Click → first picture of an own run", 0.8),
    "gaps": ("Between two pictures of a run", 2.0),
    "finished": ("Click → finished", 40.0),
    "opened": ("Another page opens meanwhile", 0.3),
    "moved": ("Slider → first picture", None),
    "slider": ("Slider → finished", None),
    "switched": ("Page changed", None),
    "painted": ("Slider → on the screen of a browser", None),
}
ASKED = 40  # the class for which there are targets
TEXT = """# A class on a small server

`python -m benchmarks.load` wrote this page on {cores} cores (kernels: {kernels}, Python {python}); the students, each a session
over Streamlit's own WebSocket, and three real browsers ran on the same cores. At one moment all of them ask for a run of their own,
the article's net with 10 000 iterations, which nobody else has; when all are done, each moves a slider every few seconds (runs of
2 000 iterations), goes to another page and comes back, for 20 seconds. Seconds, median / 95 % / slowest.

{table}

![Waiting by the number of students](pictures/load.png)
"""


def write(found: dict[str, Any]) -> None:
    TABLE.write_text(TEXT.format(**found["machine"], table=table(found["classes"])), "utf-8")
    draw(found["classes"])


def table(classes: list[dict[str, Any]]) -> str:
    heads = ["", *(f"{one['sessions']} student{'s' * (one['sessions'] > 1)}" for one in classes), f"target at {ASKED}"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for name, (title, most) in ROWS.items():
        cells = [_waits(one[name]) for one in classes]
        lines.append("| " + " | ".join([title, *cells, f"95 % ≤ {most:g}" if most else ""]) + " |")
    plain = (
        ("All finished", "all_done", ".1f", "≤ 40"),
        ("Runs of a page a second", "reruns_a_second", ".0f", ""),
        ("Were told their place in the queue", "told_of_queue", "d", ""),
        ("Memory, MB", "memory_mb", ".0f", "≤ 400"),
    )
    for title, name, kind, target in plain:
        lines.append("| " + " | ".join([title, *(format(one[name], kind) for one in classes), target]) + " |")
    lines.append("| " + " | ".join(["Errors", *(str(len(one["errors"])) for one in classes), "0"]) + " |")
    return "\n".join(lines)


def _waits(values: dict[str, float]) -> str:
    return " / ".join(f"{values[name]:.2f}" for name in ("p50", "p95", "max")) if values else "–"


def draw(classes: list[dict[str, Any]]) -> None:
    """Waiting by the number of students, on log-log axes."""
    students = [one["sessions"] for one in classes]
    traces = [
        {"x": students, "y": [one[name].get("p95") for one in classes], "name": title, "mode": "lines+markers"}
        for name, (title, _target) in ROWS.items()
        if name in ("first", "gaps", "finished", "opened", "moved", "slider")
    ]
    layout = {
        "width": 900, "height": 460, "margin": {"t": 20, "r": 10}, "legend": {"x": 1.02, "y": 1},
        "xaxis": {"type": "log", "title": {"text": "students"}, "tickvals": students, "ticktext": students},
        "yaxis": {"type": "log", "title": {"text": "seconds, 95 %"}, "dtick": 1},
    }  # fmt: skip
    picture.save(traces, layout, PICTURE)
