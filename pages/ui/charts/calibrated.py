"""Whether probabilities come true: accuracy over confidence."""

from __future__ import annotations

import numpy as np

from pages.ui.charts.figure import Figure, Trace, base_layout, curve_axis, encoded, line
from pages.ui.charts.palette import Look
from pages.ui.text import _
from spiral_core.analysis.health import Calibration


def calibration_chart(found: Calibration, look: Look) -> Figure:
    """Accuracy over confidence, a point a bin, its size by how many points it holds; the dashed line is perfect."""
    filled = found.count > 0
    low = float(found.edges[0])
    perfect = line(
        np.array([low, 1.0]), np.array([low, 1.0]), line={"color": look.muted, "dash": "dash"}, hoverinfo="skip", showlegend=False
    )
    sizes = 8 + 22 * np.sqrt(found.count[filled] / max(int(found.count.max()), 1))
    dots: Trace = {
        "type": "scatter", "mode": "markers+lines", "x": encoded(found.confidence[filled]), "y": encoded(found.accuracy[filled]),
        "marker": {"size": sizes.round(1).tolist(), "color": look.test, "line": {"width": 1, "color": look.edge}},
        "line": {"color": look.test, "width": 1}, "showlegend": False, "customdata": found.count[filled].tolist(),
        "hovertemplate": "%{x:.0%} → %{y:.0%} (%{customdata})<extra></extra>",
    }  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("predicted probability")}, range=[low - 0.03, 1.04], tickformat=".0%"),
        "yaxis": curve_axis(look, title={"text": _("how often it is right")}, range=[-0.04, 1.06], tickformat=".0%"),
        "margin": {"l": 60, "r": 8, "t": 8, "b": 48},
        "height": 260,
    }
    return {"data": [perfect, dots], "layout": layout}
