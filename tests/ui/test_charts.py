"""Charts hold the run's own numbers, and say in a sentence what they show."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from pages.search import figures
from pages.ui.charts import confusion, figure, overlay, replay, run_charts
from pages.ui.charts.component import script
from pages.ui.charts.palette import DARK, LIGHT, Look
from pages.ui.visit.presets import PRESETS, START
from server.http.scripts import CARTESIAN, PLOTLY, PLOTLY_3D
from server.training import cost
from server.training.pictures import area
from server.training.service import RunService
from server.training.view import View
from spiral_core import DataSettings, Settings, train
from spiral_core.analysis.health import sampled
from spiral_core.case_study import SOFTMAX
from spiral_core.records import Record
from tests.support.catalogue import ROOT


@pytest.fixture(scope="module")
def view() -> View:
    return RunService(0).watch(START, wait=60)


def decoded(array: Any) -> list[float]:
    """An array as Plotly writes it into JSON."""
    if isinstance(array, dict):
        values: list[float] = np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"]).tolist()
        return values
    return list(array)


def test_curves_are_the_history(view: View) -> None:
    curves = {trace["name"]: trace for trace in run_charts.training(view, LIGHT)["data"]}
    h = view.run.history
    for name, column in (
        ("loss", h.loss),
        ("data loss", h.data_loss),
        ("regularisation", h.reg_loss),
        ("held-out data loss", h.test_loss),
        ("training accuracy", h.train_accuracy),
        ("held-out accuracy", h.test_accuracy),
    ):
        assert decoded(curves[name]["y"]) == pytest.approx(column, rel=1e-6)
        assert curves[name]["customdata"] == h.iteration.tolist()


def test_every_point_is_drawn_once(view: View) -> None:
    traces = [t for t in run_charts.training(view, LIGHT)["data"] if t.get("xaxis") == "x"]
    drawn = [len(decoded(trace["x"])) for trace in traces]
    assert drawn == [80, 80, 80, 20, 20, 20]
    assert len({trace["marker"]["symbol"] for trace in traces}) == 3


def test_of_very_many_points_a_share_is_drawn_and_said() -> None:
    view = RunService(0).watch(START.replace(iterations=2, data=START.data.replace(points_per_class=5000)), wait=60)
    traces = run_charts.training(view, LIGHT)["data"]
    drawn = [len(decoded(trace["x"])) for trace in traces if trace.get("xaxis") == "x"]
    assert drawn == [1000, 1000, 1000] * 2
    assert "3\u202f000 of 12\u202f000 points drawn" in [trace["name"] for trace in traces]


def test_the_replay_follows_the_history(view: View) -> None:
    bar = replay.replay_of(view, LIGHT)
    run = view.run
    assert bar["iterations"] == run.snapshot_iterations.tolist()
    assert bar["panels"][0]["pictures"] == list(view.pictures.values())
    rows = [run.history.row(i) for i in bar["iterations"]]
    assert bar["dots"][0]["values"] == run.history.loss[rows].tolist()
    loss, accuracy, held_out = bar["figures"]
    assert loss["values"][-1] == f"{run.history.loss[-1]:.4f}"
    assert accuracy["values"][-1] == f"{np.mean(run.network_at().predict(run.data.train.X) == run.data.train.y):.1%}"
    assert run.data.test is not None
    assert held_out["values"][-1] == f"{np.mean(run.network_at().predict(run.data.test.X) == run.data.test.y):.1%}"
    live = replay.replay_of(view, LIGHT, live=True)
    assert (live["iterations"], len(live["panels"][0]["pictures"])) == ([2000], 1)


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_payload_of_the_first_page(view: View, look: Look) -> None:
    figure = len(json.dumps(run_charts.training(view, look)))
    assert figure < 150_000
    assert "template" not in run_charts.training(view, look)["layout"]
    assert len(json.dumps(replay.replay_of(view, look))) < 300_000


def test_confusion_counts_every_point(view: View) -> None:
    y, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    table = confusion.confusion_table(y, predicted, 3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert confusion.describe_confusion([("Training", table)]) == "Confusion matrix. Training: 4 of 6 right."
    drawn = confusion.confusion([("Training", table), ("Held out", table)], LIGHT)
    assert [trace["text"] for trace in drawn["data"]] == [table.tolist()] * 2


def test_the_description_has_the_numbers(view: View) -> None:
    h = view.run.history
    text = run_charts.describe_training(view)
    for number in (f"{h.loss[0]:.4f}", f"{h.loss[-1]:.4f}", f"{h.train_accuracy[-1]:.1%}", f"{h.test_accuracy[-1]:.1%}", "2000"):
        assert number in text


@pytest.mark.parametrize("settings", [preset.settings for preset in PRESETS] + [SOFTMAX.replace(iterations=1)])
def test_every_preset_can_be_drawn(settings: Settings) -> None:
    view = RunService(0).watch(settings, wait=60)
    for look in (LIGHT, DARK):
        go.Figure(run_charts.training(view, look))  # Plotly's own check of each name and value
        text = json.dumps([run_charts.training(view, look), replay.replay_of(view, look)], allow_nan=False)
        assert len(text) < 600_000


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.0000"), (1.0986, "1.0986"), (1.2e301, "1.20e+301"), (3e-7, "3.00e-07")])
def test_numbers_stay_short(value: float, text: str) -> None:
    assert figure.number(value) == text


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_plotly_accepts_every_chart(view: View, look: Look) -> None:
    table = confusion.confusion_table(np.array([0, 1, 2]), np.array([0, 1, 1]), 3)
    figures = [
        run_charts.training(view, look),
        run_charts.boundary(view.run.data, area(START.data), None, look),
        run_charts.boundary(view.run.data, area(START.data), view.pictures[0], look),
        run_charts.relu(0.5, look),
        confusion.confusion([("Training", table)], look),
        confusion.confusion([("Training", table), ("Held out", table)], look),
    ]
    for drawn in figures:
        assert len(go.Figure(drawn).data) == len(drawn["data"])
        json.dumps(drawn, allow_nan=False)
    narrow = run_charts.training(view, look)
    go.Figure(narrow).update_layout(run_charts.narrow_training()["layout"])


@pytest.fixture(scope="module")
def spiky() -> View:
    """The curve of logged losses ends at 0.54 after iteration 1 000; the loss itself reaches 2.58."""
    return RunService(0).watch(START.replace(hidden=(30,)), wait=60)


def test_the_band_shows_what_lies_between_the_points_of_the_curve(spiky: View) -> None:
    traces = run_charts.training(spiky, LIGHT)["data"]
    low, high = (trace for trace in traces if trace["name"] == "lowest to highest loss")
    h = spiky.run.history
    assert decoded(low["y"]) == pytest.approx(h.lowest, rel=1e-6)
    assert decoded(high["y"]) == pytest.approx(h.highest, rel=1e-6)
    assert max(decoded(high["y"])) > 2.5 > max(h.loss[h.iteration > 1000])
    assert high["fill"] == "tonexty"
    assert "lowest to highest" in json.dumps(run_charts.training(spiky, LIGHT)["layout"]["annotations"])
    row = int(np.argmax(np.where(h.iteration > 100, h.highest, 0)))
    assert f"it rose to {h.highest[row]:.4f}" in run_charts.describe_training(spiky)
    loss = next(trace for trace in traces if trace["name"] == "loss")
    assert f"from {h.lowest[row]:.4f} to {h.highest[row]:.4f}" in loss["text"][row]
    assert replay.replay_of(spiky, LIGHT)["loss_limits"][1] == pytest.approx(max(h.highest))


def test_mini_batches_have_no_band() -> None:
    view = RunService(0).watch(START.replace(batch_size=20, iterations=300), wait=60)
    assert all(trace["name"] != "lowest to highest loss" for trace in run_charts.training(view, LIGHT)["data"])
    assert "went up to" not in run_charts.describe_training(view)
    json.dumps(replay.replay_of(view, LIGHT), allow_nan=False)


def test_curves_of_other_charts_have_the_band_too(spiky: View) -> None:
    record = Record.of(spiky.run)
    for drawn in (overlay.overlay([("a", record)], False, LIGHT), figures.curves(record, LIGHT)):
        bands = [trace for trace in drawn["data"] if trace["name"] == "lowest to highest loss"]
        assert max(decoded(bands[1]["y"])) == pytest.approx(spiky.run.history.highest.max(), rel=1e-6)
        go.Figure(drawn)


def test_tooltips_have_the_probabilities_and_the_loss_of_the_point(view: View) -> None:
    run, traces = view.run, run_charts.training(view, LIGHT)["data"]
    network = run.network_at()
    for trace in traces:
        meta = trace.get("meta", {})
        if "part" not in meta:
            continue
        data = run.data.train if meta["part"] == "train" else run.data.test
        assert data is not None
        probs = network.probabilities(data.X[data.y == meta["label"]])
        told = np.array(decoded(trace["customdata"])).reshape(-1, 4)
        assert told[:, 1:] == pytest.approx(probs, abs=1e-6)
        assert told[:, 0] == pytest.approx(-np.log(probs[:, meta["label"]]), rel=1e-5)
        assert meta["predicted"] == probs.argmax(axis=1).tolist()
        assert trace["customdata"]["shape"] == f"{len(probs)}, 4"


def test_tooltips_of_the_hinge_have_scores() -> None:
    run = train(START.replace(loss="hinge", iterations=50))
    network = run.network_at()
    drawn = {trace["name"]: trace for trace in figure.points(run.data._replace(test=None), LIGHT, network)}
    data = run.data.train
    own = data.X[data.y == 1]
    told = np.array(decoded(drawn["class 1"]["customdata"])).reshape(-1, 4)
    assert told[:, 1:] == pytest.approx(network.scores(own), rel=1e-5, abs=1e-6)
    assert told[:, 0].mean() == pytest.approx(network.loss(own, np.ones(len(own), dtype=int)), rel=1e-5)
    assert "class 2: score %{customdata[3]:.2f}" in drawn["class 1"]["hovertemplate"]
    assert "full colour: ahead by 1 or more" in drawn
    assert "full colour: ahead by 1 or more" not in {trace["name"] for trace in figure.points(run.data, LIGHT)}


def test_rings_mark_the_points_that_are_wrong_at_each_snapshot(view: View) -> None:
    run = view.run
    wrong = replay.replay_of(view, LIGHT)["wrong"]
    assert len(wrong["bits"]) == len(run.snapshot_iterations)
    for i, bits in zip(run.snapshot_iterations.tolist(), wrong["bits"], strict=True):
        count = int(np.unpackbits(np.frombuffer(base64.b64decode(bits), dtype=np.uint8))[:300].sum())
        row = run.history.row(i)
        assert count == round(240 * (1 - run.history.train_accuracy[row]) + 60 * (1 - run.history.test_accuracy[row]))
    assert replay.replay_of(view, LIGHT, live=True)["wrong"] is None


def test_cells_say_which_points_they_are(view: View) -> None:
    tables = confusion.confusion_tables(view.run)
    train, test = confusion.confusion(tables, LIGHT)["data"]
    assert train["customdata"][1][2] == ["train", 1, 2, f"Training points: 1 → 2 ({tables[0][1][1, 2]})"]
    assert test["customdata"][0][0][:3] == ["test", 0, 0]


@pytest.mark.parametrize("values", [[1e-40, 1.0], [0.0, 5e-324], [1e31, 1.0], [0.5, 2.0]])
def test_no_number_is_lost_on_its_way_to_the_browser(values: list[float]) -> None:
    assert decoded(figure.encoded(np.array(values))) == pytest.approx(values, rel=1e-6)


def test_hollow_points_are_hollow_on_a_dark_ground(view: View) -> None:
    hollow = [t for t in run_charts.training(view, DARK)["data"] if t.get("meta", {}).get("part") == "test"]
    assert {trace["marker"]["color"] for trace in hollow} == {DARK.paper}


def test_the_scripts_modules_import_what_stands_before_them_and_no_name_is_there_twice() -> None:
    names: dict[str, str] = {}
    here = Path(script.__file__).parent
    files = [(here / f"{module}.js").resolve() for module in script.MODULES]
    assert {*files, here / "loader.js"} == {*here.glob("*.js"), *(here.parent / "netview").glob("*.js")}
    for file in files:
        module, text = file.stem, file.read_text("utf-8")
        assert text.startswith("// @ts-check")
        for own, other in re.findall(r"^import \{ (.+?) \} from \"[./a-z]*/(\w+)\.js\"", text, re.MULTILINE):
            for name in own.split(", "):
                assert names[name] == other
        for name in re.findall(r"^(?:export )?(?:const|let|class|function) (\w+)", text, re.MULTILINE):
            assert name not in names
            names[name] = module
    assert not re.search(r"^(import|export (?!default))", script.joined(), re.MULTILINE)


def test_a_chart_s_message_names_the_script_rather_than_carry_it() -> None:
    """Each message to a browser holds what travels with a chart: the script itself made it three times as long."""
    assert len(script.loader()) < 1500
    assert script.CHART.address in script.loader()
    assert PLOTLY.address in script.joined()


def test_plotly_is_npms_and_as_old_as_the_packages() -> None:
    """The part that most charts need is in the repository; the whole, for 3-D, is the package's."""
    text, whole = CARTESIAN.read_text("utf-8"), PLOTLY_3D._read()
    major = re.compile(r"plotly\.js (?:\(cartesian - minified\) )?v(\d+)\.")
    own, package = major.search(text[:200]), major.search(whole[:200])
    assert own
    assert package
    assert own[1] == package[1]
    npms = ROOT / "node_modules" / "plotly.js-cartesian-dist-min" / CARTESIAN.name
    if npms.exists():  # `make lint` has fetched it
        assert npms.read_text("utf-8") == text
    assert len(gzip.compress(text.encode())) < 0.4 * len(gzip.compress(whole.encode()))


