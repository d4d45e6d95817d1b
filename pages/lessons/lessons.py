"""The lessons in their order, by their names in the address."""

from __future__ import annotations

from pages.lessons.layers import BY_HAND, DEPTH, INPUTS
from pages.lessons.lesson import Lesson
from pages.lessons.shape import FOLDS, LINEAR, NOISE, REGULARISATION
from pages.lessons.speed import DEAD, MOMENTUM, RANDOM_SEARCH, RATE
from pages.lessons.start import CHANCE, CHECK, SYMMETRY, TWENTY

LESSONS: dict[str, Lesson] = {
    "chance": CHANCE,
    "linear": LINEAR,
    "folds": FOLDS,
    "inputs": INPUTS,
    "depth": DEPTH,
    "by_hand": BY_HAND,
    "rate": RATE,
    "symmetry": SYMMETRY,
    "regularisation": REGULARISATION,
    "twenty": TWENTY,
    "momentum": MOMENTUM,
    "check": CHECK,
    "random": RANDOM_SEARCH,
    "dead": DEAD,
    "noise": NOISE,
}
