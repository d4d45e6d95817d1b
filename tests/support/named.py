"""Documents that say which tests hold what they say, as `tests/core/test_run.py::test_it_runs`."""

from __future__ import annotations

import re

from tests.support.catalogue import ROOT


def named_tests(text: str) -> list[tuple[str, str]]:
    """Each test that a text names: its file and its name."""
    return re.findall(r"`(\S*?)::(test_\w+)`", text)


def missing_tests(text: str, here: str = "") -> list[str]:
    """The tests that a text names and that are not there. here: the file that “…” stands for."""
    found = ((here if file == "…" else file, test) for file, test in named_tests(text))
    return [f"{file}::{test}" for file, test in found if not is_there(file, test)]


def is_there(file: str, test: str) -> bool:
    path = ROOT / file
    return path.is_file() and re.search(rf"^(async )?def {test}\(", path.read_text("utf-8"), re.MULTILINE) is not None
