"""The gradient lab on random nets: a right gradient is never accused, and a mistake that shows is found and named."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from benchmarks.verify.row import Row
from spiral_core import Network
from spiral_core.activations import ACTIVATIONS, INITIALISATIONS
from spiral_core.analysis.gradient_check import GradientCheck
from spiral_core.analysis.gradient_lab import BUGS, check_with, gradient_with, suspect
from spiral_core.arrays import FloatArray, IntArray

NETS = 10_000
SEED = 15
VISIBLE = 2.0  # a mistake that moves an entry by more than so many times the noise must be found
PLAIN_EFFECT = 1e-3  # of the largest entry: must be found in double precision on data and weights of usual size, h near 1e-5


class Case(NamedTuple):
    """A net, points, and how they are checked."""

    network: Network
    X: FloatArray
    y: IntArray
    reg: float
    reg_l1: float
    h: float
    single: bool
    plain: bool  # scales near 1, double precision, h near 1e-5


def random_case(rng: np.random.Generator) -> Case:
    """Any depth to five, width to nine, activation, start, scale of data and weights 1e-6..1e6, h from 1e-1 to 1e-12."""
    inner = [int(n) for n in rng.integers(1, 10, rng.integers(0, 6))]
    sizes = [int(rng.integers(1, 5)), *inner, int(rng.integers(2, 7))]
    net = Network(sizes, str(rng.choice(list(ACTIVATIONS))))
    init = str(rng.choice([*INITIALISATIONS, "normal"]))
    if init == "normal":
        net.parameters[:] = rng.normal(size=net.parameters.size)
    else:
        net.initialise(init, np.random.RandomState(int(rng.integers(2**31))))
        for b in net.biases:
            b[:] = rng.normal(size=b.shape) * rng.choice([0.0, 0.01, 1.0])
    plain = bool(rng.random() < 0.25)
    if not plain and rng.random() < 0.6:
        some = net.layers[int(rng.integers(len(net.layers)))] if rng.random() < 0.4 else net.parameters
        some *= 10 ** rng.uniform(-6, 6)
    points = int(rng.integers(1, 30))
    X = rng.normal(size=(points, sizes[0])) * (10 ** rng.uniform(-6, 6) if not plain and rng.random() < 0.6 else 1.0)
    match rng.integers(8):
        case 0:
            X[0] = 0  # the middle of a spiral
        case 1:
            X = np.round(X)  # many on the same kinks
        case 2:
            X[:] = X[0]
    y = rng.integers(0, sizes[-1], points)
    h = 10 ** (rng.uniform(-6, -4) if plain else rng.uniform(-12, -1))
    reg, reg_l1 = float(rng.choice([0, 1e-3, 0.1, 10])), float(rng.choice([0, 0, 1e-2]))
    return Case(net, X, y, reg, reg_l1, h, not plain and bool(rng.random() < 0.5), plain)


def failures_of(case: Case) -> tuple[list[str], int]:
    """What the lab gets wrong about a case, and how many mistakes were put in that it had to find."""
    wrong, sought = [], 0
    right = check_with(None, case.network, case.X, case.y, case.reg, case.h, case.single, case.reg_l1)
    if suspect(case.network, right, len(case.y), case.reg, case.reg_l1) is not None or right.disagrees.any():
        wrong.append("accused")
    with np.errstate(all="ignore"):
        gradients = {
            bug: gradient_with(bug, case.network, case.X, case.y, case.reg, case.reg_l1)
            for bug in BUGS
            if bug != "no_shift"
            and not (bug == "no_mask" and (len(case.network.sizes) == 2 or case.network.activation == "linear"))
        }
        for bug, gradient in gradients.items():
            if not _shows(case, right, gradient):
                continue
            sought += 1
            check = dataclasses.replace(right, analytic=gradient)
            named = suspect(case.network, check, len(case.y), case.reg, case.reg_l1)
            if named != bug and (named not in gradients or _shows(case, check, gradients[named])):
                wrong.append(f"{bug} called {named}")
    return wrong, sought


def _shows(case: Case, check: GradientCheck, gradient: FloatArray) -> bool:
    """Whether a gradient differs from the one that was checked by more than the check leaves open."""
    smooth = ~check.crosses_kink & np.isfinite(check.numeric) & np.isfinite(gradient)
    apart = np.abs(gradient - check.analytic)[smooth]
    if (apart > VISIBLE * check.noise[smooth]).any():
        return True
    largest = float(np.abs(check.analytic).max(initial=0.0))
    return case.plain and float(apart.max(initial=0.0)) > PLAIN_EFFECT * largest > 1e-9


def check(nets: int = NETS, seed: int = SEED) -> Row:
    rng = np.random.default_rng(seed)
    failed, sought = 0, 0
    for _ in range(nets):
        wrong, tried = failures_of(random_case(rng))
        failed, sought = failed + bool(wrong), sought + tried
    return Row("gradient lab: random nets", nets, failed, f"{sought} mistakes were put in that had to be found")


if __name__ == "__main__":
    print(check())
