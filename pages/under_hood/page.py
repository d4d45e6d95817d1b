"""Under the hood: every number of a run opened, at any snapshot: a point, the units, the gradient, its health."""

from pages.ui.widgets import live, sidebar
from pages.under_hood import parts

settings = sidebar.show()
parts.header()
live.follow(settings, parts.show)
