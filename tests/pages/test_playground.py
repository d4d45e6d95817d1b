"""The Playground: opens with a result; controls, presets, links and undo change it; bad input is told in a sentence."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.playground import by_steps
from pages.ui.charts import component
from pages.ui.charts.figure import number
from pages.ui.text import thousands
from pages.ui.visit.presets import PRESETS, START
from pages.ui.widgets import live
from pages.ui.widgets.report import report
from server.services import services
from server.tables import isolated, readers
from server.training import cost, loaded
from server.training.service import RunService
from server.training.view import View
from server.turns import Whose
from spiral_core import DataSettings, Network, Settings, engine, link, train
from spiral_core.datasets import data_of
from spiral_core.export import weights
from spiral_core.export.files import settings_json
from spiral_core.export.script import script
from spiral_core.export.weights import to_json, to_npz
from spiral_core.phases import MAX_PHASES
from spiral_core.run import Run
from tests.pages.conftest import FOLDS, OpenPage, charts, choice, key, place, query, settle, unescaped, visit, words
from tests.support.catalogue import ROOT


def settings_of(at: AppTest) -> Settings:
    value: Settings = visit(at).settings
    return value


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under AppTest no part of a page asks again: each waits for its picture, on however slow a machine."""
    monkeypatch.setattr(by_steps, "PAGE_WAITS", 60.0)


def loss_on_screen(at: AppTest) -> str:
    text: str = charts(at)["training"]["replay"]["figures"][0]["values"][-1]
    return text


def final_loss(settings: Settings) -> str:
    return f"{train(settings).history.loss[-1]:.4f}"


def test_opens_with_a_trained_result_and_no_click(open_page: OpenPage) -> None:
    at = open_page()
    assert settings_of(at) == START
    assert set(charts(at)) == {"training", "confusion"}
    assert loss_on_screen(at) == final_loss(START)
    assert query(at) == {}


def test_a_run_that_will_soon_be_there_is_seen_before_and_all_else_stays(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WAIT", 60.0)  # so that the run ends in time on any machine
    seen: list[tuple[View, dict[str, Any]]] = []
    inner = component.training

    def training(view: View, **named: Any) -> component.Asked:
        seen.append((view, named))
        return inner(view, **named)

    monkeypatch.setattr(component, "training", training)
    at = open_page(iterations="20000", seed="4711")
    assert len(seen) == 2
    (first, looks), (last, whole) = seen
    assert first.started
    assert not first.run.finished
    assert last.run.finished
    assert np.array_equal(first.run.history.loss, last.run.history.loss[: len(first.run.history)])
    assert (looks.pop("brief"), whole.pop("brief")) == (True, False)
    assert looks == whole
    seen.clear()
    monkeypatch.setattr(live, "MOVING", 60.0)  # a hand that is on the move waits for the end
    at.select_slider(key="reg").set_value(0.0).run()
    assert [view.run.finished for view, _named in seen] == [True]


CHANGES: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("select_slider", "learning_rate", 0.3, {"learning_rate": 0.3}),
    ("select_slider", "reg", 0.0, {"reg": 0.0}),
    ("select_slider", "iterations", 500, {"iterations": 500}),
    ("select_slider", "units_0", 20, {"hidden": (20,)}),
    ("selectbox", "layers", 2, {"hidden": (100, 100)}),
    ("selectbox", "activation", "tanh", {"activation": "tanh"}),
    ("selectbox", "init", "he", {"init": "he"}),
    ("selectbox", "optimizer", "adam", {"optimizer": "adam"}),
    ("selectbox", "schedule", "step", {"schedule": "step"}),
    ("select_slider", "batch_size", 50, {"batch_size": 50}),
    ("select_slider", "reg_l1", 0.001, {"reg_l1": 0.001}),
    ("number_input", "seed", 5, {"seed": 5}),
    ("selectbox", "data", "moons", {"data": START.data.replace(name="moons")}),
    ("select_slider", "classes", 4, {"data": START.data.replace(classes=4)}),
    ("select_slider", "points_per_class", 50, {"data": START.data.replace(points_per_class=50)}),
    ("select_slider", "noise", 0.5, {"data": START.data.replace(noise=0.5)}),
    ("select_slider", "test_fraction", 0.0, {"data": START.data.replace(test_fraction=0.0)}),
    ("number_input", "data_seed", 9, {"data": START.data.replace(seed=9)}),
    ("button_group", "features", ["x", "y", "r"], {"features": ("x", "y", "r")}),
]


