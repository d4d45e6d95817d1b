"""What was drawn beside what happened: the figure's lines, and the gap in words."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from pages.room import words
from pages.ui.charts import drawn
from pages.ui.charts.palette import DARK, LIGHT, Look
from pages.ui.text import in_language
from spiral_core import Settings, train
from spiral_core.classroom.drawings import PLACES, Curve, Drawing, Gap, cloud
from tests.ui.test_charts import decoded

CURVE = Curve(Settings(iterations=100), 2.5)
RUN = train(CURVE.settings)


def level(loss: float) -> Drawing:
    return Drawing((loss,) * PLACES)


@pytest.mark.parametrize("look", [LIGHT, DARK])
@pytest.mark.parametrize("large", [False, True])
def test_plotly_takes_the_figures(look: Look, large: bool) -> None:
    all_drawn = cloud([level(number) for number in range(5)])
    for figure in (drawn.axes(CURVE, look, large), drawn.shown(CURVE, RUN, level(1), all_drawn, look, large)):
        go.Figure(figure)


def test_the_cloud_has_every_line_with_a_gap_between_the_median_the_run_and_the_own() -> None:
    all_drawn = cloud([level(number) for number in (4, 0, 1, 3, 2)])
    traces = {trace["name"]: trace for trace in drawn.shown(CURVE, RUN, level(1), all_drawn, LIGHT)["data"]}
    lines = np.array(decoded(traces["all drawings"]["y"])).reshape(5, PLACES + 1)
    assert lines[:, 0].tolist() == [4, 0, 1, 3, 2]
    assert np.isnan(lines[:, -1]).all()
    assert set(decoded(traces["median and middle half"]["y"])) == {2}
    assert decoded(traces["the run"]["y"]) == pytest.approx(RUN.history.loss.tolist(), rel=1e-6)
    assert set(decoded(traces["your drawing"]["y"])) == {1}
    assert "The median of 5 drawings goes from 2.00 to 2.00." in drawn.describe_shown(RUN, all_drawn)


def test_without_a_cloud_there_is_the_run_alone() -> None:
    assert [trace["name"] for trace in drawn.shown(CURVE, RUN, None, None, LIGHT)["data"]] == ["the run"]


def test_of_very_many_drawings_a_share_is_drawn() -> None:
    all_drawn = cloud([level(1)] * 500)
    traces = {trace["name"]: trace for trace in drawn.shown(CURVE, RUN, None, all_drawn, LIGHT)["data"]}
    assert len(decoded(traces["all drawings"]["y"])) == 167 * (PLACES + 1)


@pytest.mark.parametrize(
    ("gap", "verdict", "side"),
    [
        (Gap(0.02, 7, 1.0, 1.1, 1.0), "Very close.", ""),
        (Gap(0.2, 7, 1.0, 1.1, 0.9), "Close.", " You expected a higher loss nearly everywhere."),
        (Gap(1.0, 7, 1.0, 1.1, 0.1), "Far from what happened.", " You expected a lower loss nearly everywhere."),
        (Gap(1.0, 7, 1.0, 1.1, 0.5), "Far from what happened.", ""),
    ],
)
def test_the_gap_in_words(gap: Gap, verdict: str, side: str) -> None:
    told = (
        f"On average your line is {gap.mean:.2f} away from the run's loss; the largest gap is at iteration 7: 1.00 instead of 1.10."
    )
    assert drawn.describe_gap(gap, 2.5) == f"{verdict} {told}{side}"


def test_what_is_to_be_drawn_is_said_in_the_readers_language() -> None:
    assert words.to_draw(CURVE) == "How will the loss of this run go: Spiral · 100 ReLU · 100 iterations, learning rate 1?"
    lesson = Curve(CURVE.settings, 1.0, "rate")
    assert words.to_draw(lesson) == "How will the loss of the run with learning rate 10 go?"
    with in_language("ko"):
        assert words.to_draw(lesson) == "학습률이 10인 실행의 손실은 어떻게 변할까요?"
        assert "7번째 반복" in drawn.describe_gap(Gap(0.2, 7, 1.5, 1.1, 0.9), 2.5)
