"""The gradient check as an experiment: classic mistakes put into the gradient, the step h varied, and what gives which away."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from spiral_core.analysis.gradient_check import GradientCheck, gradient_check
from spiral_core.analysis.trace import forward_back
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.network import Network
from spiral_core.rules import SettingError, one_of

MOST_PARAMETERS = 20_000
WORK = 200_000  # parameters times points of one check
FEWEST_POINTS = 20
STEPS = tuple(10.0 ** (-exponent / 2) for exponent in range(2, 25))  # h from 1e-1 to 1e-12
BUGS = ("no_average", "no_reg", "no_mask", "no_bias", "no_shift")
LARGE_SCORE = 1000.0  # e to its power overflows
NOTHING = 1e-6  # the size of a gradient that is as good as zero

# The course's thresholds for the relative error (CS231n, "Neural networks 3"), the worst first.
VERDICTS = {"wrong": 1e-2, "uncomfortable": 1e-4, "fine with kinks": 1e-7, "good": 0.0}


class ArrayCheck(NamedTuple):
    """One array of the gradient: its worst error away from kinks, and how many of its entries cross one."""

    name: str
    shape: tuple[int, ...]
    error: float  # NaN where the gradient itself is not finite
    kinks: int
    entries: int

    @property
    def verdict(self) -> str:
        return verdict(self.error)


def verdict(error: float) -> str:
    """What the course says of a relative error."""
    if math.isnan(error):
        return "wrong"
    return next(name for name, limit in VERDICTS.items() if error > limit or limit == 0)


def points_to_check(network: Network, count: int) -> int:
    """How many of `count` points a check takes, so that it is done while one watches. Raises ValueError for too large a network."""
    if network.parameters.size > MOST_PARAMETERS:
        raise ValueError(f"network must have at most {MOST_PARAMETERS} parameters to be checked, got {network.parameters.size}")
    return min(count, max(FEWEST_POINTS, WORK // network.parameters.size))


def gradient_with(bug: str | None, network: Network, X: FloatArray, y: IntArray, reg: float) -> FloatArray:
    """The gradient of mean cross-entropy + ½·reg·ΣW², flat, with a classic mistake in it; None: the right one."""
    if bug is not None and bug not in BUGS:
        raise SettingError("bug", one_of(BUGS), bug)
    gradient = forward_back(network, X, y, shift=bug != "no_shift", mask=bug != "no_mask").gradient(network)
    if bug == "no_average":
        gradient *= len(y)
    if bug == "no_bias":
        gradient *= network.weight_mask()
    if bug != "no_reg":
        gradient += reg * network.weight_mask() * network.parameters
    return gradient


def with_large_scores(network: Network, X: FloatArray) -> Network:
    """The network with its last layer scaled until the largest score is LARGE_SCORE: there, e^score overflows unshifted."""
    scaled = network.copy()
    scores = network.scores(X)
    largest = float(scores.flat[np.abs(scores).argmax()])  # by its size; a negative one changes the sign of all
    if largest == 0:
        scaled.biases[-1][0] = LARGE_SCORE
    else:
        scaled.layers[-1] *= LARGE_SCORE / largest
    return scaled


def check_with(
    bug: str | None, network: Network, X: FloatArray, y: IntArray, reg: float, h: float = 1e-5, single: bool = False
) -> GradientCheck:
    """A gradient check of the gradient with a mistake in it."""
    with np.errstate(all="ignore"):
        return gradient_check(network, X, y, reg, h=h, analytic=gradient_with(bug, network, X, y, reg), single=single)


def by_array(network: Network, check: GradientCheck) -> list[ArrayCheck]:
    """The check array by array: W1, b1, W2, …

    The error is the largest |a - n| of an array relative to its largest entry, or to a thousandth of the whole gradient's
    where that is more, or to NOTHING: an array that is all but zero holds nothing but rounding.
    """
    whole = max(_largest(check.analytic), _largest(check.numeric))
    parts = [network.split(vector) for vector in (check.analytic, check.numeric)]
    kinks = network.split(check.crosses_kink.astype(np.float64))
    found = []
    for layer in range(len(network.weights)):
        for kind, letter in enumerate("Wb"):
            analytic, numeric, crossing = parts[0][kind][layer], parts[1][kind][layer], kinks[kind][layer] > 0
            gap = np.abs(analytic - numeric)[~crossing]
            scale = max(_largest(analytic), _largest(numeric), 1e-3 * whole, NOTHING)
            error = float(gap.max(initial=0.0)) / scale if np.isfinite(analytic).all() else math.nan
            found.append(ArrayCheck(f"{letter}{layer + 1}", analytic.shape, error, int(crossing.sum()), analytic.size))
    return found


def _largest(values: FloatArray) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def suspect(network: Network, check: GradientCheck, count: int, reg: float) -> str | None:
    """Which of the mistakes a failed check of `count` points looks like; None where it passes, "unknown" where none fits."""
    if not np.isfinite(check.analytic).all():
        return "no_shift"
    smooth = ~check.crosses_kink
    arrays = by_array(network, check)
    if all(array.error <= VERDICTS["uncomfortable"] for array in arrays):
        return None
    decay = reg * network.weight_mask() * network.parameters

    def fits(expected: FloatArray) -> bool:
        """Whether a gradient with this mistake, made from the numeric one, is what was checked."""
        gap = np.abs(check.analytic - expected)[smooth].max(initial=0.0)
        return bool(gap <= 0.01 * max(_largest(check.analytic - check.numeric), 1e-300))

    if fits(check.numeric - decay):
        return "no_reg"
    if fits((check.numeric - decay) * count + decay):
        return "no_average"
    if fits(check.numeric * network.weight_mask()):
        return "no_bias"
    last, earlier = arrays[-2:], arrays[:-2]
    wrong = VERDICTS["uncomfortable"]
    if earlier and all(array.error <= wrong for array in last) and any(array.error > wrong for array in earlier):
        return "no_mask"
    return "unknown"


def error_curve(
    bug: str | None, network: Network, X: FloatArray, y: IntArray, reg: float, single: bool = False
) -> list[tuple[float, float]]:
    """The worst error of all arrays for each h of STEPS: truncation on the side of large h, rounding on that of small ones."""
    curve = []
    for h in STEPS:
        arrays = by_array(network, check_with(bug, network, X, y, reg, h, single))
        curve.append((h, max((array.error for array in arrays), default=0.0)))
    return curve
