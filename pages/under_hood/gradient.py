"""The gradient-check lab: the analytic gradient against central differences, with a bug put in, h varied, and float32."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, ngettext, thousands
from pages.ui.text.checks import BUG_NAMES, VERDICT_COLOURS, VERDICT_NAMES, bug_name
from pages.under_hood import curves
from pages.under_hood.moment import Moment
from server.kept import kept
from spiral_core.analysis.differences import KINKED
from spiral_core.analysis.gradient_check import GradientCheck
from spiral_core.analysis.gradient_lab import (
    MAX_PARAMETERS,
    STEPS,
    ArrayCheck,
    by_array,
    check_with,
    curve_every,
    error_curve,
    points_to_check,
    suspect,
    with_large_scores,
)
from spiral_core.arrays import FloatArray
from spiral_core.dropout import drops
from spiral_core.network import Network
from spiral_core.settings import Settings

BUG_LINES = {
    "none": "dscores = (p - 1[y]) / N",
    "no_average": "dscores = (p - 1[y])",
    "no_reg": "dW = hidden.T @ dscores",
    "no_mask": "dz = dhidden",
    "no_bias": "db = 0",
    "no_shift": "p = exp(f) / sum(exp(f))",
}


HINGE_LINES = BUG_LINES | {  # m: s_j - s_y + 1; n: how many of the wrong classes have m > 0
    "none": "dscores = (1[m > 0] - n·1[y]) / N",
    "no_average": "dscores = (1[m > 0] - n·1[y])",
}


def show(moment: Moment) -> None:
    network, settings = moment.network, moment.settings
    try:
        count = points_to_check(network, len(moment.train))
    except ValueError:
        st.info(
            _("This net has {count} parameters; up to {most} are checked here. Choose fewer units.").format(
                count=thousands(network.parameters.size), most=thousands(MAX_PARAMETERS)
            ),
            icon=":material/info:",
        )
        return
    step = -(-len(moment.train) // count)
    X, y = moment.train.X[::step], moment.train.y[::step]
    left, right = st.columns([2, 3], gap="large")
    with left:
        bug, h, single = _controls(settings)
    if bug == "no_shift":
        network = with_large_scores(network, X)
    reg, reg_l1 = settings.reg, settings.reg_l1
    key = (moment.run.settings, moment.iteration, bug, single)
    check = kept.get(("check", *key, h), lambda: check_with(bug, network, X, y, reg, h, single, reg_l1), lambda found: found.nbytes)
    arrays = by_array(network, check)
    with left:
        _judgement(moment, suspect(network, check, len(y), reg, reg_l1), arrays)
        if any(array.kinks for array in arrays) and all_on_kinks(network, X):
            st.caption(
                _(
                    "At some point all inputs are 0, and so are the biases: there every unit sits on its kink. Move forward a few "
                    "iterations."
                )
            )
        if bug == "no_shift":
            st.caption(_("The last layer is scaled until a score is 1000: smaller scores do not show this bug."))
        if len(y) < len(moment.train):
            st.caption(
                _("Checked on {count} of {all} points, so that the result appears at once.").format(
                    count=len(y), all=len(moment.train)
                )
            )
    with right:
        _table(arrays)
        st.caption(_limits(check, h))
        curve = kept.get(("curve", *key), lambda: error_curve(bug, network, X, y, reg, single, reg_l1))
        best = min(curve, key=lambda pair: math.inf if math.isnan(pair[1]) else pair[1])
        component.static(
            curves.error_chart(curve, h, look()), key="hood_error",
            alt=_(
                "The error of a typical entry against the step h: lowest, {error}, at h = {h}."
            ).format(error=f"{best[1]:.1e}", h=f"{best[0]:.0e}"),
        )  # fmt: skip
        st.caption(
            _(
                "A typical entry of the worst array. On the right the difference quotient is too coarse (its error grows with "
                "h²); on the left it drowns in round-off (its error grows with 1/h)."
            )
        )
        every = curve_every(network, len(y))
        if every > 1:
            st.caption(_("For this curve one in {count} hidden units was looked at.").format(count=every))


def _controls(settings: Settings) -> tuple[str | None, float, bool]:
    bends = settings.hidden and settings.activation != "linear"
    without = {"no_mask"} if not bends else set()
    lines = BUG_LINES
    if settings.loss == "hinge":  # nothing overflows there
        without, lines = without | {"no_shift"}, HINGE_LINES
    names = {name: _(bug_name(name, settings.activation)) for name in BUG_NAMES if name not in without}
    bug = st.radio(_("Put a bug into the gradient"), list(names), key="hood_bug", format_func=names.__getitem__)
    st.code(lines[bug], language="python")
    if settings.loss == "hinge":
        st.caption(_("m = s_j − s_y + 1 for each wrong class j; n: for how many of them m > 0."))
    if drops(settings):
        st.caption(_("Checked on the whole net, without dropout."))
    steps = sorted(h for h in STEPS if abs(math.log10(h) - round(math.log10(h))) < 1e-9)
    texts = {h: f"{h:.0e}" for h in steps}
    default = min(steps, key=lambda h: abs(h - 1e-5))
    h = st.select_slider(
        "h",
        steps,
        default,
        key="hood_h",
        format_func=texts.__getitem__,
        help=_("How far each parameter is moved in both directions."),
    )
    single = st.toggle(
        "float32", key="hood_single", help=_("The loss in single precision: differences drown in round-off much earlier.")
    )
    return (None if bug == "none" else bug), h, single


def _judgement(moment: Moment, found: str | None, arrays: list[ArrayCheck]) -> None:
    wrong = ", ".join(array.name for array in arrays if array.verdict == "wrong")
    unresolved, entries = sum(array.unresolved for array in arrays), sum(array.entries for array in arrays)
    kinks = sum(array.kinks for array in arrays)
    if found is None and unresolved + kinks == entries:
        st.info(_("At this h no entry can be judged. Choose another h, or switch float32 off."), icon=":material/help:")
    elif found is None:
        st.success(_("The gradient passes: no entry differs by more than rounding and h allow."), icon=":material/check_circle:")
    elif found == "unknown":
        text = _("The check fails in {arrays}, and none of these bugs explains by how much.")
        st.warning(text.format(arrays=wrong), icon=":material/help:")
    else:
        text = _("The check fails in {arrays}. It looks like: {bug}.")
        st.error(text.format(arrays=wrong, bug=_(bug_name(found, moment.settings.activation))), icon=":material/bug_report:")
    if kinks:
        st.caption(
            ngettext(
                "{count} of {all} entries crosses a kink of a ReLU, of |w| or of the hinge between w - h and w + h: it is listed separately and does not count.",
                "{count} of {all} entries cross a kink of a ReLU, of |w| or of the hinge between w - h and w + h: they are listed separately and do not count.",
                kinks,
            ).format(count=thousands(kinks), all=thousands(entries))
        )


def all_on_kinks(network: Network, X: FloatArray) -> bool:
    """Whether all inputs of one of the points X (N, 2) are 0 while no bias moves a unit off its kink, as when training begins."""
    biases = network.biases[:-1]
    return (
        network.activation in KINKED
        and bool(biases)
        and not any(b.any() for b in biases)
        and not network.inputs(X).any(axis=1).all()
    )


def _limits(check: GradientCheck, h: float) -> str:
    """What the chosen h can tell, in a sentence."""
    unresolved = ~(check.agrees | check.disagrees | check.crosses_kink)
    largest = np.maximum(np.abs(check.analytic), np.abs(check.numeric))
    with np.errstate(all="ignore"):
        share = (check.noise / largest)[np.isfinite(check.noise) & (largest > 0) & ~check.crosses_kink]
    if not len(share):
        return _(
            "The course: above 1e-2 wrong, down to 1e-4 uncomfortable, below that fine where there are kinks, 1e-7 and less good."
        )
    return _(
        "The course: above 1e-2 wrong, down to 1e-4 uncomfortable, below that fine where there are kinks, 1e-7 and less "
        "good. With h = {h}, rounding and the curvature of the loss may change a typical entry by up to {noise} of its "
        "value; {count} of {all} entries are too small to be told from that."
    ).format(
        h=f"{h:.0e}", noise=f"{np.median(share):.0e}", count=thousands(int(unresolved.sum())), all=thousands(check.analytic.size)
    )


def _table(arrays: list[ArrayCheck]) -> None:
    rows = [
        {
            _("array"): array.name,
            _("shape"): " × ".join(map(str, array.shape)),
            _("worst relative error"): "NaN"
            if math.isnan(array.error)
            else "–"
            if array.verdict == "open"
            else f"{array.error:.1e}",
            _("verdict"): _(VERDICT_NAMES[array.verdict]),
            _("too small to tell"): array.unresolved,
            _("on a kink"): array.kinks,
        }
        for array in arrays
    ]
    colours = [f"background-color: {VERDICT_COLOURS[array.verdict]}" for array in arrays]
    frame = pd.DataFrame(rows)
    st.dataframe(frame.style.apply(lambda _column: colours, subset=[_("verdict")]), hide_index=True, height="content")
