"""Goals: what a link says of them, on what terms settings are, and how works are judged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiral_core import DataSettings, Settings, make_dataset, train
from spiral_core.classroom.goals import FREE, Goal, judge, result, terms, trials
from spiral_core.rules import SettingError
from tests.core.strategies import settings as any_settings

START = Settings(iterations=200, data=DataSettings(test_fraction=0.2))


@given(
    st.sampled_from(["accuracy", "loss"]), st.floats(0, 1), st.none() | st.integers(1, 1000), st.none() | st.integers(1, 1000),
    st.lists(st.sampled_from(FREE), unique=True, max_size=3).map(tuple),
)  # fmt: skip
def test_a_goal_comes_back_from_its_link(
    measure: Any, target: float, weights: int | None, iterations: int | None, free: tuple[str, ...]
) -> None:
    goal = Goal(measure, target, weights, iterations, None, free, START)
    assert Goal.from_query(goal.to_query(), START) == goal
    assert Goal.from_dict(goal.to_dict()) == goal


@given(
    st.text(max_size=40) | st.from_regex(r"(accuracy|loss|weights|free|minutes):[0-9.~a-z]{0,8}(;weights:.{0,3})?", fullmatch=True)
)
def test_fuzz_any_text_is_a_goal_or_refused(text: str) -> None:
    try:
        goal = Goal.from_query(text, START)
    except SettingError:
        return
    assert Goal.from_query(goal.to_query(), START) == goal


@pytest.mark.parametrize(
    "text",
    ["", "accuracy", "accuracy:2", "accuracy:nan", "loss:-1", "weights:5", "accuracy:0.9;weights:0", "accuracy:0.9;accuracy:0.8",
     "accuracy:0.9;free:colour", "accuracy:0.9;minutes:1e9"],
)  # fmt: skip
def test_what_is_no_goal_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        Goal.from_query(text, START)


def test_terms_count_what_is_too_much() -> None:
    goal = Goal(weights=100, iterations=150, start=START)
    assert START.parameter_count == 603
    assert terms(goal, START) == (503, 50, ())
    assert terms(goal, START.replace(hidden=(16,), iterations=150)).kept
    assert START.replace(hidden=(16,)).parameter_count == 99


def test_terms_name_what_had_to_stay() -> None:
    goal = Goal(free=("hidden",), start=START)
    assert terms(goal, START.replace(hidden=(5,), seed=3)).kept
    assert terms(goal, START.replace(learning_rate=0.5, data=START.data.replace(noise=0.1))).changed == ("noise", "learning_rate")
    assert terms(Goal(start=START), START.replace(learning_rate=0.5, optimizer="adam")).kept
    assert terms(Goal(start=START), START.replace(data=START.data.replace(classes=2))).changed == ("classes",)


def test_losses_of_two_kinds_are_not_compared() -> None:
    hinge = START.replace(loss="hinge")
    assert terms(Goal("loss", 0.2, start=START), hinge).changed == ("loss",)
    assert terms(Goal("loss", 0.2, start=hinge), hinge.replace(learning_rate=0.5)).kept
    assert terms(Goal("accuracy", 0.9, start=START), hinge).kept
    assert terms(Goal("loss", 0.2, start=START, free=("loss",)), hinge).kept  # whoever sets the goal may say so


@given(any_settings())
def test_a_start_is_on_its_own_terms(settings: Settings) -> None:
    assert terms(Goal(start=settings), settings).kept


def test_weights_set_by_hand_are_no_training_unless_a_goal_allows_them() -> None:
    """In any phase: who trained elsewhere could otherwise hand the weights in as settings."""
    small = START.replace(hidden=(5,))
    by_hand = small.replace(edits=((0, 1.0),))
    later = by_hand.followed(iterations=5, edits=())
    for work in (by_hand, later, small.followed(iterations=5, edits=((3, 0.5),))):
        assert terms(Goal(start=small), work).changed == ("edits",)
        assert terms(Goal(start=small, free=("edits", "after", "iterations")), work).kept
    assert terms(Goal(start=by_hand), by_hand.replace(learning_rate=0.5)).kept
    assert terms(Goal(start=small), small.followed(iterations=5)).kept


def test_trials_have_other_points_and_other_weights_and_nothing_else() -> None:
    family = trials(START, 1000)
    assert {(run.seed, run.data.seed) for run in family} == {(1000 + number, 1000 + number) for number in range(5)}
    assert {run.replace(seed=0, data=run.data.replace(seed=0)) for run in family} == {START}
    assert trials(START.replace(seed=7, data=START.data.replace(seed=8)), 1000) == family
    assert len({run.seed for run in trials(START, 2**32 - 1)}) == 5


def test_a_work_is_judged_by_the_mean_on_points_that_no_run_has_seen() -> None:
    """Against a count by hand on points drawn anew."""
    settings = START.replace(hidden=(10,), iterations=100)
    runs = [train(each) for each in trials(settings, 1000)]
    found = judge(Goal(target=0.5, start=START), settings, runs)
    own = []
    for run in runs:
        data = make_dataset(run.settings.data.replace(seed=run.settings.data.seed + 7000))
        assert not np.isin(data.X[:, 0], make_dataset(run.settings.data).X[1:, 0]).all()
        own.append(np.mean(run.network_at().predict(data.X) == data.y))
    assert found.results == pytest.approx(own, abs=0)
    assert found.mean == pytest.approx(np.mean(own))
    assert found.reached == (np.mean(own) >= 0.5)
    assert not judge(Goal(target=0.0, weights=5, start=START), settings, runs).reached  # on other terms


def test_what_diverges_reaches_nothing() -> None:
    settings = START.replace(learning_rate=100.0, reg=10.0)
    runs = [train(each) for each in trials(settings, 1000)]
    assert all(run.divergence for run in runs)
    assert judge(Goal("loss", 100.0, start=START), settings, runs).mean == math.inf
    assert judge(Goal("accuracy", 0.5, start=START), settings, runs).mean == pytest.approx(1 / 3)


def test_a_run_is_measured_where_it_was_not_trained() -> None:
    run = train(START)
    assert result(Goal(start=START), run) == run.history.test_accuracy[-1]
    assert run.data.test is not None
    scores = run.network_at().scores(run.data.test.X)
    own = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(scores)), run.data.test.y]
    assert result(Goal("loss", 1.0, start=START), run) == pytest.approx(own.mean())
    whole = train(START.replace(data=DataSettings(test_fraction=0.0)))
    assert result(Goal(start=START), whole) == whole.history.train_accuracy[-1]


def test_how_far_a_result_is() -> None:
    assert Goal(target=0.9).misses(0.85) == pytest.approx(0.05)
    assert Goal(target=0.9).misses(0.95) == 0
    assert Goal("loss", 0.2).misses(0.5) == pytest.approx(0.3)
    assert Goal("loss", 0.2).misses(math.nan) == math.inf
    assert Goal(target=0.9).better(0.8, 0.7)
    assert Goal("loss", 0.2).better(0.7, 0.8)
