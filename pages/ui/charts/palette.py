"""The colours and marker shapes of all charts."""

from __future__ import annotations

from typing import NamedTuple

from server.training.colours import CLASS_COLOURS, DIFFERENT

CLASS_SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star", "hexagon")
RUN_SHAPES = ("circle", "square", "diamond", "triangle-up", "x", "star")


__all__ = ["CLASS_COLOURS", "CLASS_SHAPES", "DARK", "DIFFERENT", "LIGHT", "RUN_SHAPES", "Look", "standing_out"]


class Look(NamedTuple):
    """What differs between the light and the dark theme."""

    ink: str  # lines and text
    muted: str  # what stands behind
    grid: str
    paper: str
    train: str  # curves of the training data
    test: str  # curves of the held-out data
    edge: str  # round a point
    hollow: str  # inside a held-out point
    heat: str  # a full cell of a table
    runs: tuple[str, ...]  # lines of several runs


def standing_out(colour: str, look: Look) -> str:
    """A class's colour as a thin line on the background: lighter on a dark one."""
    if look != DARK:
        return colour
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{channel + (255 - channel) * 2 // 5:02x}" for channel in channels)


LIGHT = Look(
    "#1f2430",
    "#5b6270",
    "#e3e5ea",
    "#ffffff",
    "#006d77",
    "#9b2c7d",
    "#1f2430",
    "#ffffff",
    "#7fb3d9",
    ("#0072b2", "#c24e00", "#00755a", "#a64d8a", "#8c510a", "#4a4f5a"),
)
DARK = Look(
    "#f2f3f5",
    "#a9b0bd",
    "#343a46",
    "#12151c",
    "#4fd1c5",
    "#f28fd0",
    "#e6e8ec",
    "#12151c",
    "#2b6ca3",
    ("#56b4e9", "#ff9f45", "#2fd0a0", "#e8a1cf", "#f0e442", "#d0d4dc"),
)
