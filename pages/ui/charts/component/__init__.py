"""The one chart component: a Plotly figure, updated in place, with or without a replay of a training."""

from pages.ui.charts.component.component import (
    Asked,
    Draws,
    Keep,
    Move,
    bordered,
    brushed,
    cells,
    drawn,
    flowing,
    gallery,
    picked,
    placed,
    prepare,
    static,
    training,
    waiting,
)

__all__ = [
    "Asked",
    "Draws",
    "Keep",
    "Move",
    "bordered",
    "brushed",
    "cells",
    "drawn",
    "flowing",
    "gallery",
    "picked",
    "placed",
    "prepare",
    "static",
    "training",
    "waiting",
]
