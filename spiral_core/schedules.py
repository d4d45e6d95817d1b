"""How the learning rate changes over time (CS231n, Neural Networks 3). Exported scripts take the expressions from here.

None depends on how many iterations a run has, so that a longer run begins like a shorter one.
"""

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


def cosine(settings: Settings, t: int) -> float:
    """From 1 to 0 along half a cosine, and again from the start (Loshchilov and Hutter 2017, "SGDR")."""
    return 0.5 * (1 + math.cos(math.pi * (t % settings.schedule_every) / settings.schedule_every))


def warmup(settings: Settings, t: int) -> float:
    """From small to 1 in equal steps, then constant (Goyal et al. 2017)."""
    return min(1, (t + 1) / settings.schedule_every)


def growing(settings: Settings, t: int) -> float:
    """Tenfold every so many iterations, to find out how far one may go (Smith 2017, the learning rate range test)."""
    return 10 ** min(t / settings.schedule_every, 300)


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
    "cosine": Schedule(cosine, N_("Cosine with restarts"), ("schedule_every",)),
    "warmup": Schedule(warmup, N_("Warm-up"), ("schedule_every",)),
    "growing": Schedule(growing, N_("Growing tenfold"), ("schedule_every",)),
}


def learning_rate_at(settings: Settings, iteration: int) -> float:
    """The learning rate of the update made at an iteration of the whole run, counted from 0; a phase's schedule begins with it."""
    phase = settings.phase_at(iteration)
    return phase.learning_rate * SCHEDULES[phase.schedule].multiple(phase, iteration - phase.begin)
