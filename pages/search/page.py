"""Search: vary some settings of the experiment on screen over many trials, watch them come in, open the best."""

from pages.search import form, results
from pages.ui import experiment, saving, searches, sidebar

searches.service().warm()
sidebar.show()
experiment.show_link_errors()
shelf = results.searches_of_shelf()
results.choose(shelf)
form.show()
saving.show_problems()
results.show(shelf)
