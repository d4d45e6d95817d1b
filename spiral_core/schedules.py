"""How the learning rate falls over time (CS231n, Neural Networks 3). Exported scripts take the expressions from here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from spiral_core.marking import N_

if TYPE_CHECKING:
    from spiral_core.settings import Settings


def constant(settings: Settings, t: int) -> float:
    return 1.0


def step(settings: Settings, t: int) -> float:
    return settings.schedule_factor ** (t // settings.schedule_every)


def exponential(settings: Settings, t: int) -> float:
    return math.exp(-settings.schedule_rate * t)


def inverse(settings: Settings, t: int) -> float:
    return 1 / (1 + settings.schedule_rate * t)


class Schedule(NamedTuple):
    """multiple(settings, t): the learning rate at iteration t as a multiple of the first; uses: the settings that it reads."""

    multiple: Callable[[Settings, int], float]
    label: str
    uses: tuple[str, ...] = ()


SCHEDULES = {
    "constant": Schedule(constant, N_("Constant")),
    "step": Schedule(step, N_("Step"), ("schedule_factor", "schedule_every")),
    "exponential": Schedule(exponential, N_("Exponential"), ("schedule_rate",)),
    "inverse": Schedule(inverse, N_("1/t"), ("schedule_rate",)),
}


def learning_rate_at(settings: Settings, iteration: int) -> float:
    """The learning rate of the update made at an iteration of the whole run, counted from 0; a phase's schedule begins with it."""
    phase = settings.phase_at(iteration)
    return phase.learning_rate * SCHEDULES[phase.schedule].multiple(phase, iteration - phase.begin)
