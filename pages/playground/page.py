"""Playground: one experiment, trained as soon as a control moves, or picture by picture."""

import streamlit as st

from pages.playground import by_steps, first_path, hint, parts
from pages.ui.visit import experiment, stepwise
from pages.ui.widgets import live, sidebar
from server import page_time

settings, comes = experiment.current(), False
live.begin(settings)  # in work while the page's head is drawn
sidebar.head()
with st.container():  # the chart below stays where it is when this goes
    hint.show()
with st.container():
    first_path.show()
if stepwise.is_on():
    by_steps.follow()
else:
    comes = live.follow(settings, parts.show, parts.glimpse)
page_time.step_back()  # a class that moves its controls at once waits for pictures more than for controls that it sees
sidebar.show(headed=True)
if comes:
    live.go_on(settings)
