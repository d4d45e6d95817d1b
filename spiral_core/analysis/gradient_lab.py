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

MAX_PARAMETERS = 20_000
WORK = 200_000  # parameters times points of one check
FEW_POINTS = 8
CURVE_WORK = 20_000  # the same of each check of a whole curve over h, which evenly chosen points show as well
MIN_POINTS, FEWEST_POINTS = 20, 2  # of a check; where each point takes long, because many layers follow
CHECK_EFFORT, CURVE_EFFORT = 150_000_000, 40_000_000  # of `effort` times points of a check; and of a curve
CURVE_UNITS = 400  # looked at in a whole curve, once for each h
STEPS = tuple(10.0 ** (-exponent / 2) for exponent in range(2, 25))  # h from 1e-1 to 1e-12
BUGS = ("no_average", "no_reg", "no_mask", "no_bias", "no_shift")
LARGE_SCORE = 1000.0  # e to its power overflows
UNEXPLAINED = 0.01  # share of the gap that a mistake may leave unexplained and still be named

# The course's thresholds for the relative error (CS231n, "Neural networks 3"), the worst first.
VERDICTS = {"wrong": 1e-2, "uncomfortable": 1e-4, "fine with kinks": 1e-7, "good": 0.0}


class ArrayCheck(NamedTuple):
    """One array of the gradient: its worst relative error, entry by entry, and what became of its entries."""

    name: str
    shape: tuple[int, ...]
    error: float  # of the entries that agree or disagree; NaN where the gradient itself is not finite
    typical: float  # the median relative error away from kinks
    kinks: int
    unresolved: int  # entries away from kinks of which nothing can be said at this h and precision
    disagreeing: int
    entries: int

    @property
    def verdict(self) -> str:
        """ "wrong" where an entry disagrees, "open" where nothing can be said of any, else the course's word for the error."""
        if self.disagreeing:
            return "wrong"
        return "open" if self.kinks + self.unresolved == self.entries else verdict(self.error)


def verdict(error: float) -> str:
    """What the course says of a relative error."""
    if math.isnan(error):
        return "wrong"
    return next(name for name, limit in VERDICTS.items() if error > limit or limit == 0)


