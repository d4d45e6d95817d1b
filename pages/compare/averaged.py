"""An ensemble: the class probabilities of several nets, averaged, beside what each of them does alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pages.compare.rows import Entry
from pages.ui.charts import component, run_charts
from pages.ui.charts.calibrated import calibration_chart
from pages.ui.charts.figure import number
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped, measured_on, thousands
from pages.ui.widgets import live
from server.training import cost
from server.training.pictures import area, ensemble_picture
from server.training.view import View
from spiral_core.analysis.ensemble import Ensemble, EnsembleError, Part, of_runs, of_snapshots, with_seeds
from spiral_core.settings import Settings

SEEDS = 5
CELLS = 160  # a side of the picture

Found = tuple[list[str], Ensemble]  # what each member is called


def show(entries: Sequence[Entry], shown: Sequence[Entry]) -> None:
    """A switch; below it which nets are averaged, and what comes of it."""
    if not st.toggle(_("Average several nets to an ensemble"), key="compare_ensemble"):
        return
    kinds = {"runs": _("The runs side by side"), "seeds": _("Five seeds of one run"), "snapshots": _("Snapshots of one run")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.segmented_control(
            _("Members"), list(kinds), default="runs", key="compare_members", format_func=kinds.__getitem__, required=True,
            help=_("Snapshots are those of the second half of a run, ten of them at most."),
        )  # fmt: skip
        find: Callable[[Sequence[View]], Found]
        if kind == "runs":
            family, find = [entry.settings for entry in shown], partial(_of_shown, [entry.name for entry in shown])
        else:
            settings = _one_of(shown or entries)
            family = with_seeds(settings, SEEDS) if kind == "seeds" else [settings]
            find = _of_seeds if kind == "seeds" else _of_snapshots
    live.follow_all(family, partial(_draw, find))


def _one_of(entries: Sequence[Entry]) -> Settings:
    by_key = {entry.key: entry for entry in entries}
    names = {key: entry.name for key, entry in by_key.items()}
    if st.session_state.get("compare_ensemble_of") not in by_key:
        st.session_state["compare_ensemble_of"] = next(iter(by_key))
    key = st.selectbox(_("Run"), list(names), key="compare_ensemble_of", format_func=lambda key: names.get(key, key), width=320)
    return by_key[key].settings


def _of_shown(names: list[str], views: Sequence[View]) -> Found:
    return names, of_runs([view.run for view in views])


def _of_seeds(views: Sequence[View]) -> Found:
    return [_("seed {number}").format(number=view.run.settings.seed) for view in views], of_runs([view.run for view in views])


def _of_snapshots(views: Sequence[View]) -> Found:
    iterations, found = of_snapshots(views[0].run)
    return [_("iteration {iteration}").format(iteration=thousands(i)) for i in iterations.tolist()], found


def _draw(find: Callable[[Sequence[View]], Found], views: Sequence[View]) -> None:
    try:
        names, found = find(views)
    except EnsembleError as error:
        st.info(_("There is no ensemble: {reason}.").format(reason=escaped(_(str(error)))), icon=":material/info:")
        return
    part, text = found.test or found.train, describe(found)
    st.markdown(text)
    data = views[0].run.data.test if found.test else views[0].run.data.train
    if data and part.points < len(data):
        st.caption(measured_on(part.points, len(data)))
    if any(view.run.divergence for view in views):
        st.caption(_("A run that diverged takes part with its last weights before that."))
    frame = table(names, found)
    forms = {name: "%.4f" if _is_loss(name) else "percent" for name in frame.columns[1:]}
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in forms.items()}
    st.dataframe(frame, hide_index=True, key="compare_ensemble_table", alt=text, height="content", column_config=columns)
    left, right = st.columns(2, gap="large")
    run = views[0].run
    with left:
        st.markdown("**" + _("The ensemble's decision boundary") + "**")
        plane = area(run.settings.data)
        picture = ensemble_picture(found.networks, plane, cost.painted_size(found.networks[0], CELLS, len(found.networks)))
        drawn = run_charts.boundary(run.data, plane, picture, look())
        component.static(drawn, key="compare_ensemble_boundary", alt=text)
    with right:
        st.markdown("**" + _("Does the ensemble's confidence match its accuracy?") + "**")
        told = _calibrated(part)
        component.static(calibration_chart(part.ensemble.calibration, look()), key="compare_ensemble_calibration", alt=told)
        st.caption(told)


def _is_loss(name: str) -> bool:
    return name in (_("Cross-entropy"), _("Held-out cross-entropy"))


def table(names: Sequence[str], found: Ensemble) -> pd.DataFrame:
    """A row for the ensemble, for the mean of its members, and for each of them."""
    columns: dict[str, list[Any]] = {_("Name"): [_("Ensemble"), _("Mean of its members"), *names]}
    parts = [(found.train, _("Accuracy"), _("Cross-entropy"))]
    if found.test:
        parts.append((found.test, _("Held-out accuracy"), _("Held-out cross-entropy")))
    for part, accuracy, loss in parts:
        columns[accuracy] = [part.ensemble.accuracy, part.mean_accuracy, *(member.accuracy for member in part.members)]
        columns[loss] = [part.ensemble.loss, part.mean_loss, *(member.loss for member in part.members)]
    part = parts[-1][0]
    errors = [part.ensemble.calibration.error, part.mean_error, *(member.calibration.error for member in part.members)]
    return pd.DataFrame(columns | {_("Calibration error"): errors})


def describe(found: Ensemble) -> str:
    """The ensemble beside the mean of its members, in words."""
    part = found.test or found.train
    numbers = {
        "loss": number(part.ensemble.loss), "mean": number(part.mean_loss),
        "accuracy": f"{part.ensemble.accuracy:.1%}", "usual": f"{part.mean_accuracy:.1%}",
    }  # fmt: skip
    held_out = _("On the held-out points the ensemble's cross-entropy is {loss}; its members' mean is {mean}.")
    text = held_out if found.test else _("The ensemble's cross-entropy is {loss}; its members' mean is {mean}.")
    rule = _(
        "It is never above that mean: −log is convex (Jensen's inequality). No such rule holds for accuracy; here the "
        "ensemble has {accuracy}, its members {usual} on average."
    )
    return f"{text} {rule}".format(**numbers)


def _calibrated(part: Part) -> str:
    text = _("Expected calibration error {error}; of its members {mean} on average.")
    return text.format(error=f"{part.ensemble.calibration.error:.1%}", mean=f"{part.mean_error:.1%}")
