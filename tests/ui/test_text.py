"""The catalogues are complete, and say the same as the English."""

import ast
import re
import string

import pytest
import streamlit as st

from pages.ui.text import escaped, findings, in_language, story
from pages.ui.text.numbers import clock_time
from pages.ui.text.translation import CATALOGUES, LANGUAGES
from spiral_core import DataSettings, Settings
from spiral_core.analysis.diagnosis import Finding
from tests.support import catalogue

OTHERS = sorted(set(LANGUAGES) - {"en"})


@pytest.fixture(scope="module", params=OTHERS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_texts_are_found_wherever_they_stand() -> None:
    found = catalogue.extracted()
    assert {"Play", "Learning rate", "Overfitting", "the disk is full"} <= found  # a call, tables of the pages and of the core
    assert "variable" in found  # inside an f-string


def test_the_files_are_what_extraction_and_compilation_make(language: str) -> None:
    """Nothing is missing, nothing left over, and .mo says what .po says: else `make translations`."""
    fresh = catalogue.brought_up(language)
    assert set(catalogue.translations(language)) == catalogue.extracted()
    assert catalogue.po_file(language).read_bytes() == catalogue.as_po(fresh)
    assert catalogue.po_file(language).with_suffix(".mo").read_bytes() == catalogue.as_mo(fresh)


def test_each_text_is_translated_with_the_same_placeholders(language: str) -> None:
    for english, text in catalogue.translations(language).items():
        assert text, english
        for form in [english] if isinstance(english, str) else english[1:]:  # the singular may say its number in words
            assert placeholders(text) == placeholders(form), english


def test_sentences_are_in_korean() -> None:
    """A text of more than three English words holds Korean letters."""
    for english, korean in catalogue.translations("ko").items():
        if len(re.findall(r"[A-Za-z]{3,}", english if isinstance(english, str) else english[1])) > 3:
            assert re.search("[가-힣]", korean), english


def test_what_is_translated_can_be_gathered() -> None:
    """`_`, `N_` and `ngettext` get literals, or what comes from a table; never a text that is put together on the spot."""
    for file in catalogue.sources():
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalogue.KEYWORDS:
                texts = node.args[:2] if node.func.id == "ngettext" else node.args[:1]
                composed = [text for text in texts if isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp)]
                assert not composed, f"{file.name}:{node.lineno}"


def test_the_standard_library_reads_the_catalogues() -> None:
    assert CATALOGUES["en"].gettext("Play") == "Play"
    assert CATALOGUES["ko"].gettext("Play") == "재생"


def test_a_mean_that_is_no_reason_is_not_named() -> None:
    near = Finding("unstandardised", {"low": 5.0, "high": 14.0, "far": 4.5e-15})
    assert (
        findings.sentence(near)
        == "The coordinates have standard deviations of 5 to 14: steps that suit one weight do not suit another."
    )
    far = Finding("unstandardised", {"low": 1.0, "high": 1.0, "far": 30.0})
    assert "a mean lies 30 standard deviations from 0" in findings.sentence(far)


def test_a_model_in_which_nothing_bends_is_not_said_to_have_few_units() -> None:
    for units, title in ((0, "Nothing bends"), (4, "The model is too small")):
        finding = Finding("underfit", {"accuracy": 0.5, "reachable": 0.9, "units": units})
        words = findings.words_of(finding)
        assert words.title == title
        assert ("four units" in words.rule) == bool(units)
        assert "50.0% right" in findings.sentence(finding)


def test_a_short_run_has_words_of_its_own() -> None:
    finding = Finding("stopped_early", {"iteration": 3, "accuracy": 0.5})
    assert findings.sentence(finding).startswith("Training ended at iteration 3 with 50.0% right")
    assert findings.words_of(finding).rule in [words.rule for words in findings.all_words()]


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_story_of_phases_has_no_brackets_within_brackets(name: str) -> None:
    first = Settings(iterations=240, data=DataSettings(test_fraction=0.2))
    chain = first.followed(iterations=1000, patience=100, reg=0.1, reg_l1=0.01, schedule="step")
    with in_language(name):
        text = story(chain)
    assert re.search(r"\([^)]*\(", text) is None, text
    if name == "en":
        assert text.endswith("rate 1 (Step, regularisation 0.1, L1 regularisation 0.01, patience 100)")


@pytest.mark.parametrize(
    "text", ["http://evil.example", "HTTPS://evil.example/x", "www.evil.example/login", "see WWW.evil.example", "me@evil.example"]
)
def test_an_address_in_a_text_from_outside_is_no_link(text: str) -> None:
    """Browsers' Markdown makes links of bare addresses, also of those whose signs are escaped."""
    shown = escaped(text).replace("\\", "")
    assert shown.replace("\u2060", "") == text
    assert not re.search(r"https?:|www\.|@\w", shown, re.IGNORECASE)


@pytest.mark.parametrize("zone", ["America", "x" * 5000, "../etc/passwd", "/etc/passwd", "Nowhere/City", "\x00"])
def test_a_browser_in_no_known_zone_sees_the_time_in_utc(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setattr(type(st.context), "timezone", property(lambda _self: zone))
    assert clock_time(0.0) == "00:00 UTC"
