"""What can be said of the points before any training: balance, spread, outliers, duplicates; what fresh ones say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from pages.data.draft import Draft
from pages.ui.charts.figure import number
from pages.ui.text import _, escaped, ngettext, thousands
from pages.ui.visit import experiment
from pages.ui.widgets import live
from server.training import cost
from server.training.view import View
from spiral_core.analysis.health import sampled
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.data_settings import OWN, DataSettings
from spiral_core.datasets import Split, fresh, wrong_places
from spiral_core.measured import MEASURED

FAR_OUT = 3.0  # standard deviations from the mean
UNBALANCED = 1.5  # times as many points of the largest class as of the smallest, from which guessing the largest pays
MOST_LISTED = 50


class Repeats(NamedTuple):
    """Points at the same place."""

    copies: int  # points that stand where an earlier one stands
    contradictions: int  # places that hold more than one class


def repeats(X: FloatArray, y: IntArray) -> Repeats:
    """How many points share their place with another one, and at how many places classes disagree."""
    if not len(X):
        return Repeats(0, 0)
    places, inverse, counts = np.unique(X, axis=0, return_inverse=True, return_counts=True)
    pairs = np.unique(np.column_stack([inverse.ravel(), y]), axis=0)
    classes_at = np.bincount(pairs[:, 0], minlength=len(places))
    return Repeats(int(counts[counts > 1].sum()), int((classes_at > 1).sum()))


def outliers(X: FloatArray) -> IntArray:
    """The rows with a coordinate more than FAR_OUT standard deviations from its mean, the farthest first."""
    deviation = X.std(axis=0)
    z = np.abs(X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    worst = z.max(axis=1)
    rows = np.flatnonzero(worst > FAR_OUT)
    return rows[np.argsort(-worst[rows], kind="stable")]


def overview(draft: Draft, parts: Split | None) -> None:
    """The classes and what is unusual."""
    counts = draft.counts()
    table = {_("class"): draft.names, _("points"): counts}
    if parts is not None and parts.test is not None:
        for title, part in ((_("training"), parts.train), (_("held out"), parts.test)):
            table[title] = np.bincount(part.y, minlength=len(counts)).tolist()
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content", alt=_("How many points each class has."))
    if not len(draft.y):
        st.info(_("The plane is empty. Choose “Add”, then click where you want points."), icon=":material/touch_app:")
        return
    rows = []
    for axis, column in zip(draft.axes, draft.X.T, strict=True):
        rows.append({_("axis"): axis, _("mean"): column.mean(), _("standard deviation"): column.std(),
                     _("lowest"): column.min(), _("highest"): column.max()})  # fmt: skip
    numeric = {name: st.column_config.NumberColumn(format="%.4g") for name in list(rows[0])[1:]}
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", column_config=numeric, alt=_("The spread of both axes."))
    said = findings(draft)
    wrong = len(wrong_places(experiment.current().data)) if parts else 0
    if wrong and parts:
        text = _("Wrong labels, ringed on the plane: {count} of {all} training points.")
        said.insert(0, text.format(count=thousands(wrong), all=thousands(len(parts.train))))
    st.markdown("\n".join("- " + escaped(sentence) for sentence in said))
    far = outliers(draft.X)
    if len(far):
        with st.expander(_("The outliers")):
            shown = far[:MOST_LISTED]
            st.dataframe(pd.DataFrame(draft.X[shown], columns=[*draft.axes], index=shown + 1), height="content")


def origin(data: DataSettings) -> None:
    """What was measured, by whom, and under which licence it may be passed on; nothing of other points."""
    known = MEASURED.get(data.name)
    if known is None:
        return
    source = _("Source: {source} ({link}). Licence: {licence}.").format(
        source=escaped(known.source), link=f"[{known.address.removeprefix('https://')}]({known.address})", licence=_(known.licence)
    )
    st.caption(_(known.about) + " " + source)


def findings(draft: Draft) -> list[str]:
    """Balance, outliers and duplicates, a sentence each."""
    counts = [count for count in draft.counts() if count]
    said = []
    if len(counts) < 2:
        said.append(_("All points belong to one class: there is nothing to tell apart yet."))
    elif max(counts) > UNBALANCED * min(counts):
        text = _("The classes are not balanced: always predicting “{name}” is right for {share} of the points.")
        largest = int(np.argmax(draft.counts()))
        said.append(text.format(name=draft.names[largest], share=f"{max(counts) / len(draft.y):.0%}"))
    else:
        text = _("The classes are balanced: guessing is right for about one point in {count}.")
        said.append(text.format(count=len(counts)))
    far = outliers(draft.X)
    if len(far):
        text = ngettext(
            "{count} point is an outlier: a coordinate lies more than three standard deviations from the mean.",
            "{count} points are outliers: a coordinate lies more than three standard deviations from the mean.",
            len(far),
        )
        said.append(text.format(count=thousands(len(far))))
    else:
        said.append(_("No outliers: every coordinate lies within three standard deviations of the mean."))
    copies, contradictions = repeats(draft.X, draft.y)
    if copies:
        text = _("Points that coincide exactly with another one: {count}.")
        said.append(text.format(count=thousands(copies)))
    if contradictions:
        text = _("Places where points of different classes coincide: {count}. No model can get all of these right.")
        said.append(text.format(count=thousands(contradictions)))
    if not copies:
        said.append(_("No two points coincide."))
    return said


def fresh_test(parts: Split | None) -> None:
    """New points from the same generator: what the trained net says of points that nobody has seen."""
    settings = experiment.current()
    if settings.data.name in MEASURED:
        st.info(_("These points were measured, and there are no more of them. Hold out a share of them instead."))
        return
    if settings.data.name == OWN:
        st.info(_("Your own points come from no generator, so fresh ones cannot be drawn. Hold out a share of them instead."))
        return
    if parts is None:
        return
    seed = st.number_input(
        _("Seed of the fresh points"), 0, 2**32 - 1, (settings.data.seed + 1) % 2**32, key=f"data_fresh_{settings.data.seed}",
        help=_("The same generator with other random numbers."),
    )  # fmt: skip
    if seed == settings.data.seed:
        st.warning(_("That is the seed of the data itself: these are the same points."))

    def draw(view: View) -> None:
        if not view.run.finished:
            st.progress(view.run.iteration / settings.last_iteration, live.waiting(view) if not view.started else _("Training …"))
            return
        network = view.run.network_at()
        drawn = sampled(fresh(settings.data, int(seed)), cost.counted_points(network, 2))
        right = float((network.predict(drawn.X) == drawn.y).mean())
        h = view.run.history
        columns = st.columns(3)
        columns[0].metric(_("Training accuracy"), f"{h.train_accuracy[-1]:.1%}")
        columns[1].metric(_("Held-out accuracy"), "–" if view.run.data.test is None else f"{h.test_accuracy[-1]:.1%}")
        columns[2].metric(_("Fresh points"), f"{right:.1%}")
        st.caption(
            _("{count} fresh points; their mean loss is {loss}. Holding out a share of the points estimates this number.").format(
                count=thousands(len(drawn)), loss=number(network.loss(drawn.X, drawn.y))
            )
        )

    live.follow(settings, draw)