@pytest.mark.parametrize(("kind", "key", "value", "changes"), CHANGES, ids=[change[1] for change in CHANGES])
def test_each_control_changes_its_setting_and_the_result(
    open_page: OpenPage, kind: str, key: str, value: Any, changes: dict[str, Any]
) -> None:
    at = open_page()
    getattr(at, kind)(key=key).set_value(value).run()
    settle(at)
    expected = START.replace(**changes)
    assert settings_of(at) == expected
    assert loss_on_screen(at) == final_loss(expected)
    assert query(at) == link.to_query(expected, START)


def test_linear_and_back_keeps_the_hidden_layers(open_page: OpenPage) -> None:
    at = open_page(hidden="30-10")
    model = choice(at, "model")
    model.set_value("linear").run()
    assert settings_of(at).hidden == ()
    assert not any(box.key == "activation" for box in at.selectbox)
    choice(at, "model").set_value("net").run()
    assert settings_of(at).hidden == (30, 10)


def test_only_controls_with_an_effect_are_shown(open_page: OpenPage) -> None:
    at = open_page()
    keys = {slider.key for slider in at.select_slider}
    assert not keys & {"momentum", "decay", "beta1", "schedule_rate"}
    at.selectbox(key="optimizer").set_value("adam").run()
    assert {"beta1", "beta2", "epsilon"} <= {slider.key for slider in at.select_slider}
    at.selectbox(key="data").set_value("xor").run()
    assert "classes" not in {slider.key for slider in at.select_slider}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets(open_page: OpenPage, preset: Any) -> None:
    at = open_page()
    at.selectbox(key="preset").set_value(preset.name).run()
    settle(at)
    assert settings_of(at) == preset.settings
    assert at.selectbox(key="preset").value == preset.name
    if preset.name == "Blows up":
        assert re.search(r"Stopped at iteration 510: the loss is no longer finite", at.error[0].value)
    else:
        assert preset.story in words(at)


def test_clearing_the_preset_changes_nothing(open_page: OpenPage) -> None:
    at = open_page()
    at.selectbox(key="preset").set_value(None).run()
    settle(at)
    assert settings_of(at) == START
    assert at.selectbox(key="preset").value == "Neural net"


def test_undo_and_reset(open_page: OpenPage) -> None:
    at = open_page()
    assert at.button(key="undo").disabled
    assert at.button(key="reset").disabled
    at.select_slider(key=key(at, "reg")).set_value(0.1).run()
    at.select_slider(key=key(at, "learning_rate")).set_value(0.1).run()
    at.button(key="undo").click().run()
    assert settings_of(at) == START.replace(reg=0.1)
    at.button(key="undo").click().run()
    assert settings_of(at) == START
    assert at.button(key="undo").disabled
    at.select_slider(key=key(at, "reg")).set_value(0.1).run()
    at.button(key="reset").click().run()
    assert settings_of(at) == START
    at.button(key="undo").click().run()
    assert settings_of(at) == START.replace(reg=0.1)


def test_new_seeds(open_page: OpenPage) -> None:
    at = open_page()
    at.button(key="again_seed").click().run()
    at.button(key="again_data_seed").click().run()
    changed = settings_of(at)
    assert changed == START.replace(seed=changed.seed, data=START.data.replace(seed=changed.data.seed))
    assert at.number_input(key=key(at, "seed")).value == changed.seed


def test_go_on(open_page: OpenPage) -> None:
    at = open_page(iterations="300")
    at.selectbox(key="more").set_value(100).run()
    at.button(key="go_on").click().run()
    settle(at)
    assert settings_of(at).iterations == 400
    assert loss_on_screen(at) == final_loss(START.replace(iterations=400))


