"""Hyperparameter search: a space, a plan, its trials over any executor, and how much each setting mattered."""

from spiral_core.search.engine import (
    ETA,
    MAX_TRIALS,
    OBJECTIVES,
    PLAN_FIELDS,
    RUNGS,
    Method,
    Plan,
    Search,
    Trial,
    carry_out,
    search,
    train_slice,
)

__all__ = [
    "ETA",
    "MAX_TRIALS",
    "OBJECTIVES",
    "PLAN_FIELDS",
    "RUNGS",
    "Method",
    "Plan",
    "Search",
    "Trial",
    "carry_out",
    "search",
    "train_slice",
]
