"""`python -m benchmarks.verify [check …]`: run all checks, or those that are named, and write what they found to docs/verify.md."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import datetime
import importlib
import importlib.util
import sys
import time
from pathlib import Path

from benchmarks.verify.row import Row

CHECKS = ("plain", "lessons", "gradient_lab", "diagnosis")
PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
TEXT = """# The long check

What the app shows, held against independent code and over random numbers that nobody chose. It takes too long for every run of the
tests: `make verify` runs all of it and writes this page; `python -m benchmarks.verify {names}` runs one part.

*core against plain code*: random settings through the core and through plain code that shares nothing with it but the points;
the losses must agree to 1e-9 at every logged iteration, unless the plain code itself moves about as far when the last digits of
its numbers are shaken and its sums taken in another order.

*lesson: …*: what a lesson says, on draws that were not used to tune it; 5 of 100 may not show it, and the page then says
so. The time is that of all lessons together.

| check | cases | failed | allowed | note | took | when |
|---|---|---|---|---|---|---|
{table}
"""


def line(row: Row, seconds: float, day: str) -> str:
    mark = "" if row.passed else " ✗"
    return f"| {row.name} | {row.cases:,} | {row.failures}{mark} | {row.allowed} | {row.note} | {seconds:.0f} s | {day} |"


def kept_lines() -> dict[str, str]:
    """The lines of the page as it is, by the name of their check: a part that did not run keeps its own."""
    if not PAGE.exists():
        return {}
    lines = [text for text in PAGE.read_text("utf-8").splitlines() if text.startswith("| ") and not text.startswith("| check")]
    return {text.split("|")[1].strip(): text for text in lines}


def run(name: str, day: str) -> tuple[bool, dict[str, str]]:
    """Whether all rows of a check passed, and its lines, which are printed too."""
    began = time.perf_counter()
    found = importlib.import_module(f"benchmarks.verify.{name}").check()
    rows = [found] if isinstance(found, Row) else list(found)
    seconds = time.perf_counter() - began
    lines = {row.name: line(row, seconds, day) for row in rows}
    print("\n".join(lines.values()), flush=True)
    return all(row.passed for row in rows), lines


def main() -> int:
    present = [name for name in CHECKS if importlib.util.find_spec(f"benchmarks.verify.{name}")]
    parser = argparse.ArgumentParser("benchmarks.verify", description="The long check.")
    parser.add_argument("checks", nargs="*", metavar="check", help=f"one or more of {', '.join(present)}; all if none is named")
    asked = parser.parse_args().checks or present
    unknown = [name for name in asked if name not in present]
    if unknown:
        parser.error(f"check must be one of {', '.join(present)}, got {unknown[0]}")
    day, lines, passed = datetime.date.today().isoformat(), kept_lines(), True
    for name in asked:
        held, new = run(name, day)
        passed &= held
        lines |= new
    PAGE.write_text(TEXT.format(names="|".join(present), table="\n".join(lines.values())), "utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
