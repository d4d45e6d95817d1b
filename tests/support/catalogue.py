"""All English texts that the screen can show, gathered from the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pages.case_study.step import STEPS
from pages.compare.shelf import RESULTS
from pages.data import parts, plane
from pages.lessons.lessons import LESSONS, MEASURES
from pages.teach.parts import THEMES
from pages.ui import text
from pages.ui.text import checks, findings
from pages.ui.visit import inside, presets
from pages.ui.widgets import frame, keyboard
from server import searches
from spiral_core.export import weights
from spiral_core.link import PARAMETERS
from spiral_core.store.database import NEWER, REASONS

ROOT = Path(__file__).parents[2]


def texts() -> set[str]:
    """Every literal in `_("…")`, and the texts that tables hold."""
    found = set(STEPS.values()) | set(text._LABELS.values()) | set(text._CHOICES.values())
    found |= {field.help for field in PARAMETERS.values()}
    found |= {words for preset in presets.PRESETS for words in (preset.name, preset.story)}
    found |= set(text.SPECIAL_RULES) | set(text._OBJECTIVES.values()) | {label for _field, label, _form in RESULTS}
    found |= {NEWER, *REASONS.values(), *searches.FAILURES.values()}
    found |= set(inside.PARTS.values()) | {words for each in findings.WORDS.values() for words in each[:3]}
    found |= {*checks.BUG_NAMES.values(), *checks.VERDICT_NAMES.values()}
    found |= {*parts.PARTS.values(), *plane.MODES.values()}
    for lesson in LESSONS.values():
        found |= {lesson.title, lesson.intro, lesson.question, lesson.see, lesson.why}
        short = {*lesson.options, *(name for name, _settings in lesson.runs)}
        found |= {text for text in short if re.search("[a-z]{2}", text)}  # the rest is numbers and signs
    found |= {title for title, _form, _value in MEASURES.values()}
    found |= {title for _script, title, _icon in frame.PAGES.values()} | set(keyboard.KEYS.values())
    found |= set(THEMES.values()) | set(weights.REASONS.values())
    for file in [*ROOT.glob("pages/**/*.py"), *ROOT.glob("server/**/*.py"), ROOT / "app.py"]:
        found |= set(_literals(ast.parse(file.read_text("utf-8"))))
    return found


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_"):
            for constant in node.args:
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                    yield constant.value
