"""How sharply the training loss bends along a run, beside the bound beyond which a step of gradient descent overshoots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, thousands
from pages.ui.widgets import landscapes
from pages.under_hood import curves
from server.training.view import View
from spiral_core.analysis.differences import KINKED
from spiral_core.analysis.sharpness import FORMULAS, Sharpness, bound_at, reservations
from spiral_core.settings import Settings

PLACES = 300  # along the axis of iterations, at which the bound is drawn


def show(view: View, begins: Sequence[int]) -> None:
    st.markdown(
        f"**{_('Sharpness and the edge of stability')}**",
        help=_(
            "The largest eigenvalue of the Hessian of the training loss, regularisation included: its curvature where it bends most."
        ),
    )
    landscapes.follow_sharpness(view, partial(_draw, begins))


def _draw(begins: Sequence[int], view: View, found: Sharpness) -> None:
    run = view.run
    if not np.isfinite(found.value).any():
        st.info(_("The sharpness is not a finite number at any snapshot."), icon=":material/info:")
        return
    points = len(run.data.train)
    last = max(run.iteration, 1)
    iteration = np.unique(np.append([0, *begins], np.geomspace(1, last, PLACES).round())).astype(int)
    bound = np.array([bound_at(run.settings, min(i, last - 1), points) for i in iteration.tolist()])
    measured = _measured(run.settings, found, points)
    left, right = st.columns(2, gap="large")
    with left:
        component.static(curves.sharpness_chart(found, iteration, bound, look(), begins), key="hood_sharpness", alt=measured)
    with right:
        st.markdown(measured)
        st.markdown(
            _(
                "Where the loss bends with a curvature λ, a step of gradient descent multiplies the distance from the bottom by "
                "1 − ηλ: beyond λ = 2/η each step lands further away than the one before. Momentum moves that bound. Gradient descent "
                "on all points at once often makes the loss bend more and more, up to the bound, and then stays close to it: the edge of "
                "stability (Cohen et al. 2021). The bound is exact for a parabola; a net’s loss is none, so a run may stay above it "
                "for a while."
            )
        )
        notes = [_(each) for each in reservations(run.settings, points)]
        error = f"{np.nanmax(found.error):.0e}".replace("e-0", "e-")
        notes.append(
            _("Measured at {count} snapshots; each value lies within {error} of an eigenvalue.").format(
                count=len(found.value), error=error
            )
        )
        if run.settings.hidden and run.settings.activation in KINKED:
            notes.append(_("The corners of the ReLU count as straight."))
        st.caption(" ".join(notes))


def _measured(settings: Settings, found: Sharpness, points: int) -> str:
    """The course of the sharpness in words."""
    rows = np.flatnonzero(np.isfinite(found.value))
    top = rows[found.value[rows].argmax()]
    text = _("Sharpness: {first} at the start, {highest} at its highest (iteration {iteration}), {last} at the end.").format(
        first=f"{found.value[rows[0]]:.3g}",
        highest=f"{found.value[top]:.3g}",
        iteration=found.iteration[top],
        last=f"{found.value[rows[-1]]:.3g}",
    )
    end = max(int(found.iteration[rows[-1]]) - 1, 0)  # the last update
    bound = bound_at(settings, end, points)
    if np.isfinite(bound):
        formula = FORMULAS[settings.phase_at(end).optimizer]
        text += " " + _("The bound of stability there: {formula} = {bound}.").format(formula=formula, bound=_short(bound))
    return text


def _short(bound: float) -> str:
    return f"{bound:.3g}" if bound < 1000 else thousands(round(bound))
