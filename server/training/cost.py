"""How long work takes, estimated before it begins, in seconds of one core."""

from __future__ import annotations

import math

from spiral_core.analysis.health import MAX_POINTS
from spiral_core.analysis.sharpness import MAX_SNAPSHOTS
from spiral_core.backprop import longest_block
from spiral_core.dropout import drops
from spiral_core.network import Network
from spiral_core.run import SNAPSHOT_NUMBERS, is_snapshot
from spiral_core.settings import Settings

LONG = 30.0  # from which a run asks for consent
HEAVY = 0.3  # for one update with all that belongs to it, from which a run is kept apart from the others
TOO_LONG = 3 * HEAVY  # beyond its time, that a slice took: its run is heavy too

# What training takes in NumPy on a processor of medium speed: others take a third, or three times as long.
PER_PRODUCT = 0.05e-9  # a point meets a weight in one of an update's three matrix products (`make bench`)
# A point passes a unit and comes back.
PER_VALUE = {"relu": 1.2e-9, "leaky_relu": 1.2e-9, "linear": 0.6e-9, "tanh": 10e-9, "sigmoid": 7e-9}
PER_SCORE = 6e-9  # the loss of a point, for each class
PER_WEIGHT, PER_ABSOLUTE = 8e-9, 4e-9  # an optimizer moves a weight; an L1 penalty looks at it
PER_MASK = 10e-9  # a point meets a hidden unit's dropout: a random number is drawn, compared and multiplied with
PER_LAYER = 15e-6  # the calls of NumPy for a layer in an update, for each block of points
FORWARD = 0.45  # of an update's calls and passes, that an evaluation makes

PICTURE_SIZE = 150  # cells a side: 3 KB a picture, drawn smooth by the browser
SMALL_PICTURE_SIZE = 100  # while many wait: half the work, and hardly to be told apart
LAST_PICTURE_SIZE = 400  # the one that stays on the screen
SMALLEST_PICTURE_SIZE = 50
LANDSCAPE, FIRST_LANDSCAPE = 41, 11  # places a side of a landscape, and of the one that is there at once
AT_ONCE, LANDSCAPE_SECONDS = 0.5, 8.0  # that a landscape may take without a coarse one before it, and at most
PER_PLACE = 30e-6  # the calls of NumPy for a place of a landscape, beside an evaluation
PRODUCTS, SHARPNESS_SECONDS = 20, 8.0  # with the Hessian at a snapshot, of which 7 to 13 are usual; that a run's sharpness may take
PER_BEND = 8e-9  # a point meets a hidden unit in a product with the Hessian, beside its matrix products
PAGE_SECONDS = 0.1  # that each computation of a page's own script may take
PER_UNIT = 4e-9  # a point passes a hidden unit outside of the matrix products, beside its activation
SMALLEST_MAP, FEWEST_POINTS = 24, 50  # cells a side, and points, however large the network is
PASSES = 10  # matrix products with each point that a page makes, about
PICTURE_SECONDS, LAST_PICTURE_SECONDS = 0.25, 1.0  # that a picture may take: those of the largest networks have fewer cells


def seconds_per_update(settings: Settings) -> float:
    """Forward and backward: each point of the batch meets each weight three times."""
    points, weights = settings.batch_points, settings.parameter_count
    dropout = points * sum(settings.hidden) * PER_MASK if drops(settings) else 0.0
    optimizer = weights * (PER_WEIGHT + (PER_ABSOLUTE if settings.reg_l1 else 0.0))
    return _passes(settings, points) + 3 * points * weights * PER_PRODUCT + dropout + optimizer


def seconds_per_evaluation(settings: Settings) -> float:
    """Loss and accuracy of all points, held out or not."""
    points = settings.data.point_count
    return FORWARD * _passes(settings, points) + points * settings.parameter_count * PER_PRODUCT


def _passes(settings: Settings, points: int) -> float:
    """What an update of so many points takes beside its matrix products and the optimizer."""
    classes = settings.data.classes
    blocks = math.ceil(points / longest_block(max([*settings.hidden, classes])))
    values = sum(settings.hidden) * PER_VALUE[settings.activation] + classes * PER_SCORE
    return blocks * (1 + len(settings.hidden)) * PER_LAYER + points * values


def seconds_per_picture(settings: Settings, size: int) -> float:
    """`size` cells a side."""
    return 1e-3 + size * size * _seconds_per_cell(settings)


def _seconds_per_cell(settings: Settings) -> float:
    """In single precision: the activation takes half as long."""
    return settings.parameter_count * PER_PRODUCT + FORWARD / 2 * sum(settings.hidden) * PER_VALUE[settings.activation]


def picture_size(settings: Settings, wanted: int) -> int:
    """Cells a side: as many as wanted, or as few as a large network has time for."""
    limit = LAST_PICTURE_SECONDS if wanted == LAST_PICTURE_SIZE else PICTURE_SECONDS
    affordable = math.isqrt(int(limit / _seconds_per_cell(settings)))
    return max(SMALLEST_PICTURE_SIZE, min(wanted, affordable))


