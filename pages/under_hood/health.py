"""How the run was doing on its way: update ratios, norms, activations, dead and saturated units, calibration, the gap,
sharpness."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.calibrated import calibration_chart
from pages.ui.charts.theme import look
from pages.ui.text import _, measured_on
from pages.under_hood import curves, sharp, spread
from pages.under_hood.moment import Moment
from server.training import cost
from spiral_core.analysis.health import GOOD_UPDATE, Health, calibration, health, histograms, measured_points, sampled
from spiral_core.run import Run


def show(moment: Moment) -> None:
    run, found = moment.run, health(moment.run)
    begins = _begins(run)
    count = len(sampled(run.data.train, measured_points(run)))
    if count < len(run.data.train):
        st.caption(measured_on(count, len(run.data.train)))
    left, right = st.columns(2, gap="large")
    with left:
        _title(
            _("Update ratio ‖ΔW‖ / ‖W‖"),
            _(
                "How far one update moves a weight matrix, relative to its size. About 1e-3 is healthy: much more is too fast, much less too slow."
            ),
        )
        last = found.update_ratio[np.isfinite(found.update_ratio).all(axis=1)][-1:]
        text = "; ".join(f"{name} {value:.1e}" for name, value in zip(found.arrays, last[0], strict=True)) if len(last) else "–"
        component.static(
            curves.over_training(found.iteration, found.update_ratio, found.arrays, look(), log=True, rule=(*GOOD_UPDATE, _("about right")), begins=begins),
            key="hood_ratio", alt=_("Update ratios at the last update: {values}.").format(values=text),
        )  # fmt: skip
    with right:
        _title(
            _("Size of gradient and weights"),
            _(
                "Solid: the gradient of the data loss; dashed: the weights. A layer whose gradient is far below the others' learns nothing."
            ),
        )
        names = [f"d{name}" for name in found.arrays] + found.arrays
        text = "; ".join(f"{name} {value:.2g}" for name, value in zip(found.arrays, found.weight_norm[-1], strict=True))
        component.static(
            curves.over_training(
                found.iteration, np.hstack([found.gradient_norm, found.weight_norm]), names, look(), log=True, dashed_from=len(found.arrays), begins=begins
            ),
            key="hood_norms", alt=_("Norms of the weights at the end: {values}.").format(values=text),
        )  # fmt: skip
    if moment.settings.hidden:
        _units(moment, found)
    else:
        st.info(_("The linear classifier has no hidden units, so there are no activations to show."), icon=":material/info:")
    left, right = st.columns(2, gap="large")
    with left:
        _calibration(moment)
    with right:
        _gap(run)
    spread.show(moment)
    sharp.show(moment.view, begins)


def _begins(run: Run) -> list[int]:
    """The iterations at which further phases begin."""
    return [begin for begin, _phase in run.phases[1:] if begin <= run.iteration]


def _title(text: str, help: str) -> None:
    st.markdown(f"**{text}**", help=help)


def _units(moment: Moment, found: Health) -> None:
    left, right = st.columns(2, gap="large")
    layers = [_("layer {number}").format(number=i + 1) for i in range(found.dead.shape[1])]
    with left:
        relu = moment.settings.activation == "relu"
        values = found.dead if relu else found.saturated
        title = _("Share of dead units") if relu else _("Share of saturated outputs")
        if moment.settings.activation == "leaky_relu":
            _title(title, _("A leaky ReLU neither dies nor saturates."))
        elif moment.settings.activation == "linear":
            _title(title, _("A linear unit neither dies nor saturates."))
        else:
            _title(
                title,
                _(
                    "Dead: fires at no training point. Saturated: within 1 % of an end of the range. From 40 to 50 % upwards "
                    "it hurts."
                ),
            )
        text = "; ".join(f"{name} {value:.0%}" for name, value in zip(layers, values[-1], strict=True))
        component.static(
            curves.over_training(
                found.iteration, values, layers, look(), share=True, rule=(0.4, 1.0, _("too many")), begins=_begins(moment.run)
            ),
            key="hood_dead",
            alt=f"{title}: {text}.",
        )
    with right:
        layer = 0
        if len(layers) > 1:
            chosen = st.segmented_control(
                _("Layer"), list(range(len(layers))), default=0, key="hood_histogram_layer", format_func=layers.__getitem__,
                required=True, label_visibility="collapsed",
            )  # fmt: skip
            layer = chosen if chosen in range(len(layers)) else 0
        _title(
            _("Unit outputs over time"),
            _("Each column is a histogram of a layer's outputs over all points and units; the darker, the more outputs lie there."),
        )
        spread = found.spread[:, layer]
        edges, shares = histograms(moment.run)
        component.static(
            curves.histogram_chart(found.iteration, edges[layer], shares[:, layer], look()), key="hood_histogram",
            alt=_("The outputs' standard deviation goes from {first} to {last}.").format(first=f"{spread[0]:.3g}", last=f"{spread[-1]:.3g}"),
        )  # fmt: skip


def _calibration(moment: Moment) -> None:
    train, test = moment.run.data
    data, part = (train, _("training points")) if test is None else (test, _("held-out points"))
    title = _("Does the net's confidence match its accuracy?")
    if moment.settings.loss == "hinge":
        _title(title, _("The hinge asks for a lead between scores. It makes no probabilities that could be right or wrong."))
        st.info(
            _("A net trained with the hinge gives scores, not probabilities: there is nothing to calibrate."),
            icon=":material/info:",
        )
        return
    some = sampled(data, cost.page_points(moment.settings))
    found = calibration(moment.network, some)
    _title(
        title,
        _(
            "Points grouped by the probability of their predicted class: what the net predicts, and how often it is right. "
            "On the line the two agree."
        ),
    )
    alt = _("Calibration on {part}: confidence and accuracy differ by {error} on average.").format(
        part=part, error=f"{found.error:.1%}"
    )
    component.static(calibration_chart(found, look()), key="hood_calibration", alt=alt)
    st.caption(alt + " " + _("That is the expected calibration error, over ten bins from 0 to 1."))
    if len(some) < len(data):
        st.caption(measured_on(len(some), len(data)))


def _gap(run: Run) -> None:
    _title(
        _("Training versus held-out points"),
        _(
            "A held-out loss that turns upward while the training loss falls is overfitting; two curves that stay together are "
            "fine."
        ),
    )
    if run.data.test is None:
        st.info(_("No points are held out: set “Held out” in the sidebar to see the gap."), icon=":material/info:")
        return
    h = run.history
    values = np.column_stack([h.data_loss, h.test_loss])
    gap = _("At the end the held-out loss is {test}, the training loss {train}; the accuracies are {a} and {b}.").format(
        test=f"{h.test_loss[-1]:.4f}",
        train=f"{h.data_loss[-1]:.4f}",
        a=f"{h.test_accuracy[-1]:.1%}",
        b=f"{h.train_accuracy[-1]:.1%}",
    )
    names = [_("training data loss"), _("held-out data loss")]
    component.static(curves.over_training(h.iteration, values, names, look(), begins=_begins(run)), key="hood_gap", alt=gap)
    st.caption(gap)
