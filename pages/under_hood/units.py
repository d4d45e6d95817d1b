"""The hidden units: where they fold the plane, what each of them does, and the space that they span."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.charts import component
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label, class_label, escaped, measured_on, ngettext, thousands
from pages.ui.visit import experiment
from pages.under_hood import figures
from pages.under_hood.moment import Moment
from server.kept import kept
from server.training import cost
from server.training.pictures import painted, value_picture
from spiral_core.analysis.health import sampled
from spiral_core.analysis.units import (
    FOLD_CELLS,
    count_regions,
    dead_units,
    effects,
    firing,
    folds,
    hidden_outputs,
    patterns,
    principal_components,
    unit_outputs,
    without_unit,
)
from spiral_core.boundary import grid
from spiral_core.features import are_straight
from spiral_core.network import Network

CELLS, COUNTED_CELLS = 150, 200  # a side of the maps, and of the grid on which regions are counted; fewer where a cell takes long
SPACE_POINTS, FEW_SPACE_POINTS = 600, 300  # in the hidden space; where it has very many dimensions
MANY_UNITS = 300  # beyond which regions are counted on the grid alone


def show(moment: Moment) -> None:
    if not moment.settings.hidden:
        st.info(_("The linear classifier has no hidden units: its scores are planes without a fold."), icon=":material/info:")
        st.button(
            _("Give it a hidden layer"), key="hood_give_hidden", icon=":material/add:",
            on_click=lambda: experiment.change_values(hidden=(100,)),
        )  # fmt: skip
        return
    layer = _layer(moment)
    if len(moment.few) < len(moment.train):
        st.caption(measured_on(len(moment.few), len(moment.train)))
    _folds(moment, layer)
    _regions(moment, layer)
    _space(moment, layer)


def _layer(moment: Moment) -> int:
    count = len(moment.settings.hidden)
    if count == 1:
        return 0
    if st.session_state.get("hood_layer") not in range(count):
        st.session_state["hood_layer"] = 0
    texts = {i: _("Hidden layer {number}").format(number=i + 1) for i in range(count)}
    chosen = st.segmented_control(
        _("Layer"), list(texts), key="hood_layer", format_func=texts.__getitem__, required=True, label_visibility="collapsed"
    )
    return chosen or 0


def _folds(moment: Moment, layer: int) -> None:
    network, data = moment.network, moment.few
    pull = effects(network, data.X, layer)  # (units, K)
    outputs = hidden_outputs(network, data.X)[layer]
    dead = dead_units(network, outputs)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(
            _("Folds"), anchor=False, help=_("Where each unit's z is 0: on one side of it a ReLU is on, on the other off.")
        )
        classes = range(pull.shape[1])
        chosen_class = st.segmented_control(
            _("Coloured by the effect on class"), list(classes), default=0, key="hood_class", required=True,
            format_func=lambda k: escaped(class_label(data.names, k)),
        )  # fmt: skip
        k = chosen_class if chosen_class in classes else 0
        unit = _unit(pull, outputs)
        drawn = figures.drawn_folds(pull[:, k])
        drawn[unit] = True
        lines = folds(network, layer, moment.plane, drawn, cost.map_size(moment.settings, FOLD_CELLS))
        picked = component.picked(
            figures.fold_chart(moment, lines, pull[:, k], k, unit, look()), key="hood_folds",
            alt=ngettext(
                "The fold of the unit over the boundary; folds in the picture: {on}. That of unit {unit} is drawn thick.",
                "The folds of {count} units over the boundary; folds in the picture: {on}. That of unit {unit} is drawn thick.",
                len(lines),
            ).format(count=len(lines), on=sum(len(line) > 0 for line in lines), unit=unit + 1),
        )  # fmt: skip
        if picked is not None:
            st.session_state["hood_unit"] = int(picked)
            st.rerun()
        if not drawn.all():
            st.caption(_("The {count} folds with the largest effect are drawn.").format(count=figures.MAX_FOLDS))
        st.caption(life(network, dead))
    with right:
        _one_unit(moment, layer, unit, pull, outputs)


def _unit(pull: np.ndarray, outputs: np.ndarray) -> int:
    """Which unit is looked at: to type or to click; first the one with the largest effect."""
    count = len(pull)
    strongest = int((np.abs(pull).max(axis=1) * outputs.std(axis=0)).argmax()) + 1
    if not 1 <= st.session_state.get("hood_unit", 0) <= count:
        st.session_state["hood_unit"] = strongest
    # The number input may not be told a value while it is on the page, so its key says which one it was given.
    value = int(st.session_state["hood_unit"])
    key = f"hood_unit_{count}_{value}"

    def typed() -> None:
        st.session_state["hood_unit"] = st.session_state[key]

    st.number_input(
        _("Unit"),
        1,
        count,
        value,
        key=key,
        on_change=typed,
        help=_("Click a fold, or type a number; the strongest is shown first."),
    )
    return value - 1


def life(network: Network, dead: np.ndarray) -> str:
    """Which units of a layer are dead, in a sentence."""
    if network.activation != "relu":
        return _("No unit can die: only a ReLU is anywhere exactly flat.")
    count = int(dead.sum())
    if count == 0:
        return _("No unit is dead: each fires at some training point.")
    names = ", ".join(str(unit + 1) for unit in np.flatnonzero(dead)[:40])
    more = " …" if count > 40 else ""
    text = ngettext(
        "{count} of {all} units is dead and fires at no training point: {names}",
        "{count} of {all} units are dead and fire at no training point: {names}",
        count,
    )
    return text.format(count=count, all=len(dead), names=names) + more


def _one_unit(moment: Moment, layer: int, unit: int, pull: np.ndarray, outputs: np.ndarray) -> None:
    network, data = moment.network, moment.few
    on = firing(network, outputs[:, unit])
    st.subheader(_("Unit {number}").format(number=unit + 1), anchor=False)
    strongest = int(np.abs(pull[unit]).argmax())
    direction = _("for") if pull[unit, strongest] > 0 else _("against")
    st.markdown(
        _("It fires at {on} of {all} points and argues most strongly {direction} class {k}: {effect} per unit of output.").format(
            on=int(on.sum()), all=len(data), direction=direction, k=strongest, effect=f"{pull[unit, strongest]:+.3g}"
        )
    )
    cells = cost.map_size(moment.settings, CELLS)
    values = unit_outputs(network, grid(moment.plane, cells), layer, unit)
    silenced = without_unit(network, layer, unit)
    before, after = ((net.predict(data.X) == data.y).mean() for net in (network, silenced))
    map_column, without = st.columns(2)
    with map_column:
        picture = value_picture(values, look().train)
        alt = _("Activation map: from {low} to {high}.").format(low=f"{values.min():.3g}", high=f"{values.max():.3g}")
        component.static(figures.map_chart(moment, picture, look(), on), key="hood_map", alt=alt)
        st.caption(_("Output: {range}. Filled: it fires.").format(range=f"{values.min():.3g} … {values.max():.3g}"))
    with without:
        sentence = _("Without it: accuracy {after} instead of {before}.").format(after=f"{after:.1%}", before=f"{before:.1%}")
        component.static(
            figures.map_chart(moment, painted(silenced, moment.plane, cells), look()), key="hood_without", alt=sentence
        )
        st.caption(sentence)
    rows: dict[str, list[float]] = {}
    incoming = network.weights[layer][:, unit]
    if len(incoming) <= 8:
        names = [choice_label(name) for name in network.features] if layer == 0 else range(1, len(incoming) + 1)
        rows |= {f"W{layer + 1}[{name}]": [float(w)] for name, w in zip(names, incoming, strict=True)}
    rows[f"b{layer + 1}"] = [float(network.biases[layer][unit])]
    outgoing = network.weights[layer + 1][unit]
    if len(outgoing) <= 8:
        rows |= {f"W{layer + 2}[→ {k}]": [float(w)] for k, w in enumerate(outgoing)}
    st.dataframe(pd.DataFrame(rows).round(4), hide_index=True)


def _regions(moment: Moment, layer: int) -> None:
    """How many units are on where, and how many linear pieces the plane has."""
    network = moment.network
    total = network.unit_count
    side = cost.map_size(moment.settings, COUNTED_CELLS)
    counts, seen = kept.get(
        ("patterns", moment.run.settings, moment.iteration, side),
        lambda: patterns(network, grid(moment.plane, side)),
        lambda found: found[0].nbytes,
    )
    st.subheader(_("How many units are on"), anchor=False)
    words, picture = st.columns([2, 3], gap="large")
    with words:
        st.markdown(
            _("Between {low} and {high} of all {all} hidden units are on, depending on the location.").format(
                low=int(counts.min()), high=int(counts.max()), all=total
            )
        )
        if network.activation == "linear":
            st.markdown(
                _("Linear layers together are one linear map, however many there are: nothing is folded, and there is one region.")
            )
        elif not are_straight(network.features):
            st.markdown(
                _(
                    "With curved inputs the folds are curves, and the scores between them are not linear. On a grid of {cells} × {cells} "
                    "cells, different sets of units that are on: {seen}."
                ).format(cells=side, seen=thousands(seen))
            )
        elif network.activation not in ("relu", "leaky_relu"):
            st.markdown(
                _("This activation has no kink, so there are no linear regions: here a unit counts as on where its z is above 0.")
            )
        elif len(moment.settings.hidden) == 1 and total <= MANY_UNITS:
            key = ("regions", moment.run.settings, moment.iteration)
            regions = kept.get(key, lambda: count_regions(network, moment.plane))
            text = ngettext(
                "No fold crosses this square: it is one region, on which the scores are linear.",
                "The folds cut this square into {count} regions. On each of them the scores are linear, so inside a region the "
                "boundary is made of straight pieces.",
                regions,
            )
            st.markdown(text.format(count=thousands(regions)))
        else:
            text = ngettext(
                "On a grid of {cells} × {cells} cells the same units are on everywhere: at least one linear region.",
                "On a grid of {cells} × {cells} cells {seen} different sets of units are on: at least that many linear regions.",
                seen,
            )
            st.markdown(text.format(cells=side, seen=thousands(seen)))
    with picture:
        alt = _("Map of the number of units that are on: {low} to {high}.").format(low=int(counts.min()), high=int(counts.max()))
        component.static(figures.map_chart(moment, value_picture(counts, look().heat), look()), key="hood_counts", alt=alt)


def _space(moment: Moment, layer: int) -> None:
    """The points as the hidden layer sees them, and the plane's grid with them."""
    wide = moment.network.sizes[layer + 1] > MANY_UNITS
    network, data = moment.network, sampled(moment.few, FEW_SPACE_POINTS if wide else SPACE_POINTS)
    outputs = hidden_outputs(network, data.X)[layer]
    st.subheader(
        _("The hidden space"), anchor=False,
        help=_("What the next layer sees of each point. The lines are the plane's own grid, bent by the layer."),
    )  # fmt: skip
    axes = {"pca": _("first two principal components"), "units": _("two units")}
    words, picture = st.columns([2, 3], gap="large")
    with words:
        chosen = st.segmented_control(
            _("Axes"), list(axes), default="pca", key="hood_axes", format_func=axes.__getitem__, required=True
        )
        project: Callable[[np.ndarray], np.ndarray]
        if chosen == "units" and outputs.shape[1] >= 2:
            order = np.argsort(-outputs.std(axis=0))
            pair = [
                st.number_input(label, 1, outputs.shape[1], int(order[i]) + 1, key=f"hood_axis_{i}_{layer}_{outputs.shape[1]}") - 1
                for i, label in enumerate((_("Horizontal axis"), _("Vertical axis")))
            ]
            names = [_("unit {number}").format(number=unit + 1) for unit in pair]

            def project(h: np.ndarray) -> np.ndarray:
                return h[:, pair]
        else:
            mean, directions, shares = principal_components(outputs)
            names = [_("component {number} ({share})").format(number=i + 1, share=f"{share:.0%}") for i, share in enumerate(shares)]

            def project(h: np.ndarray) -> np.ndarray:
                return (h - mean) @ directions.T

        accuracy = float((network.predict(data.X) == data.y).mean())
        if layer == len(moment.settings.hidden) - 1:
            st.markdown(
                _(
                    "The last layer is a linear classifier on this space, and gets {accuracy} of the points right: to that "
                    "extent the hidden layers have made the classes linearly separable. Change the iteration to see it happen."
                ).format(accuracy=f"{accuracy:.1%}")
            )
        else:
            st.markdown(_("This layer's space is read by the next hidden layer, which bends it once more."))
        if len(data) < len(moment.few):
            st.caption(_("Shown: {count} of {all} points.").format(count=thousands(len(data)), all=thousands(len(moment.train))))
    with picture:
        warped = [project(hidden_outputs(network, line)[layer]) for line in figures.grid_lines(moment.plane)]
        alt = _("The points in the hidden space; the net gets {accuracy} right.").format(accuracy=f"{accuracy:.1%}")
        component.static(figures.space_chart(data, project(outputs), warped, names, look()), key="hood_space", alt=alt)
