"""The second half of the story: the hidden layer, its gradient, the net, and every published number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.case_study import snippets, step
from pages.ui.charts import component, run_charts
from pages.ui.charts.theme import look
from pages.ui.text import _
from pages.ui.widgets import live
from server.services import services
from server.training.pictures import area
from server.training.view import View
from spiral_core.case_study import (
    PUBLISHED_ACCURACY,
    PUBLISHED_SOFTMAX,
    PUBLISHED_TWO_LAYER,
    SOFTMAX,
    TWO_LAYER,
    compare,
)
from spiral_core.settings import Settings


def hidden_layer() -> None:
    words, side = step.begin("hidden")
    with words:
        st.markdown(
            _(
                "The net first computes 100 numbers from each point and replaces every negative one by zero: the "
                "rectified linear unit. Each unit is a plane with one fold. The scores are then a linear mixture of "
                "these folded planes, and with enough folds they can follow any curve. Without the ReLU, two linear "
                "layers would amount to a single one."
            )
        )
        st.markdown(_("To see what each unit makes of the plane, choose “Net” beside the curves in [step 9](#net)."))
        st.latex(r"h = \max(0,\; xW + b),\qquad f = hW_2 + b_2")
        step.shapes(
            [
                ("W, b", "(2, 100), (1, 100)", _("first layer")),
                ("hidden_layer", "(300, 100)", _("the output of each unit for each point")),
                ("W2, b2", "(100, 3), (1, 3)", _("second layer")),
            ]
        )
    with side:
        step.code(snippets.NET_START + "\n" + snippets.NET_SCORES + "\n" + snippets.NET_LOSS)


def relu_gradient() -> None:
    words, side = step.begin("relu")
    with words:
        st.markdown(
            _(
                "In the backward pass the ReLU is a switch. Where the unit was on, r = z, so the gradient passes "
                "unchanged. Where it was off, a small change of z leaves the output at zero, so nothing passes. A unit "
                "that is off at every point stops learning: a dead ReLU."
            )
        )
        st.latex(r"r = \max(0, z),\qquad \frac{dr}{dz} = \mathbb 1[z > 0]")
        step.code(snippets.RELU_GRADIENT)
    with side:
        st.markdown("**" + _("Try it") + "**")
        z = st.slider(_("z, the unit's value before the activation"), -2.0, 2.0, 0.5, 0.1, key="case_z")
        upstream = st.slider(_("gradient from the layer above"), -1.0, 1.0, -0.7, 0.1, key="case_upstream")
        passed = upstream if z > 0 else 0.0
        left, right = st.columns(2)
        left.metric("r = max(0, z)", f"{max(0.0, z):.1f}")
        right.metric(_("gradient that passes"), f"{passed:+.1f}" if passed else "0")
        component.static(
            run_charts.relu(z, look()),
            key="case_relu",
            alt=_("The ReLU: zero for negative z, z itself otherwise. At z = {z} it gives {r}.").format(
                z=f"{z:.1f}", r=f"{max(0.0, z):.1f}"
            ),
        )


def training() -> None:
    words, side = step.begin("net")
    with words:
        st.markdown(
            _(
                "The rest is the same as before: softmax, loss, dscores. The gradient goes through the second layer, "
                "the switch and the first layer, 10 000 times with the same step size. Press play: for about the first "
                "hundred iterations the net is hardly better than a line; then the folds find their places."
            )
        )
        step.code(snippets.NET_STEP)
    with side:
        st.markdown(_("All of it in one loop, which prints the article's losses:"))
        step.code(snippets.NET_LOOP)
    step.trained(TWO_LAYER, "net")


def side_by_side() -> None:
    step.begin("boundaries")
    for column, settings, name in zip(
        st.columns(2, gap="large"), (SOFTMAX, TWO_LAYER), (_("Linear classifier"), _("Two-layer net")), strict=True
    ):
        with column:
            st.subheader(name)
            live.follow(settings, lambda view, name=name: _boundary(view, name))  # type: ignore[misc]


def _boundary(view: View, name: str) -> None:
    run = view.run
    if not run.finished:
        st.info(_("Still training…"))
        return
    accuracy = run.history.train_accuracy[-1]
    component.static(
        run_charts.boundary(run.data, area(run.settings.data), view.pictures[run.iteration], look(), height=440),
        key=f"case_boundary_{len(run.settings.hidden)}",
        alt=_("{name}: {accuracy} of the points lie on the side of their own class.").format(name=name, accuracy=f"{accuracy:.1%}"),
    )
    st.metric(
        _("Accuracy on the training data"),
        f"{accuracy:.2f}",
        help=_("The article prints {published}.").format(published=PUBLISHED_ACCURACY[run.settings]),
    )


def digits() -> None:
    step.begin("digits")
    st.markdown(
        _(
            "The article prints six decimals. Our losses come from the same random numbers, but sums are taken in a "
            "different order, so after thousands of steps the last digits may differ. “Digits” counts the decimals that"
            " agree after rounding."
        )
    )
    for column, settings, published, name in zip(
        st.columns(2, gap="large"),
        (SOFTMAX, TWO_LAYER),
        (PUBLISHED_SOFTMAX, PUBLISHED_TWO_LAYER),
        (_("Linear classifier"), _("Two-layer net")),
        strict=True,
    ):
        with column:
            st.subheader(name)
            _table(settings, published)


def _table(settings: Settings, published: dict[int, float]) -> None:
    rows = compare(services().runs.watch(settings).run, published)
    table = pd.DataFrame(
        {
            _("iteration"): [row.iteration for row in rows],
            _("article"): [f"{row.published:.6f}" for row in rows],
            _("ours"): [f"{row.ours:.6f}" for row in rows],
            _("digits"): [f"{matching_decimals(row.published, row.ours)} / 6" for row in rows],
            _("difference"): [f"{row.difference:+.1e}" for row in rows],
        }
    )
    st.table(table, hide_index=True)


def matching_decimals(published: float, ours: float) -> int:
    """How many of the six printed decimals agree, from the left."""
    a, b = f"{published:.6f}", f"{ours:.6f}"
    same = next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), len(a))
    return int(np.clip(same - 2, 0, 6))
