"""The script of a run as a Jupyter notebook."""

from __future__ import annotations

import json
from typing import Any

from spiral_core.export.script import IMPORTS, cells, described
from spiral_core.settings import Settings


def notebook(settings: Settings) -> str:
    """The script as a notebook (nbformat 4), as JSON: one cell for each of its parts."""
    parts: list[dict[str, Any]] = [
        _cell("markdown", f"# A run of Spiral Lab\n\nThe settings: `{described(settings)}`"),
        _cell("code", IMPORTS),
    ]
    for title, code in cells(settings):
        parts += [_cell("markdown", f"## {title}"), _cell("code", code)]
    for number, part in enumerate(parts):
        part["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": parts, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
