"""What is wrong with the run, if anything, and the course's sanity checks as buttons."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.text import _, findings, measured_on
from pages.ui.visit import experiment
from pages.ui.widgets import diagnosis, live
from pages.under_hood.moment import Moment
from server.training.view import View
from spiral_core.analysis.diagnosis import LUCK, luck, median_accuracy, remedied
from spiral_core.analysis.ensemble import with_seeds
from spiral_core.data_settings import OWN, DataSettings
from spiral_core.datasets import Dataset
from spiral_core.losses import chance
from spiral_core.points import Points, pack
from spiral_core.training import first_network

SEEDS = 5
FEW_POINTS = 20


def show(moment: Moment) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Findings"), anchor=False)
        diagnosis.panel(moment.run, key="hood")
        _luck(moment)
    with right:
        st.subheader(_("Sanity checks"), anchor=False, help=_("What the course does before the first training run."))
        _sanity(moment)
    _rules()


def _luck(moment: Moment) -> None:
    """The same settings under other seeds, to tell bad luck from bad settings."""
    st.markdown("**" + _("Or was it bad luck?") + "**")
    if not st.toggle(_("Compare with {count} other seeds").format(count=SEEDS), key="hood_seeds"):
        return
    settings = moment.run.settings

    def draw(views: list[View]) -> None:
        runs = [view.run for view in views]
        rows = [{_("seed"): run.settings.seed, _("accuracy"): run.history.train_accuracy[-1]} for run in (moment.run, *runs)]
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, column_config={_("accuracy"): st.column_config.NumberColumn(format="percent")}
        )
        finding = luck(moment.run, runs)
        median, diverged = median_accuracy(runs), sum(run.divergence is not None for run in runs)
        if finding:
            st.warning(f"**{_(findings.WORDS['unlucky'].title)}.** {findings.sentence(finding)}", icon=":material/casino:")
            remedy = finding.remedies[0]
            st.button(
                findings.remedy_label(remedy), key="hood_lucky", icon=":material/healing:",
                on_click=experiment.show, args=(remedied(settings, remedy),),
            )  # fmt: skip
        elif diverged == len(runs):
            st.info(_("All the runs with the other seeds diverged."), icon=":material/casino:")
        elif not math.isfinite(median):
            text = _("{count} of the {all} runs with the other seeds diverged.")
            st.info(text.format(count=diverged, all=len(runs)), icon=":material/casino:")
        else:
            text = _(
                "The seed is not to blame: the median of the others, {median}, is less than {luck} percentage points above it."
            )
            st.success(text.format(median=f"{median:.1%}", luck=round(100 * LUCK)), icon=":material/casino:")

    live.follow_all(with_seeds(settings, SEEDS + 1)[1:], draw)


def _sanity(moment: Moment) -> None:
    settings, data = moment.settings, moment.few
    guess, hinge = chance(settings.loss, data.classes), settings.loss == "hinge"
    checks = {
        "chance": _("The initial loss is K − 1") if hinge else _("The initial loss is ln K"),
        "reg": _("Regularisation raises the loss"),
        "few": _("{count} points can be memorised").format(count=FEW_POINTS),
    }
    for name, title in checks.items():
        st.button(
            title, key=f"hood_check_{name}", icon=":material/fact_check:", width="stretch",
            on_click=st.session_state.update, args=({f"hood_checked_{name}": settings},),
        )  # fmt: skip
        if st.session_state.get(f"hood_checked_{name}") != settings:
            continue
        if name == "few":
            _few_points(moment)
            continue
        network = first_network(settings, data)
        loss = network.loss(data.X, data.y)
        if name == "chance":
            text = (
                _("With the initial weights the data loss is {loss}; guessing among {k} classes costs {k} − 1 = {chance}.")
                if hinge
                else _("With the initial weights the data loss is {loss}; guessing among {k} classes costs ln {k} = {chance}.")
            )
            _tell(
                abs(loss - guess) < 0.05 * guess,
                text.format(loss=f"{loss:.4f}", k=data.classes, chance=f"{guess:.4f}"),
                _("Large initial weights make the net confident before it has learned anything."),
            )
        else:
            more = network.loss(data.X, data.y, reg=1.0)
            text = _("Raising regularisation from 0 to 1 takes the initial loss from {loss} to {more}.").format(
                loss=f"{loss:.6f}", more=f"{more:.6f}"
            )
            _tell(more > loss, text, _("All weights are zero, so there is nothing to penalise."))
        if len(data) < len(moment.train):
            st.caption(measured_on(len(data), len(moment.train)))


def unambiguous(data: Dataset) -> Dataset:
    """The points at whose place no other class has one, as all arms of a spiral have at its centre; all where a class has no other."""
    _places, place = np.unique(data.X, axis=0, return_inverse=True)
    place = place.ravel()
    pairs = np.unique(place * data.classes + data.y)  # each class at each place once
    own = np.bincount(pairs // data.classes)[place] == 1
    return data.chosen(own) if len(np.unique(data.y[own])) == data.classes else data


def _few_points(moment: Moment) -> None:
    few = _chosen_few(moment.run.data.train)
    names = few.names or tuple(map(str, range(few.classes)))
    settings = moment.settings.alone().replace(
        reg=0.0, reg_l1=0.0, dropout=0.0, iterations=2000, batch_size=FEW_POINTS,
        data=DataSettings(name=OWN, points=pack(Points(few.X, few.y, names))),
    )  # fmt: skip
    live.follow_all([settings], _tell_of_few)


def _chosen_few(train: Dataset) -> Dataset:
    data = unambiguous(train)
    rng = np.random.default_rng(0)
    rows = np.concatenate(
        [rng.permutation(np.flatnonzero(data.y == k))[: -(-FEW_POINTS // data.classes)] for k in range(data.classes)]
    )[:FEW_POINTS]
    return data.chosen(rows)


def _tell_of_few(views: list[View]) -> None:
    run = views[0].run
    accuracy = float(run.history.train_accuracy.max())
    text = _("{count} points without regularisation: accuracy {accuracy} after at most {iterations} iterations.").format(
        count=len(run.data.train), accuracy=f"{accuracy:.0%}", iterations=run.iteration
    )
    _tell(
        accuracy == 1,
        text,
        _("A net that cannot memorise 20 points is too small, its learning rate is wrong, or its gradient has a bug."),
    )


def _tell(passed: bool, text: str, otherwise: str) -> None:
    if passed:
        st.success(text, icon=":material/check_circle:")
    else:
        st.warning(f"{text} {otherwise}", icon=":material/warning:")


def _rules() -> None:
    """Every rule with its source."""
    with st.expander(_("All rules, in the order in which they are checked"), icon=":material/rule:"):
        rows = [{_("finding"): _(w.title), _("rule"): _(w.rule), _("source"): w.source} for w in findings.all_words()]
        st.dataframe(pd.DataFrame(rows), hide_index=True, row_height=56)
