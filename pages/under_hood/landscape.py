"""The loss as a landscape: the plane through the run's path, the path on it, and the net at any place of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.figure import number
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped, explain, measured_on, thousands
from pages.ui.visit import inside, navigation, teacher_link
from pages.ui.widgets import landscapes
from pages.under_hood import figures, relief
from pages.under_hood.moment import Moment
from server.training import cost
from server.training.pictures import painted
from server.training.view import View
from spiral_core.analysis.health import MAX_POINTS, sampled
from spiral_core.analysis.landscape import HUGE, Landscape, Losses
from spiral_core.arrays import FloatArray
from spiral_core.datasets import Dataset
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.phases import MAX_EDITED_UNITS, MAX_EDITS
from spiral_core.rules import SettingError
from spiral_core.run import network_of

CELLS = 150  # a side of the picture of a place's net
NEARLY_ALL = 0.995  # of the path, from which its share is told with a further digit

HEIGHTS = {"data": N_("Training loss"), "total": N_("With regularisation"), "held_out": N_("Held-out loss")}
VIEWS = {"contours": N_("Contour lines"), "surface": N_("Surface")}


def show(moment: Moment) -> None:
    st.caption(
        _(
            "Each place of this plane is a net, and its height is that net's loss. The plane goes through the path that the weights "
            "took in training, in the two directions in which they moved most (Lorch 2016; Li et al. 2018)."
        )
    )
    landscapes.follow([moment.view], partial(_draw, moment.iteration))


def _draw(iteration: int, views: Sequence[View], found: Landscape, unfinished: bool) -> None:
    moment = Moment(views[0], iteration)
    left, right = st.columns([3, 2], gap="large")
    with left:
        heights = [name for name in HEIGHTS if _has(moment, found, name)]
        with st.container(horizontal=True, gap="small"):
            kind = _choice(_("Height"), {name: HEIGHTS[name] for name in heights}, "hood_height")
            view = _choice(_("View"), VIEWS, "hood_view")
        height, along = _of(found.heights, kind), _of(found.along[0], kind)
        if not np.isfinite(height).any():
            st.info(_("The loss is not a finite number anywhere on this plane."), icon=":material/info:")
            return
        chosen = _chosen(moment, found)
        _chart(moment, found, height, along, chosen, kind, view)
        _words(moment, found, height, along, kind, unfinished)
    with right:
        _net(moment, found, chosen)


def _has(moment: Moment, found: Landscape, name: str) -> bool:
    """Whether a height is there, and another one than the others."""
    settings = moment.run.settings
    if name == "total":
        return bool(settings.reg or settings.reg_l1)
    return name == "data" or found.heights.held_out is not None


def _of(losses: Losses, kind: str) -> FloatArray:
    found: FloatArray = getattr(losses, kind)
    return found


def _choice(label: str, options: dict[str, str], key: str) -> str:
    """One of a few; the first where there is no other."""
    if len(options) == 1:
        return next(iter(options))
    texts = {name: _(text) for name, text in options.items()}
    if st.session_state.get(key) not in texts:
        st.session_state[key] = next(iter(texts))
    chosen = st.segmented_control(
        label, list(texts), key=key, format_func=texts.__getitem__, required=True, label_visibility="collapsed"
    )
    return chosen or next(iter(texts))


# The plane.


def _chart(
    moment: Moment,
    found: Landscape,
    height: FloatArray,
    along: FloatArray,
    chosen: tuple[float, float] | None,
    kind: str,
    view: str,
) -> None:
    iterations, at = moment.run.snapshot_iterations, moment.iteration
    alt = relief.describe(height, along, _(HEIGHTS[kind]), at)
    if view == "surface":
        component.static(relief.surface(found, height, along, iterations, at, look()), key="hood_surface", alt=alt)
        return
    picked = component.picked(relief.contours(found, height, along, iterations, at, chosen, look()), key="hood_landscape", alt=alt)
    if picked is not None:
        _take(moment, picked)


def _take(moment: Moment, picked: Any) -> None:
    """Go to what was clicked: a place, or a snapshot on the path."""
    if not isinstance(picked, list) or len(picked) not in (3, 4) or not all(map(_is_number, picked)):
        return
    known = moment.run.snapshot_iterations
    if len(picked) == 3:
        st.session_state["hood_place"] = (moment.run.settings, float(picked[0]), float(picked[1]))
    elif picked[3] in known:
        inside.look_at(None if picked[3] == known[-1] else int(picked[3]))
        _forget()
    st.rerun()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < HUGE  # a browser may send anything


def _forget() -> None:
    st.session_state.pop("hood_place", None)


def _chosen(moment: Moment, found: Landscape) -> tuple[float, float] | None:
    """The place that was clicked on this run's plane, if one was."""
    kept = st.session_state.get("hood_place")
    if kept is None or kept[0] != moment.run.settings:
        return None
    a, b = kept[1:]
    area = found.area
    return (a, b) if area.left <= a <= area.right and area.bottom <= b <= area.top else None


