"""What scaling does: to the points on the plane, to their mean and spread, and to the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.data import figures
from pages.data.draft import Draft
from pages.ui.charts import component
from pages.ui.charts.figure import number
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label
from pages.ui.visit import controls, experiment
from pages.ui.widgets import keyed, live
from server.training.view import View
from spiral_core.arrays import FloatArray
from spiral_core.datasets import Split
from spiral_core.features import PLAIN
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.scaling import TURNED, scaling

WHY = {
    "none": "",
    "centre": N_(
        "The mean is subtracted. Far from 0 the inputs of a unit are nearly the same for all points, and its bias has to make up for "
        "that."
    ),
    "standardise": N_(
        "Each coordinate minus its mean, divided by its standard deviation, whatever its units: one learning rate then suits the "
        "weights of both."
    ),
    "pca": N_(
        "Centred and turned: the points spread most along the first axis, and the coordinates no longer correlate. Distances stay as "
        "they are."
    ),
    "whiten": N_(
        "Turned onto the principal axes and divided by the spread along each: a long, slanted cloud becomes a round one. Where the "
        "classes differ across the cloud, training usually reaches a lower loss in as many iterations. Noise along the short axis grows too."
    ),
}


CLOSE = 0.1  # of the larger loss


def show(draft: Draft, parts: Split | None) -> None:
    """The choice, the points under it, and two runs: unscaled, and as chosen."""
    if parts is None:
        st.info(_("Scaling needs points of at least two classes."))
        return
    _choice()
    scale = experiment.current().data.scale
    if WHY[scale]:
        st.markdown(why(scale, experiment.current().features))
    titles = titles_of(draft, scale)
    figure = figures.scaled_chart(parts, scale, titles, look())
    component.static(figure, key="data_scaled", alt=figures.describe_scaled(parts, scale))
    _numbers(draft, parts, scale, titles)
    _training(scale)


def why(scale: str, features: Sequence[str]) -> str:
    """What a scaling does. That a turn changes nothing holds for nets that read both coordinates alone."""
    text = _(WHY[scale])
    if scale == "pca" and tuple(features) == PLAIN:
        text += " " + _("A net that reads x and y can learn from them what it can learn from centred points, and nothing else.")
    return text


def _choice() -> None:
    """The control of the sidebar once more, where its effect is seen."""
    what = controls.control("scale")
    if not what.shown:
        return
    texts = {choice: choice_label(choice) for choice in (*what.allowed, what.value)}
    key = keyed.key("data_scale", what.value, tuple(texts))
    result = st.pills(
        _("Scaling"), list(texts), default=what.value, key=key, format_func=texts.__getitem__, required=True, disabled=what.locked, wrap=True,
        on_change=keyed.changed(key, lambda chosen: controls.set_value("scale", chosen)), label_visibility="collapsed",
    )  # fmt: skip
    keyed.check("data_scale", what.value, result)


def titles_of(draft: Draft, scale: str) -> tuple[str, str]:
    """What the new coordinates are called."""
    if scale in TURNED:
        return _("first principal axis"), _("second principal axis")
    return draft.axes


def _numbers(draft: Draft, parts: Split, scale: str, titles: tuple[str, str]) -> None:
    """Mean and spread of the training points, and how the coordinates correlate, before and after."""
    before = parts.train.X
    after = scaling(before, scale).of(before)
    rows = [{_("axis"): title} | _moments(column) for title, column in zip(draft.axes, before.T, strict=True)]
    if scale != "none":
        rows = [{_("when"): _("before")} | row for row in rows]
        for title, column in zip(titles, after.T, strict=True):
            rows.append({_("when"): _("after"), _("axis"): title} | _moments(column))
    numeric = {_(name): st.column_config.NumberColumn(format="%.3f") for name in ("mean", "standard deviation")}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config=numeric,
        alt=_("Mean and spread before and after scaling."),
    )
    first, second = correlation(before), correlation(after)
    if first is None or second is None:
        return
    if scale in TURNED:
        st.caption(
            _("Correlation of the coordinates: {before} before, {after} after.").format(
                before=f"{first:.2f}", after=f"{second:.2f}"
            )
        )
    else:
        st.caption(_("Correlation of the coordinates: {value}.").format(value=f"{first:.2f}"))


def _moments(column: FloatArray) -> dict[str, object]:
    return {_("mean"): round(float(column.mean()), 12) + 0.0, _("standard deviation"): float(column.std())}


def correlation(X: FloatArray) -> float | None:
    """How the two coordinates of points (N, 2) correlate; None where one of them does not vary."""
    deviation = X.std(axis=0)
    if deviation.min() <= 1e-12 * np.abs(X).max():
        return None
    return round(float(np.mean((X - X.mean(axis=0)).prod(axis=1)) / deviation.prod()), 9) + 0.0


def _training(scale: str) -> None:
    """The experiment as it is and unscaled; beside unscaled data, standardised."""
    settings = experiment.current()
    compared = ("none", "standardise" if scale == "none" else scale)
    if settings.data.given is None and "standardise" in compared:
        st.markdown(
            _(
                "The article skips this step: its points already lie within 1 of 0 and are spread alike in both directions. With "
                "heights in centimetres and weights in kilograms it would be different."
            )
        )

    def compare(views: Sequence[View]) -> None:
        table = []
        for name, view in zip(compared, views, strict=True):
            h = view.run.history
            row = {
                _("trained on"): choice_label(name), _("Loss"): number(float(h.loss[-1])), _("Accuracy"): f"{h.train_accuracy[-1]:.1%}",
            }  # fmt: skip
            if view.run.data.test is not None:
                row[_("Held-out accuracy")] = f"{h.test_accuracy[-1]:.1%}"
            row[_("Status")] = _("diverged") if view.run.divergence else "✓"
            table.append(row)
        st.dataframe(pd.DataFrame(table), hide_index=True, height="content", alt=_("The same settings with and without scaling."))
        st.markdown(outcome(compared, [view.run for view in views]))

    live.follow_all([settings.throughout(data=settings.data.replace(scale=name)) for name in compared], compare)


def outcome(names: Sequence[str], runs: Sequence[Run]) -> str:
    """How the two runs ended beside each other, in a sentence; nothing where one diverged, as the table says."""
    if any(run.divergence for run in runs):
        return ""
    low, high = sorted(zip((float(run.history.loss[-1]) for run in runs), names, strict=True))
    if high[0] - low[0] <= CLOSE * high[0]:
        return _("The two runs end close to each other, at losses of {low} and {high}.").format(
            low=number(low[0]), high=number(high[0])
        )
    text = _("The two runs do not end alike: “{name}” ends at a loss of {low}, “{other}” at {high}.")
    return text.format(name=choice_label(low[1]), other=choice_label(high[1]), low=number(low[0]), high=number(high[0]))
