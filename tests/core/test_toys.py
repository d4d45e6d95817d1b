"""Toy surfaces: exact gradients, paths by hand, and what the page says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spiral_core.analysis.toys import PLAIN, STEEP, STEPS, TILT, TOYS, path
from spiral_core.arrays import FloatArray
from spiral_core.optimizers import OPTIMIZERS

SCALED = tuple(name for name in OPTIMIZERS if name not in PLAIN)


def walks(name: str) -> dict[str, FloatArray]:
    return {optimizer: path(TOYS[name], optimizer, TOYS[name].start) for optimizer in OPTIMIZERS}


def turns(values: FloatArray) -> int:
    """How often the sign changes."""
    return int((np.diff(np.sign(values)) != 0).sum())


@pytest.mark.parametrize("name", TOYS)
def test_gradients_are_those_of_the_values(name: str) -> None:
    toy, h = TOYS[name], 1e-5
    x, y = np.meshgrid(np.linspace(-2, 2, 17), np.linspace(-2, 2, 17))
    dx, dy = toy.gradient(x, y)
    assert dx == pytest.approx((toy.value(x + h, y) - toy.value(x - h, y)) / (2 * h), abs=1e-7)
    assert dy == pytest.approx((toy.value(x, y + h) - toy.value(x, y - h)) / (2 * h), abs=1e-7)


def test_heights_by_hand() -> None:
    values = {name: float(toy.value(np.array(1.0), np.array(-2.0))) for name, toy in TOYS.items()}
    assert values == pytest.approx({"bowl": 2.5, "ravine": 0.5 + 2 * STEEP, "saddle": 0.5 - 2 + 4, "valleys": TILT + 2})


def test_sgd_and_momentum_on_a_parabola_by_hand() -> None:
    toy, t = TOYS["ravine"], np.arange(STEPS + 1)
    found = path(toy, "sgd", (1.5, -1.0))
    assert found[:, 0] == pytest.approx(1.5 * (1 - toy.rate) ** t)
    assert found[:, 1] == pytest.approx(-((1 - toy.rate * STEEP) ** t))
    x, v, expected = 1.5, 0.0, [1.5]
    for _step in range(STEPS):
        v = 0.9 * v - toy.rate * x
        x += v
        expected.append(x)
    assert path(toy, "momentum", (1.5, -1.0))[:, 0] == pytest.approx(expected)


def test_adams_first_step_is_its_rate_in_each_direction() -> None:
    toy = TOYS["ravine"]
    assert path(toy, "adam", (1.0, -1.0), 1)[1] == pytest.approx([1 - toy.scaled_rate, -1 + toy.scaled_rate])


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_start_leads_to_an_explosion(name: str, optimizer: str) -> None:
    for x in np.linspace(-2, 2, 9).tolist():
        for y in np.linspace(-2, 2, 9).tolist():
            walked = path(TOYS[name], optimizer, (x, y))
            assert np.abs(walked).max() < 3
            assert TOYS[name].value(*walked[-1]) <= TOYS[name].value(*walked[0]) + 0.1


@pytest.mark.parametrize("start", [(2.1, 0.0), (0.0, -2.01), (math.nan, 0.0), (math.inf, 0.0)])
def test_a_start_elsewhere_has_one_sentence(start: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"start must lie in -2\.\.2 by -2\.\.2, got"):
        path(TOYS["bowl"], "sgd", start)


# What the page says.


def test_the_bowl() -> None:
    found = walks("bowl")
    x, y = found["sgd"].T
    assert x * TOYS["bowl"].start[1] == pytest.approx(y * TOYS["bowl"].start[0])
    assert turns(x) == 0
    assert all(turns(found[name][:, 0]) > 0 for name in ("momentum", "nesterov", "adam"))


def test_the_ravine() -> None:
    found, bowl = walks("ravine"), walks("bowl")
    toy = TOYS["ravine"]
    assert 0.5 < toy.rate * STEEP / 2 < 1  # the bound of SGD; that of Nesterov is 2(1 + µ)/(1 + 2µ)
    assert toy.rate * STEEP < 2 * 1.9 / 2.8
    assert np.abs(found["sgd"][5:, 1]).max() < 0.002  # on the floor …
    assert found["sgd"][20, 0] / found["sgd"][0, 0] > 0.3  # … along which it creeps
    for name in SCALED:
        assert found[name] == pytest.approx(bowl[name], abs=1e-5)


def test_the_saddle() -> None:
    left = {name: int(np.argmax(np.abs(walked[:, 1]) > 0.5)) for name, walked in walks("saddle").items()}
    assert min(left.values()) > 0
    assert max(left[name] for name in SCALED) < min(left["momentum"], left["nesterov"]) < left["sgd"] / 2


def test_the_two_valleys() -> None:
    ends = {name: walked[-1, 0] for name, walked in walks("valleys").items()}
    assert {name for name, x in ends.items() if x < -0.9} == {"momentum", "nesterov"}
    assert all(x > 0.9 for name, x in ends.items() if name not in ("momentum", "nesterov"))
    valleys = TOYS["valleys"]
    assert valleys.value(np.array(-1.07), np.array(0.0)) < valleys.value(np.array(0.91), np.array(0.0))
