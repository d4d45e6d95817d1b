"""The initialisation lab: the same net under each way to draw its first weights, layer by layer, and the training that follows."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.overlay import describe_overlay, overlay
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label, value_text
from pages.ui.visit.controls import STEPS
from pages.ui.widgets import live
from pages.under_hood import curves
from pages.under_hood.moment import Moment
from server.training.view import View
from spiral_core.analysis.units import hidden_outputs
from spiral_core.fields import MAX_LAYERS
from spiral_core.records import Record
from spiral_core.settings import FIELDS, Settings
from spiral_core.training import first_network

UNITS = (10, 30, 50, 100, 200)
ITERATIONS = 500


def show(moment: Moment) -> None:
    st.markdown(
        _(
            "The same net with each way of drawing its initial weights. If the outputs shrink from layer to layer, little gets "
            "through, and just as little gradient comes back; if they grow, the scores are confident before anything is learned."
        )
    )
    left, middle, right = st.columns(3)
    depth = left.select_slider(_("Hidden layers"), range(1, MAX_LAYERS + 1), 4, key="hood_depth")
    units = middle.select_slider(_("Units in each hidden layer"), UNITS, 50, key="hood_width")
    rates = [rate for rate in STEPS["learning_rate"] if rate <= 10]
    texts = {rate: value_text("learning_rate", rate) for rate in rates}
    rate = right.select_slider(_("Learning rate of these nets"), rates, 0.1, key="hood_rate", format_func=texts.__getitem__)
    base = moment.settings.alone().replace(hidden=(units,) * depth, learning_rate=rate, iterations=ITERATIONS)
    family = [base.replace(init=init) for init in FIELDS["init"].choices]
    first, then = st.columns(2, gap="large")
    with first:
        _spreads(moment, family)
    with then:
        st.markdown("**" + _("The training that follows: {count} iterations").format(count=ITERATIONS) + "**")
        live.follow_all(family, _trained)


def _spreads(moment: Moment, family: list[Settings]) -> None:
    st.markdown("**" + _("Spread of each layer's outputs before training") + "**")
    data = moment.sample
    spreads = []
    for settings in family:
        network = first_network(settings, data)
        spreads.append((choice_label(settings.init), np.array([float(h.std()) for h in hidden_outputs(network, data.X)])))
    alt = "; ".join(f"{name}: {values[0]:.2g} → {values[-1]:.2g}" for name, values in spreads)
    component.static(curves.spread_chart(spreads, look()), key="hood_spread", alt=alt)
    st.caption(alt)


def _trained(views: list[View]) -> None:
    records = [(choice_label(view.run.settings.init), Record.of(view.run)) for view in views]
    component.static(overlay(records, False, look()), key="hood_starts", alt=describe_overlay(records, False))
