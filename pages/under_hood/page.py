"""Under the hood: every number of a run opened, at any snapshot: a point, the units, the gradient, its health."""

from pages.ui.visit import experiment
from pages.ui.widgets import live, sidebar
from pages.under_hood import parts

settings = sidebar.show()
experiment.show_link_errors()
parts.header()
live.follow(settings, parts.show)
