"""The arrows of the map: spiral_core ← server ← pages, and server ← spiral_lab."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.catalogue import ROOT

FORBIDDEN = {
    "spiral_core": ("spiral_lab", "server", "pages", "streamlit"),
    "server": ("spiral_lab", "pages"),
    "spiral_lab": ("app", "pages"),
}


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """Each file of a folder with each module that it imports, inside functions too."""
    for file in ROOT.glob(f"{folder}/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from ((str(file.relative_to(ROOT)), name) for name in names)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_one_way(folder: str) -> None:
    found = list(imported(folder))
    assert len(found) > 20
    assert [entry for entry in found if entry[1].partition(".")[0] in FORBIDDEN[folder]] == []
