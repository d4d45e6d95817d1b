"""The first half of the story: data, scores, loss, gradient, and the linear classifier that they train."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from pages.case_study import snippets, step
from pages.ui.charts import component, run_charts
from pages.ui.charts.theme import look
from pages.ui.text import _
from server.training.pictures import area
from spiral_core.case_study import SOFTMAX
from spiral_core.datasets import data_of
from spiral_core.training import first_network


def introduction() -> None:
    st.title(_("Case study: a spiral, a line and a net"))
    st.markdown(
        _(
            "The CS231n notes train two small programs on three interleaved spirals. Both run here, live, with the "
            "article's random numbers: every figure below is computed on the spot, and every printed loss can be "
            "checked at the end. Variables have the article's names."
        )
    )


def data() -> None:
    words, picture = step.begin("data")
    with words:
        st.markdown(
            _(
                "Each class is one arm: while the radius grows from 0 to 1, the angle turns by 4 radians, with a little"
                " noise added. No straight line separates the arms, which is the point. All values already lie between "
                "-1 and 1, centred on zero, so nothing has to be rescaled first."
            )
        )
        st.latex(r"x = (r\sin t,\; r\cos t),\qquad t = 4j + 4r + 0.2\,\varepsilon")
        step.shapes([("X", "(300, 2)", _("the points, one per row")), ("y", "(300,)", _("their classes: 0, 1 or 2"))])
        step.code(snippets.DATA)
    with picture:
        split = data_of(SOFTMAX.data)
        component.static(
            run_charts.boundary(split, area(SOFTMAX.data), None, look(), height=430),
            key="case_data",
            alt=_("Three spiral arms of {count} points each, one for each class.").format(count=100),
        )


def scores() -> None:
    words, side = step.begin("scores")
    split = data_of(SOFTMAX.data)
    network = first_network(SOFTMAX, split.train)
    with words:
        st.markdown(
            _(
                "A linear classifier gives each point one score per class. The softmax turns the scores into "
                "probabilities: all positive, summing to 1. Only differences between scores matter, so the largest is "
                "subtracted first: e raised to a large number would overflow."
            )
        )
        st.latex(r"f = xW + b,\qquad p_k = \frac{e^{f_k}}{\sum_j e^{f_j}}")
        step.shapes(
            [
                ("W", "(2, 3)", _("weights, small random numbers at the start")),
                ("b", "(1, 3)", _("biases, zero at the start")),
                ("scores", "(300, 3)", _("one score for each point and class")),
                ("probs", "(300, 3)", _("the scores as probabilities: each row sums to 1")),
            ]
        )
    with side:
        step.code(snippets.START + "\n" + snippets.SCORES + snippets.PROBS)
        i = st.slider(_("One point of the 300, before training"), 0, 299, 150, key="case_point")
        f = network.scores(split.train.X[i : i + 1])[0]
        p = network.probabilities(split.train.X[i : i + 1])[0]
        rows = {f"{_('class {label}').format(label=k)}": [f"{f[k]:+.6f}", f"{math.exp(f[k]):.6f}", f"{p[k]:.6f}"] for k in range(3)}
        st.table(pd.DataFrame(rows, index=["scores", "exp(scores)", "probs"]))
        st.caption(
            _("x = ({x}, {y}), true class {label}. With weights this small every probability is close to 1/3.").format(
                x=f"{split.train.X[i, 0]:.4f}", y=f"{split.train.X[i, 1]:.4f}", label=split.train.y[i]
            )
        )


def loss() -> None:
    words, side = step.begin("loss")
    split = data_of(SOFTMAX.data)
    network = first_network(SOFTMAX, split.train)
    data_loss = network.loss(split.train.X, split.train.y)
    reg_loss = network.regularisation(SOFTMAX.reg)
    with words:
        st.markdown(
            _(
                "The loss of a point is the negative logarithm of the probability given to its true class: near zero when the "
                "model is confident and right, large when it is confident and wrong. The data loss is the mean over all points. "
                "The regularisation loss adds half of reg times the sum of all squared weights, which keeps them small; biases "
                "are not included."
            )
        )
        st.latex(
            r"L = \underbrace{\frac1N\sum_i -\log p_{y_i}}_{\text{data loss}} + \underbrace{\tfrac12\lambda\sum W^2}_{\text{reg loss}}"
        )
        st.markdown(
            _(
                "A model that knows nothing gives each of three classes 1/3, so the loss should start near ln 3 = {chance}. It does:"
            ).format(chance=f"{math.log(3):.6f}")
        )
        step.numbers(
            {
                _("data loss"): f"{data_loss:.6f}",
                _("regularisation loss"): f"{reg_loss:.2e}",
                _("loss"): f"{data_loss + reg_loss:.6f}",
            }
        )
    with side:
        step.code(snippets.DATA_LOSS + snippets.LOSS)


def gradient() -> None:
    words, side = step.begin("gradient")
    with words:
        st.markdown(
            _(
                "How should the scores change? The derivative of the loss with respect to a score is simple: the "
                "probability, minus 1 for the true class. Raising a wrong score raises the loss, the more so the more "
                "probable that class is; raising the right one lowers it, the more so the less probable it is."
            )
        )
        st.latex(r"\frac{\partial L_i}{\partial f_k} = p_k - \mathbb 1[y_i = k]")
        step.code(snippets.GRADIENT)
        step.shapes([("dscores", "(300, 3)", _("dL/dscores, each row sums to 0"))])
    with side:
        st.markdown("**" + _("Try it") + "**")
        columns = st.columns(3)
        given = np.array(
            [
                columns[k].number_input(f"p{'₀₁₂'[k]}", 0.0, 1.0, value, 0.05, format="%.3f", key=f"case_p{k}")
                for k, value in enumerate((0.2, 0.3, 0.5))
            ]
        )
        label = st.segmented_control(_("True class"), [0, 1, 2], default=1, key="case_class", required=True)
        total = given.sum()
        if total == 0:
            st.info(_("Three zeros cannot be scaled to sum to 1: make one of them larger."))
            return
        p = given / total
        if abs(total - 1) > 1e-6:
            st.caption(_("These sum to {total}, so each is divided by it: probabilities sum to 1.").format(total=f"{total:.3f}"))
        df = p - (np.arange(3) == label)
        st.latex(rf"p = ({_triple(p)}),\qquad y = {label}")
        st.latex(rf"\mathrm{{df}} = p - \mathbb 1[y] = ({_triple(df)})")
        if p[label] > 0:
            st.latex(rf"L_i = -\log {p[label]:.3g} = {max(-math.log(p[label]), 0.0):.4f}")
        else:
            st.latex(r"L_i = -\log 0 = \infty")
        st.caption(_("The article's example is p = (0.2, 0.3, 0.5) with true class 1: the gradient is (0.2, -0.7, 0.5)."))


def _triple(values: np.ndarray) -> str:
    return ",\\; ".join(f"{v:.3g}" for v in np.round(values, 6) + 0.0)


def training() -> None:
    words, side = step.begin("linear")
    with words:
        st.markdown(
            _(
                "The chain rule carries dscores back to the weights: the scores are X times W, so dW is X transposed "
                "times dscores, plus the gradient of the regularisation. Then every parameter takes a step against its "
                "gradient. Repeated 200 times, that is the whole program."
            )
        )
        step.shapes([("dW", "(2, 3)", _("same shape as W")), ("db", "(1, 3)", _("same shape as b: the sum over all points"))])
        st.latex(r"\frac{\partial L}{\partial W} = X^\top\,\mathrm{dscores} + \lambda W")
        st.latex(r"W \leftarrow W - \eta\,\frac{\partial L}{\partial W}")
        step.code(snippets.LINEAR_STEP)
    with side:
        st.markdown(_("All of it in one loop, which prints the article's losses:"))
        step.code(snippets.LINEAR_LOOP)
    step.trained(SOFTMAX, "linear")


def limits() -> None:
    words, side = step.begin("limits")
    with words:
        st.markdown(
            _(
                "The boundary between two classes lies where their scores are equal. Both scores are linear in x, so "
                "their difference is too, and the boundary is a straight line, whatever W is. Three classes give three "
                "half-lines from one point: three wedges. An arm of the spiral turns through more than half a circle, "
                "and a wedge cannot follow it. More iterations would not help: the loss is already near its minimum, "
                "and since it is convex there is no better one to find."
            )
        )
    with side:
        st.latex(r"f_a(x) = f_b(x) \iff x\,(W_a - W_b) + (b_a - b_b) = 0")
        st.markdown(_("That is the equation of a straight line. To bend it, the model needs something between x and the scores."))
