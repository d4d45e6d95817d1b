"""Playground: one experiment, trained as soon as a control moves, or picture by picture."""

import streamlit as st

from pages.playground import by_steps, first_path, hint, parts
from pages.ui.visit import experiment, stepwise
from pages.ui.widgets import live, sidebar
from server import page_time

controls = st.sidebar.container()  # it has its width from the beginning
live.begin(experiment.current())  # in work while the page's head is drawn
hint.show()
first_path.show()
if stepwise.is_on():
    by_steps.follow()
else:
    live.follow(experiment.current(), parts.show, parts.glimpse)
page_time.step_back()  # a class that moves its controls at once waits for pictures more than for controls that it sees
sidebar.show(controls)
