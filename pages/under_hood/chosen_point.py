"""Which point the page is about: clicked on the plane, beside which its numbers flow through the net, or typed."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.netview import diagram_of, edits, flow_of
from pages.ui.charts.theme import look
from pages.ui.text import _, class_label
from pages.ui.visit import inside, navigation, teacher_link
from pages.under_hood import figures
from pages.under_hood.moment import Moment
from server.training import cost
from spiral_core.analysis.health import sampling_step
from spiral_core.analysis.trace import Pass
from spiral_core.arrays import FloatArray

FAR = 100.0  # how far out a typed coordinate may lie, or ten times as far as the picture reaches


def chosen(moment: Moment) -> tuple[FloatArray, int, str]:
    """The point that was clicked or typed, its class, and what it is called."""
    everything = moment.everything
    chosen: Any = st.session_state.get("hood_point", _worst(moment))
    if isinstance(chosen, int) and chosen >= len(everything):
        chosen = _worst(moment)
    if isinstance(chosen, int):
        part = _("training") if chosen < len(moment.train) else _("held out")
        name = _("point {number} ({part})").format(number=chosen + 1, part=part)
        return everything.X[chosen], int(everything.y[chosen]), name
    return np.array(chosen[:2], dtype=float), min(int(chosen[2]), everything.classes - 1), _("a point of your own")


def in_the_net(moment: Moment, done: Pass, x: FloatArray, label: int, name: str) -> None:
    """The plane to click in, and beside it the net with the point's numbers in it."""
    net = diagram_of(moment.run, look(), moment.run.snapshot_iterations.tolist().index(moment.iteration))
    net |= {"flow": flow_of(net, done, x, moment.settings.loss), "opens": teacher_link.rules().has_page(inside.PAGE)}
    picked, unit = component.flowing(
        figures.point_chart(moment, x, label, look()), net, key="hood_point_chart",
        alt=_("The points over the boundary; {name} at ({x}, {y}) of class {label} is marked.").format(
            name=name, x=f"{x[0]:.3f}", y=f"{x[1]:.3f}", label=label
        ),
    )  # fmt: skip
    if picked is not None:
        st.session_state["hood_point"] = picked if isinstance(picked, int) else (*picked, label)
        st.rerun()
    place = edits.read_unit(unit, moment.run)
    if place is not None:
        navigation.choose_unit(*place[:2])
        st.rerun()


def _worst(moment: Moment) -> int:
    """The training point with the largest loss, of those looked at; not one at the origin, of which the first layer sees nothing."""
    data, losses = moment.few, moment.passed.losses
    worst = int(np.where(np.isfinite(losses) & data.X.any(axis=1), losses, -1.0).argmax())
    return worst * sampling_step(len(moment.train), cost.page_points(moment.settings))


def fields(moment: Moment, x: FloatArray, label: int) -> None:
    """Coordinates and class to type."""
    key = f"{x[0]:.6g}_{x[1]:.6g}_{label}"

    def typed() -> None:
        state = st.session_state
        state["hood_point"] = (state[f"hood_x_{key}"], state[f"hood_y_{key}"], state[f"hood_label_{key}"])

    columns = st.columns(3)
    far = max(FAR, 10 * max(map(abs, moment.plane)))
    for column, name, title, value in zip(columns[:2], "xy", ("x₁", "x₂"), x, strict=True):
        shown = float(np.clip(value, -far, far))
        column.number_input(title, -far, far, shown, 0.05, "%g", key=f"hood_{name}_{key}", on_change=typed)
    titles = {k: class_label(moment.train.names, k) for k in range(moment.train.classes)}
    columns[2].selectbox(_("class"), list(titles), label, key=f"hood_label_{key}", on_change=typed, format_func=titles.__getitem__)
