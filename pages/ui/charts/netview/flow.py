"""One point's numbers on their way through the net and back, for the diagram."""

from __future__ import annotations

from typing import Any

from pages.ui.charts.netview.diagram import Diagram
from spiral_core.analysis.trace import Pass
from spiral_core.arrays import FloatArray


def flow_of(diagram: Diagram, done: Pass, x: FloatArray, loss: str) -> dict[str, Any]:
    """What each unit of a diagram gives for the first point of a pass, (D,) x, and the gradient of that point's loss at its z.

    A column each for inputs, hidden layers as drawn, and classes, which hold probabilities, with the hinge scores.
    """
    hidden = list(zip(done.layers, diagram["drawn"], strict=False))  # the layers that are drawn
    forward = [done.layers[0].inputs[0], *(layer.h[0][units] for layer, units in hidden)]
    backward = [layer.dz[0][units] for layer, units in hidden]
    ends = (done.scores if loss == "hinge" else done.probs)[0]
    return {
        "at": [float(x[0]), float(x[1])],
        "forward": [_plain(column) for column in (*forward, ends)],
        "backward": [[None] * len(diagram["inputs"]), *map(_plain, backward), _plain(done.dscores[0])],
    }


def _plain(values: FloatArray) -> list[float | None]:
    """As JSON: None for what is not finite."""
    return [float(f"{value:.6g}") if abs(value) < float("inf") else None for value in values]
