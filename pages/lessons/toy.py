"""Below the lesson on momentum: the paths of all optimizers over a surface of two numbers, from a start that is clicked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.charts import component, relief
from pages.ui.charts.figure import Figure, Trace, base_layout, curve_axis, encoded, legend, line
from pages.ui.charts.palette import RUN_SHAPES, Look
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label
from spiral_core.analysis.toys import STEPS, TOYS, Toy, path
from spiral_core.arrays import FloatArray
from spiral_core.optimizers import OPTIMIZERS

CELLS = 61  # a side of the contour lines' grid
DIGITS = 2  # of a start


@st.fragment
def show() -> None:
    """One fold, drawn only while it is open."""
    with st.expander(_("On a toy surface"), icon=":material/landscape:", key="lessons_toy", on_change="rerun") as box:
        if box.open:
            _race()


def _race() -> None:
    names = {name: _(toy.label) for name, toy in TOYS.items()}
    chosen = st.segmented_control(
        _("Surface"), list(names), default="ravine", key="lessons_toy_surface", format_func=names.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    name = chosen if chosen in TOYS else "ravine"
    toy, start = TOYS[name], _start(name)
    paths = {optimizer: path(toy, optimizer, start) for optimizer in OPTIMIZERS}
    left, right = st.columns([3, 2], gap="large")
    with left:
        component.placed(
            figure(toy, paths, look()), partial(_take, name), key="lessons_toy_chart", alt=describe(toy, paths), colour=look().ink
        )
    with right:
        if start == toy.start:
            st.markdown(_(toy.see))
        _table(toy, paths)
        _type(name, start)
        if start != toy.start:
            st.button(
                _("Back to the first start"), key="lessons_toy_back", icon=":material/undo:", on_click=_keep, args=(name, toy.start)
            )
        st.caption(
            _("{count} steps of each rule, with its usual settings. Click the surface for another start.").format(count=STEPS)
        )


def _start(name: str) -> tuple[float, float]:
    kept: tuple[float, float] = st.session_state.get("lessons_toy_start", {}).get(name, TOYS[name].start)
    return kept


def _take(name: str, moves: list[component.Move]) -> None:
    """Begin where the reader clicked last; a browser may send a place outside the surface."""
    x, y = (round(each, DIGITS) for each in moves[-1].end)
    with suppress(ValueError):
        path(TOYS[name], "sgd", (x, y), 0)
        _keep(name, (x, y))


def _keep(name: str, start: tuple[float, float]) -> None:
    st.session_state["lessons_toy_start"] = st.session_state.get("lessons_toy_start", {}) | {name: start}


def _type(name: str, start: tuple[float, float]) -> None:
    """The same for the keyboard."""
    area, key = TOYS[name].area, f"{name}_{start[0]:g}_{start[1]:g}"

    def typed() -> None:
        _keep(name, (st.session_state[f"lessons_toy_x_{key}"], st.session_state[f"lessons_toy_y_{key}"]))

    x, y = st.columns(2)
    x.number_input(_("Start x"), area.left, area.right, start[0], 0.1, "%.2f", key=f"lessons_toy_x_{key}", on_change=typed)
    y.number_input(_("Start y"), area.bottom, area.top, start[1], 0.1, "%.2f", key=f"lessons_toy_y_{key}", on_change=typed)


def _table(toy: Toy, paths: Mapping[str, FloatArray]) -> None:
    height = _("Height at the end")
    rows = {
        _("Optimizer"): [choice_label(optimizer) for optimizer in paths],
        _("Learning rate"): [toy.rate_of(optimizer) for optimizer in paths],
        height: [_height(toy, walked[-1]) for walked in paths.values()],
    }
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt=describe(toy, paths),
        column_config={height: st.column_config.NumberColumn(format="%.3f")},
    )  # fmt: skip


def _height(toy: Toy, place: FloatArray) -> float:
    return float(toy.value(place[0], place[1]))


def figure(toy: Toy, paths: Mapping[str, FloatArray], look: Look) -> Figure:
    """Contour lines with a path for each optimizer, from a ring to a mark of its own."""
    area = toy.area
    x, y = np.linspace(area.left, area.right, CELLS), np.linspace(area.bottom, area.top, CELLS)
    heights = toy.value(*np.meshgrid(x, y))
    z = np.sqrt(heights - heights.min())  # equal steps on a parabola
    traces: list[Trace] = [
        {
            "type": "contour", "x": encoded(x), "y": encoded(y), "z": encoded(z), "colorscale": relief.colours(look),
            "contours": relief.levels(z), "line": {"width": 0.6, "color": look.muted}, "showscale": False, "hoverinfo": "skip",
            "showlegend": False,
        }
    ]  # fmt: skip
    for i, (optimizer, walked) in enumerate(paths.items()):
        colour, name = look.runs[i % len(look.runs)], choice_label(optimizer)
        sizes = [3.5] * (len(walked) - 1) + [11.0]
        traces.append(
            line(
                walked[:, 0], walked[:, 1], mode="lines+markers", name=name, line={"color": colour, "width": 1.8},
                marker={"symbol": RUN_SHAPES[i % len(RUN_SHAPES)], "size": sizes, "color": colour, "line": {"width": 0}},
                customdata=list(range(len(walked))), hovertemplate=f"{name}<br>(%{{x:.3g}}, %{{y:.3g}})<extra></extra>",
            )
        )  # fmt: skip
    traces.append(relief.mark(next(iter(paths.values()))[0].tolist(), _("start"), relief.start_marker(look.ink)))
    layout = base_layout(look) | {
        "xaxis": curve_axis(look, title={"text": "x"}, range=[area.left, area.right], constrain="domain"),
        "yaxis": curve_axis(look, title={"text": "y"}, range=[area.bottom, area.top], scaleanchor="x", constrain="domain"),
        "legend": legend(y=1.0),
        "margin": {"l": 48, "r": 8, "t": 6, "b": 44},
        "height": 470,
    }
    return {"data": traces, "layout": layout}


def describe(toy: Toy, paths: Mapping[str, FloatArray]) -> str:
    """`figure` in a sentence with numbers."""
    x, y = next(iter(paths.values()))[0]
    ends = "; ".join(f"{choice_label(optimizer)} {_height(toy, walked[-1]):.3f}" for optimizer, walked in paths.items())
    text = _("{surface}: the paths of all optimizers from ({x}, {y}). Height at the start {first}, at the end: {ends}.")
    return text.format(surface=_(toy.label), x=f"{x:g}", y=f"{y:g}", first=f"{_height(toy, np.array([x, y])):.3f}", ends=ends)
