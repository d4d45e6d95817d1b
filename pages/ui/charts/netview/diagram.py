"""A net as the browser draws it: which units, and their weights at each snapshot, as a plain dict."""

from __future__ import annotations

import base64
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.ui.charts.netview import words
from pages.ui.charts.palette import CLASS_COLOURS, CLASS_SHAPES, Look
from pages.ui.text import class_label
from server.training.pictures import area
from spiral_core.analysis.needed import Needed, most_needed
from spiral_core.arrays import IntArray
from spiral_core.features import FEATURES
from spiral_core.network import Network
from spiral_core.phases import MAX_EDITED_UNITS
from spiral_core.run import Run

FEW_UNITS = 12  # of more than can be set by hand, those that the loss needs most
MAX_NUMBERS = 1600  # of a larger net's weights, at one snapshot: beyond, deeper layers are left out
MAX_BYTES = 64_000  # of a larger net's weights, at all snapshots: beyond, only some of them are drawn
KEPT = 64  # runs whose most needed units are remembered

Diagram = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """The part of a net that is drawn: the layers before the last one whole, of that one some units.

    sizes: as of a net by itself, [D, …, units of the last layer]; drawn: which units of each hidden layer, by their numbers in the
    net; whole: nothing is left out, and the last layer is the scores; outward: the weights from the last layer to the scores come
    too.
    """

    sizes: tuple[int, ...]
    drawn: tuple[tuple[int, ...], ...]
    whole: bool
    outward: bool
    columns: IntArray  # the numbers of the parameters that travel


def diagram_of(run: Run, look: Look, only: int | None = None) -> Diagram:
    """What the browser needs to draw the net of a run at each snapshot (only: at that one, counted from 0)."""
    network = run.network_at()
    units = network.unit_count
    needed = _needed(run, network)
    part = _whole(network) if units <= MAX_EDITED_UNITS else _part_of(network, needed)
    frames, at = _frames(len(run.snapshots), part.columns.size, part.whole, only)
    with np.errstate(over="ignore"):
        numbers = run.snapshots[frames][:, part.columns].astype("<f4")  # (frames, parameters)
    plane = area(run.settings.data)
    return {
        "inputs": [{"name": name, "label": FEATURES[name].formula} for name in network.features],
        "activation": network.activation,
        "loss": network.loss_name,
        "net": list(network.sizes),
        "sizes": list(part.sizes),
        "drawn": [list(layer) for layer in part.drawn],
        "whole": part.whole,
        "outward": part.outward,
        "parameters": base64.b64encode(numbers.tobytes()).decode(),
        "at": at,
        "area": [plane.left, plane.right, plane.bottom, plane.top],
        "classes": _classes(run, look),
        "penalties": [[phase.reg, phase.reg_l1] for phase in map(run.settings.phase_at, run.snapshot_iterations[frames].tolist())],
        "editable": part.whole and run.finished and only is None,
        "alt": words.describe(run, needed),
        "about": words.about(network, part.drawn, part.whole),
        "words": words.of_diagram(network),
        "colours": {"positive": look.train, "negative": look.test, "ink": look.ink, "muted": look.muted, "paper": look.paper},
    }


def _classes(run: Run, look: Look) -> list[dict[str, str]]:
    names = run.data.train.names
    return [
        {"name": class_label(names, k), "colour": CLASS_COLOURS[k], "shape": CLASS_SHAPES[k], "edge": look.edge}
        for k in range(run.data.train.classes)
    ]


def _whole(network: Network) -> Part:
    drawn = tuple(tuple(range(n)) for n in network.sizes[1:-1])
    return Part(network.sizes, drawn, True, True, np.arange(network.parameters.size))


def _part_of(network: Network, needed: list[Needed]) -> Part:
    """The layers up to the last one of which a needed unit is drawn."""
    depth = 1 + max(each.layer for each in needed)
    chosen = [tuple(sorted(each.unit for each in needed if each.layer == layer)) for layer in range(depth)]
    numbers = network.split_layers(np.arange(network.parameters.size))  # (n_out, n_in + 1) a layer
    rows = list(chosen[-1])
    columns = [layer.ravel() for layer in numbers[: depth - 1]] + [numbers[depth - 1][rows].ravel()]
    outward = depth == len(network.sizes) - 2
    if outward:
        columns.append(numbers[depth][:, rows].ravel())  # (K, units)
    sizes = (*network.sizes[:depth], len(rows))
    return Part(sizes, tuple(chosen), False, outward, np.concatenate(columns))


def depth_that_travels(network: Network) -> int:
    """How many hidden layers can be drawn so that their units can be computed from not too many weights."""
    before, depth, outputs = 0, 1, network.sizes[-1]
    for layer, (n_in, n_out) in enumerate(zip(network.sizes[:-2], network.sizes[1:-1], strict=True)):
        if before + FEW_UNITS * (n_in + 1 + outputs) <= MAX_NUMBERS:
            depth = layer + 1
        before += (n_in + 1) * n_out
    return depth


def _frames(snapshots: int, numbers: int, whole: bool, only: int | None) -> tuple[list[int], list[int]]:
    """Which snapshots travel, and for each frame of the replay the row of the one to show: the last at or before it."""
    if only is not None:
        return [only], [0]
    most = snapshots if whole else max(2, MAX_BYTES // (4 * numbers))
    rows = np.unique(np.linspace(0, snapshots - 1, min(most, snapshots)).round().astype(int))
    at = np.searchsorted(rows, np.arange(snapshots), side="right") - 1
    return rows.tolist(), at.tolist()


_found: OrderedDict[tuple[object, bool], list[Needed]] = OrderedDict()  # by settings, and whether the run is finished


def _needed(run: Run, network: Network) -> list[Needed]:
    """The units that the net needs most: once while it is trained, so that the drawing stays, and once at the end."""
    key = (run.settings, run.finished)
    found = _found.get(key)
    if found is None:
        found = _found[key] = most_needed(
            network, run.data.train, FEW_UNITS, depth_that_travels(network) if run.settings.hidden else 0
        )
        while len(_found) > KEPT:
            _found.popitem(last=False)
    return found
