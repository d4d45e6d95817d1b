"""Under the hood: each part for each kind of net, in both languages; its numbers are the core's."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.verify.diagnosis import offered
from pages.ui.charts.relief import scale
from pages.ui.text import choice_label, findings, thousands
from pages.ui.text.checks import BUG_NAMES
from pages.ui.visit import inside
from pages.ui.visit.presets import PRESETS, START
from pages.ui.widgets import diagnosis
from pages.under_hood import landscape as under_hood_landscape
from pages.under_hood import tex
from pages.under_hood import units as units_part
from pages.under_hood.diagnosis import unambiguous
from pages.under_hood.gradient import all_on_kinks
from server.training import cost, worker
from server.training.pictures import area
from spiral_core import Network, Settings, link, train
from spiral_core.analysis import diagnosis as diagnosis_module
from spiral_core.analysis.diagnosis import KINDS, diagnose
from spiral_core.analysis.gradient_lab import BUGS
from spiral_core.analysis.health import GOOD_UPDATE, sampled
from spiral_core.analysis.landscape import STANDS_STILL, LandscapeError, landscape
from spiral_core.analysis.remedies import FAILED
from spiral_core.analysis.sharpness import measured_rows, sharpness
from spiral_core.analysis.trace import forward_back
from spiral_core.analysis.units import dead_units, hidden_outputs, patterns
from spiral_core.boundary import grid
from spiral_core.datasets import Dataset, data_of
from spiral_core.points import Points, pack
from spiral_core.run import network_of
from spiral_core.settings import FIELDS
from spiral_core.training import first_network
from tests.pages.conftest import OpenPage, charts, choice, numbers, query, settle, visit, words

PAGE = "under_hood/page.py"

# What a part must cope with, as the query of a link.
LABELS = np.arange(60) % 3
SIGNS = np.random.default_rng(0).choice(np.array([-1.0, 1.0]), (60, 2))
FAR, NEAR = (pack(Points(scale * SIGNS, LABELS, ("A", "B", "C"))) for scale in (1e9, 1e-310))
NETS: dict[str, dict[str, str]] = {
    "article": {"iterations": "300"},
    "linear": {"hidden": "", "iterations": "100"},
    "one unit": {"hidden": "1", "iterations": "100"},
    "1000 units": {"hidden": "1000", "iterations": "20"},
    "three layers, 8 classes": {"hidden": "10-8-6", "classes": "8", "iterations": "100"},
    "tanh": {"hidden": "12", "activation": "tanh", "iterations": "100"},
    "linear layers": {"hidden": "12-5", "activation": "linear", "iterations": "100"},
    "phases": {"hidden": "12", "iterations": "50", "after": "iterations:60,reg:0.1", "edits": "0:1,3:-2"},
    "inputs": {"hidden": "12-5", "features": "x-x2-r", "iterations": "100"},
    "a linear classifier on inputs": {"hidden": "", "features": "x-y-r", "iterations": "100"},
    "leaky": {"hidden": "12-5", "activation": "leaky_relu", "iterations": "100"},
    "diverged": {"hidden": "", "learning_rate": "30", "reg": "0.1"},
    "dead": {"learning_rate": "30", "iterations": "300"},
    "nothing held out": {"test_fraction": "0", "iterations": "50"},
    "zero": {"init": "zero", "iterations": "50"},
    "hinge": {"hidden": "12-5", "loss": "hinge", "iterations": "100"},
    "a linear hinge with 2 classes": {"hidden": "", "loss": "hinge", "classes": "2", "iterations": "100"},
    "dropout": {"hidden": "12", "dropout": "0.5", "iterations": "100"},
    "far points": {"data": "own", "points": FAR, "iterations": "50"},
    "far points, hardly moved": {
        "data": "own", "points": FAR, "iterations": "50", "learning_rate": "1e-6", "loss": "hinge", "activation": "tanh",
        "features": "x-y-x2-y2-xy", "hidden": "3-3-3",
    },
    "points that are nearly one": {"data": "own", "points": NEAR, "iterations": "50"},
}  # fmt: skip
MOST_BYTES = 150_000


def opened(open_page: OpenPage, part: str, language: str = "en", **net: str) -> AppTest:
    at = open_page(None, lang=language, **net)
    visit(at).part = part
    at.switch_page(PAGE).run()
    for _ in range(100):
        assert not at.exception
        if not at.get("progress"):
            return at
        at.run()
    raise AssertionError("the run did not finish")


@pytest.mark.parametrize(("net", "language"), [*((net, "en") for net in NETS), ("article", "ko"), ("diverged", "ko")])
@pytest.mark.parametrize("part", inside.PARTS)
def test_each_part_shows_something_or_says_why_not(open_page: OpenPage, part: str, net: str, language: str) -> None:
    at = opened(open_page, part, language, **NETS[net])
    shown = words(at)
    assert len(shown) > 200
    assert not re.search(r"\b(nan|inf|NaN)\b", shown)
    for data in charts(at).values():
        figure = go.Figure(data["figure"])
        json.dumps(data["figure"], allow_nan=False)
        assert len(figure.data) > 0
        assert data["alt"]
    if NETS[net].get("hidden") == "" and part == "units":
        assert at.button(key="hood_give_hidden").label
    if net == "article":
        assert all(len(json.dumps(data["figure"])) < MOST_BYTES for data in charts(at).values())


def test_the_arithmetic_is_the_networks(open_page: OpenPage) -> None:
    at = opened(open_page, "point", iterations="300", seed="5")
    run = train(START.replace(iterations=300, seed=5))
    net, data = run.network_at(), run.data.train
    at.session_state["hood_point"] = 17
    at.run()
    done = forward_back(net, data.X[17:18], data.y[17:18])
    table = next(frame.value for frame in at.dataframe if "p" in frame.value.columns)
    assert table["f"].to_numpy() == pytest.approx(net.scores(data.X[17:18])[0])
    assert table["p"].to_numpy() == pytest.approx(net.probabilities(data.X[17:18])[0])
    assert table["df = p - 1[y]"].to_numpy() == pytest.approx(done.dscores[0])
    gap = next(frame.value for frame in at.dataframe if "push" in frame.value.columns)["push"].sum()
    scores = np.sort(done.scores[0])
    label = data.y[17]
    rival = scores[-2] if net.predict(data.X[17:18])[0] == label else scores[-1]
    assert gap == pytest.approx(done.scores[0, label] - rival)
    assert f"L = -\\log {done.probs[0, label]:.4g}" in words(at)
    on = int((done.layers[0].z > 0).sum())
    assert f"{on} of 100 units fire" in words(at)


def test_the_arithmetic_of_the_hinge(open_page: OpenPage) -> None:
    at = opened(open_page, "point", iterations="300", loss="hinge")
    run = train(START.replace(iterations=300, loss="hinge"))
    net, data = run.network_at(), run.data.train
    scores = net.scores(data.X)
    for number in (int(forward_back(net, data.X, data.y).losses.argmax()), 17):  # one that is wrong, and one of many
        at.session_state["hood_point"] = number
        at.run()
        label, own = data.y[number], scores[number]
        others = np.delete(own, label)
        table = next(frame.value for frame in at.dataframe if "f - f_y + 1" in frame.value.columns)
        assert table["f"].to_numpy() == pytest.approx(own)
        assert np.delete(table["m"].to_numpy(), label) == pytest.approx(np.maximum(0, others - own[label] + 1))
        df = np.where(own - own[label] + 1 > 0, 1.0, 0.0)
        df[label] = 1 - df.sum()
        assert table["df"].to_numpy() == pytest.approx(df)
        shown = words(at)
        assert "Scores, margins, loss" in shown
        assert f"{abs(own[label] - others.max()):.4f}" in shown
        assert ("wrong. Its class" in shown) == (own[label] < others.max())
        assert "softmax" not in shown


def test_the_hinge_has_nothing_to_calibrate_and_no_overflow_to_find(open_page: OpenPage) -> None:
    at = opened(open_page, "health", iterations="100", loss="hinge")
    assert "hood_calibration" not in charts(at)
    assert "there is nothing to calibrate" in words(at)
    at = opened(open_page, "gradient", iterations="100", loss="hinge", dropout="0.2")
    names = next(box for box in at.radio if box.key == "hood_bug").options
    assert BUG_NAMES["no_shift"] not in names
    assert BUG_NAMES["no_average"] in names
    assert "no entry differs by more than rounding" in words(at)
    assert "without dropout" in words(at)


def until_shown(at: AppTest, text: str) -> None:
    """Run until a worker has done what the page waits for."""
    for _again in range(100):
        if text in words(at):
            return
        time.sleep(0.2)
        at.run()
    raise AssertionError(f"{text!r} is not shown")


def test_guessing_costs_k_minus_1_with_the_hinge(open_page: OpenPage) -> None:
    at = opened(open_page, "diagnosis", iterations="50", loss="hinge", dropout="0.9")
    for name in ("chance", "few"):
        at.button(key=f"hood_check_{name}").click().run()
    until_shown(at, "20 points without")
    assert "guessing among 3 classes costs 3 − 1 = 2.0000" in words(at)
    assert "20 points without regularisation: accuracy 100%" in words(at)  # and without dropout


def test_a_point_can_be_typed_anywhere(open_page: OpenPage) -> None:
    at = opened(open_page, "point", iterations="50")
    at.session_state["hood_point"] = (50.0, -70.5, 2)
    at.run()
    net = train(START.replace(iterations=50)).network_at()
    p = net.probabilities(np.array([[50.0, -70.5]]))[0, 2]
    assert f"{p:.1%}" in words(at)
    box = next(box for box in at.number_input if (box.key or "").startswith("hood_x_"))
    box.set_value(0.25).run()
    assert at.session_state["hood_point"] == (0.25, -70.5, 2)
    at.session_state["hood_point"] = 10**6  # from a larger data set
    at.run()
    assert not at.exception


def test_iteration_and_part_are_in_the_address(open_page: OpenPage) -> None:
    at = opened(open_page, "units", iterations="300")
    assert query(at)["part"] == "units"
    at.select_slider(key="hood_at").set_value(10).run()
    assert query(at)["iteration"] == "10"
    fresh = open_page(None, iterations="300", part="gradient", iteration="11")
    fresh.switch_page(PAGE).run()
    settle(fresh)
    assert choice(fresh, "hood_choice").value == "gradient"
    assert fresh.select_slider(key="hood_at").value == 11
    fresh.select_slider(key="hood_at").set_value(300).run()
    assert "iteration" not in query(fresh)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"part": "cellar"}, "The part “cellar” in the link is not known"),
        ({"iteration": "-3"}, "in the link is not an iteration"),
        ({"iteration": "9" * 20}, "in the link is not an iteration"),
        ({"iteration": "１"}, "in the link is not an iteration"),
    ],
)
def test_a_bad_link_is_told(open_page: OpenPage, given: dict[str, str], sentence: str) -> None:
    at = open_page(None, **given)
    assert sentence in words(at)


def test_the_slider_knows_the_snapshots_alone(open_page: OpenPage) -> None:
    """An iteration between two snapshots shows the one before."""
    at = open_page(None, iterations="300", part="point", iteration="105")
    at.switch_page(PAGE).run()
    settle(at)
    assert at.select_slider(key="hood_at").value == 100


def test_dead_units_are_listed_and_a_unit_is_chosen(open_page: OpenPage) -> None:
    at = opened(open_page, "units", iterations="2000")
    run = train(START)
    dead = np.flatnonzero(dead_units(run.network_at(), hidden_outputs(run.network_at(), run.data.train.X)[0])) + 1
    assert ", ".join(map(str, dead)) in words(at)
    box = next(box for box in at.number_input if (box.key or "").startswith("hood_unit_"))
    box.set_value(7).run()
    assert "Unit 7" in words(at)
    h = hidden_outputs(run.network_at(), run.data.train.X)[0][:, 6]
    assert f"It fires at {(h > 0).sum()} of 240 points" in words(at)


def test_layers_of_a_deeper_net(open_page: OpenPage) -> None:
    at = opened(open_page, "units", hidden="10-8-6", iterations="100")
    for layer in (1, 2, 0):
        choice(at, "hood_layer").set_value(layer).run()
        assert not at.exception
    choice(at, "hood_axes").set_value("units").run()
    keys = [box.key or "" for box in at.number_input]
    assert {key.split("_")[2] for key in keys if key.startswith("hood_axis_")} == {"0", "1"}


@pytest.mark.parametrize("bug", BUGS)
def test_an_injected_bug_is_named(open_page: OpenPage, bug: str) -> None:
    at = opened(open_page, "gradient", iterations="300")
    assert "The gradient passes" in words(at)
    at.radio(key="hood_bug").set_value(bug).run()
    assert f"It looks like: {BUG_NAMES[bug]}." in words(at)


def test_kinks_float32_and_large_nets_are_explained(open_page: OpenPage) -> None:
    at = opened(open_page, "gradient", iterations="300", iteration="0")
    assert "every unit sits on its kink" in words(at)
    at.toggle(key="hood_single").set_value(True).run()
    assert not at.exception
    large = opened(open_page, "gradient", hidden="300-300", iterations="5")
    assert "up to 20\u202f000 are checked here" in words(large)


def test_a_kink_is_named_where_a_point_has_no_inputs_alone() -> None:
    for data, on_kinks in (("spiral", True), ("moons", False)):
        settings = START.replace(data=START.data.replace(name=data), iterations=10)
        run = train(settings)
        X = run.data.train.X
        assert all_on_kinks(run.network_at(0), np.vstack([X, [[0.0, 0.0]]]))
        assert all_on_kinks(run.network_at(0), X) == on_kinks == (not X.any(axis=1).all())
        assert not all_on_kinks(run.network_at(10), np.zeros((1, 2)))
        assert not all_on_kinks(train(settings.replace(activation="tanh")).network_at(0), np.zeros((1, 2)))


@pytest.mark.parametrize("activation", FIELDS["activation"].choices)
def test_units_that_cannot_die_are_not_said_to_fire(activation: str) -> None:
    network = Network((2, 2, 3), activation)
    network.biases[0][:] = [-9.0, 1.0]
    dead = dead_units(network, hidden_outputs(network, np.zeros((4, 2)))[0])
    assert ("fire" in units_part.life(network, dead)) == (activation == "relu")
    assert ("1 of 2 units is dead" in units_part.life(network, dead)) == (activation == "relu")


def test_where_all_units_are_off_the_strongest_is_the_one_least_off(open_page: OpenPage) -> None:
    run = train(START.replace(learning_rate=30.0, iterations=300))
    net, data = run.network_at(), run.data.train
    z = forward_back(net, data.X, data.y).layers[0].z
    off = int(np.flatnonzero((z <= 0).all(axis=1) & (z.argmax(axis=1) > 0))[0])
    at = opened(open_page, "point", learning_rate="30", iterations="300")
    at.session_state["hood_point"] = off
    at.run()
    assert re.search(rf"0 of 100 units fire.* is unit {z[off].argmax() + 1}\.", words(at))


def tried(at: AppTest, key: str) -> AppTest:
    """The page once all trials of its diagnosis are back."""
    for _ in range(200):
        if "Trying what may help" not in words(at):
            return at
        time.sleep(0.05)
        at.run()
    raise AssertionError("the trials did not end")


def test_a_remedy_is_offered_once_it_was_tried_and_says_what_it_brought(open_page: OpenPage) -> None:
    settings = START.replace(learning_rate=0.01)
    at = tried(open_page(None, learning_rate="0.01"), "diagnosis")
    run = train(settings)
    finding = diagnose(run)
    assert finding.kind == "rate_too_low"
    assert findings.WORDS["rate_too_low"].title in words(at)
    best = offered(finding, run)[0]
    assert at.button(key="diagnosis_remedy_0").label == findings.remedy_label(best.remedy)
    before, after = (findings.loss_words(loss) for loss in best.outcome.loss)
    assert f"held-out loss {before} → {after}" in words(at)
    at.button(key="diagnosis_remedy_0").click().run()
    settle(at)
    assert visit(at).settings == best.settings


def test_nothing_is_offered_where_nothing_helped(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "judge", lambda before, after: FAILED)
    at = tried(open_page(None, learning_rate="0.01", seed="17"), "diagnosis")
    assert "none helped" in words(at)
    assert not any((button.key or "").startswith("diagnosis_remedy") for button in at.button)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_preset_is_diagnosed_in_words(open_page: OpenPage, preset: Any) -> None:
    run = train(preset.settings.replace(iterations=min(preset.settings.iterations, 2000)))
    finding = diagnose(run)
    assert "{" not in findings.sentence(finding)
    for remedy in finding.remedies:
        assert findings.remedy_label(remedy).startswith("try ")


def test_every_finding_has_words() -> None:
    assert set(findings.WORDS) == set(KINDS)


def test_other_seeds_are_compared(open_page: OpenPage) -> None:
    at = opened(open_page, "diagnosis", hidden="8", iterations="300")
    at.toggle(key="hood_seeds").set_value(True).run()
    for _ in range(100):
        if any("seed" in frame.value.columns for frame in at.dataframe):
            break
        at.run()
    table = next(frame.value for frame in at.dataframe if "seed" in frame.value.columns)
    expected = train(START.replace(hidden=(8,), iterations=300, seed=3)).history.train_accuracy[-1]
    assert table.set_index("seed")["accuracy"][3] == expected


def test_sanity_checks(open_page: OpenPage) -> None:
    at = opened(open_page, "diagnosis", iterations="50")
    for name in ("chance", "reg", "few"):
        at.button(key=f"hood_check_{name}").click().run()
    until_shown(at, "20 points without")
    run = train(START.replace(iterations=50))
    loss = first_network(run.settings, run.data.train).loss(run.data.train.X, run.data.train.y)
    assert f"the data loss is {loss:.4f}; guessing among 3 classes costs ln 3 = 1.0986" in words(at)
    assert "20 points without regularisation: accuracy 100%" in words(at)
    assert len(at.success) >= 3


def test_twenty_points_are_memorised_at_places_of_their_own() -> None:
    """All arms of a spiral begin at (0, 0): with two of those among the twenty, no net could get all of them right."""
    data = data_of(START.data.replace(test_fraction=0.0)).train
    few = unambiguous(data)
    assert [len(few), few.classes] == [len(data) - 3, 3]
    assert np.linalg.norm(few.X, axis=1).min() > 0
    mixed = Dataset(np.zeros((4, 2)), [0, 0, 1, 1])  # nothing would be left: then all stay
    assert len(unambiguous(mixed)) == 4


def test_a_large_start_fails_the_chance_check(open_page: OpenPage) -> None:
    at = opened(open_page, "diagnosis", init="he", iterations="50")
    at.button(key="hood_check_chance").click().run()
    assert "Large initial weights make the net confident" in words(at)


def test_first_weights_are_compared_layer_by_layer(open_page: OpenPage) -> None:
    at = opened(open_page, "start", iterations="50")
    for _ in range(100):
        if "hood_starts" in charts(at):
            break
        at.run()
    base = Settings(data=START.data, hidden=(50,) * 4, init="he")
    data = train(START.replace(iterations=5)).data.train
    spread = hidden_outputs(first_network(base, data), data.X)[-1].std()
    assert f"→ {spread:.2g}" in charts(at)["hood_spread"]["alt"]
    named = {trace.get("name") for trace in charts(at)["hood_starts"]["figure"]["data"]}
    assert named >= {choice_label(init) for init in FIELDS["init"].choices}


def _landscape(at: AppTest, key: str = "hood_landscape") -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = charts(at)[key]["figure"]["data"]
    return traces


SMALL = {"hidden": "8", "init": "he", "iterations": "200"}
SMALL_SETTINGS = START.replace(hidden=(8,), init="he", iterations=200)


def test_the_landscape_is_the_cores_at_the_height_that_is_chosen(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    run = train(SMALL_SETTINGS)
    found = landscape(run.settings, run.data, [run.snapshots], 41)
    for name in ("data", "total", "held_out"):
        choice(at, "hood_height").set_value(name).run()
        ground, path = _landscape(at)[:2]
        height = getattr(found.heights, name)
        assert 10 ** numbers(ground["z"]) == pytest.approx(height, rel=1e-5)
        assert numbers(ground["x"]) == pytest.approx(found.a, rel=1e-5)
        assert numbers(path["y"]) == pytest.approx(found.paths[0][:, 1], rel=1e-4, abs=1e-5)
        assert ground["customdata"][7][30] == pytest.approx([found.a[30], found.b[7], height[7, 30]], rel=1e-4)
        assert path["customdata"][5][2:] == pytest.approx([getattr(found.along[0], name)[5], run.snapshot_iterations[5]], rel=1e-4)
    assert 0.996 <= found.plane.share < 0.997
    assert "The plane holds 99.6% of the path's movement." in words(at)


def test_the_landscape_marks_the_iteration_on_show(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    assert [trace["name"] for trace in _landscape(at) if trace.get("name")] == ["start", "end"]
    at.select_slider(key="hood_at").set_value(50).run()
    run = train(SMALL_SETTINGS)
    plane = landscape(run.settings, run.data, [run.snapshots], 3).plane
    mark = _landscape(at)[-1]
    assert mark["name"] == "iteration 50"
    assert [*mark["x"], *mark["y"]] == pytest.approx(plane.places(run.network_at(50).parameters[None])[0])
    own = run.network_at(50).loss(run.data.train.X, run.data.train.y)
    assert f"At iteration 50 the run's own loss is {own:.4f}" in words(at)
    assert f"Training loss {own:.4f}" in words(at)


def test_a_place_of_the_landscape_is_a_net_and_training_goes_on_from_it(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    run = train(SMALL_SETTINGS)
    plane = landscape(run.settings, run.data, [run.snapshots], 3).plane
    net = network_of(run.settings, run.data.train, plane.parameters((-4.0, 1.5)))
    at.session_state["hood_place"] = (run.settings, -4.0, 1.5)
    at.run()
    X, y = run.data.train.X, run.data.train.y
    assert f"Training loss {net.loss(X, y):.4f}, accuracy {(net.predict(X) == y).mean():.1%}." in words(at)
    assert _landscape(at)[-1]["name"] == "the place you chose"
    at.button(key="hood_place_on").click().run()
    onward = visit(at).settings
    assert onward == run.settings.replace(edits=onward.edits)
    assert dict(onward.edits) == pytest.approx(dict(enumerate(net.parameters.tolist())), rel=1e-5)
    assert train(onward).history.data_loss[0] == pytest.approx(net.loss(X, y), rel=1e-4)
    assert onward.iterations == 200
    settle(at)
    assert "training" in charts(at)  # in the Playground


def test_a_place_can_be_left_again_and_is_of_its_own_run(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    at.session_state["hood_place"] = (SMALL_SETTINGS, -4.0, 1.5)
    at.run()
    assert "The net at the place you chose" in words(at)
    at.button(key="hood_place_back").click().run()
    assert "The net at iteration 200" in words(at)
    at.session_state["hood_place"] = (SMALL_SETTINGS.replace(seed=9), -4.0, 1.5)
    at.run()
    assert "The net at iteration 200" in words(at)
    at.session_state["hood_place"] = (SMALL_SETTINGS, 1e6, 1.5)  # a browser may say anything
    at.run()
    assert "The net at iteration 200" in words(at)


def test_a_place_of_the_landscape_can_be_typed(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    box = next(box for box in at.number_input if (box.key or "").startswith("hood_a_"))
    assert box.value == 0  # the end of the path
    box.set_value(-3.5).run()
    assert at.session_state["hood_place"] == (SMALL_SETTINGS, -3.5, 0)
    run = train(SMALL_SETTINGS)
    plane = landscape(run.settings, run.data, [run.snapshots], 3).plane
    net = network_of(run.settings, run.data.train, plane.parameters((-3.5, 0.0)))
    assert f"Training loss {net.loss(run.data.train.X, run.data.train.y):.4f}" in words(at)


def test_from_a_place_of_a_larger_net_training_cannot_go_on(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", iterations="100")
    at.session_state["hood_place"] = (START.replace(iterations=100), -1.0, 0.1)
    at.run()
    assert "settings hold at most 64 weights set by hand" in words(at)
    assert "this net has 603 weights" in words(at)
    assert not [button for button in at.button if button.key == "hood_place_on"]


def test_the_surface_is_drawn_only_when_it_is_chosen(open_page: OpenPage) -> None:
    at = opened(open_page, "landscape", **SMALL)
    assert {trace["type"] for data in charts(at).values() for trace in data["figure"]["data"]} == {"contour", "scatter"}
    choice(at, "hood_view").set_value("surface").run()
    assert "hood_landscape" not in charts(at)
    traces = _landscape(at, "hood_surface")
    assert {trace["type"] for trace in traces} == {"surface", "scatter3d"}
    go.Figure(charts(at)["hood_surface"]["figure"])


@pytest.mark.parametrize(
    ("net", "sentence"),
    [
        ({"hidden": "", "init": "zero", "learning_rate": "0.000001", "iterations": "1"}, "The path is a straight line"),
        ({"hidden": "20", "init": "zero", "iterations": "40"}, "The plane holds"),
        ({"hidden": "", "learning_rate": "30", "reg": "0.1"}, "Snapshots left out, because their weights are beyond any plane"),
        ({"hidden": "8", "iterations": "50", "after": "iterations:60"}, "The path is that of all phases"),
    ],
)
def test_the_landscape_says_what_is_odd_about_a_path(open_page: OpenPage, net: dict[str, str], sentence: str) -> None:
    assert sentence in words(opened(open_page, "landscape", **net))


def test_a_net_that_is_too_large_for_a_landscape_is_told(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "LANDSCAPE_SECONDS", 1e-6)
    monkeypatch.setattr(cost, "AT_ONCE", 1e-6)
    at = opened(open_page, "landscape", **SMALL)
    assert "This net is too large for its landscape: 51 weights" in words(at)
    assert "hood_landscape" not in charts(at)


def test_a_path_that_stands_still_has_one_sentence_instead(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise LandscapeError(STANDS_STILL)

    monkeypatch.setattr(worker, "landscape", refuse)
    at = opened(open_page, "landscape", hidden="7", iterations="30")
    assert "There is no landscape: the weights never moved" in words(at)


NO_PLACES: list[object] = [None, 5, "a", [1.0], [1.0, 2.0], ["x", 1, 2], [float("nan"), 0.0, 0.0], [10**400, 0, 0], {"a": 1}]


@pytest.mark.parametrize("picked", NO_PLACES)
def test_a_click_that_is_none_changes_nothing(picked: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.rerun", lambda: pytest.fail("taken"))
    under_hood_landscape._take(None, picked)  # type: ignore[arg-type]  # it asks nothing of the run


def test_ticks_of_losses_can_be_told_apart() -> None:
    for low, high in (
        (-1.0, 1.0),
        (0.0, 0.3),
        (-0.00001, 0.00001),
        (-12.0, 3.0),
        (94.0, 97.0),
        (0.04, 0.0402),
        (0.5, 0.5),
        (0.5, np.nextafter(0.5, 1)),
    ):
        ticks, texts = scale(np.array([[low, high]]))
        assert all(low <= tick <= high for tick in ticks)
        assert len(set(texts)) == len(texts)
        assert 1 <= len(texts) <= 12
        assert [float(text) for text in texts] == pytest.approx([10**tick for tick in ticks], rel=1e-2)


def test_the_sharpness_is_the_cores_beside_the_bound(open_page: OpenPage) -> None:
    at = opened(open_page, "health", **SMALL)
    run = train(SMALL_SETTINGS)
    rows = measured_rows(run)
    found = sharpness(run.settings, run.data, run.snapshot_iterations[rows], run.snapshots[rows])
    chart = charts(at)["hood_sharpness"]
    curve, bound = chart["figure"]["data"]
    assert numbers(curve["x"])[1:] == pytest.approx(found.iteration[1:])
    assert numbers(curve["y"]) == pytest.approx(found.value, rel=1e-5)
    assert set(numbers(bound["y"]).tolist()) == {2.0}
    assert f"{found.value[0]:.3g} at the start, {found.value.max():.3g} at its highest" in chart["alt"]
    assert chart["alt"].endswith("The bound of stability there: 2/η = 2.")


def test_the_bound_follows_a_schedule_and_phases(open_page: OpenPage) -> None:
    at = opened(open_page, "health", **SMALL, schedule="step", schedule_every="50", schedule_factor="0.5")
    bound = charts(at)["hood_sharpness"]["figure"]["data"][1]
    places, heights = numbers(bound["x"]), numbers(bound["y"])
    for place, height in ((49, 2.0), (52, 4.0), (200, 16.0)):
        assert heights[np.abs(places - place).argmin()] == height
    assert "The learning rate changes on the way" in words(at)
    at = opened(open_page, "health", hidden="8", iterations="50", after="iterations:60,optimizer:adam,learning_rate:0.01")
    bound = charts(at)["hood_sharpness"]["figure"]["data"][1]
    drawn = numbers(bound["x"])[np.isfinite(numbers(bound["y"]))]
    assert drawn.min() >= 60
    assert "This optimizer scales the step of each weight" in words(at)


@pytest.mark.parametrize(
    ("net", "sentence"),
    [
        ({"optimizer": "adam", "learning_rate": "0.01"}, "This optimizer scales the step of each weight"),
        ({"batch_size": "20"}, "The updates see mini-batches"),
        ({"dropout": "0.5"}, "Dropout trains another net at each update"),
    ],
)
def test_where_there_is_no_bound_none_is_drawn(open_page: OpenPage, net: dict[str, str], sentence: str) -> None:
    at = opened(open_page, "health", **SMALL, **net)
    chart = charts(at)["hood_sharpness"]
    assert [trace["name"] for trace in chart["figure"]["data"]] == ["sharpness"]
    assert "bound" not in chart["alt"]
    assert sentence in words(at)


def test_a_net_without_sharpness_is_told_why(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(open_page, "health", **SMALL, loss="hinge")
    assert "There is no sharpness to measure: the slope of the hinge jumps" in words(at)
    assert "hood_sharpness" not in charts(at)
    monkeypatch.setattr(cost, "SHARPNESS_SECONDS", 1e-6)
    at = opened(open_page, "health", **SMALL)
    assert "This net is too large for its sharpness: 51 weights" in words(at)
    assert "hood_sharpness" not in charts(at)


def test_the_weights_stand_beside_those_without_regularisation(open_page: OpenPage) -> None:
    settings = START.replace(hidden=(6,), init="he", iterations=300, reg=0.01)
    at = opened(open_page, "health", **link.to_query(settings, START))
    alone = charts(at)["hood_spread_chart"]
    assert [trace["name"] for trace in alone["figure"]["data"]] == ["This run"]
    at.toggle(key="hood_spread").set_value(True).run()
    settle(at)
    both = charts(at)["hood_spread_chart"]
    assert [trace["name"] for trace in both["figure"]["data"]] == ["This run", "Without regularisation"]
    sizes = np.abs(np.concatenate([W.ravel() for W in train(settings.replace(reg=0.0)).network_at().weights]))
    assert (
        f"Without regularisation: 30 weights, half of them below {np.median(sizes):.3g} in size, the largest {sizes.max():.3g}"
        in both["alt"]
    )
    shares = numbers(both["figure"]["data"][0]["y"])
    assert shares[:-1].sum() == pytest.approx(1)


def test_without_regularisation_there_is_nothing_to_compare(open_page: OpenPage) -> None:
    at = opened(open_page, "health", iterations="50", reg="0")
    assert "This run has no regularisation." in words(at)
    assert not [toggle for toggle in at.toggle if toggle.key == "hood_spread"]


CONTROLS = ("select_slider", "slider", "selectbox", "number_input")


def test_no_control_has_the_name_of_one_in_the_sidebar(open_page: OpenPage) -> None:
    """Two controls called “Learning rate” would be taken for one another."""
    for part in inside.PARTS:
        at = opened(open_page, part, iterations="50", hidden="5")
        main, beside = (
            {getattr(control, "label", "") for kind in CONTROLS for control in place.get(kind)} for place in (at.main, at.sidebar)
        )
        assert beside >= {"Learning rate", "Seed"}
        assert main & beside == set(), part


def test_a_good_update_ratio_has_one_bound(open_page: OpenPage) -> None:
    """The band of the chart is that by which runs are judged, and holds what the text calls healthy."""
    at = opened(open_page, "health", iterations="200", hidden="8")
    (band,) = [shape for shape in charts(at)["hood_ratio"]["figure"]["layout"]["shapes"] if shape.get("fillcolor")]
    assert (band["y0"], band["y1"]) == GOOD_UPDATE
    assert GOOD_UPDATE[0] < 1e-3 < GOOD_UPDATE[1]
    assert vars(diagnosis_module)["GOOD_UPDATE"] is GOOD_UPDATE


# Nets and data that are as large as they may be.

LARGE = {"hidden": "600-600", "iterations": "1", "init": "he", "points_per_class": "2000", "classes": "8"}


def test_of_large_nets_a_page_says_on_how_many_points_it_looked(open_page: OpenPage) -> None:
    settings = link.from_query(LARGE, START)[0]
    run = train(settings)
    few = sampled(run.data.train, cost.page_points(settings))
    assert 50 <= len(few) < 1000
    measured = f"{len(few)} of {thousands(len(run.data.train))} points."
    units = words(opened(open_page, "units", **LARGE))
    assert measured in units
    network = run.network_at()
    on = [int(number) for number in re.findall(r"It fires at (\d+) of (\d+) points", units)[0]]
    assert on[1] == len(few)
    assert on[0] in (hidden_outputs(network, few.X)[0] > 0).sum(axis=0)
    side = cost.map_size(settings, 200)
    _counts, seen = patterns(network, grid(area(settings.data), side))
    assert f"On a grid of {side} × {side} cells" in units
    assert f"{thousands(seen)} different sets" in units
    assert measured in words(opened(open_page, "point", **LARGE))


def test_what_one_update_would_do_by_an_estimate(open_page: OpenPage) -> None:
    settings = link.from_query(LARGE, START)[0]
    run = train(settings)
    network, few = run.network_at(), sampled(run.data.train, cost.page_points(settings))
    losses = forward_back(network, few.X, few.y).losses
    worst = int(np.where(few.X.any(axis=1), losses, -1.0).argmax())
    gradient = forward_back(network, few.X, few.y).gradient(network) + settings.reg * network.weight_mask() * network.parameters
    moved = network.copy()
    moved.parameters -= settings.learning_rate * gradient
    after = moved.loss(few.X[worst : worst + 1], few.y[worst : worst + 1])
    text = words(opened(open_page, "point", **LARGE))
    assert f"with the mean gradient of {len(few)} of the" in text
    assert f"to {tex.number(after)}; with this point's share of the gradient of all of them alone" in text


def test_what_a_page_counted_it_counts_once(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many visits look at it, and however often their pages run."""
    counted, inner = list[int](), patterns

    def counting(*arguments: Any) -> Any:
        counted.append(1)
        return inner(*arguments)

    monkeypatch.setattr(units_part, "patterns", counting)
    for _visit in range(2):
        opened(open_page, "units", hidden="37", iterations="41", seed="7").run()
    assert len(counted) == 1