def test_every_figure_is_drawn_by_the_part_that_is_fetched() -> None:
    """Traces of other kinds are in `SOLID` of load.js, and the charts that have them fetch the whole."""
    solid = set(re.findall(r'"(\w+)"', re.findall(r"const SOLID = (.*);", script.joined())[0]))
    part, whole = (
        set(re.findall(r'moduleType:"trace",name:"(\w+)"', text)) for text in (CARTESIAN.read_text("utf-8"), PLOTLY_3D._read())
    )
    sources = [file.read_text("utf-8") for file in (ROOT / "pages").rglob("*.py")]
    used = {kind for text in sources for kind in re.findall(r'"type": "(\w+)"', text)} & whole
    assert {"scatter", "heatmap", "surface"} <= used
    assert used - part == solid


def test_a_runs_name_is_no_markup_in_the_curves() -> None:
    """Plotly reads some HTML in the names of traces."""
    run = train(Settings(iterations=20, hidden=(3,)).followed(iterations=10))
    drawn = overlay.overlay([("<b>x</b><a href='http://evil.example'>y</a>", Record.of(run))], False, LIGHT)
    names = [trace["name"] for trace in drawn["data"]]
    assert any("&lt;b&gt;x" in name for name in names)
    assert not [name for name in names if "<" in name]


