"""What hidden units do to the plane: where they fold it, which points they fire on, and what the net is without them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spiral_core.activations import ACTIVATIONS
from spiral_core.analysis.trace import slopes
from spiral_core.arrays import FloatArray
from spiral_core.boundary import Area
from spiral_core.features import PLAIN, are_straight
from spiral_core.network import Network

BoolArray = NDArray[np.bool_]
Segments = FloatArray  # (S, 2, 2): S straight pieces, each from one point (x, y) to another

FOLD_CELLS = 64  # a side of the grid on which the folds of deeper layers are found
SATURATED = 0.99  # of the way to an end of a tanh or a sigmoid
BLOCK_NUMBERS = 500_000  # of the widest layer's outputs in a block of points: 4 MB
PER_UNIT = 100  # products with a weight that take as long as a point in a hidden unit: its activation, and a place in memory


def effort_per_point(parameters: int, units: int) -> int:
    """What a point takes on its way through a network of so many parameters and hidden units, in products with a weight."""
    return parameters + PER_UNIT * units


def hidden_outputs(network: Network, X: FloatArray) -> list[FloatArray]:
    """What the units of each hidden layer give for points X (N, D): (N, units) a layer."""
    outputs = [network.inputs(X)]
    for layer in range(len(network.weights) - 1):
        outputs.append(_outputs(network, layer, outputs[-1]))
    return outputs[1:]


def unit_outputs(network: Network, X: FloatArray, layer: int, unit: int) -> FloatArray:
    """What one hidden unit gives for points X (N, D): (N,). Of its own layer no other unit is computed."""
    found = [_outputs(network, layer, _read_by(network, block, layer), slice(unit, unit + 1)) for block in _blocks(network, X)]
    return np.concatenate(found)[:, 0]


def _outputs(network: Network, layer: int, inputs: FloatArray, units: slice = slice(None)) -> FloatArray:
    """h of some units of a hidden layer from what it reads: (N, n_in) → (N, units)."""
    with np.errstate(all="ignore"):
        h: FloatArray = inputs @ network.weights[layer][:, units] + network.biases[layer][units]
        ACTIVATIONS[network.activation].forward(h)
    return h


def _read_by(network: Network, X: FloatArray, layer: int) -> FloatArray:
    """What a layer reads for points X (N, D): (N, n_in)."""
    inputs = network.inputs(X)
    for before in range(layer):
        inputs = _outputs(network, before, inputs)
    return inputs


def _blocks(network: Network, X: FloatArray) -> Iterator[FloatArray]:
    """The points in blocks, so that the memory of a pass is bounded."""
    rows = max(1, BLOCK_NUMBERS // max(network.sizes))
    return (X[start : start + rows] for start in range(0, len(X), rows))


def firing(network: Network, h: FloatArray) -> BoolArray:
    """Which outputs h come from a positive z: for a ReLU, which units are on."""
    middle = 0.5 if network.activation == "sigmoid" else 0.0
    return h > middle


def dead_units(network: Network, h: FloatArray) -> BoolArray:
    """The units (units,) that are on at none of the points of h (N, units): a ReLU that is will never learn again."""
    if network.activation != "relu":
        return np.zeros(h.shape[1], dtype=bool)
    silent: BoolArray = h.max(axis=0) <= 0
    return silent


def saturated(network: Network, h: FloatArray) -> BoolArray:
    """Which outputs h of a tanh or a sigmoid lie at an end of its range, where its slope is nearly 0."""
    if network.activation == "tanh":
        return np.abs(h) > SATURATED
    if network.activation == "sigmoid":
        return np.abs(2 * h - 1) > SATURATED
    return np.zeros(h.shape, dtype=bool)


def folds(network: Network, layer: int, area: Area, wanted: BoolArray | None = None, cells: int = FOLD_CELLS) -> list[Segments]:
    """Where each unit of a hidden layer has z = 0, as straight pieces inside the area: for a ReLU, where it switches.

    In the first layer one line a unit, exact; in deeper layers, or where inputs are curved, a curve, found on a grid (cells²).
    wanted: which units are asked for; the others get none. Linear units fold nothing: they have none.
    """
    none: Segments = np.empty((0, 2, 2))
    if network.activation == "linear":
        return [none] * network.sizes[layer + 1]
    asked = np.ones(network.sizes[layer + 1], dtype=bool) if wanted is None else wanted
    if layer == 0 and are_straight(network.features):
        lines = zip(_on_coordinates(network).T, network.biases[0], asked, strict=True)
        return [_line(W, float(b), area) if yes else none for W, b, yes in lines]
    n = cells + 1
    x, y = np.linspace(area.left, area.right, n), np.linspace(area.bottom, area.top, n)
    X = np.column_stack([np.tile(x, n), np.repeat(y, n)])
    W, b = network.weights[layer][:, asked], network.biases[layer][asked]
    with np.errstate(all="ignore"):
        z = np.concatenate([_read_by(network, block, layer) @ W + b for block in _blocks(network, X)])
    curves = iter(z.T)
    return [_zeros(next(curves).reshape(n, n), x, y) if yes else none for yes in asked]


def _on_coordinates(network: Network) -> FloatArray:
    """The first layer's weights on x and y, (2, units); 0 where the net does not see a coordinate."""
    weights = np.zeros((2, network.sizes[1]))
    for row, name in zip(network.weights[0], network.features, strict=True):
        weights[PLAIN.index(name)] = row
    return weights


