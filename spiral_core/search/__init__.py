"""Hyperparameter search: a space, a plan, its trials over any executor, and how much each setting mattered."""

from spiral_core.search.engine import Search, Trial, carry_out, search, train_slice
from spiral_core.search.plan import ETA, MAX_TRIALS, OBJECTIVES, PLAN_FIELDS, RUNGS, Method, Plan

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
