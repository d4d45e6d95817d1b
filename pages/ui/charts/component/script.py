"""The chart's JavaScript modules as the one script that Streamlit takes."""

from __future__ import annotations

import re
from pathlib import Path

# In the order in which they need one another.
MODULES = ("load", "legend", "marks", "layout", "replay", "tools", "pointer", "lines", "cells", "chart")

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined() -> str:
    """All modules after one another: names are unique over them, so that imports between them say nothing more."""
    here = Path(__file__).parent
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", (here / f"{name}.js").read_text("utf-8"))) for name in MODULES)
