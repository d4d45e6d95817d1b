"""The one chart component: a Plotly figure, updated in place, with or without a replay of a training."""

from pages.ui.chart.component import replay, static

__all__ = ["replay", "static"]
