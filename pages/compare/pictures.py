"""What the runs on show look like beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.compare.band import band, describe_band
from pages.compare.rows import Entry
from pages.ui.charts import component, run_charts
from pages.ui.charts.figure import ground
from pages.ui.charts.gallery import gallery
from pages.ui.charts.overlay import describe_overlay, overlay
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped, measured_on
from pages.ui.widgets import live
from server.training import cost
from server.training.colours import DIFFERENT
from server.training.pictures import area, difference_picture
from server.training.view import View
from spiral_core.analysis.ensemble import with_seeds
from spiral_core.analysis.health import sampling_step
from spiral_core.datasets import data_of

SEEDS = 10
CELLS = 200  # a side of the picture


def curves(shown: Sequence[Entry]) -> None:
    """Loss and accuracy of all runs over each other."""
    drawn = [(entry.name, entry.record) for entry in shown if entry.record]
    if not drawn:
        return
    held_out = any(entry.settings.data.test_fraction > 0 for entry in shown)
    st.subheader(_("Curves"), anchor=False)
    which = _("training")
    if held_out:
        options = [_("training"), _("held out")]
        which = st.segmented_control(
            _("Points"), options, default=options[0], key="compare_points", required=True, label_visibility="collapsed"
        )
    test = held_out and which == _("held out")
    records = [(name, record) for name, record in drawn if record and (not test or record.settings.data.test_fraction > 0)]
    component.static(overlay(records, test, look()), key="compare_curves", alt=describe_overlay(records, test))
    if len({entry.settings.loss for entry in shown if entry.record}) > 1:
        st.caption(_("These runs have different loss functions: compare their accuracies, not their losses."))
    if test and len(records) < len(drawn):
        st.caption(_("Runs without held-out points have no curve here."))


def boundaries(shown: Sequence[Entry]) -> None:
    """Boundaries side by side, scrubbed together."""
    if not shown:
        st.info(_("Choose runs above to see them side by side."))
        return
    st.subheader(_("Decision boundaries"), anchor=False)
    names = [entry.name for entry in shown]

    def draw(views: Sequence[View]) -> None:
        component.gallery(gallery(views, names, look()), key="compare_gallery")

    live.follow_all([entry.settings for entry in shown], draw)


def difference(entries: Sequence[Entry], shown: Sequence[Entry]) -> None:
    """Where two runs disagree."""
    usable = [entry for entry in entries if entry.record and entry.record.parameters is not None]
    if len(usable) < 2:
        return
    st.subheader(_("Where two runs disagree"), anchor=False)
    by_key = {entry.key: entry for entry in usable}
    names = {key: entry.name for key, entry in by_key.items()}
    proposed = [entry.key for entry in [*shown, *usable] if entry.key in by_key]
    proposed = list(dict.fromkeys(proposed))[:2]
    words, picture = st.columns([2, 3], gap="large")
    with words:
        pair = []
        for number, default in enumerate(proposed):
            key = f"compare_pair_{number}"
            if st.session_state.get(key) not in by_key:
                st.session_state[key] = default
            pair.append(
                st.selectbox(
                    _("First run") if number == 0 else _("Second run"), list(names), key=key,
                    format_func=lambda key: names.get(key, key),
                )
            )  # fmt: skip
        a, b = (by_key[key] for key in pair)
        if a.key == b.key:
            st.info(_("Choose two different runs."))
            return
        networks = [entry.record.network() for entry in (a, b) if entry.record]
        data, plane = data_of(a.settings.data), area(a.settings.data)
        first, second = networks
        if first is None or second is None:
            return
        larger = max((first, second), key=lambda network: network.parameters.size)
        picture_data, share = difference_picture(first, second, plane, cost.painted_size(larger, CELLS, 2))
        everything = np.vstack([part.X for part in data if part is not None])
        points = everything[:: sampling_step(len(everything), cost.counted_points(larger, 2))]
        count = int((first.predict(points) != second.predict(points)).sum())
        sentence = _("The two runs disagree on {share} of the plane and on {count} of {all} points.").format(
            share=f"{share:.1%}", count=count, all=len(points)
        )
        st.markdown(sentence)
        if len(points) < len(everything):
            st.caption(measured_on(len(points), len(everything)))
        if a.settings.data != b.settings.data:
            st.caption(_("The two runs were trained on different points; the points shown are those of the first."))
    with picture:
        alt = f"{a.name} – {b.name}: {sentence}"
        drawn = run_charts.boundary(data, plane, picture_data, look())
        drawn["data"].append(ground(_("they disagree"), DIFFERENT))
        component.static(drawn, key="compare_difference", alt=alt)


def seeds(entries: Sequence[Entry], shown: Sequence[Entry]) -> None:
    """One setting under ten seeds: the median and the quartiles."""
    st.subheader(_("Luck: the same settings with other seeds"), anchor=False)
    names = {entry.key: entry.name for entry in shown or entries}
    chosen = st.pills(
        _("Ten seeds for"),
        list(names),
        key="compare_seeds",
        format_func=lambda key: escaped(names.get(key) or str(key)),
        selection_mode="single",
    )
    if chosen not in names:
        st.caption(_("Choose a run to train it with ten seeds; the chart shows the median and the middle half."))
        return
    settings = next(entry.settings for entry in entries if entry.key == chosen)

    def draw(views: Sequence[View]) -> None:
        st.markdown(describe_band([view.run for view in views]))
        component.static(
            band([view.run for view in views], look()), key="compare_band",
            alt=describe_band([view.run for view in views]),
        )  # fmt: skip

    live.follow_all(with_seeds(settings, SEEDS), draw)
