"""Runs in phases: the digits of one long run, what begins anew, edits, how chains are written, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import DataSettings, SettingError, Settings, flat, go_on, link, train
from spiral_core.datasets import data_of
from spiral_core.phases import MAX_PHASES
from spiral_core.records import Record
from spiral_core.run import Run
from spiral_core.schedules import learning_rate_at
from spiral_core.search.plan import Plan
from spiral_core.search.space import Dimension
from spiral_core.settings import FIELDS
from spiral_core.store.keys import key_of
from spiral_core.training import advance
from tests.core.test_training import assert_same

pytestmark = pytest.mark.usefixtures("engine")

A = Settings(hidden=(6,), iterations=137, learning_rate=0.5, data=DataSettings(points_per_class=20, test_fraction=0.2))


def common(one: Run, two: Run) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the iterations that both logged."""
    shared = np.intersect1d(one.history.iteration, two.history.iteration)
    return np.searchsorted(one.history.iteration, shared), np.searchsorted(two.history.iteration, shared)


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=2, max_size=MAX_PHASES),
    st.sampled_from([None, 1, 7, 13]),
    st.sampled_from([0.0, 0.01]),
    st.sampled_from(["relu", "tanh", "linear"]),
)
def test_phases_of_plain_descent_are_one_long_run(lengths: list[int], batch: int | None, reg_l1: float, activation: str) -> None:
    """SGD has no memory and a constant schedule no time, and the epochs go on: to the last digit."""
    base = A.replace(batch_size=batch, reg_l1=reg_l1, activation=activation)
    chain = base.replace(iterations=lengths[0])
    for iterations in lengths[1:]:
        chain = chain.followed(iterations=iterations)
    run, whole = train(chain), train(base.replace(iterations=sum(lengths)))
    rows, others = common(run, whole)
    assert len(others) == len(whole.history)
    for column, other in zip(run.history.columns()[:7], whole.history.columns()[:7], strict=True):
        assert np.array_equal(column[rows], other[others], equal_nan=True)
    assert np.array_equal(run.network_at().parameters, whole.network_at().parameters)
    assert [begin for begin, _ in run.phases] == [sum(lengths[:k]) for k in range(len(lengths))]
    if batch is None:
        assert run.history.lowest.min() == pytest.approx(whole.history.lowest.min(), rel=1e-14)  # on the way back, or of its own
        assert run.history.highest.max() == pytest.approx(whole.history.highest.max(), rel=1e-14)


def test_a_phase_begins_where_the_last_ended_with_a_new_memory_and_a_new_clock() -> None:
    """By hand: Adam's run, its end as the initial network of a run with momentum and a falling rate, whose numbers go on."""
    first = A.replace(optimizer="adam", learning_rate=0.01)
    chain = first.followed(optimizer="momentum", learning_rate=0.1, schedule="inverse", schedule_rate=0.1, iterations=40)
    run, before = train(chain), train(first)
    then = train(chain.replace(after=None), network=before.network_at())
    rows = run.history.iteration >= 137
    later = run.history.iteration[rows] - 137
    assert np.array_equal(before.history.loss[:-1], run.history.loss[: len(before.history) - 1])
    for i, loss in zip(later, run.history.loss[rows], strict=True):
        if i in then.history.iteration:
            assert then.history.loss[then.history.row(int(i))] == loss
    assert np.array_equal(then.network_at().parameters, run.network_at().parameters)
    assert learning_rate_at(chain, 136) == 0.01
    assert learning_rate_at(chain, 138) == pytest.approx(0.1 / 1.1)