def _words(moment: Moment, found: Landscape, height: FloatArray, along: FloatArray, kind: str, unfinished: bool) -> None:
    plane = found.plane
    text = _("The plane holds {share} of the path's movement.").format(share=_share(plane.share))
    if plane.straight:
        text += " " + _("The path is a straight line; the second direction is any one across it.")
    row = int(np.searchsorted(moment.run.snapshot_iterations, moment.iteration))
    own, there = number(_own(moment, kind)), number(float(along[row]))
    if np.isfinite(along[row]) and own != there:
        told = _("At iteration {iteration} the run's own loss is {own}, and {there} at its place on the plane.")
        text += " " + told.format(iteration=thousands(moment.iteration), own=own, there=there)
    st.markdown(text)
    notes = []
    blank = float(np.isnan(height).mean())
    if blank:
        notes.append(_("Left blank, {share} of it: the loss there is not a finite number.").format(share=f"{blank:.0%}"))
    left_out = int(np.isnan(found.paths[0]).any(axis=1).sum())
    if left_out:
        notes.append(_("Snapshots left out, because their weights are beyond any plane: {count}.").format(count=left_out))
    if len(moment.train) > MAX_POINTS:
        notes.append(measured_on(len(moment.sample), len(moment.train)))
    if len(moment.run.phases) > 1:
        notes.append(_("The path is that of all phases, the regularisation that of the last."))
    if unfinished:
        notes.append(_("A finer picture is being computed."))
    elif found.size < cost.LANDSCAPE:
        notes.append(_("Of so large a net {count} × {count} places are computed.").format(count=found.size))
    if notes:
        st.caption(" ".join(notes))


def _share(share: float) -> str:
    """In percent, and never all where it is not all."""
    return f"{share:.0%}" if share < NEARLY_ALL or share > 1 - 1e-6 else f"{math.floor(share * 1000) / 1000:.1%}"


def _own(moment: Moment, kind: str) -> float:
    """The loss of the run's own net at the snapshot on show, measured as the plane is."""
    settings, test = moment.run.settings, moment.run.data.test
    data = sampled(test) if kind == "held_out" and test is not None else moment.sample
    penalty = (settings.reg, settings.reg_l1) if kind == "total" else (0.0, 0.0)
    return moment.network.loss(data.X, data.y, *penalty)


# The net there.


def _net(moment: Moment, found: Landscape, chosen: tuple[float, float] | None) -> None:
    if chosen is None:
        title, network, picture = _at(moment), moment.network, moment.picture
    else:
        title = _("The net at the place you chose")
        network = network_of(moment.run.settings, moment.train, found.plane.parameters(chosen))
        picture = painted(network, moment.plane, cost.picture_size(moment.run.settings, CELLS))
    st.markdown(f"**{title}**")
    text = _measured(moment, network)
    component.static(figures.map_chart(moment, picture, look()), key="hood_place_net", alt=f"{title}: {text}")
    st.markdown(text)
    if chosen is None:
        st.caption(_("Click a place on the contour lines to see the net there, or a mark on the path to go to its iteration."))
        _type(moment, found, chosen)
        return
    with st.container(horizontal=True, gap="small"):
        _go_on(moment, network)
        _type(moment, found, chosen)
        st.button(_("Back to the run's own net"), key="hood_place_back", icon=":material/undo:", on_click=_forget)


def _type(moment: Moment, found: Landscape, chosen: tuple[float, float] | None) -> None:
    """The same for the keyboard: a place to type."""
    place = chosen or tuple(found.plane.places(moment.network.parameters[None])[0].tolist())
    shown = [0.0 if math.isnan(value) else value for value in place]
    settings, area, key = moment.run.settings, found.area, f"{shown[0]:.6g}_{shown[1]:.6g}"

    def typed() -> None:
        state = st.session_state
        state["hood_place"] = (settings, state[f"hood_a_{key}"], state[f"hood_b_{key}"])

    with st.popover(_("Type a place"), icon=":material/keyboard:", key="hood_place_type"):
        sides = ((_("first direction"), "a", area.left, area.right), (_("second direction"), "b", area.bottom, area.top))
        for (title, name, low, high), value in zip(sides, shown, strict=True):
            at = min(max(value, low), high)
            st.number_input(title, low, high, at, (high - low) / 40, "%.4g", key=f"hood_{name}_{key}", on_change=typed)


def _at(moment: Moment) -> str:
    return _("The net at iteration {iteration}").format(iteration=thousands(moment.iteration))


def _measured(moment: Moment, network: Network) -> str:
    """Loss and accuracy of a net in words."""
    train, test = moment.sample, moment.run.data.test
    text = _("Training loss {loss}, accuracy {accuracy}.").format(**_figures(network, train))
    if test is not None:
        text += " " + _("Held out: loss {loss}, accuracy {accuracy}.").format(**_figures(network, sampled(test)))
    return text


def _figures(network: Network, data: Dataset) -> dict[str, str]:
    accuracy = float((network.predict(data.X) == data.y).mean())
    return {"loss": number(network.loss(data.X, data.y)), "accuracy": f"{accuracy:.1%}"}


def _go_on(moment: Moment, network: Network) -> None:
    """Train from the weights of this place, where settings can hold them all."""
    if not teacher_link.rules().has_page(""):
        return
    settings, weights = moment.run.settings, network.parameters
    if sum(settings.hidden) > MAX_EDITED_UNITS or len(weights) > MAX_EDITS:
        st.caption(
            _(
                "Training cannot go on from here: settings hold at most {most} weights set by hand, of nets with up to {units} hidden "
                "units, and this net has {count} weights."
            ).format(most=MAX_EDITS, units=MAX_EDITED_UNITS, count=thousands(len(weights)))
        )
        return
    try:
        onward = settings.branched(0, [(i, float(f"{value:.6g}")) for i, value in enumerate(weights.tolist())])
    except SettingError as error:
        st.caption(_("Training cannot go on from here: {reason}").format(reason=escaped(explain(error))))
        return
    st.button(
        _("Go on training from here"), key="hood_place_on", icon=":material/fast_forward:", type="primary",
        on_click=navigation.open_in_playground, args=(onward,),
        help=_("Opens the Playground with these weights as the first ones and the present training settings."),
    )  # fmt: skip