def test_an_epoch_is_offered_where_it_is_more_than_one_iteration(open_page: OpenPage) -> None:
    assert "+ 1 epoch" not in open_page().selectbox(key="more").options
    at = open_page(batch_size="50", iterations="300")
    at.selectbox(key="more").set_value(5).run()  # 240 points in batches of 50
    assert "+ 1 epoch" in at.selectbox(key="more").options
    at.button(key="go_on").click().run()
    assert settings_of(settle(at)).iterations == 305


def training_live(at: AppTest) -> bool:
    return any(button.key == "pause" for button in at.button)


def test_live_training_begins_untrained_and_a_new_rate_begins_a_phase(open_page: OpenPage) -> None:
    """Under AppTest a part of a page does not repeat itself: the pictures between are seen in a browser."""
    at = open_page()
    at.button(key="live_anew").click().run()
    first = START.replace(iterations=1)
    assert training_live(at)
    assert settings_of(at) == first
    assert loss_on_screen(at) == final_loss(first)
    assert set(charts(at)) == {"training"}
    assert charts(at)["training"]["replay"]["live"] is True
    at.select_slider(key=key(at, "learning_rate")).set_value(0.3).run()
    chain = first.followed(learning_rate=0.3, iterations=10)
    assert training_live(at)
    assert settings_of(at) == chain
    assert "Phases: 1 at rate 1, then 10 at rate 0.3." in words(at)
    at.button(key="pause").click().run()
    settle(at)
    assert not training_live(at)
    assert settings_of(at) == chain
    assert loss_on_screen(at) == final_loss(chain)
    assert query(at) == link.to_query(chain, START)
    at.button(key="live_on").click().run()
    assert training_live(at)
    assert settings_of(at) == chain
    at.select_slider(key="units_0").set_value(20).run()  # another net: that is no phase of this one
    assert not training_live(settle(at))
    for _step in range(3):
        at.button(key="undo").click().run()
    assert settings_of(settle(at)) == START


def test_nothing_that_comes_or_goes_moves_the_chart_to_another_place(open_page: OpenPage) -> None:
    """In the browser it would be mounted anew, and what is below on the page twice until the old one is taken away."""
    places = ("status", "training")
    at = open_page(learning_rate="abc", goal="accuracy:0.85", iterations="200")
    settle(at)
    before = [place(at, name) for name in places]
    for comes_or_goes in ("close_link_errors", "goal_away", "begin_tour", "tour_leave", "live_anew"):
        at.button(key=comes_or_goes).click().run()
        settle(at)
        assert [place(at, name) for name in places] == before, comes_or_goes
    at.button(key="pause").click().run()
    assert [place(settle(at), name) for name in places] == before


def test_live_training_ends_where_it_is_left_or_undone(open_page: OpenPage) -> None:
    at = open_page(iterations="300")
    at.button(key="live_anew").click().run()
    at.button(key="undo").click().run()
    assert not training_live(settle(at))
    assert settings_of(at) == START.replace(iterations=300)
    at.button(key="live_on").click().run()
    at.switch_page("lessons/page.py").run()
    at.switch_page("playground/page.py").run()
    assert not training_live(settle(at))


def test_a_teacher_s_link_that_holds_the_iterations_takes_live_training_away(open_page: OpenPage) -> None:
    at = open_page(lock="iterations")
    assert not any(button.key == "live_anew" for button in at.button)


def test_too_many_phases_are_refused_beside_the_control(open_page: OpenPage) -> None:
    chain = START.replace(iterations=5)
    for rate in range(1, MAX_PHASES):
        chain = chain.followed(learning_rate=rate / 100, iterations=5)
    at = open_page(**link.to_query(chain, START))
    at.button(key="live_on").click().run()
    at.select_slider(key=key(at, "reg")).set_value(0.1).run()
    assert settings_of(at) == chain
    assert "at most 10 phases" in words(at)


