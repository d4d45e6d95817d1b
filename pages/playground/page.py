"""Playground: one experiment, trained as soon as a control moves."""

from pages.playground import hint, parts
from pages.ui.visit import experiment
from pages.ui.widgets import live, sidebar

live.begin(experiment.current())  # in work while the controls are drawn
settings = sidebar.show()
hint.show()
live.follow(settings, parts.show)