def test_phases_begin_at_a_line_in_curves_over_each_other() -> None:
    first = START.replace(iterations=40)
    run = train(first.followed(learning_rate=0.1, iterations=30))
    drawn = overlay.overlay([("a", Record.of(run)), ("b", Record.of(train(first)))], False, LIGHT)
    lines = [trace for trace in drawn["data"] if trace["name"].endswith("phase 2")]
    assert [(trace["name"], trace["x"], trace["yaxis"]) for trace in lines] == [
        ("a: phase 2", [40, 40], "y"),
        ("a: phase 2", [40, 40], "y2"),
    ]
    go.Figure(drawn)


def test_of_many_points_and_a_large_net_the_matrix_says_how_many_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(Settings(hidden=(8,), iterations=20, data=DataSettings(test_fraction=0.2)))
    assert [title for title, _table in confusion.confusion_tables(run)] == ["Training points", "Held-out points"]
    monkeypatch.setattr(cost, "counted_points", lambda _network: 60)
    some = sampled(run.data.train, 60)
    (title, table), (held_out, _table) = confusion.confusion_tables(run)
    assert title == f"Training points ({len(some)} of {len(run.data.train)})"
    assert held_out == "Held-out points (60 of 60)" or held_out == "Held-out points"
    predicted = run.network_at().predict(some.X)
    assert table.tolist() == [[int(((some.y == i) & (predicted == j)).sum()) for j in range(3)] for i in range(3)]
