"""The paths of several runs over one landscape: how each training came from its start to its end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import streamlit as st

from pages.compare.rows import Entry
from pages.ui.charts import component, relief
from pages.ui.charts.figure import Figure, number, plain
from pages.ui.charts.palette import Look
from pages.ui.charts.theme import look
from pages.ui.text import _, escaped
from pages.ui.widgets import landscapes, live
from server.training.view import View
from spiral_core.analysis.landscape import Landscape, may_share
from spiral_core.run import Run


def landscape(shown: Sequence[Entry]) -> None:
    """A switch where two or more of the runs on show differ in their training alone; below it their plane."""
    own = sharing(shown)
    if not own or not st.toggle(_("Show how these runs trained, as paths over one loss landscape"), key="compare_landscape"):
        return
    names = [entry.name for entry in own]
    seeds = len({(entry.settings.seed, entry.settings.init) for entry in own})

    def draw(views: Sequence[View], found: Landscape, unfinished: bool) -> None:
        runs = [view.run for view in views]
        picture, words = st.columns([3, 2], gap="large")
        with picture:
            component.static(figure(found, names, runs, look()), key="compare_paths", alt=describe(found, names))
        with words:
            _words(found, seeds > 1 and far_apart(runs), [entry.name for entry in shown if entry not in own], unfinished)

    live.follow_all([entry.settings for entry in own], lambda views: landscapes.follow(views, draw))


def far_apart(runs: Sequence[Run]) -> bool:
    """Whether runs with hidden units end further from one another than half of the way that they came."""
    if not runs[0].settings.hidden:
        return False
    ends = [run.snapshots[-1] for run in runs]
    ways = [float(np.linalg.norm(run.snapshots[-1] - run.snapshots[0])) for run in runs]
    starts = [(run.settings.seed, run.settings.init) for run in runs]
    pairs = [(i, j) for i, j in combinations(range(len(runs)), 2) if starts[i] != starts[j]]
    return all(float(np.linalg.norm(ends[i] - ends[j])) > min(ways[i], ways[j]) / 2 for i, j in pairs)


def _words(found: Landscape, end_apart: bool, rest: Sequence[str], unfinished: bool) -> None:
    text = _("The plane holds {share} of the movement of all these paths.").format(share=f"{found.plane.share:.0%}")
    if end_apart:
        text += " " + _(
            "Runs with different initial weights end far apart even where their boundaries are alike: in each, other units do "
            "the work."
        )
    st.markdown(text)
    notes = [_("The height is the training loss, without regularisation.")]
    if rest:
        names = ", ".join(map(escaped, rest))
        notes.append(_("Not in this plane, with another net or other points: {names}.").format(names=names))
    if unfinished:
        notes.append(_("A finer picture is being computed."))
    st.caption(" ".join(notes))


def sharing(shown: Sequence[Entry]) -> list[Entry]:
    """The runs on show that may share a plane: the largest group, the first of equal ones; none where each is alone."""
    groups = [[entry for entry in shown if may_share(first.settings, entry.settings)] for first in shown]
    largest = max(groups, key=len, default=[])
    return largest if len(largest) > 1 else []


def figure(found: Landscape, names: Sequence[str], runs: Sequence[Run], look: Look) -> Figure:
    """Contour lines with a path for each run, from a ring to a star."""
    traces = [relief.ground(found, found.heights.data, look)]
    for i, (name, run, path, along) in enumerate(zip(names, runs, found.paths, found.along, strict=True)):
        colour = look.runs[i % len(look.runs)]
        first, last = relief.ends(path)
        traces += [
            relief.walk(path, along.data, run.snapshot_iterations, colour, plain(name)),
            relief.mark(path[first], "", relief.start_marker(colour)),
            relief.mark(path[last], "", relief.end_marker(colour, look)),
        ]
    return {"data": traces, "layout": relief.plane_layout(found, look)}


def describe(found: Landscape, names: Sequence[str]) -> str:
    """`figure` in a sentence with numbers."""
    told = []
    for name, path, along in zip(names, found.paths, found.along, strict=True):
        first, last = relief.ends(path)
        told.append(f"{name}: {number(float(along.data[first]))} → {number(float(along.data[last]))}")
    return _("Training loss along the path of each run on one plane: {paths}.").format(paths="; ".join(told))
