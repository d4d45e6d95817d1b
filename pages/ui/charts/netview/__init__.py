"""The net, drawn: which units, their weights at each snapshot, its words; the browser computes the rest."""

from pages.ui.charts.netview.diagram import Diagram, diagram_of
from pages.ui.charts.netview.flow import flow_of

__all__ = ["Diagram", "diagram_of", "flow_of"]
