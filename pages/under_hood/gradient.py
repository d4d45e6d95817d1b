"""The gradient-check lab: the analytic gradient against central differences, with a bug put in, h varied, and float32."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, ngettext, thousands
from pages.ui.text.checks import BUG_NAMES, VERDICT_COLOURS, VERDICT_NAMES
from pages.under_hood import curves
from pages.under_hood.moment import Moment
from spiral_core.analysis.gradient_lab import (
    MOST_PARAMETERS,
    STEPS,
    ArrayCheck,
    by_array,
    check_with,
    error_curve,
    points_to_check,
    suspect,
    with_large_scores,
)

BUG_LINES = {
    "none": "dscores = (p - 1[y]) / N",
    "no_average": "dscores = (p - 1[y])",
    "no_reg": "dW = hidden.T @ dscores",
    "no_mask": "dz = dhidden",
    "no_bias": "db = 0",
    "no_shift": "p = exp(f) / sum(exp(f))",
}


def show(moment: Moment) -> None:
    network, settings = moment.network, moment.settings
    try:
        count = points_to_check(network, len(moment.train))
    except ValueError:
        st.info(
            _("This net has {count} parameters; up to {most} are checked here. Choose fewer units.").format(
                count=thousands(network.parameters.size), most=thousands(MOST_PARAMETERS)
            ),
            icon=":material/info:",
        )
        return
    step = -(-len(moment.train) // count)
    X, y = moment.train.X[::step], moment.train.y[::step]
    left, right = st.columns([2, 3], gap="large")
    with left:
        bug, h, single = _controls(bool(settings.hidden))
    if bug == "no_shift":
        network = with_large_scores(network, X)
    check = check_with(bug, network, X, y, settings.reg, h, single)
    arrays = by_array(network, check)
    with left:
        _judgement(moment, bug, suspect(network, check, len(y), settings.reg), arrays, single)
        if bug == "no_shift":
            st.caption(_("The last layer is scaled until a score is 1000: smaller scores do not show this bug."))
        if len(y) < len(moment.train):
            st.caption(
                _("Checked on {count} of {all} points, so that it is done at once.").format(count=len(y), all=len(moment.train))
            )
        if settings.reg_l1:
            st.caption(_("The L1 term is left out of this check."))
    with right:
        _table(arrays)
        curve = error_curve(bug, network, X, y, settings.reg, single)
        best = min(curve, key=lambda pair: math.inf if math.isnan(pair[1]) else pair[1])
        component.static(
            curves.error_chart(curve, h, look()), key="hood_error",
            alt=_("The worst error over the step h: lowest, {error}, at h = {h}.").format(error=f"{best[1]:.1e}", h=f"{best[0]:.0e}"),
        )  # fmt: skip
        st.caption(
            _(
                "On the right the difference quotient is too coarse (its error grows with h²), on the left it drowns in rounding (its "
                "error grows with 1/h)."
            )
        )


def _controls(hidden: bool) -> tuple[str | None, float, bool]:
    names = {name: _(text) for name, text in BUG_NAMES.items() if hidden or name != "no_mask"}
    bug = st.radio(_("Put a bug into the gradient"), list(names), key="hood_bug", format_func=names.__getitem__)
    st.code(BUG_LINES[bug], language="python")
    steps = sorted(h for h in STEPS if abs(math.log10(h) - round(math.log10(h))) < 1e-9)
    texts = {h: f"{h:.0e}" for h in steps}
    default = min(steps, key=lambda h: abs(h - 1e-5))
    h = st.select_slider(
        "h", steps, default, key="hood_h", format_func=texts.__getitem__, help=_("How far each parameter is moved to both sides.")
    )
    single = st.toggle(
        "float32", key="hood_single", help=_("The loss in single precision: differences drown in rounding much earlier.")
    )
    return (None if bug == "none" else bug), h, single


def _judgement(moment: Moment, bug: str | None, found: str | None, arrays: list[ArrayCheck], single: bool) -> None:
    wrong = [array.name for array in arrays if array.verdict == "wrong" or (array.verdict == "uncomfortable" and not single)]
    if found is None:
        st.success(_("The gradient passes: analytic and numeric agree in every array."), icon=":material/check_circle:")
    elif found == "unknown":
        text = _("The check fails in {arrays}, but none of the bugs fits: look at h, float32 and the kinks.")
        st.warning(text.format(arrays=", ".join(wrong)), icon=":material/help:")
    else:
        text = _("The check fails in {arrays}. It looks like: {bug}.")
        st.error(text.format(arrays=", ".join(wrong), bug=_(BUG_NAMES[found])), icon=":material/bug_report:")
    kinks = sum(array.kinks for array in arrays)
    if kinks:
        st.caption(
            ngettext(
                "{count} of {all} entries crosses a kink of a ReLU between w - h and w + h: it is listed separately and does not count.",
                "{count} of {all} entries cross a kink of a ReLU between w - h and w + h: they are listed separately and do not count.",
                kinks,
            ).format(count=kinks, all=sum(array.entries for array in arrays))
        )
    if moment.iteration == 0 and kinks:
        st.caption(
            _(
                "At iteration 0 each arm's first point is (0, 0) and the biases are 0: every unit sits on its kink. Go some iterations on."
            )
        )


def _table(arrays: list[ArrayCheck]) -> None:
    rows = [
        {
            _("array"): array.name,
            _("shape"): " × ".join(map(str, array.shape)),
            _("worst relative error"): "NaN" if math.isnan(array.error) else f"{array.error:.1e}",
            _("verdict"): _(VERDICT_NAMES[array.verdict]),
            _("on a kink"): array.kinks,
        }
        for array in arrays
    ]
    colours = [f"background-color: {VERDICT_COLOURS[array.verdict]}" for array in arrays]
    frame = pd.DataFrame(rows)
    st.dataframe(frame.style.apply(lambda _column: colours, subset=[_("verdict")]), hide_index=True, height="content")
    st.caption(_("The course: above 1e-2 wrong, to 1e-4 uncomfortable, below it fine where there are kinks, 1e-7 and less good."))
