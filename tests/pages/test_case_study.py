"""The case study: its numbers are the runs', its snippets print them, its calculator calculates."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest

from pages.case_study import snippets
from pages.case_study.net import matching_decimals
from pages.case_study.step import STEPS
from pages.ui.text import in_language
from pages.ui.text.translation import CATALOGUES
from spiral_core import case_study
from tests.pages.conftest import OpenPage, charts, choice, settle, visit, words

PAGE = "case_study/page.py"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_step_is_there(open_page: OpenPage, language: str) -> None:
    at = open_page(PAGE, lang=language)
    headers = [header.value for header in at.header]
    assert headers == [f"{i}. {CATALOGUES[language].gettext(t)}" for i, t in enumerate(STEPS.values(), 1)]
    assert set(charts(at)) == {"case_data", "case_linear", "case_net", "case_relu", "case_boundary_0", "case_boundary_1"}
    assert all(chart["alt"] for chart in charts(at).values())
    assert [charts(at)[name]["net"]["net"] for name in ("case_linear", "case_net")] == [[2, 3], [2, 100, 3]]  # drawn on demand


def test_every_published_loss_stands_beside_ours(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    softmax, net = (table.value for table in at.table[-2:])
    for table, published, run in (
        (softmax, case_study.PUBLISHED_SOFTMAX, case_study.softmax_run()),
        (net, case_study.PUBLISHED_TWO_LAYER, case_study.two_layer_run()),
    ):
        assert [int(i) for i in table["iteration"]] == list(published)
        assert table["article"].tolist() == [f"{loss:.6f}" for loss in published.values()]
        assert table["ours"].tolist() == [f"{row.ours:.6f}" for row in case_study.compare(run, published)]
    assert softmax["digits"].tolist() == ["6 / 6"] * 20


def test_both_accuracies(open_page: OpenPage) -> None:
    assert "loss: **1.096956**" in words(open_page(PAGE))
    assert [m.value for m in open_page(PAGE).metric if m.label == "Accuracy on the training data"] == ["0.49", "0.98"]


def test_the_calculator(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    formulas = words(at)
    assert r"(0.2,\; -0.7,\; 0.5)" in formulas
    for key, value in (("case_p0", 0.1), ("case_p1", 0.1)):
        at.number_input(key=key).set_value(value)
    at.run()
    assert not at.error
    assert "These sum to 0.700, so each is divided by it" in words(at)
    assert r"(0.143,\; 0.143,\; 0.714)" in words(at)
    at.number_input(key="case_p2").set_value(0.8).run()
    assert "so each is divided by it" not in words(at)
    choice(at, "case_class").set_value(2).run()
    formulas = words(at)
    assert r"(0.1,\; 0.1,\; -0.2)" in formulas
    for key, value in (("case_p0", 1.0), ("case_p1", 0.0), ("case_p2", 0.0)):
        at.number_input(key=key).set_value(value)
    at.run()
    assert r"\infty" in words(at)
    at.number_input(key="case_p0").set_value(0.0).run()
    assert [info.value for info in at.info] == ["Three zeros cannot be scaled to sum to 1: make one of them larger."]


def test_the_relu_switch(open_page: OpenPage) -> None:
    at = open_page(PAGE)

    def passed() -> list[str]:
        return [metric.value for metric in at.metric if metric.label in ("r = max(0, z)", "gradient that passes")]

    assert passed() == ["0.5", "-0.7"]
    at.slider(key="case_z").set_value(-0.5).run()
    assert passed() == ["0.0", "0"]


def test_one_point_s_probabilities(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    at.slider(key="case_point").set_value(42).run()
    table = at.table[0].value
    p = [float(value) for value in table.loc["probs"]]
    assert sum(p) == pytest.approx(1, abs=2e-6)
    scores = np.array([float(value) for value in table.loc["scores"]])
    assert p == pytest.approx(np.exp(scores) / np.exp(scores).sum(), abs=2e-6)


@pytest.mark.parametrize(
    ("button", "settings"), [("case_open_linear", case_study.SOFTMAX), ("case_open_net", case_study.TWO_LAYER)]
)
def test_open_in_the_playground(open_page: OpenPage, button: str, settings: object) -> None:
    at = open_page(PAGE)
    at.button(key=button).click().run()
    settle(at)
    assert visit(at).settings == settings
    assert "training" in charts(at)


NAMES = {
    *("N", "D", "K", "h", "X", "y", "W", "b", "W2", "b2", "step_size", "reg", "num_examples"),
    *("hidden_layer", "scores", "exp_scores", "probs", "correct_logprobs", "data_loss", "reg_loss", "loss"),
    *("dscores", "dhidden", "dW", "db", "dW2", "db2", "predicted_class"),
}


def printed(output: str) -> tuple[dict[int, float], float]:
    """The losses and the accuracy that a program has printed."""
    losses = {int(i): float(loss) for i, loss in re.findall(r"iteration (\d+): loss ([\d.]+)", output)}
    return losses, float(output.rpartition("training accuracy:")[2])


def test_the_programs_on_the_page_print_the_published_losses(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(snippets.DATA + snippets.START + snippets.LINEAR_LOOP, names)
    losses, accuracy = printed(capsys.readouterr().out)
    assert losses == pytest.approx(case_study.PUBLISHED_SOFTMAX, abs=1e-6)
    assert round(accuracy, 2) == case_study.PUBLISHED_ACCURACY[case_study.SOFTMAX]
    exec(snippets.NET_START + snippets.NET_LOOP, names)
    losses, accuracy = printed(capsys.readouterr().out)
    published = case_study.PUBLISHED_TWO_LAYER
    assert list(losses) == list(published)
    assert [losses[i] for i in (0, 1000, 2000)] == pytest.approx([published[i] for i in (0, 1000, 2000)], abs=1.5e-6)
    assert losses == pytest.approx(published, abs=2e-5)
    assert round(accuracy, 2) == case_study.PUBLISHED_ACCURACY[case_study.TWO_LAYER]
    assert set(names) >= NAMES  # the article's


def test_the_page_shows_these_programs_with_comments_in_its_language(open_page: OpenPage) -> None:
    parts = [value for name, value in vars(snippets).items() if name.isupper() and isinstance(value, str)]
    comments = {comment for part in parts for comment in re.findall("  # (.+)", part)}
    assert {comment for comment in comments if not re.fullmatch(r"\(.*\)", comment)} == set(snippets.COMMENTS)
    for language in ("en", "ko"):
        shown = "\n".join(code.value for code in open_page(PAGE, lang=language).code)
        with in_language(language):
            programs = [snippets.translated(part) for part in (snippets.DATA, snippets.LINEAR_LOOP, snippets.NET_LOOP)]
        for program, english in zip(programs, (snippets.DATA, snippets.LINEAR_LOOP, snippets.NET_LOOP), strict=True):
            assert program.strip() in shown
            assert ast.dump(ast.parse(program)) == ast.dump(ast.parse(english))
        assert bool(re.search("[가-힣]", shown)) == (language == "ko")


@pytest.mark.parametrize(("ours", "same"), [(0.2453351, 6), (0.2453356, 5), (0.25, 1), (1.245335, 0)])
def test_matching_decimals(ours: float, same: int) -> None:
    assert matching_decimals(0.245335, ours) == same


def test_no_english_is_left_in_korean(open_page: OpenPage) -> None:
    text = words(open_page(PAGE, lang="ko"))
    for english in ("the ", "Accuracy", "Linear classifier", "Try it"):
        assert english not in text.replace("the ReLU", "")
