"""The chart's JavaScript modules as one script, which the browser fetches once, and the few lines that fetch it."""

from __future__ import annotations

import re
from pathlib import Path

from server.http.scripts import PLOTLY, PLOTLY_3D, Script

# In the order in which they need one another: the chart's own, and those of the net that it draws.
_NET = (
    *("forward", "weights", "paint", "arrange", "says", "moment", "sentence", "drawing", "hand", "setting", "panels"),
    *("pointing", "folding"),
    *("flow", "switch", "netview"),
)
MODULES = (
    *("load", "legend", "marks", "layout", "replay", "tools", "pointer", "placing", "lines", "cells", "sketch", "strokes"),
    *(f"../netview/{name}" for name in _NET),
    "chart",
)

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined() -> str:
    """All modules after one another: names are unique over them, so that imports between them say nothing more."""
    here = Path(__file__).parent
    modules = (_EXPORT.sub("", _IMPORT.sub("", (here / f"{name}.js").read_text("utf-8"))) for name in MODULES)
    return "\n".join(modules).replace("PLOTLY_3D_ADDRESS", PLOTLY_3D.address).replace("PLOTLY_ADDRESS", PLOTLY.address)


CHART = Script("chart.js", joined)


def loader() -> str:
    """What travels with each chart instead of the script: it is imported from its address, once more where that failed."""
    return (Path(__file__).parent / "loader.js").read_text("utf-8").replace("CHART_ADDRESS", CHART.address)