def _seconds_per_point(settings: Settings) -> float:
    return _seconds_of(settings.parameter_count, sum(settings.hidden), settings.activation)


def _seconds_of(parameters: int, units: int, activation: str) -> float:
    return parameters * PER_PRODUCT + units * (PER_UNIT + FORWARD * PER_VALUE[activation])


def map_size(settings: Settings, wanted: int) -> int:
    """Cells a side of a map that a page's own script computes: as many as wanted, or as few as there is time for."""
    return max(SMALLEST_MAP, min(wanted, math.isqrt(int(PAGE_SECONDS / _seconds_per_point(settings)))))


def page_points(settings: Settings) -> int:
    """How many points a page's own script sends through the net and back, at most."""
    return max(FEWEST_POINTS, min(MAX_POINTS, int(PAGE_SECONDS / (PASSES * _seconds_per_point(settings)))))


def counted_points(network: Network, times: int = 1) -> int:
    """How many points so many networks like this one tell apart in a page's own script, at most."""
    each = _seconds_of(network.parameters.size, network.unit_count, network.activation)
    return max(FEWEST_POINTS, int(PAGE_SECONDS / (times * each)))


def painted_size(network: Network, wanted: int, times: int = 1) -> int:
    """Cells a side of a picture that so many networks like this one make together in a page's own script."""
    return max(SMALLEST_MAP, min(wanted, math.isqrt(counted_points(network, times))))


def seconds_per_landscape(settings: Settings, size: int) -> float:
    """`size` places a side, each with the loss of all points, or of an even sample."""
    share = min(1.0, MAX_POINTS / settings.data.point_count)
    return size * size * (PER_PLACE + share * seconds_per_evaluation(settings))


def landscape_sizes(settings: Settings) -> tuple[int, ...]:
    """Places a side of the landscapes that are computed, one after the other: a coarse one first where the fine one takes long,
    alone where that takes too long; none for the largest nets."""
    fine, coarse = (seconds_per_landscape(settings, size) for size in (LANDSCAPE, FIRST_LANDSCAPE))
    if fine <= AT_ONCE:
        return (LANDSCAPE,)
    return tuple(size for size, takes in ((FIRST_LANDSCAPE, coarse), (LANDSCAPE, fine)) if takes <= LANDSCAPE_SECONDS)


def seconds_per_sharpness(settings: Settings) -> float:
    """At all snapshots that are measured: a product with the Hessian is six matrix products, an evaluation one."""
    share = min(1.0, MAX_POINTS / settings.data.point_count)
    units = share * settings.data.point_count * sum(settings.hidden) * PER_BEND
    snapshots = min(MAX_SNAPSHOTS, 1 + SNAPSHOT_NUMBERS // settings.parameter_count)
    return snapshots * PRODUCTS * (6 * share * seconds_per_evaluation(settings) + units)


def has_sharpness(settings: Settings) -> bool:
    """Whether the sharpness of a run is computed: of the largest nets it is not."""
    return seconds_per_sharpness(settings) <= SHARPNESS_SECONDS


def is_heavy(settings: Settings) -> bool:
    """Whether the least that a worker does for a run at a time, an update with its evaluation and the last picture, takes long."""
    picture = seconds_per_picture(settings, picture_size(settings, LAST_PICTURE_SIZE))
    return seconds_per_update(settings) + seconds_per_evaluation(settings) + picture > HEAVY


def seconds(settings: Settings, first: int = 0) -> float:
    """Of a whole run from iteration `first` on: updates, evaluations, and the pictures of its replay."""
    last = settings.last_iteration
    updates = sum(max(phase.last_iteration - max(first, phase.begin), 0) * seconds_per_update(phase) for phase in settings.phases)
    evaluations = _logged_before(last + 1) - _logged_before(first)
    pictures = sum(is_snapshot(i, settings.parameter_count) for i in _logged(first, last))
    small, large = (picture_size(settings, wanted) for wanted in (PICTURE_SIZE, LAST_PICTURE_SIZE))
    return (
        updates
        + evaluations * seconds_per_evaluation(settings)
        + pictures * seconds_per_picture(settings, small)
        + seconds_per_picture(settings, large)
    )


def _logged_before(iteration: int) -> int:
    """How many iterations below this one are logged: each below 100, then 90 a decade."""
    step = 10 ** max(0, len(str(max(iteration - 1, 0))) - 2)
    decades = len(str(step)) - 1
    return min(iteration, 100) if not decades else 100 + 90 * (decades - 1) + (iteration - 1 - 10 * step) // step + 1


def _logged(first: int, last: int) -> list[int]:
    """The logged iterations in first..last."""
    found: list[int] = []
    start = first
    while start <= last:
        step = 10 ** max(0, len(str(start)) - 2)
        end = min(last, 100 * step - 1)
        found += range(-(-start // step) * step, end + 1, step)
        start = 100 * step
    return found
