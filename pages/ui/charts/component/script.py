"""The chart's JavaScript modules as the one script that Streamlit takes."""

from __future__ import annotations

import re
from pathlib import Path

# In the order in which they need one another: the chart's own, and those of the net that it draws.
_NET = (
    *("forward", "weights", "paint", "arrange", "says", "moment", "sentence", "drawing", "hand", "setting", "panels", "pointing"),
    *("switch", "netview"),
)
MODULES = (
    *("load", "legend", "marks", "layout", "replay", "tools", "pointer", "lines", "cells"),
    *(f"../netview/{name}" for name in _NET),
    "chart",
)

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined() -> str:
    """All modules after one another: names are unique over them, so that imports between them say nothing more."""
    here = Path(__file__).parent
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", (here / f"{name}.js").read_text("utf-8"))) for name in MODULES)
