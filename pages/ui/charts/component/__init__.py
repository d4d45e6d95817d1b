"""The one chart component: a Plotly figure, updated in place, with or without a replay of a training."""

from pages.ui.charts.component.component import brushed, gallery, picked, placed, prepare, replay, static

__all__ = ["brushed", "gallery", "picked", "placed", "prepare", "replay", "static"]