def _line(w: FloatArray, b: float, area: Area) -> Segments:
    """w·x + b = 0 inside the area: one piece, or none."""
    length = float(np.hypot(*w))
    if length == 0:
        return np.empty((0, 2, 2))
    foot = -b * w / length**2  # the point of the line that is closest to the origin
    along = np.array([-w[1], w[0]]) / length
    start, stop = -np.inf, np.inf  # how far along the line the area lies
    for at, step, low, high in zip(foot, along, (area.left, area.bottom), (area.right, area.top), strict=True):
        if step == 0:
            if not low <= at <= high:
                return np.empty((0, 2, 2))
            continue
        ends = sorted(((low - at) / step, (high - at) / step))
        start, stop = max(start, ends[0]), min(stop, ends[1])
    return np.array([[foot + start * along, foot + stop * along]]) if start < stop else np.empty((0, 2, 2))


def _zeros(values: FloatArray, x: FloatArray, y: FloatArray) -> Segments:
    """Marching squares: where values (n, n), given at the nodes (y, x) of a grid, pass through 0."""

    def crossing(a: FloatArray, b: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            share = np.where(a == b, 0.5, a / (a - b))
        return low + share * (high - low)

    across = np.stack(
        [crossing(values[:, :-1], values[:, 1:], x[:-1], x[1:]), np.broadcast_to(y[:, None], (len(y), len(x) - 1))], -1
    )
    up = np.stack([np.broadcast_to(x, (len(y) - 1, len(x))), crossing(values[:-1], values[1:], y[:-1, None], y[1:, None])], -1)
    on = values > 0
    crosses, rises = on[:, :-1] != on[:, 1:], on[:-1] != on[1:]
    # the four edges of each cell in turn: bottom, right, top, left
    points = np.stack([across[:-1], up[:, 1:], across[1:], up[:, :-1]])
    there = np.stack([crosses[:-1], rises[:, 1:], crosses[1:], rises[:, :-1]])
    order = np.argsort(~there, axis=0, kind="stable")
    ordered = np.take_along_axis(points, order[..., None], axis=0)  # those that are crossed come first
    count = there.sum(axis=0)
    pieces = [ordered[:2][:, count >= 2], ordered[2:][:, count == 4]]
    return np.concatenate([piece.transpose(1, 0, 2) for piece in pieces])


def count_regions(network: Network, area: Area) -> int:
    """How many pieces the folds of the first layer cut the area into: on each the layer is linear.

    A line adds one piece, and one more for each different point inside the area at which it crosses earlier lines.
    Raises ValueError where the net's inputs are curved, and so are its folds.
    """
    if not are_straight(network.features):
        raise ValueError(f"network must have straight inputs for its regions to be counted, got {', '.join(network.features)}")
    kept = np.empty((network.sizes[1], 2, 2))  # a point and the direction of each different line
    count, regions = 0, 1
    scale = max(area.right - area.left, area.top - area.bottom)
    for segments in folds(network, 0, area):
        for a, b in segments:
            along = (b - a) / np.linalg.norm(b - a)
            if count:
                starts, directions = kept[:count, 0], kept[:count, 1]
                turn = along[0] * directions[:, 1] - along[1] * directions[:, 0]  # 0 for parallel lines
                gap = starts - a
                apart = gap[:, 0] * along[1] - gap[:, 1] * along[0]
                if np.any((np.abs(turn) < 1e-12) & (np.abs(apart) < 1e-9 * scale)):
                    continue  # the same line again
                with np.errstate(all="ignore"):
                    places = (gap[:, 0] * directions[:, 1] - gap[:, 1] * directions[:, 0]) / turn
                length = float(np.linalg.norm(b - a))
                inside = np.sort(places[(np.abs(turn) >= 1e-12) & (places > 1e-9 * scale) & (places < length - 1e-9 * scale)])
                regions += int(len(inside) > 0) + int((np.diff(inside) > 1e-9 * scale).sum())
            regions += 1
            kept[count] = a, along
            count += 1
    return regions


def patterns(network: Network, X: FloatArray) -> tuple[FloatArray, int]:
    """How many units of all hidden layers are on at each point X (N, D), and how many different sets of units that are on occur."""
    counts, seen = [], set[bytes]()
    for block in _blocks(network, X):
        on = np.hstack([firing(network, h) for h in hidden_outputs(network, block)])
        counts.append(np.count_nonzero(on, axis=1).astype(np.float64))
        packed = np.packbits(on, axis=1)
        seen.update(packed.view(f"V{packed.shape[1]}").ravel().tolist())  # a row as its bytes: the same where all bits are
    return np.concatenate(counts), len(seen)


def effects(network: Network, X: FloatArray, layer: int) -> FloatArray:
    """How much each score rises with each unit's output, on average over points X: (units, K).

    For the last hidden layer these are its weights; before it the mean of dscores/dh, through the layers between.
    """
    outputs = hidden_outputs(network, X)
    jacobian = network.weights[-1].T[None]  # (1 or N, K, units): dscores/dh
    for i in range(len(outputs) - 1, layer, -1):
        jacobian = (jacobian * slopes(network, outputs[i])[:, None]) @ network.weights[i].T
    mean: FloatArray = jacobian.mean(axis=0).T
    return mean


def without_unit(network: Network, layer: int, unit: int) -> Network:
    """The network with one hidden unit silenced: nothing reads it any more."""
    silenced = network.copy()
    silenced.weights[layer + 1][unit] = 0
    return silenced


def principal_components(h: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The mean (n,), the first two principal directions (2, n) and their shares (2,) of the variance of h (N, n).

    Directions point to where their largest entry is positive; a layer of one unit gets a second direction of zeros.
    """
    mean = h.mean(axis=0)
    _, lengths, directions = np.linalg.svd(h - mean, full_matrices=False)
    axes, shares = np.zeros((2, h.shape[1])), np.zeros(2)
    count = min(2, len(lengths))
    axes[:count] = directions[:count]
    axes *= np.where(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], 1) < 0, -1.0, 1.0)
    total = float((lengths**2).sum())
    if total > 0:
        shares[:count] = lengths[:count] ** 2 / total
    return mean, axes, shares
