"""One point: its way through the net and back, with every number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.text import _, choice_label, class_label, escaped, ngettext, thousands
from pages.under_hood import chosen_point, tex
from pages.under_hood.moment import Moment
from spiral_core.analysis.trace import Pass, forward_back, loss_after_update, pushes, slopes
from spiral_core.arrays import FloatArray
from spiral_core.dropout import drops
from spiral_core.features import PLAIN
from spiral_core.losses import MARGIN
from spiral_core.network import Network
from spiral_core.schedules import learning_rate_at

FIRST_ROWS = 8  # above which a vector is folded away
LONG_TABLE = 290  # pixels


def show(moment: Moment) -> None:
    x, label, name = chosen_point.chosen(moment)
    done = forward_back(moment.network, x[None], np.array([label]))
    chosen_point.in_the_net(moment, done, x, label, name)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.caption(_("Click a point, or anywhere on the plane."))
        chosen_point.fields(moment, x, label)
        _verdict(moment, done, label, name)
    with right:
        _forward(moment.network, done, x, label)
        _backward(moment, done, x, label)


# What comes out.


def _verdict(moment: Moment, done: Pass, label: int, name: str) -> None:
    scores = done.scores[0]
    predicted = int(scores.argmax())
    p = f"{done.probs[0, label]:.1%}"
    right, wrong = (
        _("{name}: right, with {p} for class {label}."),
        _("{name}: wrong. Its class {label} gets {p}; the net says {predicted}."),
    )
    if moment.settings.loss == "hinge":
        p = tex.number(abs(float(scores[label] - np.delete(scores, label).max())))
        right, wrong = (
            _("{name}: right. Class {label} leads by {p}."),
            _("{name}: wrong. Its class {label} lies {p} below class {predicted}."),
        )
    title, other = (escaped(class_label(moment.train.names, k)) for k in (label, predicted))
    if predicted == label:
        st.success(right.format(name=name, p=p, label=title), icon=":material/check:")
    else:
        st.error(wrong.format(name=name, label=title, p=p, predicted=other), icon=":material/close:")
    _why(moment.network, done, label, predicted, moment.train.names)


def _why(network: Network, done: Pass, label: int, predicted: int, names: Sequence[str]) -> None:
    """The units that push hardest for and against the true class."""
    scores = done.scores[0]
    rival = predicted if predicted != label else int(np.argsort(scores)[-2])
    found, bias = pushes(network, done.layers[-1].inputs[0], label, rival)
    heading = _("Why is this point wrong?") if predicted != label else _("What makes this point right?")
    st.markdown(f"**{heading}**")
    if names:
        st.caption(_("Classes: {names}.").format(names=", ".join(f"{k} {escaped(name)}" for k, name in enumerate(names))))
    gap = scores[label] - scores[rival]
    st.markdown(
        _(
            "Class {a} beats class {b} where f{a} - f{b} is above 0; here it is {gap}. The pushes below and the biases add up to it."
        ).format(a=label, b=rival, gap=tex.number(gap))
    )
    unit = _("unit") if len(network.weights) > 1 else _("input")
    rows: list[dict[str, Any]] = [
        {unit: _unit_name(network, push.unit), _("push"): push.amount, _("towards"): label if push.amount > 0 else rival}
        for push in found
        if push.amount != 0
    ]
    rows.append({unit: _("biases"), _("push"): bias, _("towards"): label if bias > 0 else rival})
    frame = pd.DataFrame(rows).astype({unit: str})
    st.dataframe(
        frame,
        hide_index=True,
        height=LONG_TABLE if len(rows) > FIRST_ROWS else "content",
        column_config={_("push"): st.column_config.NumberColumn(format="%.4f")},
    )


def _unit_name(network: Network, number: int) -> int | str:
    """What pushes a score: a unit by its number, or an input of a linear classifier by its formula."""
    return number + 1 if len(network.weights) > 1 or network.features == PLAIN else choice_label(network.features[number])


def _forward(network: Network, done: Pass, x: FloatArray, label: int) -> None:
    st.markdown("##### 1. " + _("The input"))
    if network.features == PLAIN:
        st.latex(rf"x = ({tex.tex(x[0])},\; {tex.tex(x[1])}) \in \mathbb R^{{1\times 2}},\qquad y = {label}")
    else:
        named = ", ".join(map(choice_label, network.features))
        st.markdown(_("The point ({x}, {y}) as the net sees it: {names}.").format(x=f"{x[0]:.4f}", y=f"{x[1]:.4f}", names=named))
        values = r",\; ".join(tex.tex(float(value)) for value in network.inputs(x[None])[0])
        st.latex(rf"x = ({values}) \in \mathbb R^{{1\times {len(network.features)}}},\qquad y = {label}")
    for i, layer in enumerate(done.layers[:-1]):
        st.markdown(f"##### {i + 2}. " + _("Hidden layer {number}").format(number=i + 1))
        before = "x" if i == 0 else f"h_{{{i}}}"
        W = network.weights[i]
        st.latex(
            rf"z_{{{i + 1}}} = {before} W_{{{i + 1}}} + b_{{{i + 1}}},\quad W_{{{i + 1}}} \in \mathbb R^{{{W.shape[0]}\times {W.shape[1]}}},"
            rf"\qquad h_{{{i + 1}}} = {tex.activation_tex(network.activation)}(z_{{{i + 1}}})"
        )
        z, h = layer.z[0], layer.h[0]
        on = int((z > 0).sum())
        st.markdown(
            ngettext(
                "{on} of {all} units fires (z > 0). The strongest, z = {z}, is unit {unit}.",
                "{on} of {all} units fire (z > 0). The strongest, z = {z}, is unit {unit}.",
                on,
            ).format(on=on, all=len(z), unit=int(z.argmax()) + 1, z=tex.number(float(z.max())))
        )
        table = {"z": z, "h": h, **{f"W[{d}]": W[d] for d in range(W.shape[0]) if W.shape[0] <= 2}, "b": network.biases[i]}
        _vectors(
            ngettext("The only unit", "All {count} units, the largest first", len(z)).format(count=len(z)),
            table,
            np.abs(h) + 1e-9 * np.abs(z),
        )
    number = len(done.layers) + 1
    last = len(done.layers)
    reads = "x" if last == 1 else f"h_{{{last - 1}}}"
    if network.loss_name == "hinge":
        st.markdown(f"##### {number}. " + _("Scores, margins, loss"))
        st.latex(rf"f = {reads} W_{{{last}}} + b_{{{last}}},\qquad m_j = \max(0,\, f_j - f_y + 1),\qquad L = \sum_{{j \neq y}} m_j")
        _margins(done, label)
        terms = " + ".join(tex.tex(float(m)) for j, m in enumerate(done.margins[0]) if j != label)
        st.latex(rf"L = {terms} = {tex.tex(float(done.losses[0]))}" if "+" in terms else rf"L = {terms}")
        return
    st.markdown(f"##### {number}. " + _("Scores, softmax, loss"))
    st.latex(
        rf"f = {reads} W_{{{last}}} + b_{{{last}}},\qquad p_k = \frac{{e^{{f_k - \max f}}}}{{\sum_j e^{{f_j - \max f}}}},\qquad"
        rf" L = -\log p_y"
    )
    _scores(done, label)
    p = float(done.probs[0, label])
    st.latex(rf"L = -\log {tex.tex(p)} = {tex.tex(float(done.losses[0]))}")


def _scores(done: Pass, label: int) -> None:
    rows = pd.DataFrame(
        {
            _("class"): [f"{k} ← y" if k == label else str(k) for k in range(done.probs.shape[1])],
            "f": done.scores[0],
            "f - max f": done.shifted[0],
            "e^(f - max f)": done.exps[0],
            "p": done.probs[0],
            "df = p - 1[y]": done.dscores[0],
        }
    )
    numeric = {name: st.column_config.NumberColumn(format="%.5g") for name in rows.columns[1:]}
    st.dataframe(rows, hide_index=True, column_config=numeric)


def _margins(done: Pass, label: int) -> None:
    scores = done.scores[0]
    rows = pd.DataFrame(
        {
            _("class"): [f"{k} ← y" if k == label else str(k) for k in range(len(scores))],
            "f": scores,
            "f - f_y + 1": scores - scores[label] + MARGIN,
            "m": done.margins[0],
            "df": done.dscores[0],
        }
    )
    own = rows.style.format("{:.5g}", subset=list(rows.columns[1:])).format("–", subset=(label, ["f - f_y + 1", "m"]))
    st.dataframe(own, hide_index=True)


def _backward(moment: Moment, done: Pass, x: FloatArray, label: int) -> None:
    network = moment.network
    st.markdown("##### " + _("Backward pass: the gradient of this point's own loss"))
    if drops(moment.settings):
        st.caption(_("Of the whole net, as loss and boundary show it: training leaves out units in each update."))
    last = len(done.layers)
    shape = rf"(1\times {done.probs.shape[1]})"
    lines = [rf"df &= p - 1[y] && {shape}"]
    if network.loss_name == "hinge":
        lines = [rf"df_j &= 1[m_j > 0],\quad df_y = -\textstyle\sum_{{j \neq y}} df_j && {shape}"]
    for i in range(last - 1, -1, -1):
        reads = "x" if i == 0 else f"h_{{{i}}}"
        d = "df" if i == last - 1 else f"dz_{{{i + 1}}}"
        n_in, n_out = network.weights[i].shape
        lines.append(rf"dW_{{{i + 1}}} &= {reads}^\top {d},\quad db_{{{i + 1}}} = {d} && ({n_in}\times {n_out})")
        if i > 0:
            lines.append(rf"dz_{{{i}}} &= {d}\,W_{{{i + 1}}}^\top \odot {tex.slope_tex(network.activation, i)} && (1\times {n_in})")
    st.latex(r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}")
    _shares(moment, done)
    for i in range(len(done.layers) - 2, -1, -1):
        upstream = done.layers[i + 1].dz[0] @ network.weights[i + 1].T
        dz = done.layers[i].dz[0]
        slope = slopes(network, done.layers[i].h[0])
        columns = {f"dh{i + 1}": upstream, _("slope"): slope, f"dz{i + 1}": dz}
        _vectors(_("The gradient at layer {number}, the largest first").format(number=i + 1), columns, np.abs(dz))
    _update(moment, done, x, label)


def _shares(moment: Moment, done: Pass) -> None:
    """How much of every array's gradient is this point's."""
    every = moment.passed.sizes_of_gradients()
    rows = []
    for i, (own, all_points) in enumerate(zip(done.sizes_of_gradients(), every, strict=True)):
        for letter, mine, others in zip("Wb", own, all_points, strict=True):
            total = float(others.mean()) * len(moment.train)
            shape = moment.network.weights[i].shape if letter == "W" else moment.network.biases[i].shape
            rows.append(
                {
                    _("array"): f"d{letter}{i + 1}",
                    _("shape"): " × ".join(map(str, shape)),
                    _("this point's norm ‖·‖"): float(mine[0]),
                    _("share of all points' total"): float(mine[0]) / total if total > 0 else math.nan,
                }
            )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height=LONG_TABLE if len(rows) > FIRST_ROWS else "content",
        column_config={
            _("this point's norm ‖·‖"): st.column_config.NumberColumn(format="%.4g"),
            _("share of all points' total"): st.column_config.NumberColumn(
                format="percent", help=_("An average point contributes {share}.").format(share=f"{1 / len(moment.train):.2%}")
            ),
        },
    )  # fmt: skip
    if len(moment.few) < len(moment.train):
        text = _("The total is estimated from {count} of {all} points.")
        st.caption(text.format(count=thousands(len(moment.few)), all=thousands(len(moment.train))))


def _update(moment: Moment, done: Pass, x: FloatArray, label: int) -> None:
    """What one update would do to the point's own loss."""
    rate = learning_rate_at(moment.settings, moment.iteration)
    network, data, points = moment.network, moment.few, len(moment.train)
    before = float(done.losses[0])
    _loss, whole = network.loss_and_gradient(data.X, data.y, moment.settings.reg, moment.settings.reg_l1)
    after_all = loss_after_update(network, whole, rate, x, label)
    after_own = loss_after_update(network, done.gradient(network), rate / points, x, label)
    st.markdown("##### " + _("What one update would do"))
    text = _(
        "One step of gradient descent at this iteration's learning rate, {rate}: with the gradient of all {count} points "
        "this point's loss goes from {before} to {all}; with this point's share of that gradient alone, to {own}."
    )
    if len(data) < points:
        text = _(
            "One step of gradient descent at this iteration's learning rate, {rate}: with the mean gradient of {few} of the {count} "
            "points this point's loss goes from {before} to {all}; with this point's share of the gradient of all of them alone, to {own}."
        )
    st.markdown(
        text.format(
            rate=f"{rate:g}",
            few=thousands(len(data)),
            count=thousands(points),
            before=tex.number(before),
            all=tex.number(after_all),
            own=tex.number(after_own),
        )
    )


# Numbers and vectors.


def _vectors(title: str, columns: dict[str, FloatArray], order_by: FloatArray) -> None:
    """A table of vectors of equal length, one row a unit, the largest first; long ones are folded away."""
    order = np.argsort(-order_by, kind="stable")
    frame = pd.DataFrame({_("unit"): order + 1} | {name: values[order] for name, values in columns.items()})
    numeric = {name: st.column_config.NumberColumn(format="%.4g") for name in columns}
    if len(frame) <= FIRST_ROWS:
        st.dataframe(frame, hide_index=True, column_config=numeric, height="content")
        return
    with st.expander(title):
        st.dataframe(frame, hide_index=True, column_config=numeric, height=LONG_TABLE)