def test_the_row_where_a_phase_begins_is_its_own_before_its_first_update() -> None:
    chain = A.followed(iterations=30, reg=0.5, edits=((0, 2.0), (20, -3.0)))
    run, before = train(chain), train(A)
    expected = before.network_at()
    expected.parameters[[0, 20]] = 2.0, -3.0
    assert np.array_equal(run.network_at(137).parameters, expected.parameters)
    data = run.data.train
    row = run.history.row(137)
    assert run.history.loss[row] == pytest.approx(expected.loss(data.X, data.y, 0.5), rel=1e-12)
    assert run.history.reg_loss[row] != before.history.reg_loss[-1]
    assert np.count_nonzero(run.history.iteration == 137) == 1


def test_first_weights_can_be_set_by_hand() -> None:
    value = A.replace(edits=((3, 1.5),), iterations=5)
    run, plain = train(value), train(A.replace(iterations=5))
    moved = plain.network_at(0).parameters
    moved[3] = 1.5
    assert np.array_equal(run.network_at(0).parameters, moved)
    assert_same(run, go_on(train(value.replace(iterations=2)), 3))


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(1, 181), st.integers(0, 1))
@example(136, 0)
@example(137, 0)
@example(137, 1)
@example(138, 0)
@example(160, 0)
def test_a_chain_goes_on_from_whatever_is_there_of_it(cut: int, others: int) -> None:
    """From its first phase's run, from itself cut short, update by update: the same digits."""
    chain = A.followed(iterations=44, optimizer="adam", learning_rate=0.01, edits=((1, 0.5),), batch_size=(None, 5)[others])
    whole = train(chain)
    shorter = train(chain.cut(cut))
    assert chain.cut(cut).last_iteration == cut
    run = shorter.reopened(chain)
    while not run.finished:
        run = run.extended(advance(chain, run.checkpoint, 0.0))
    assert_same(run, whole)


def test_going_on_lengthens_the_last_phase() -> None:
    chain = A.followed(learning_rate=0.1, iterations=30)
    assert_same(go_on(train(chain), 20), train(chain.replace(iterations=50)))
    with pytest.raises(ValueError, match="settings must be the run's own with as many iterations or more"):
        train(chain).reopened(A.replace(iterations=500))
    with pytest.raises(ValueError, match="settings must be the run's own with as many iterations or more"):
        train(A).reopened(A.replace(reg=0.5).followed(iterations=3))


def test_where_a_phase_diverges_those_after_it_do_not_begin() -> None:
    wild = A.replace(hidden=(), learning_rate=100.0, reg=1.0, iterations=500)
    run = train(wild.followed(learning_rate=0.1, reg=0.0, iterations=10))
    assert run.finished
    assert run.divergence == train(wild).divergence
    assert run.divergence is not None
    assert run.iteration < 500
    assert run.divergence.cause == "weight decay"
    late = train(A.replace(hidden=(), iterations=20).followed(learning_rate=100.0, reg=1.0, iterations=500))
    assert late.divergence is not None
    assert late.divergence.iteration > 20
    assert late.divergence.cause == "weight decay"


def test_records_and_keys() -> None:
    assert {"after", "edits"}.isdisjoint(A.to_dict())
    chain = A.followed(learning_rate=0.1, iterations=30)
    assert key_of(chain) != key_of(A.replace(learning_rate=0.1, iterations=30))
    record = Record.of(train(chain))
    assert record.summary.iterations == 167
    assert Record.unpacked(chain, *record.packed()).summary == record.summary


def test_another_way_from_an_iteration_on() -> None:
    """The net that is seen at an iteration, with edits: also where a phase begins, and at the start."""
    chain = A.replace(edits=((0, 1.0),)).followed(iterations=40, learning_rate=0.1, edits=((1, 2.0), (2, 3.0)))
    run = train(chain)
    for at in (0, 50, 137, 140, 177):
        other = chain.branched(at, [(2, -1.0)], iterations=5, optimizer="adam")
        expected = run.network_at(at).parameters
        expected[2] = -1.0
        assert np.array_equal(train(other).network_at(at).parameters, expected)
        assert (other.optimizer, other.learning_rate, other.last_iteration) == ("adam", 0.1, at + 5)


