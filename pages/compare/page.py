"""Compare: the runs of a shelf side by side: what differs in their settings, their curves, boundaries and disagreements."""

import streamlit as st

from pages.compare import averaged, paths, pictures, sharing, shelf
from pages.ui.visit import saved

entries = shelf.entries()
shelf.header(entries)
saved.show_problems()
with st.container():  # what is below keeps its place when it goes
    shelf.whose()
if entries:
    shelf.table(entries)
    shown = shelf.choose(entries)
    pictures.curves(shown)
    pictures.boundaries(shown)
    paths.landscape(shown)
    pictures.difference(entries, shown)
    pictures.seeds(entries, shown)
    averaged.show(entries, shown)
else:
    shelf.empty()
sharing.files(entries)