def test_go_on_otherwise_undo_and_as_one_phase(open_page: OpenPage) -> None:
    base = START.replace(iterations=300)
    at = open_page(iterations="300")
    shape = f"{hash(base):x}"
    assert "Phases:" not in words(at)
    at.select_slider(key=f"phase_at_{shape}_300").set_value(200)
    at.select_slider(key=f"phase_learning_rate_{shape}").set_value(0.1)
    at.selectbox(key=f"phase_optimizer_{shape}").set_value("adam")
    at.select_slider(key=f"phase_iterations_{shape}").set_value(100)
    at.button(key=f"phase_go_{shape}").click().run()
    settle(at)
    chain = base.replace(iterations=200).followed(learning_rate=0.1, optimizer="adam", iterations=100)
    assert settings_of(at) == chain
    assert loss_on_screen(at) == final_loss(chain)
    assert query(at)["after"] == "iterations:200,optimizer:sgd,learning_rate:1"
    assert "Phases: 200 at rate 1, then 100 at rate 0.1 (Adam)." in words(at)
    lines = [trace for trace in charts(at)["training"]["figure"]["data"] if trace["name"].startswith("phase 2")]
    assert [trace["customdata"] for trace in lines] == [[200, 200]] * 2
    at.selectbox(key="more").set_value(100).run()
    at.button(key="go_on").click().run()
    settle(at)
    assert settings_of(at) == chain.replace(iterations=200)
    at.select_slider(key="units_0").set_value(20).run()
    settle(at)
    assert [phase.hidden for phase in settings_of(at).phases] == [(20,), (20,)]
    at.button(key="undo").click().run()
    settle(at)
    at.button(key="one_phase").click().run()
    settle(at)
    assert settings_of(at) == START.replace(iterations=400, learning_rate=0.1, optimizer="adam")
    at.button(key="undo").click().run()
    assert settings_of(settle(at)) == chain.replace(iterations=200)


def test_a_link_with_phases_and_edits_is_the_same_run(open_page: OpenPage) -> None:
    chain = START.replace(hidden=(5,), iterations=50, edits=((0, 2.0),)).followed(iterations=30, reg=0.1)
    at = open_page(**link.to_query(chain, START))
    assert settings_of(at) == chain
    assert loss_on_screen(at) == final_loss(chain)
    assert "1 weight set by hand" in words(at)
    assert visit(at).link_errors == []
    refused = open_page(after="nonsense", hidden="5", iterations="30")
    assert "Earlier phases (after) must be phases in the form used by links" in " ".join(visit(refused).link_errors)


def test_a_diverged_phase_says_that_nothing_follows(open_page: OpenPage) -> None:
    chain = START.replace(hidden=(), learning_rate=30.0, reg=0.1).followed(learning_rate=0.1, iterations=10)
    at = open_page(**link.to_query(chain, START))
    assert any("The next phase did not start." in error.value for error in at.error)


def test_stop_keeps_what_was_computed(open_page: OpenPage) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    at.query_params["iterations"] = "100000"
    at.query_params["seed"] = "12345"
    at.run()
    assert "of 100" in str(at.get("progress")[0].proto.text)
    at.button(key="stop").click().run()
    settle(at)
    stopped = settings_of(at)
    assert 0 < stopped.iterations < 100_000
    assert loss_on_screen(at) == final_loss(stopped)


def test_a_link_opens_its_experiment_to_the_last_digit(open_page: OpenPage) -> None:
    settings = Settings(
        hidden=(7, 6), activation="tanh", init="glorot", optimizer="rmsprop", learning_rate=0.0123456789, iterations=123,
        decay=0.9012, batch_size=11, seed=4, data=DataSettings("circles", 33, 4, 0.123, 5, 0.35),
    )  # fmt: skip
    at = open_page(**link.to_query(settings, START))
    assert settings_of(at) == settings
    assert loss_on_screen(at) == final_loss(settings)
    assert at.select_slider(key="learning_rate").value == 0.0123456789
    assert query(at) == link.to_query(settings, START)


