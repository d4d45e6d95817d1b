"""Playground: one experiment, trained as soon as a control moves, or picture by picture."""

from pages.playground import by_steps, first_path, hint, parts
from pages.ui.visit import experiment, stepwise
from pages.ui.widgets import live, sidebar

live.begin(experiment.current())  # in work while the controls are drawn
settings = sidebar.show()
hint.show()
first_path.show()
if stepwise.is_on():
    by_steps.follow()
else:
    live.follow(settings, parts.show, parts.glimpse)
