"""The weights of the net as a histogram, beside those of the same run without regularisation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.figure import Figure, base_layout, curve_axis, encoded, legend
from pages.ui.charts.palette import Look
from pages.ui.charts.theme import look
from pages.ui.text import _, thousands
from pages.ui.widgets import live
from pages.under_hood.moment import Moment
from spiral_core.analysis.weight_spread import SMALL, spread, weights_of
from spiral_core.network import Network

_BINS = 41  # one of them around 0
_HEIGHT = 260


def show(moment: Moment) -> None:
    """At the end of the run; without regularisation there is nothing to compare."""
    settings = moment.run.settings
    st.markdown(
        f"**{_('How large the weights are')}**",
        help=_(
            "L2 shrinks each weight in proportion to its size: all become smaller, few vanish. L1 takes the same off each: what the data "
            "do not hold against it ends near 0, and the largest stay."
        ),
    )
    named = {_("This run"): moment.run.network_at()}
    plain = settings.throughout(reg=0.0, reg_l1=0.0)
    if plain == settings:
        st.caption(_("This run has no regularisation."))
        _draw(named)
    elif st.toggle(_("Beside the same run without regularisation"), key="hood_spread"):
        live.follow_all([plain], lambda views: _draw(named | {_("Without regularisation"): views[0].run.network_at()}))
    else:
        _draw(named)


def _draw(named: dict[str, Network]) -> None:
    words = _words(named)
    component.static(_chart(named, look()), key="hood_spread_chart", alt=words)
    st.caption(words)


def _words(named: dict[str, Network]) -> str:
    said = []
    text = _(
        "{name}: {count} weights, half of them below {median} in size, the largest {largest}; {small} are below {share} of it."
    )
    for name, network in named.items():
        found = spread(network)
        said.append(
            text.format(
                name=name, count=thousands(found.weights), median=f"{found.median:.3g}", largest=f"{found.largest:.3g}",
                small=f"{found.small:.0%}", share=f"{SMALL:.0%}",
            )
        )  # fmt: skip
    return " ".join(said)


def _chart(named: dict[str, Network], look: Look) -> Figure:
    """The share of the weights in each bin, a line of steps for each net."""
    weights = [weights_of(network) for network in named.values()]
    reach = max(float(np.abs(each).max()) for each in weights) or 1.0
    edges = np.linspace(-reach, reach, _BINS + 1) * (1 + 1e-9)
    colours: Sequence[str] = (look.train, look.test)
    traces = []
    for name, each, colour in zip(named, weights, colours, strict=False):
        shares = np.histogram(each, edges)[0] / len(each)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": name, "x": encoded(edges), "y": encoded(np.append(shares, shares[-1])),
                "line": {"color": colour, "width": 2, "shape": "hv"}, "hovertemplate": "%{y:.1%}",
            }
        )  # fmt: skip
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": _("weight")}),
        "yaxis": curve_axis(look, title={"text": _("share")}, tickformat=".0%", rangemode="tozero"),
        "legend": legend(y=1.0),
        "margin": {"l": 56, "r": 8, "t": 26, "b": 42},
        "height": _HEIGHT,
    }
    return {"data": traces, "layout": layout}
