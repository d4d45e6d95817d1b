"""Teacher's links: what they hide, lock and limit is hidden, locked and limited; what is wrong in them is told."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.ui.visit import address, navigation, teacher_link
from pages.ui.visit.presets import PRESETS, START
from pages.ui.visit.rules import CONTROLS, LIMITED, PAGES, Rules
from pages.ui.widgets import keyboard
from server.http import limits
from server.services import services
from server.training.view import Load
from spiral_core import __version__
from spiral_core.flat import PARAMETERS, values
from spiral_core.link import from_query
from spiral_core.store.run_store import RunStore
from tests.core.strategies import settings as any_settings
from tests.pages.conftest import OpenPage, key, query, settle, visit, words
from tests.support.catalogue import ROOT
from tests.support.fuzz import CASES


def keys(at: AppTest) -> set[str]:
    """The controls on the page."""
    kinds = ("slider", "select_slider", "selectbox", "number_input", "button_group", "button")
    return {str(element.key) for kind in kinds for element in at.get(kind)}


# The rules.


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    some = st.lists(st.sampled_from(CONTROLS), unique=True, max_size=4).map(tuple)
    limit: dict[str, tuple[Any, ...]] = {}
    for name in draw(st.lists(st.sampled_from(sorted(LIMITED)), unique=True, max_size=3)):
        rule = LIMITED[name]
        if rule.kind == "choice":
            limit[name] = tuple(draw(st.lists(st.sampled_from(rule.choices), unique=True, min_size=1)))
        else:
            number = st.integers(int(rule.low), int(rule.high)) if rule.kind == "integer" else st.floats(rule.low, rule.high)
            limit[name] = tuple(sorted([draw(number), draw(number)]))
    pages = tuple(draw(st.lists(st.sampled_from(PAGES), unique=True)))
    return Rules(draw(some), draw(some), limit, pages, draw(st.booleans()))


@given(any_rules())
def test_rules_come_back_from_their_address(rules: Rules) -> None:
    assert teacher_link.from_query(rules.to_query()) == (rules, [])


@hypothesis_settings(max_examples=CASES)
@given(st.dictionaries(st.sampled_from([*teacher_link.QUERY, *PARAMETERS, "lang", "lesson", "shelf", "x"]), st.text(max_size=30)))
def test_fuzz_any_address_is_taken_or_told(found: dict[str, str]) -> None:
    rules, told = teacher_link.from_query(found)
    assert teacher_link.from_query(rules.to_query()) == (rules, [])
    settings, errors = from_query(found, START)
    for name in found:
        if name in PARAMETERS and not any(error.field.rpartition(".")[2] in (name, "points", "hidden") for error in errors):
            assert values(settings)[name] == PARAMETERS[name].parse(name, found[name])
    assert all(len(sentence) < 500 for sentence in told)


@given(any_rules(), any_settings(), any_settings())
def test_what_is_refused_is_what_differs(rules: Rules, before: object, after: object) -> None:
    refused = rules.refused(before, after)  # type: ignore[arg-type]
    assert refused == [] or before != after
    assert rules.refused(before, before) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"hide": "colour"}, "“colour” in the link’s “hide” is not known"),
        ({"lock": "noise;<b>"}, "“<b>” in the link’s “lock” is not known"),
        ({"pages": "secret"}, "“secret” in the link’s “pages” is not known"),
        ({"limit": "noise"}, "“noise” in the link’s “limit” was left out"),
        ({"limit": "noise:0.1"}, "was left out"),
        ({"limit": "noise:0.3~0.1"}, "was left out"),
        ({"limit": "noise:0~99"}, "was left out"),
        ({"limit": "optimizer:sgd~newton"}, "was left out"),
        ({"limit": "hidden:3~9"}, "was left out"),
        ({"projector": "yes"}, "“projector” in the link must be 0 or 1"),
    ],
)
def test_what_is_wrong_in_a_link_is_told(given_: dict[str, str], said: str) -> None:
    rules, told = teacher_link.from_query(given_)
    assert said in told[0]
    assert not rules.limit
    assert rules.pages == ()


# What a student sees.


def test_a_link_shows_only_what_it_should(open_page: OpenPage) -> None:
    at = open_page(
        hide="noise;optimizer;preset", lock="learning_rate;hidden", limit="iterations:10~500;activation:relu~tanh",
        pages="playground;lessons", iterations="100",
    )  # fmt: skip
    assert {"noise", "optimizer", "preset"} & keys(at) == set()
    assert {"learning_rate", "units_0", "iterations", "classes"} <= keys(at)
    assert at.select_slider(key="learning_rate").disabled
    assert at.select_slider(key="units_0").disabled
    assert at.selectbox(key="layers").disabled
    assert at.select_slider(key="iterations").options == ["10", "20", "50", "100", "200", "500"]
    assert at.selectbox(key="activation").options == ["ReLU", "tanh"]
    assert "This link was made by a teacher" in words(at)
    assert visit(at).link_errors == []
    kept = query(at)
    at.switch_page("lessons/page.py").run()
    assert {name: query(at)[name] for name in teacher_link.QUERY if name in kept} == {
        name: kept[name] for name in teacher_link.QUERY if name in kept
    }


def test_reset_goes_back_to_what_the_link_opened(open_page: OpenPage) -> None:
    at = open_page(limit="iterations:10~500", iterations="100", hidden="8")
    at.select_slider(key="iterations").set_value(200).run()
    at.button(key="reset").click().run()
    settle(at)
    assert visit(at).settings == START.replace(iterations=100, hidden=(8,))


def test_no_way_round_leads_past_a_lock(open_page: OpenPage) -> None:
    at = open_page(lock="learning_rate", iterations="50", hidden="6")
    names = at.selectbox(key="preset").options
    assert "Learning rate too high" not in names
    assert "All weights zero" in names
    before = visit(at).settings
    plain = before.replace(learning_rate=3.0).to_dict()
    at.file_uploader(key="load_settings").set_value(("s.json", json.dumps(plain).encode(), "application/json")).run()
    settle(at)
    assert visit(at).settings == before
    assert "does not allow this to be changed: Learning rate" in at.toast[0].value


def test_settings_outside_a_limit_are_brought_inside_and_told(open_page: OpenPage) -> None:
    at = open_page(
        limit="learning_rate:0.1~1;optimizer:sgd~adam", learning_rate="50", optimizer="rmsprop", iterations="50", hidden="5"
    )
    assert visit(at).settings.learning_rate == 1.0
    assert visit(at).settings.optimizer == "sgd"
    shown = words(at).replace("\\", "")
    assert "Learning rate: the teacher’s link allows 0.1–1; 1 is used instead of 50." in shown
    assert "Optimizer: the teacher’s link allows SGD, Adam; SGD is used instead of RMSprop." in shown


def test_a_value_that_undo_brings_back_from_before_a_limit_is_shown(open_page: OpenPage) -> None:
    at = open_page(limit="optimizer:sgd~adam;data:spiral~moons", iterations="50", hidden="5")
    visit(at).before = [visit(at).settings.replace(optimizer="rmsprop", data=START.data.replace(name="xor"))]
    at.run()
    at.button(key="undo").click().run()
    settle(at)
    assert (at.selectbox(key=key(at, "optimizer")).value, at.selectbox(key=key(at, "data")).value) == ("rmsprop", "xor")
    assert at.selectbox(key=key(at, "optimizer")).options == ["SGD", "RMSprop", "Adam"]


def test_a_limit_to_one_value_needs_no_slider(open_page: OpenPage) -> None:
    at = open_page(limit="iterations:50~50", iterations="50", hidden="5")
    assert "iterations_alone" in keys(at)
    assert at.selectbox(key="iterations_alone").disabled


def test_the_projector_mode_leaves_few_controls(open_page: OpenPage) -> None:
    at = open_page(projector="1", iterations="50", hidden="5")
    assert {"learning_rate", "reg", "iterations", "units_0"} <= keys(at)
    assert {"optimizer", "data", "init", "pin"} & keys(at) == set()


# The form.


def test_the_form_makes_a_link_that_does_what_it_says(open_page: OpenPage) -> None:
    at = open_page("teach/page.py", hidden="12", iterations="50")
    at.multiselect(key=key(at, "teach_hide")).set_value(["noise", "preset"]).run()
    at.multiselect(key=key(at, "teach_lock")).set_value(["learning_rate"]).run()
    at.multiselect(key=key(at, "teach_limit")).set_value(["iterations", "optimizer"]).run()
    at.select_slider(key=key(at, "teach_limit_iterations")).set_value((20, 1000)).run()
    at.multiselect(key=key(at, "teach_pages")).set_value(["lessons"]).run()
    at.selectbox(key=key(at, "teach_language")).set_value("ko").run()
    at.selectbox(key=key(at, "teach_theme")).set_value("dark_theme").run()
    at.checkbox(key=key(at, "teach_projector")).check().run()
    address = urlsplit(at.code[0].value)
    assert address.path == "/"
    found = dict(parse_qsl(address.query, keep_blank_values=True))
    assert found.pop("lang") == "ko"
    assert found.pop("embed_options") == "dark_theme"
    rules, told = teacher_link.from_query(found)
    assert told == []
    every = tuple(choice for choice in PARAMETERS["optimizer"].choices)
    assert rules == Rules(
        ("noise", "preset"), ("learning_rate",), {"iterations": (20, 1000), "optimizer": every}, ("", "lessons"), True
    )
    assert from_query(found, START)[0] == START.replace(hidden=(12,), iterations=50)
    student = open_page(**found)
    assert visit(student).link_errors == []
    assert "noise" not in keys(student)


def test_the_link_opens_the_chosen_page_with_the_chosen_preset(open_page: OpenPage) -> None:
    at = open_page("teach/page.py")
    at.selectbox(key=key(at, "teach_page")).set_value("under_the_hood").run()
    at.selectbox(key=key(at, "teach_start")).set_value("Overfitting").run()
    address = urlsplit(at.code[0].value)
    assert address.path == "/under_the_hood"
    preset = next(preset for preset in PRESETS if preset.name == "Overfitting")
    assert from_query(dict(parse_qsl(address.query, keep_blank_values=True)), START)[0] == preset.settings


def test_a_server_address_is_checked(open_page: OpenPage) -> None:
    at = open_page("teach/page.py")
    for bad in ("ftp://x", "school", "javascript:alert(1)", "http://"):
        at.text_input(key=key(at, "teach_base")).set_value(bad).run()
        assert "must begin with http:// or https://" in at.error[0].value
        assert not at.code
    at.text_input(key=key(at, "teach_base")).set_value("http://192.168.0.10:8501/").run()
    assert at.code[0].value == "http://192.168.0.10:8501/"
    assert not at.warning


@pytest.mark.parametrize(
    ("here", "base", "root"),
    [
        ("http://lab:8501/teach", "", "http://lab:8501/"),
        ("https://school.example/lab/teach", "", "https://school.example/lab/"),  # a proxy took the path away
        ("https://school.example/lab/", "", "https://school.example/lab/"),
        ("https://school.example/school/lab/teach", "school/lab", "https://school.example/school/lab/"),
        ("https://school.example/school/lab", "/school/lab/", "https://school.example/school/lab/"),
        ("", "", ""),
    ],
)
def test_links_keep_the_path_under_which_the_reader_came(monkeypatch: pytest.MonkeyPatch, here: str, base: str, root: str) -> None:
    monkeypatch.setattr("streamlit.context", SimpleNamespace(url=here))
    monkeypatch.setattr("streamlit.get_option", {"server.baseUrlPath": base}.__getitem__)
    assert address.root() == root


def test_the_form_is_there_when_the_teacher_comes_back(open_page: OpenPage) -> None:
    at = open_page("teach/page.py", hidden="12", iterations="50")
    at.multiselect(key="teach_hide").set_value(["noise"]).run()
    at.multiselect(key=key(at, "teach_limit")).set_value(["units", "layers", "seed"]).run()
    at.select_slider(key=key(at, "teach_limit_units")).set_value((2, 20)).run()
    at.number_input(key=key(at, "teach_limit_seed_high")).set_value(5).run()
    link = at.code[0].value
    assert dict(parse_qsl(urlsplit(link).query))["limit"] == "units:2~20;layers:0~6;seed:0~5"
    at.switch_page("playground/page.py").run()
    at.switch_page("teach/page.py").run()
    assert at.code[0].value == link
    assert at.multiselect(key=key(at, "teach_hide")).value == ["noise"]


def test_a_limit_shows_the_range_that_its_link_has(open_page: OpenPage) -> None:
    at = open_page("teach/page.py", hidden="12", iterations="137")
    at.multiselect(key="teach_limit").set_value(["iterations"]).run()
    at.select_slider(key=key(at, "teach_limit_iterations")).set_value((10, 50)).run()  # the experiment has 137
    shown = at.select_slider(key=key(at, "teach_limit_iterations")).value
    assert shown == (10, 137)
    assert dict(parse_qsl(urlsplit(at.code[0].value).query))["limit"] == "iterations:10~137"


def test_units_and_layers_can_be_limited(open_page: OpenPage) -> None:
    at = open_page(limit="units:5~50;layers:1~2", hidden="100-100-3", iterations="50")
    assert visit(at).settings.hidden == (50, 50)
    assert "the teacher’s link allows Layers 1–2; Hidden units 5–50" in words(at).replace("\\", "")
    assert at.select_slider(key="units_0").options == ["5", "6", "8", "10", "15", "20", "30", "50"]
    assert at.selectbox(key="layers").options == ["1", "2"]
    at.selectbox(key="layers").set_value(1).run()
    assert visit(at).settings.hidden == (50,)


def test_limits_that_cannot_be_met_together_are_told(open_page: OpenPage) -> None:
    at = open_page(limit="units:1000~1000;layers:6~6", iterations="50")
    assert visit(at).settings.hidden == (100,)
    assert "cannot all be met" in words(at)


def test_a_lesson_can_be_chosen(open_page: OpenPage) -> None:
    at = open_page("teach/page.py")
    at.selectbox(key="teach_page").set_value("lessons").run()
    at.selectbox(key="teach_lesson").set_value("folds").run()
    address = urlsplit(at.code[0].value)
    assert (address.path, dict(parse_qsl(address.query))["lesson"]) == ("/lessons", "folds")


def test_a_long_link_gets_a_short_one_that_opens_the_same(open_page: OpenPage) -> None:
    at = open_page("teach/page.py", hidden="12", iterations="50", optimizer="adam", learning_rate="0.02", init="he")
    at.multiselect(key="teach_lock").set_value(["learning_rate", "reg"]).run()
    at.selectbox(key=key(at, "teach_theme")).set_value("dark_theme").run()
    long, short = (dict(parse_qsl(urlsplit(code.value).query)) for code in at.code)
    assert set(short) == {"s", "embed_options"}  # the theme is the browser's affair, before the server is asked
    student, plain = open_page(s=short["s"]), open_page(**{name: text for name, text in long.items() if name != "embed_options"})
    assert visit(student).settings == visit(plain).settings
    assert visit(student).rules == visit(plain).rules
    assert query(student) == query(plain)
    assert "is not known on this server" in words(open_page(s="zzzzzz"))


def test_what_a_student_hands_in_opens_unlocked(open_page: OpenPage) -> None:
    at = open_page(lock="learning_rate", hidden="6", iterations="50")
    (link,) = (
        code.value for code in at.code if code.value.startswith("http") or ("hidden=6" in code.value and "lock" not in code.value)
    )
    assert dict(parse_qsl(urlsplit(link).query)) == {"hidden": "6", "iterations": "50"}
    assert query(at)["lock"] == "learning_rate"  # a reload stays as the teacher wants it
    at.checkbox(key="share_rules").check().run()
    assert any("lock=learning_rate" in code.value for code in at.code)


def test_inputs_can_be_limited_locked_and_hidden(open_page: OpenPage) -> None:
    at = open_page(limit="features:x~y~r", features="x-r", hidden="6", iterations="50")
    assert at.button_group(key="features").options == ["x", "y", "√(x²+y²)"]
    assert visit(at).settings.features == ("x", "r")
    at.button_group(key="features").set_value([]).run()
    assert "must be one or more of" in words(at)
    assert visit(at).settings.features == ("x", "r")
    outside = open_page(limit="features:x~y", features="x-r", hidden="6", iterations="50")
    assert visit(outside).settings.features == ("x",)
    assert "x is used instead of x, √(x²+y²)" in " ".join(visit(outside).link_errors)
    locked = open_page(lock="features", hidden="6", iterations="50")
    assert locked.button_group(key="features").disabled
    hidden = open_page(hide="features", hidden="6", iterations="50")
    assert not any(expander.label.startswith("Inputs") for expander in hidden.expander)


def test_phases_can_be_left_to_the_teacher(open_page: OpenPage) -> None:
    free = open_page(hidden="6", iterations="50")
    assert any(str(slider.key).startswith("phase_at_") for slider in free.select_slider)
    locked = open_page(lock="after", after="iterations:20", hidden="6", iterations="50")
    assert not any(str(slider.key).startswith("phase_at_") for slider in locked.select_slider)
    assert "one_phase" not in keys(locked)
    assert "Phases:" in words(locked)


def test_a_group_without_controls_is_left_out(open_page: OpenPage) -> None:
    at = open_page(hide="init;seed", hidden="6", iterations="50")
    assert not any(expander.label.startswith("Initial weights") for expander in at.expander)


# About, keys, the first visit.


@pytest.mark.parametrize("language", ["en", "ko"])
def test_about_says_what_this_is(open_page: OpenPage, language: str) -> None:
    at = open_page("about/page.py", lang=language)
    assert __version__ in words(at)
    assert f"{{{__version__}}}" in at.code[0].value
    assert at.dataframe[0].value.iloc[:, 0].tolist() == list(keyboard.KEYS)


def test_the_version_is_one() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_hint_of_the_first_visit_never_comes_back(open_page: OpenPage) -> None:
    at = open_page(iterations="50", hidden="5")
    assert "Change a control" in words(at)
    at.button(key="close_hint").click().run()
    settle(at)
    assert "Change a control" not in words(at)
    at.run()
    assert "Change a control" not in words(at)
    at.switch_page("about/page.py").run()
    at.button(key="about_hint").click().run()
    settle(at)
    assert "Change a control" in words(at)


def test_every_page_has_a_place_and_a_title() -> None:
    assert set(PAGES) <= set(navigation.PAGES)
    assert next(iter(navigation.PAGES)) == ""


def test_the_teacher_sees_how_the_server_is(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    load = Load(visits=3, runs=7, waiting=5, working=1, workers=2, megabytes=41.0, begun=1240, finished=1234, deaths=0)
    monkeypatch.setattr(services().runs, "load", lambda: load)
    monkeypatch.setattr(RunStore, "nbytes", 12_345_678)
    at = open_page("teach/page.py")
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Busy workers"] == "1 / 2"
    assert shown["Waiting runs"] == "5"
    assert shown["Finished runs"] == "1\u202f234"
    assert shown["Run memory"] == "41 MB"
    assert shown["Store"] == "12.3 MB"
    assert "The store is nearly full" not in words(at)


def test_the_teacher_is_told_before_the_store_is_full(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    most = services().store.nbytes / 0.85
    monkeypatch.setattr(limits, "max_store", lambda: most)
    at = open_page("teach/page.py")
    assert "The store is nearly full. `spiral-lab store clean`" in words(at)
    assert "`SPIRAL_LAB_STORE_MB` allows more" in words(at)