@given(st.lists(st.sampled_from(["iterations", "edits", "reg", *":,~_1-x", "0.5"]), max_size=25).map("".join))
def test_fuzz_any_text_of_a_chain_is_taken_or_refused(text: str) -> None:
    value, errors = link.from_query({"after": text}, A)
    assert value == A if errors or not text else link.to_query(value, A).keys() == {"after"}


# How chains are written.


def test_a_link_says_what_each_phase_has_other_than_the_next() -> None:
    chain = A.replace(iterations=500).followed(iterations=1000, learning_rate=1.0).followed(iterations=1000, learning_rate=0.1)
    assert link.to_query(chain, A.replace(learning_rate=0.1, iterations=1000)) == {
        "after": "iterations:1000,learning_rate:1~iterations:500,learning_rate:0.5"
    }
    edited = A.replace(edits=((12, 0.5), (13, -1.0))).followed(iterations=10, edits=((0, 1e-7),))
    query = link.to_query(edited, A)
    assert query == {"iterations": "10", "edits": "0:1e-07", "after": "iterations:137,edits:12_0.5_13_-1"}
    assert link.from_query(query, A) == (edited, [])


def test_a_link_to_ten_phases_is_short() -> None:
    chain = A
    for k in range(MAX_PHASES - 1):
        chain = chain.followed(learning_rate=float(f"{0.5 + k / 100:.3g}"), reg=1e-3 * k, iterations=1000 + k)
    assert len(urlencode(link.to_query(chain, Settings(hidden=(6,), data=A.data)))) < 600
    assert link.from_texts(link.to_texts(chain)) == chain
    with pytest.raises(SettingError, match="after must be few enough that there are at most 10 phases in all"):
        chain.followed()


@pytest.mark.parametrize(
    "text",
    ["x", "iterations", "learning_rate:1", "iterations:0", "iterations:5,hidden:3", "iterations:5,iterations:6", "iterations:5~",
     "~iterations:5", "iterations:5,reg:x", "iterations:5,edits:1", "iterations:5,edits:999_1", "iterations:5,edits:1_nan",
     "iterations:99999", "~".join(["iterations:1"] * 10), "iterations:5,after:x", "~" * 500],
)  # fmt: skip
def test_a_chain_that_no_link_writes_is_left_out_with_one_sentence(text: str) -> None:
    value, errors = link.from_query({"after": text, "reg": "0.5", "iterations": "50"}, A)
    assert value == A.replace(reg=0.5, iterations=50)
    assert [error.field for error in errors] == ["after"]


def test_too_many_iterations_in_all_are_as_many_as_are_left() -> None:
    base = A.replace(iterations=60_000).followed(iterations=10)
    value, errors = link.from_query({"iterations": "50000"}, base)
    assert value.last_iteration == 100_000
    assert [error.field for error in errors] == ["iterations"]


@pytest.mark.parametrize(
    "after",
    [{}, "x", 3, [3], ["x"], [{"hidden": [3]}], [{"lr": 1}], [{"after": []}], [{}] * 10, [{"iterations": 0}], [{"edits": [[1]]}],
     [{"edits": [[1, 2], [1, 3]]}], [{"edits": 5}], [{"edits": "1:2"}], [{"edits": [[True, 1]]}], [{"edits": [[1e400, 1]]}]],
    ids=repr,
)  # fmt: skip
def test_a_file_with_a_bad_chain_is_refused(after: Any) -> None:
    with pytest.raises(SettingError):
        Settings.from_dict(A.to_dict() | {"after": after})


def test_a_file_with_a_chain_comes_back() -> None:
    chain = A.replace(edits=((2, 0.1),)).followed(iterations=10).followed(optimizer="adam", edits=((0, -5.0),))
    assert Settings.from_dict(json.loads(json.dumps(chain.to_dict()))) == chain
    assert Settings.from_dict(A.to_dict() | {"after": None}) == A