def points_to_check(network: Network, count: int) -> int:
    """How many of `count` points a check takes, so that it is done while one watches. Raises ValueError for too large a network."""
    if network.parameters.size > MAX_PARAMETERS:
        raise ValueError(f"network must have at most {MAX_PARAMETERS} parameters to be checked, got {network.parameters.size}")
    wanted = max(MIN_POINTS, WORK // network.parameters.size)
    return min(count, wanted, max(FEWEST_POINTS, CHECK_EFFORT // effort(network)))


def effort(network: Network) -> int:
    """The weights that follow each parameter, summed over all: by these its two neighbours' losses go through the net."""
    sizes = [layer.size for layer in network.layers]
    after = [(network.sizes[i + 2] if i + 2 < len(network.sizes) else 1) + sum(sizes[i + 2 :]) for i in range(len(sizes))]
    return sum(size * following for size, following in zip(sizes, after, strict=True))


def gradient_with(bug: str | None, network: Network, X: FloatArray, y: IntArray, reg: float, reg_l1: float = 0.0) -> FloatArray:
    """The gradient of mean loss + ½·reg·ΣW² + reg_l1·Σ|W|, flat, with a classic mistake in it; None: the right one.

    "no_shift" is a mistake of the softmax alone: the hinge has no e^score.
    """
    if bug is not None and bug not in BUGS:
        raise SettingError("bug", one_of(BUGS), bug)
    gradient = forward_back(network, X, y, shift=bug != "no_shift", mask=bug != "no_mask").gradient(network)
    if bug == "no_average":
        gradient *= len(y)
    if bug == "no_bias":
        gradient *= network.weight_mask()
    if bug != "no_reg":
        gradient += network.weight_mask() * (reg * network.parameters + reg_l1 * np.sign(network.parameters))
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
    bug: str | None,
    network: Network,
    X: FloatArray,
    y: IntArray,
    reg: float,
    h: float = 1e-5,
    single: bool = False,
    reg_l1: float = 0.0,
    every: int = 1,
) -> GradientCheck:
    """A gradient check of the gradient with a mistake in it. every: of the hidden units, as for `gradient_check`."""
    with np.errstate(all="ignore"):
        analytic = gradient_with(bug, network, X, y, reg, reg_l1)
        return gradient_check(network, X, y, reg, reg_l1, h=h, analytic=analytic, single=single, every=every)


def by_array(network: Network, check: GradientCheck) -> list[ArrayCheck]:
    """The check array by array: W1, b1, W2, …"""
    smooth = ~check.crosses_kink & np.isfinite(check.numeric)
    told = check.agrees | check.disagrees
    columns = [check.relative_error, smooth, told, check.crosses_kink, check.disagrees, np.isfinite(check.analytic)]
    parts = [network.split(np.asarray(column, dtype=np.float64)) for column in columns]
    found = []
    for layer in range(len(network.weights)):
        for kind, letter in enumerate("Wb"):
            error = parts[0][kind][layer]
            smooth, told, kinks, wrong, finite = (part[kind][layer] > 0 for part in parts[1:])
            missing = not finite.all()
            found.append(
                ArrayCheck(
                    f"{letter}{layer + 1}",
                    error.shape,
                    math.nan if missing else float(error[told].max(initial=0.0)),
                    math.nan if missing else float(np.median(error[smooth])) if smooth.any() else 0.0,
                    int(kinks.sum()),
                    int((~told & ~kinks).sum()),
                    int(wrong.sum()),
                    error.size,
                )
            )
    return found


def suspect(network: Network, check: GradientCheck, count: int, reg: float, reg_l1: float = 0.0) -> str | None:
    """Which of the mistakes a failed check of `count` points looks like; None where no entry disagrees, "unknown" where none fits.

    A mistake is named where the gradient that it gives lies, over the same entries, within the noise of what was checked, or
    leaves a hundredth of the gap at most. One that changes nothing here explains nothing, so it is never named.
    """
    if not np.isfinite(check.analytic).all():
        return "no_shift" if network.loss_name == "softmax" else "unknown"
    if not check.disagrees.any():
        return None
    smooth = ~check.crosses_kink & np.isfinite(check.numeric)
    allowed = check.noise + 1e-9 * np.abs(check.analytic)

    def gap(expected: FloatArray) -> float:
        """The largest distance to what was checked, in units of what may be noise."""
        return float((np.abs(check.analytic - expected) / allowed)[smooth].max(initial=0.0))

    penalty = network.weight_mask() * (reg * network.parameters + reg_l1 * np.sign(network.parameters))
    data = gradient_with(None, network, check.X, check.y, 0.0)
    expected = {
        "no_reg": data,
        "no_average": data * count + penalty,
        "no_bias": (data + penalty) * network.weight_mask(),
        "no_mask": gradient_with("no_mask", network, check.X, check.y, reg, reg_l1),
    }
    gaps = {bug: gap(gradient) for bug, gradient in expected.items()}
    best = min(gaps, key=gaps.__getitem__)
    return best if gaps[best] <= max(1.0, UNEXPLAINED * gap(check.numeric)) else "unknown"


def error_curve(
    bug: str | None, network: Network, X: FloatArray, y: IntArray, reg: float, single: bool = False, reg_l1: float = 0.0
) -> list[tuple[float, float]]:
    """For each h of STEPS the relative error of a typical entry in the worst array.

    Truncation shows on the side of large h, rounding on that of small ones. The median stands for an array because its worst
    entry is often one that is all but zero, where every h drowns in noise.
    """
    every, curve = curve_every(network, len(y)), []
    step = -(-len(y) // _curve_points(network))
    X, y = X[::step], y[::step]
    for h in _curve_steps(network):
        arrays = by_array(network, check_with(bug, network, X, y, reg, h, single, reg_l1, every))
        curve.append((h, max((array.typical for array in arrays), default=0.0)))
    return curve


def _curve_points(network: Network) -> int:
    return max(FEW_POINTS, CURVE_WORK // network.parameters.size)


def _curve_steps(network: Network) -> tuple[float, ...]:
    return STEPS if network.parameters.size <= CURVE_WORK // FEW_POINTS else STEPS[::2]


def curve_every(network: Network, count: int) -> int:
    """Each how many-th unit of a hidden layer stands for the layer in a curve over at most `count` points; 1: all do."""
    steps, units = len(_curve_steps(network)), network.sizes[1:-1]
    if not units:
        return 1
    by_number = sum(units) * steps / CURVE_UNITS
    by_effort = effort(network) * min(count, _curve_points(network)) * steps / CURVE_EFFORT
    return max(1, min(math.ceil(max(by_number, by_effort)), max(units) // 2))