def test_a_bad_value_in_a_link_is_named_with_what_was_used(open_page: OpenPage) -> None:
    at = open_page(learning_rate="abc", noise="nan", optimizer="adm", lr="3", hidden="5-x", lang="xx", iterations="200")
    text = at.warning[0].value.replace("\\", "")
    for part in (
        "Learning rate (learning_rate) must be a number in 0.000001..100; “abc” is not. Used instead: Learning rate = 1.",
        "Noise (noise) must be a number in 0..2; “nan” is not. Used instead: Noise = 0.2.",
        "must be one of sgd, momentum, nesterov, adagrad, rmsprop, adam; “adm” is not. Used instead: Optimizer = SGD.",
        "must be 0 to 6 whole numbers in 1..1000, joined by “-”; “5-x” is not. Used instead: Hidden layers = 100.",
        "Ignored in the link because they are not settings: “lr”.",
        "The language “xx” in the link is not known; allowed: en, ko.",
    ):
        assert part in text
    assert settings_of(at) == START.replace(iterations=200)
    at.button(key="close_link_errors").click().run()
    assert all(warning.icon != ":material/link_off:" for warning in at.warning)


def test_nothing_from_a_link_becomes_markup(open_page: OpenPage) -> None:
    at = open_page(noise="<b>[x](http://e.org)`$", **{"**x**": "1"})
    shown = at.warning[0].value
    assert "\\<b\\>\\[x\\]\\(http\u2060\\://e.org\\)\\`\\$" in shown
    assert "\\*\\*x\\*\\*" in shown


def test_layers_that_do_not_fit_together_are_told_beside_the_control(open_page: OpenPage) -> None:
    at = open_page(hidden="1000-1000", iterations="1", points_per_class="2", test_fraction="0")
    at.selectbox(key="layers").set_value(3).run()
    assert unescaped(at.error[0].value).startswith("Hidden layers (hidden) must be layers with at most 1 100 000 weights in all")
    assert settings_of(at).hidden == (1000, 1000)
    assert at.selectbox(key=key(at, "layers")).value == 2


def test_a_split_that_holds_out_nothing_is_told(open_page: OpenPage) -> None:
    at = open_page(points_per_class="2", test_fraction="0.1")
    assert (
        unescaped(at.error[0].value)
        == "Held out (test_fraction) must be 0, or large enough to hold out at least one point; “0.1” is not."
    )


def test_korean(open_page: OpenPage) -> None:
    at = open_page(lang="ko", learning_rate="x")
    text = words(at)
    for korean in ("학습률", "정규화(L2)", "은닉 유닛 수", "혼동 행렬", "원문의 신경망을 2,000번 학습합니다."):
        assert korean in text
    assert "학습률(learning_rate)에는" in at.warning[0].value.replace("\\", "")
    assert charts(at)["training"]["words"]["play"] == "재생"
    assert query(at) == {"lang": "ko"}


def test_the_language_switch(open_page: OpenPage) -> None:
    at = open_page()
    choice(at, "language_switch").set_value("ko").run()
    assert "학습률" in words(at)
    assert query(at) == {"lang": "ko"}
    choice(at, "language_switch~1").set_value("en").run()
    assert "Learning rate" in words(at)
    assert query(at) == {"lang": "en"}


def test_every_chart_has_a_text_alternative_with_numbers(open_page: OpenPage) -> None:
    for chart in charts(open_page()).values():
        assert re.search(r"\d", chart["alt"])


def test_the_experiment_survives_a_page_switch(open_page: OpenPage) -> None:
    at = open_page(reg="0.05")
    at.switch_page("case_study/page.py").run()
    assert settings_of(at).reg == 0.05
    at.switch_page("playground/page.py").run()
    assert settings_of(at).reg == 0.05
    assert at.select_slider(key="reg").value == 0.05


def test_the_run_can_be_taken_along(open_page: OpenPage) -> None:
    at = open_page(iterations="100", hidden="8", lang="ko")
    names = {element.proto.label for element in at.get("download_button")}
    assert names == {"보고서", "파이썬 스크립트", "노트북", "설정", "학습 기록", "가중치 .npz", "가중치 .json"}
    assert any(code.value == script(settings_of(at)).strip() for code in at.code)


