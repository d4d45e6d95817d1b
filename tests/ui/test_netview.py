"""The net, drawn: what travels to the browser is the run's own, and the browser computes with it as the core does."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.ui.charts import netview, replay, run_charts
from pages.ui.charts.netview import diagram, edits
from pages.ui.charts.netview import words as netview_words
from pages.ui.charts.palette import DARK, LIGHT
from pages.ui.visit.presets import START
from server.training.service import RunService
from spiral_core import Network, Settings, train
from spiral_core.activations import ACTIVATIONS
from spiral_core.analysis.needed import Needed
from spiral_core.analysis.trace import forward_back
from spiral_core.case_study import SOFTMAX
from spiral_core.features import FEATURES
from spiral_core.losses import LOSSES, probabilities

FORWARD = Path(netview.__file__).parent / "forward.js"
SMALL = START.replace(hidden=(8, 8), iterations=300)


def weights_of(drawn: dict[str, Any]) -> np.ndarray:
    numbers = np.frombuffer(base64.b64decode(drawn["parameters"]), dtype="<f4")
    return numbers.reshape(max(drawn["at"]) + 1, -1)


def test_all_weights_of_a_small_net_travel_at_each_snapshot() -> None:
    run = train(SMALL)
    drawn = netview.diagram_of(run, LIGHT)
    assert drawn["sizes"] == [2, 8, 8, 3]
    assert drawn["whole"]
    assert drawn["editable"]
    assert drawn["at"] == list(range(len(run.snapshots)))
    assert weights_of(drawn) == pytest.approx(run.snapshots, rel=1e-6)
    one = netview.diagram_of(run, LIGHT, len(run.snapshots) - 1)
    assert not one["editable"]
    assert weights_of(one)[0] == pytest.approx(run.snapshots[-1], rel=1e-6)


@pytest.mark.parametrize("hidden", [(100,), (50, 50), (30, 30, 30), (200, 200, 200)], ids=str)
def test_of_a_large_net_the_dozen_that_it_needs_most_travels(hidden: tuple[int, ...]) -> None:
    run = train(START.replace(hidden=hidden, init="he", iterations=20))
    drawn = netview.diagram_of(run, LIGHT)
    network = run.network_at()
    chosen = drawn["drawn"]
    assert sum(map(len, chosen)) == diagram.FEW_UNITS
    assert not drawn["whole"]
    assert "12 of" in drawn["about"]
    depth, last = len(chosen), weights_of(drawn)[-1]
    before = sum(layer.size for layer in network.layers[: depth - 1])
    rows = network.layers[depth - 1][chosen[-1]]
    assert last[:before] == pytest.approx(network.parameters[:before], rel=1e-6)
    assert last[before : before + rows.size] == pytest.approx(rows.ravel(), rel=1e-6)
    if drawn["outward"]:
        assert last[before + rows.size :] == pytest.approx(network.weights[depth][chosen[-1]].T.ravel(), rel=1e-6)
    assert len(json.dumps(drawn)) < 100_000
    assert drawn["at"][0] == 0
    assert drawn["at"][-1] == weights_of(drawn).shape[0] - 1


EVERY_INPUT = ("x", "y", "x2", "y2", "xy", "sinx", "siny", "r")


@pytest.mark.parametrize(
    "changes",
    [{}, {"hidden": (12, 12)}, {"hidden": (12, 12), "features": EVERY_INPUT}, {"hidden": (6, 6, 6, 6)}, {"hidden": (24,)}],
    ids=str,
)
def test_what_a_replay_sends_grows_by_at_most_a_third(changes: dict[str, Any]) -> None:
    view = RunService(0).watch(START.replace(init="he", **changes), wait=60)
    for look in (LIGHT, DARK):
        curves = len(json.dumps([replay.replay_of(view, look), run_charts.training(view, look)]))
        assert len(json.dumps(netview.diagram_of(view.run, look), allow_nan=False)) < curves / 3


@pytest.mark.parametrize(
    "settings", [SOFTMAX.replace(iterations=10), START.replace(hidden=(), learning_rate=30.0, reg=0.1), START.replace(init="zero")]
)
def test_every_net_can_be_told(settings: Settings) -> None:
    drawn = netview.diagram_of(train(settings), LIGHT)
    json.dumps(drawn, allow_nan=False)
    assert " – " in drawn["alt"]
    assert "nan" not in drawn["alt"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (6,), (5, 4), (100,), (40, 40)], ids=str)
def test_one_points_numbers_are_those_of_the_way_through_the_net(hidden: tuple[int, ...], loss: str) -> None:
    run = train(START.replace(hidden=hidden, init="he", loss=loss, iterations=50))
    row = len(run.snapshots) // 2
    network = run.network_at(int(run.snapshot_iterations[row]))
    x, label = run.data.train.X[7], int(run.data.train.y[7])
    drawn = netview.diagram_of(run, LIGHT, row)
    flow = netview.flow_of(drawn, forward_back(network, x[None], np.array([label])), x, loss)
    json.dumps(flow, allow_nan=False)

    h, outputs = x, []  # by hand
    for W, b in zip(network.weights[:-1], network.biases[:-1], strict=True):
        h = np.maximum(0, h @ W + b)
        outputs.append(h)
    scores = network.scores(x[None])[0]
    dscores = probabilities(scores[None])[0] - np.eye(3)[label]
    if loss == "hinge":
        dscores = (scores - scores[label] + 1 > 0).astype(float)
        dscores[label] = 0
        dscores[label] = -dscores.sum()
    gradients: list[np.ndarray] = []
    above = dscores
    for W, h in zip(network.weights[:0:-1], outputs[::-1], strict=True):
        above = (above @ W.T) * (h > 0)
        gradients.insert(0, above)
    ends = scores if loss == "hinge" else probabilities(scores[None])[0]
    assert flow["at"] == pytest.approx(x.tolist())
    assert flow["forward"][0] == pytest.approx(x.tolist(), rel=1e-5)
    assert flow["forward"][-1] == pytest.approx(ends.tolist(), rel=1e-5)
    assert flow["backward"][-1] == pytest.approx(dscores.tolist(), rel=1e-5)
    assert len(flow["forward"]) == len(flow["backward"]) == len(drawn["drawn"]) + 2
    for layer, units in enumerate(drawn["drawn"]):
        assert flow["forward"][layer + 1] == pytest.approx(outputs[layer][units].tolist(), rel=1e-5)
        assert flow["backward"][layer + 1] == pytest.approx(gradients[layer][units].tolist(), rel=1e-5, abs=1e-12)


# JavaScript against the core.

SCRIPT = """
import * as js from "./forward.mjs";
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map(({ net, p, x, y, labels }) => {
  const inputs = js.inputsOf(["x", "y"], x, y);
  const layers = js.forward(net, p, inputs);
  const scores = layers.at(-1).z;
  const { data, penalty, gradient } = js.lossAndGradient(net, p, inputs, labels, 0.01, 0.001);
  const plain = (rows) => rows.map((row) => [...row]);
  return { h: layers.map(({ h }) => plain(h)), z: layers.map(({ z }) => plain(z)), probs: plain(js.softmax(scores)),
    leads: plain(js.leads(scores)),
    losses: [...js.lossesOf(scores, labels, net.loss)], loss: data + penalty, gradient: [...gradient] };
})));
"""


def in_node(script: str, given: Any, folder: Path) -> Any:
    """What a script that imports forward.mjs prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is absent")
    shutil.copy(FORWARD, folder / "forward.mjs")
    (folder / "script.mjs").write_text(script, "utf-8")
    done = subprocess.run([node, folder / "script.mjs"], input=json.dumps(given), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def close(found: Any, wanted: np.ndarray) -> bool:
    """To 1e-6 of the size of the numbers."""
    return bool(np.allclose(np.array(found), wanted, rtol=1e-6, atol=1e-6 * max(float(np.abs(wanted).max()), 1e-12)))


def test_the_browser_computes_as_the_core_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    given, nets = [], []
    for name, activation in itertools.product(LOSSES, ACTIVATIONS):
        for depth in range(7):
            network = Network((2, *rng.integers(1, 9, depth).tolist(), 3), activation, loss=name)
            network.parameters[:] = rng.normal(0, 1, network.parameters.size).astype("<f4")
            points, labels = rng.uniform(-2, 2, (1000, 2)), rng.integers(0, 3, 1000)
            shape = {"sizes": list(network.sizes), "activation": activation, "loss": name, "whole": True}
            given.append(
                {"net": shape, "p": network.parameters.tolist(), "x": points[:, 0].tolist(), "y": points[:, 1].tolist()}
                | {"labels": labels.tolist()}
            )
            nets.append((network, points, labels))
    for found, (network, points, labels) in zip(in_node(SCRIPT, given, tmp_path), nets, strict=True):
        core = forward_back(network, points, labels)
        for h, z, layer in zip(found["h"], found["z"], core.layers, strict=True):
            assert close(h, layer.h.T)
            assert close(z, layer.z.T)
        assert close(found["probs"], network.probabilities(points).T)
        best = np.array([np.delete(core.scores, k, axis=1).max(axis=1) for k in range(3)])
        assert close(found["leads"], np.clip(core.scores.T - best, 0, 1))
        assert close(found["losses"], core.losses)
        loss, gradient = network.loss_and_gradient(points, labels, 0.01, 0.001)
        assert found["loss"] == pytest.approx(loss, rel=1e-6)
        assert close(found["gradient"], gradient)


def test_the_browser_computes_every_input_of_a_point(tmp_path: Path) -> None:
    x, y = np.random.default_rng(5).uniform(-2, 2, (2, 1000))
    wanted = {"x": x, "y": y, "x2": x**2, "y2": y**2, "xy": x * y, "sinx": np.sin(np.pi * x), "siny": np.sin(np.pi * y)}
    wanted["r"] = np.hypot(x, y)
    script = """
    import { inputsOf } from "./forward.mjs";
    import { readFileSync } from "node:fs";
    const { names, x, y } = JSON.parse(readFileSync(0, "utf-8"));
    console.log(JSON.stringify(inputsOf(names, x, y).map((values) => [...values])));
    """
    found = in_node(script, {"names": list(FEATURES), "x": x.tolist(), "y": y.tolist()}, tmp_path)
    assert np.allclose(found, [wanted[name] for name in FEATURES], rtol=1e-6, atol=1e-12)


def test_the_browser_knows_every_activation_and_every_input() -> None:
    text = FORWARD.read_text("utf-8")
    known = {
        name: set(re.findall(r"^  (\w+): [({]", part, re.MULTILINE))
        for name, part in re.findall(r"export const (\w+) = (.+?)^\}\);", text, re.MULTILINE | re.DOTALL)
    }
    assert known["INPUTS"] == set(FEATURES)
    assert known["ACTIVATIONS"] >= set(ACTIVATIONS)


# What a browser sends.

UNIT = {"layer": 1, "unit": 7, "iteration": 300}


def test_weights_set_by_hand_come_back_checked() -> None:
    run = train(SMALL)
    last = run.snapshots.shape[1] - 1
    message = {"iteration": 300, "edits": [[last, -0.5], [3, 2]]}
    assert edits.read(message, run) == edits.Edits(300, ((3, 2.0), (last, -0.5)))
    assert edits.read_unit(UNIT, run) == (1, 7, 300)


@pytest.mark.parametrize(
    "message",
    [
        None, [], {}, {"iteration": 300}, {"iteration": 301, "edits": [[0, 1.0]]}, {"iteration": True, "edits": [[0, 1.0]]},
        {"iteration": 300, "edits": []}, {"iteration": 300, "edits": [[-1, 1.0]]}, {"iteration": 300, "edits": [[123, 1.0]]},
        {"iteration": 300, "edits": [[0, float("nan")]]}, {"iteration": 300, "edits": [[0, float("inf")]]},
        {"iteration": 300, "edits": [[0]]},
        {"iteration": 300, "edits": [["0", 1.0]]}, {"iteration": 300, "edits": [[0, "1"]]}, {"iteration": 300, "edits": [0]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_edit_is_passed_over(message: object) -> None:
    assert edits.read(message, train(SMALL)) is None


@pytest.mark.parametrize(
    "wrong", [{"layer": 2}, {"unit": 8}, {"unit": -1}, {"layer": "0"}, {"iteration": None}, {"unit": 1.5}], ids=str
)
def test_what_is_no_unit_is_passed_over(wrong: dict[str, object]) -> None:
    run = train(SMALL)
    assert edits.read_unit(UNIT | wrong, run) is None
    assert edits.read_unit("unit", run) is None


def test_a_loss_that_would_fall_without_a_unit_is_said_to_fall() -> None:
    run = train(SMALL.replace(iterations=1))
    said = netview_words.describe(run, [Needed(0, 2, 0.5, 0.0), Needed(1, 4, -0.0223, 0.0)])
    assert "Without unit 3 of hidden layer 1 the loss would rise by 0.5" in said
    assert "Without unit 5 of hidden layer 2 the loss would fall by 0.0223" in said
