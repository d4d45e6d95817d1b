"""Every update rule and schedule against an independent reference, written number by number from the course."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from spiral_core import Settings
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.schedules import learning_rate_at

LR, MU, DECAY, B1, B2, EPS = 0.1, 0.8, 0.95, 0.85, 0.97, 1e-3


def gradient(x: float) -> float:
    return 2 * (x - 3) + math.sin(x)


def reference(name: str, x: float) -> Iterator[float]:
    """The positions of a single number under each rule."""
    v = c = m = 0.0
    t = 0
    while True:
        t += 1
        dx = gradient(x)
        if name == "sgd":
            x += -LR * dx
        elif name == "momentum":
            v = MU * v - LR * dx
            x += v
        elif name == "nesterov":
            before = v
            v = MU * v - LR * dx
            x += -MU * before + (1 + MU) * v
        elif name == "adagrad":
            c += dx**2
            x += -LR * dx / (math.sqrt(c) + EPS)
        elif name == "rmsprop":
            c = DECAY * c + (1 - DECAY) * dx**2
            x += -LR * dx / (math.sqrt(c) + EPS)
        elif name == "adam":
            m = B1 * m + (1 - B1) * dx
            c = B2 * c + (1 - B2) * dx**2
            x += -LR * (m / (1 - B1**t)) / (math.sqrt(c / (1 - B2**t)) + EPS)
        yield x


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_rules_agree_with_the_reference(name: str) -> None:
    settings = Settings(optimizer=name, momentum=MU, decay=DECAY, beta1=B1, beta2=B2, epsilon=EPS)
    optimizer = OPTIMIZERS[name](settings, 2)
    x = np.array([-1.0, 5.0])
    expected = zip(reference(name, -1.0), reference(name, 5.0), strict=False)
    for t in range(1, 60):
        optimizer.step(x, np.array([gradient(v) for v in x]), LR, t)
        assert x == pytest.approx(next(expected), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 0.5, 0.5, 0.5]),
        ("step", [0.5, 0.5, 0.1, 0.02]),
        ("exponential", [0.5, 0.5 * math.exp(-0.09), 0.5 * math.exp(-0.1), 0.5 * math.exp(-0.2)]),
        ("inverse", [0.5, 0.5 / 1.09, 0.5 / 1.1, 0.5 / 1.2]),
        ("cosine", [0.5, 0.25 * (1 + math.cos(0.9 * math.pi)), 0.5, 0.5]),
        ("warmup", [0.05, 0.5, 0.5, 0.5]),
        ("growing", [0.5, 5 * 10**-0.1, 5.0, 50.0]),
    ],
)
def test_schedules(schedule: str, expected: list[float]) -> None:
    settings = Settings(learning_rate=0.5, schedule=schedule, schedule_rate=0.01, schedule_factor=0.2, schedule_every=10)
    assert [learning_rate_at(settings, t) for t in (0, 9, 10, 20)] == pytest.approx(expected)


def test_a_rate_that_grows_stays_a_number() -> None:
    settings = Settings(learning_rate=100.0, schedule="growing", schedule_every=1)
    assert learning_rate_at(settings, 99_999) == 1e302


def test_half_a_cosine_falls_through_its_middle() -> None:
    settings = Settings(learning_rate=0.5, schedule="cosine", schedule_every=10)
    assert [learning_rate_at(settings, t) for t in (5, 15)] == pytest.approx([0.25, 0.25])
    assert all(learning_rate_at(settings, t) > learning_rate_at(settings, t + 1) > 0 for t in range(9))
