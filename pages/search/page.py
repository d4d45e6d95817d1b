"""Search: vary some settings of the experiment on screen over many trials, watch them come in, open the best."""

import streamlit as st

from pages.search import form, ready, results
from pages.ui.visit import saved
from pages.ui.widgets import sidebar
from server.services import services

services().searches.warm()
sidebar.show()
shelf = results.searches_of_shelf()
results.choose(shelf)
form.show()
ready.show()
saved.show_problems()
with st.container():  # the charts below keep their place when it comes
    results.others(shelf)
results.show(shelf)