def test_settings_come_back_from_their_file(open_page: OpenPage) -> None:
    wanted = START.replace(hidden=(7, 5), optimizer="adam", learning_rate=0.01, iterations=60)
    at = open_page(iterations="50")
    at.file_uploader(key="load_settings").set_value(("settings.json", settings_json(wanted).encode(), "application/json")).run()
    settle(at)
    assert settings_of(at) == wanted
    at.button(key="undo").click().run()
    assert settings_of(settle(at)) == START.replace(iterations=50)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "The file is not valid JSON."),
        (b"\xff\xfe\x00", "The file is not valid JSON."),
        (b"[" * 100_000, "The file is not valid JSON."),
        (b"[1]", "The file is JSON, but not settings that were saved here."),
        (rb'{"\ud800": 1}', "The file is not valid JSON."),  # half a character, which no screen can show
        (rb'{"activation": "\udfff"}', "The file is not valid JSON."),
        (b'{"speed": 3}', "“speed” is not a setting."),
        (b'{"learning_rate": NaN}', "Learning rate (learning_rate) must be a number in 0.000001..100; “nan” is not."),
        (b'{"learning_rate": 1' + b"0" * 400 + b"}", "Learning rate (learning_rate) must be a number in 0.000001..100;"),
        (b'{"data": {"noise": 7}}', "Noise (noise) must be a number in 0..2; “7” is not."),
        (b'{"hidden": [5], "seed": 1, "hidden": [50]}', "The file contains hidden twice."),
        (b'{"data": {"seed": 1, "seed": 2}}', "The file contains seed twice."),
        (b'{"hidden": {"a": 1}}', "Hidden layers (hidden) must be"),
    ],
)
def test_a_bad_settings_file_changes_nothing_and_gets_one_sentence(open_page: OpenPage, content: bytes, sentence: str) -> None:
    at = open_page(iterations="50")
    at.file_uploader(key="load_settings").set_value(("settings.json", content, "application/json")).run()
    settle(at)
    assert sentence in words(at).replace("\\", "")  # Markdown's signs are made harmless
    assert settings_of(at) == START.replace(iterations=50)


def load_weights(at: AppTest, content: bytes, name: str = "net.npz") -> AppTest:
    at.file_uploader(key="load_weights").set_value((name, content, "application/octet-stream")).run()
    return settle(at)


