"""The net, drawn: which units, their weights at each snapshot, its words; the browser computes the rest."""

from pages.ui.charts.netview.diagram import diagram_of

__all__ = ["diagram_of"]
