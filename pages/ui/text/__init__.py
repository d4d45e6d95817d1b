"""The words on the screen."""

from pages.ui.text.errors import explain, explain_value, parameter_of, rule_text
from pages.ui.text.labels import (
    choice_label,
    class_label,
    objective_label,
    own_name,
    parameter_label,
    points_count,
    points_text,
    run_name,
    story,
    value_text,
)
from pages.ui.text.numbers import escaped, local_time, measured_on, number_text, shortened, span, thousands
from pages.ui.text.translation import LANGUAGES, _, in_language, language, ngettext

__all__ = [
    "LANGUAGES", "_", "choice_label", "class_label", "escaped", "explain", "explain_value", "in_language", "language",
    "local_time", "measured_on", "ngettext", "number_text", "objective_label", "own_name", "parameter_label", "parameter_of",
    "points_count", "points_text", "rule_text", "run_name", "shortened", "span", "story", "thousands", "value_text",
]  # fmt: skip