def test_a_net_from_a_file_is_read_once_for_all_reruns(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process that reads files: never in the page's own."""
    monkeypatch.setattr(readers, "_too_much", readers.TooMuch())
    read: list[str] = []
    show = readers.show_weights

    def counted(content: bytes, activation: str, settings: Settings, whose: Whose) -> Any:
        read.append(activation)
        return show(content, activation, settings, whose)

    monkeypatch.setattr(readers, "show_weights", counted)
    monkeypatch.setattr(weights, "read", lambda *_given: pytest.fail("it was read in the process of the page"))
    monkeypatch.setattr(loaded, "read", weights.read)
    run = train(START.replace(iterations=50))
    at = load_weights(open_page(iterations="50"), to_npz(run.network_at()))
    assert "Loaded: a net with layer sizes 2 – 100 – 3" in words(at)
    accuracy = f"{run.history.train_accuracy[-1]:.1%}"
    (shown,) = [metric.value for metric in at.metric if metric.label.startswith("training: data loss")]
    assert shown == f"{number(run.history.data_loss[-1])} · {accuracy}"
    assert "loaded_boundary" in charts(at)
    at.run()
    at.run()
    assert len(read) == 1
    load_weights(at, to_json(Network((2, 5, 4))).encode(), "net.json")
    assert "tells 4 classes apart; these data have 2 and 3" in words(at)
    at.run()
    assert len(read) == 2
    load_weights(at, b"[1, 2]", "net.json")
    assert "The file is JSON, but not weights that were saved here." in words(at)


def test_a_file_of_weights_that_takes_too_long_costs_a_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_too_much", readers.TooMuch())
    monkeypatch.setattr(isolated, "MAX_WAIT", 0.0)
    at = load_weights(open_page(iterations="50"), to_npz(Network((2, 1000, 1000, 3))))
    assert "Reading the file took too long and was stopped." in words(at)
    assert not at.exception
    monkeypatch.undo()
    at.run()
    assert "Reading the file took too long and was stopped." in words(at)  # it is not tried at each rerun


def test_a_file_that_found_no_reader_is_tried_again(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_QUEUE", 0.0)
    monkeypatch.setattr(readers, "_large", readers.Line([]))
    at = load_weights(open_page(iterations="50"), to_npz(Network((2, 5, 3))))
    assert "Many files are being read now. Try again in a minute." in words(at)
    monkeypatch.undo()
    at.run()
    assert "Loaded: a net with layer sizes 2 – 5 – 3" in words(at)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_report_holds_the_run_and_asks_no_other_host(language: str) -> None:
    settings = START.replace(iterations=60, hidden=(8,))
    view = services().runs.watch(settings, wait=30)
    page = report(view, 'http://lab/?a=1&b="<x>', language)
    run = train(settings)
    assert f"<dd>{run.history.loss[-1]:.4f}</dd>" in page
    assert f"<dd>{run.history.test_accuracy[-1]:.1%}</dd>" in page
    assert "&quot;&lt;x&gt;" in page
    assert page.count("Plotly.newPlot") >= 2
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"http", page)
    assert ("검증 정확도" in page) == (language == "ko")
    assert len(page) < 6_000_000


def test_a_run_that_takes_long_is_not_begun_unasked(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "LONG", 0.05)
    at = open_page(hidden="3", iterations="7777", test_fraction="0")
    assert f"computing: 300 points × 21 weights × {thousands(7777)} iterations" in at.info[0].value
    assert "training" not in charts(at)
    assert services().runs.missing(settings_of(at)) > cost.LONG
    next(button for button in at.button if button.label == "Train anyway").click().run()
    settle(at)
    assert "training" in charts(at)
    at.button(key="reset").click().run()
    at.button(key="undo").click().run()
    assert "training" in charts(at)  # it is there, and nobody is asked again


def test_a_family_of_long_runs_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        import streamlit as st

        from pages.ui.widgets import live
        from spiral_core import Settings

        if live.agreed([Settings(seed=seed, iterations=100_000, hidden=(5,)) for seed in (901, 902)]):
            st.title("begun")

    monkeypatch.setitem(
        sys.modules, "__main__", sys.modules["__main__"]
    )  # else worker processes of later tests begin with that script
    assert AppTest.from_function(script).run().title[0].value == "begun"
    monkeypatch.setattr(cost, "LONG", 1.0)
    at = AppTest.from_function(script).run()
    assert not at.title
    takes = 2 * cost.seconds(Settings(seed=901, iterations=100_000, hidden=(5,)))
    assert f"About {takes:.0f} s of computing: 2 runs" in at.info[0].value
    assert at.button[0].click().run().title[0].value == "begun"


def test_work_without_end_is_refused_in_the_link(open_page: OpenPage) -> None:
    at = open_page(hidden="1000-1000", points_per_class="10000", iterations="100000", test_fraction="0")
    assert "stay below 20 trillion" in at.warning[0].value
    assert settings_of(at).hidden == (1000, 1000)
    assert settings_of(at).iterations == settings_of(at).max_iterations == 662
    assert "Used instead\\: Iterations = 662" in at.warning[0].value
    assert "training" not in charts(at)  # about an hour: not begun unasked


def test_what_is_folded_away_is_drawn_when_it_is_opened(open_page: OpenPage) -> None:
    """Most who look at a run open none of it, and a class would wait for it."""
    at = open_page(iterations="60", hidden="6")
    inside = {"live_anew", "take_spiral_run.py"}
    assert inside <= {str(button.key) for kind in ("button", "download_button") for button in at.get(kind)}
    for fold in FOLDS:
        at.session_state[fold] = False
    at.run()
    assert inside.isdisjoint(str(button.key) for kind in ("button", "download_button") for button in at.get(kind))
    assert not at.get("file_uploader")
    assert not any(str(slider.key).startswith("phase_") for slider in at.select_slider)


STOPPING = {
    "hidden": "30", "init": "he", "reg": "0", "points_per_class": "15", "noise": "0.5", "test_fraction": "0.4", "patience": "150",
}  # fmt: skip


def test_a_run_that_stops_early_says_when_and_goes_on_without_the_rule(open_page: OpenPage) -> None:
    at = open_page(**STOPPING)
    run = train(visit(at).settings)
    assert run.stopped
    assert run.checkpoint
    best = run.checkpoint.best
    said = f"Stopped early at iteration {run.iteration}: held-out loss lowest at {best.iteration} ({best.loss:.4f})."
    assert f"{said} “Go on” ignores patience." in words(at)
    assert charts(at)["training"]["replay"]["iterations"][-1] == run.iteration
    at.button(key="go_on").click().run()
    settle(at)
    assert visit(at).settings == run.settings.replace(iterations=run.iteration + 1000, patience=0)
    assert "Stopped early" not in words(at)


def test_training_live_pauses_where_the_run_stops(open_page: OpenPage) -> None:
    at = open_page(**STOPPING)
    stopped = settings_of(at)
    assert not any(button.key == "live_on" for button in at.button)  # it would stop here again
    assert any(button.key == "live_anew" for button in at.button)
    visit(at).training_on = True  # as it is when the next picture is the one at which the run stops
    at.run()
    assert not training_live(settle(at))
    assert settings_of(at) == stopped
    assert "Stopped early at iteration" in words(at)


def test_a_live_run_that_stops_early_keeps_the_iterations_of_the_reader(open_page: OpenPage) -> None:
    at = open_page(**STOPPING, iterations="3000")
    whole, loss, address = settings_of(at), loss_on_screen(at), query(at)
    stop = train(whole).iteration
    at.button(key="live_anew").click().run()
    assert settings_of(at).iterations == 1
    visit(at).settings = whole.replace(iterations=stop + 1)  # as when the next picture is the one at which the run stops
    settle(at.run())
    assert not training_live(at)
    assert settings_of(at) == whole
    assert (loss_on_screen(at), query(at)) == (loss, address)


def test_a_live_run_that_stops_early_gets_no_more_iterations_than_there_may_be(open_page: OpenPage) -> None:
    at = open_page(**STOPPING)
    stopped = settings_of(at).replace(iterations=train(settings_of(at)).iteration)
    visit(at).training_on, visit(at).settings, visit(at).iterations_before = True, stopped, 10**6
    settle(at.run())
    assert settings_of(at) == stopped.replace(iterations=stopped.max_iterations)


def test_patience_has_a_control_only_where_points_are_held_out(open_page: OpenPage) -> None:
    def shown(at: AppTest) -> bool:
        return any(slider.key == "patience" for slider in at.select_slider)

    assert shown(open_page())
    assert not shown(open_page(test_fraction="0"))


def test_the_same_run_is_promised_for_the_same_kind_of_machine(open_page: OpenPage) -> None:
    at = open_page(iterations="50", hidden="5")
    assert "to the last digit with the same engine and NumPy on the same kind of processor, elsewhere up to rounding" in words(at)
    assert "which can grow where training is unstable" in words(at)
    assert f"Computed here with {engine.identity()}" in words(at).replace("\\", "")


def test_settings_of_any_depth_get_one_sentence(open_page: OpenPage) -> None:
    """Read, or refused as too deep: Python's own bound lies somewhere between."""
    at = open_page(iterations="50")
    for depth in range(300, 1000, 30):
        content = b'{"hidden": ' + b"[" * depth + b"]" * depth + b"}"
        at.file_uploader(key="load_settings").set_value((f"{depth}.json", content, "application/json")).run()
        (error,) = settle(at).error
        assert "Hidden layers" in error.value or "not valid JSON" in error.value, depth


def test_the_chart_keeps_its_place_while_a_run_waits_for_a_worker(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page(iterations="50", hidden="5")
    assert "figure" in charts(at)["training"]

    def waits(_service: RunService, settings: Settings, **_more: Any) -> View:
        return View(Run.unstarted(settings, data_of(settings.data)), {}, 3, 1, 1)

    monkeypatch.setattr(RunService, "watch", waits)
    at.run()
    assert "figure" not in charts(at)["training"]  # the browser leaves what it shows
    assert "Waiting for a free worker: 3 runs come first." in [bar.proto.text for bar in at.get("progress")]