# What is refused.


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": (7,)},
        {"seed": 3},
        {"init": "he"},
        {"activation": "tanh"},
        {"features": ("x", "y", "r")},
        {"data": DataSettings()},
    ],
    ids=str,
)
def test_what_phases_share_must_be_the_same(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"{next(iter(changes))} must be the same in all phases, got"):
        A.followed(**changes)


def test_bounds_of_iterations_and_work() -> None:
    with pytest.raises(SettingError, match="iterations must be few enough that all phases together have at most 100000"):
        A.replace(iterations=60_000).followed(iterations=40_001)
    assert A.replace(iterations=60_000).followed(iterations=40_000).max_iterations == 40_000
    large = Settings(hidden=(1000, 1000), data=DataSettings(points_per_class=10_000, classes=8), iterations=200)
    with pytest.raises(
        SettingError, match=("iterations must be few enough that points × weights × iterations stay below 20 trillion")
    ):
        large.followed(iterations=100)
    assert large.followed(iterations=40).work > large.work


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        (((0, 1001),), "edits must be up to 64 pairs"),
        (((0, 10**400),), "edits must be up to 64 pairs"),
        (((0, float("nan")),), "edits must be up to 64 pairs"),
        (((0, 1), (0, 2)), "edits must be up to 64 pairs"),
        (tuple((i, 0) for i in range(65)), "edits must be up to 64 pairs"),
        (((-1, 0),), "edits must be up to 64 pairs"),
        ("x", "edits must be up to 64 pairs"),
        (((39, 0),), r"edits must be of weights that the net has: numbers 0\.\.38"),
    ],
    ids=str,
)
def test_bad_edits_are_refused(edits: Any, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        A.replace(edits=edits)


def test_weights_of_nets_that_are_not_drawn_are_not_set_by_hand() -> None:
    Settings(hidden=(12, 12), edits=((0, 1),))
    with pytest.raises(SettingError, match="edits must be left out for nets of more than 24 hidden units in all"):
        Settings(hidden=(12, 13), edits=((0, 1),))


def test_a_search_begins_with_random_weights() -> None:
    space = (Dimension("reg", "log", 1e-4, 1e-2),)
    for base in (A.followed(), A.replace(edits=((0, 1.0),))):
        with pytest.raises(SettingError, match="must be left out of a search, whose trials begin with random weights"):
            Plan(space, base, trials=2)
    assert Plan(space, A.followed(reg=0.1).alone(), trials=2).count == 2


# Changes of a whole chain.


def test_what_all_share_is_changed_in_all_and_edits_go_with_their_weights() -> None:
    chain = A.replace(edits=((0, 1.0),)).followed(learning_rate=0.1, edits=((1, 2.0),))
    other = flat.changed(chain, {"seed": 5, "reg": 0.25})
    assert [phase.seed for phase in other.phases] == [5, 5]
    assert [phase.reg for phase in other.phases] == [1e-3, 0.25]
    assert [phase.edits for phase in other.phases] == [((0, 1.0),), ((1, 2.0),)]
    assert [phase.edits for phase in flat.changed(chain, {"hidden": (4,)}).phases] == [(), ()]
    assert [phase.edits for phase in flat.changed(chain, {"classes": 4}).phases] == [(), ()]
    assert [phase.edits for phase in flat.changed(chain, {"noise": 0.5}).phases] == [((0, 1.0),), ((1, 2.0),)]
    assert flat.changed(chain, {"after": None, "edits": ()}) == chain.alone()
    assert flat.changed(chain, {}) == chain


def test_data_of_other_dimensions_may_lack_a_weight() -> None:
    data = data_of(A.data).train
    assert "after" in FIELDS
    with pytest.raises(ValueError, match=r"edits must be of weights that the net has: numbers 0\.\.32, got 38"):
        train(A.replace(edits=((38, 1.0),)), data.with_points(data.X[:, :1]))
