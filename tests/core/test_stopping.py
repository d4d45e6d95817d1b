"""Stopping early: the rule written anew over a whole history, whatever way a run is trained."""

from __future__ import annotations

import contextlib
import io
import json

import numpy as np
import pytest

from spiral_core import DataSettings, Settings, go_on, train
from spiral_core.export import script
from spiral_core.records import Record
from spiral_core.run import Run, is_logged
from spiral_core.search import Plan, Search, carry_out
from spiral_core.search.space import Dimension
from spiral_core.settings import FIELDS
from spiral_core.stopping import Best
from spiral_core.store.searches import _packed, _unpacked
from spiral_core.training import Training
from tests.core.test_search import Serial

DATA = DataSettings(points_per_class=15, noise=0.5, test_fraction=0.4)
BASE = Settings(hidden=(30,), iterations=2000, init="he", reg=0.0, data=DATA)
STOPPING = BASE.replace(patience=150)


LATE = BASE.replace(seed=1, init="small", reg=1e-4, patience=250, data=DATA.replace(points_per_class=40, noise=0.35))


def expected(settings: Settings) -> tuple[int, int]:
    """Where a run of one phase stops, and its best iteration, read off the run that never stops."""
    h = train(settings.replace(patience=0)).history
    lowest, best = float("inf"), 0
    for i, loss in zip(h.iteration.tolist(), h.test_loss.tolist(), strict=True):
        if not is_logged(i):
            continue
        if loss < lowest * (1 - 1e-12):
            lowest, best = loss, i
        if i - best >= settings.patience:
            return i, best
    return settings.iterations, best


def assert_same(a: Run, b: Run) -> None:
    assert [a.iteration, a.stopped, a.finished] == [b.iteration, b.stopped, b.finished]
    for one, other in zip(a.history.columns(), b.history.columns(), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    assert a.snapshot_iterations.tolist() == b.snapshot_iterations.tolist()
    assert np.array_equal(a.snapshots, b.snapshots)


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"patience": 37}, {"patience": 1}, {"optimizer": "adam", "learning_rate": 0.01}, {"batch_size": 8}, {"dropout": 0.3},
        {"hidden": ()}, {"data": LATE.data, "init": "small", "reg": 1e-4, "patience": 250, "seed": 1},
    ],
)  # fmt: skip
def test_a_run_stops_where_the_rule_says(changes: dict[str, object]) -> None:
    settings = STOPPING.replace(**changes)
    at, best = expected(settings)
    run = train(settings)
    assert run.finished
    assert run.iteration == run.history.iteration[-1] == run.snapshot_iterations[-1] == at
    assert run.stopped == (at < settings.iterations)
    assert run.checkpoint
    assert run.checkpoint.best == (run.history.test_loss[run.history.row(best)], best)
    longer = train(settings.replace(patience=0)).history
    assert np.array_equal(run.history.loss, longer.loss[: len(run.history)])


def test_a_fall_within_rounding_is_none() -> None:
    best = Best(0.5, 5)
    assert best.seen(6, 0.5) == best.seen(6, float(np.nextafter(0.5, 0.0))) == best
    assert best.seen(6, 0.5 - 1e-9) == Best(0.5 - 1e-9, 6)
    assert Best().seen(0, 2.0) == Best(2.0, 0)
    assert Best(0.0, 5).seen(6, 0.0) == Best(0.0, 5)


def test_a_flat_loss_stops_the_script_where_it_stops_the_run() -> None:
    """The margins of this net are 1 but for the last bits, which the script adds up in another order."""
    data = DataSettings("moons", 100, 6, 2.0, 2**32 - 1, test_fraction=0.1, scale="pca", label_noise=0.28858104912124594)
    settings = Settings(
        hidden=(8, 20, 2, 3), loss="hinge", init="zero", optimizer="adam", learning_rate=0.001233975697385983, beta1=0.9999,
        beta2=0.0, epsilon=1e-12, schedule="step", schedule_factor=0.01, schedule_every=100, dropout=0.3, iterations=150,
        patience=1, seed=2**32 - 1, data=data,
    )  # fmt: skip
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script.script(settings), "exported", "exec"), {})
    stopped = [line for line in printed.getvalue().splitlines() if line.startswith("iteration")][-1]
    assert stopped.startswith(f"iteration {train(settings).iteration}:")


def test_the_examples_do_stop_early() -> None:
    """Else the tests here would say nothing."""
    assert 100 < train(STOPPING).iteration < 1000
    late = train(LATE)
    assert late.stopped
    assert late.checkpoint
    assert late.checkpoint.best.iteration > 100


@pytest.mark.parametrize("seed", range(3))
def test_slices_cut_anywhere_stop_at_the_same_iteration(seed: int) -> None:
    settings = LATE if seed == 1 else STOPPING.replace(seed=seed)
    whole = train(settings)
    run, checkpoint = Run.unstarted(settings, whole.data), None
    while not run.finished:
        run = run.extended(Training(settings, whole.data, checkpoint).advance(1e-6))
        checkpoint = run.checkpoint
    assert_same(run, whole)
    again = run.extended(Training(settings, whole.data, checkpoint).advance())  # trained further it stays where it stopped
    assert_same(again, whole)


@pytest.mark.parametrize("first", [1, 50, 100, 205, 300, 1990])
def test_going_on_gives_what_the_longer_run_gives(first: int) -> None:
    short = train(STOPPING.replace(iterations=first))
    assert_same(go_on(short, 2000 - short.iteration), train(STOPPING))


def test_only_the_last_phase_stops_and_begins_anew_to_wait() -> None:
    first = STOPPING.replace(iterations=700)
    chain = first.followed(learning_rate=0.05, iterations=900, patience=60)
    assert chain.phases[0] == first.replace(patience=0)
    assert chain == Settings.from_dict(json.loads(json.dumps(chain.to_dict())))
    run, free = train(chain), train(chain.replace(patience=0))
    assert run.stopped
    assert run.checkpoint
    h = free.history
    rows = h.iteration >= 700
    lowest = np.minimum.accumulate(h.test_loss[rows])
    best = [int(h.iteration[rows][int(np.argmax(h.test_loss[rows] <= low))]) for low in lowest]
    at = next(i for i, b in zip(h.iteration[rows].tolist(), best, strict=True) if i - b >= 60)
    assert run.iteration == at > 700
    halves = train(first.replace(patience=0))
    reopened = halves.reopened(chain)
    assert not reopened.finished
    assert_same(reopened.extended(Training(chain, halves.data, halves.checkpoint).advance()), run)


def test_a_stopped_run_is_the_beginning_of_another_phase() -> None:
    """From where it stopped: the chain that is cut there has the same net."""
    run = train(STOPPING)
    chain = STOPPING.branched(run.iteration, learning_rate=0.1, iterations=20)
    assert chain.begin == run.iteration
    assert np.array_equal(train(chain).network_at(run.iteration).parameters, run.network_at().parameters)


def test_without_held_out_points_nothing_stops() -> None:
    settings = STOPPING.replace(data=DATA.replace(test_fraction=0.0), iterations=400)
    run = train(settings)
    assert not run.stopped
    assert run.iteration == 400


def test_a_run_that_diverges_did_not_stop() -> None:
    run = train(STOPPING.replace(hidden=(), learning_rate=30.0, reg=0.1, patience=1000))
    assert run.divergence
    assert not run.stopped


def test_what_is_stored_says_how_far_it_came_and_goes_on_to_the_same_end() -> None:
    whole = train(STOPPING)
    assert Record.of(whole).summary.iterations == whole.iteration
    part = train(STOPPING.replace(iterations=100))
    place, blob = _packed(part.checkpoint)
    checkpoint = _unpacked(place, blob, STOPPING.parameter_count)
    assert checkpoint
    assert part.checkpoint
    assert checkpoint.best == part.checkpoint.best
    rest = part.reopened(STOPPING).extended(Training(STOPPING, part.data, checkpoint).advance())
    assert_same(rest, whole)


@pytest.mark.parametrize(
    "settings",
    [
        STOPPING,
        STOPPING.replace(loss="hinge", seed=2),
        STOPPING.replace(iterations=300).followed(learning_rate=0.1, iterations=900, patience=60),
    ],
)  # fmt: skip
def test_the_script_stops_there_too(settings: Settings) -> None:
    run, printed = train(settings), io.StringIO()
    assert run.stopped
    with contextlib.redirect_stdout(printed):
        exec(compile(script.script(settings), "exported", "exec"), {})
    lines = [line for line in printed.getvalue().splitlines() if line.startswith("iteration")]
    assert lines[-1].startswith(f"iteration {run.iteration}: loss ")
    assert float(lines[-1].split()[-1]) == pytest.approx(run.history.loss[-1], abs=2e-9)


def test_trials_of_a_search_stop_where_their_runs_do() -> None:
    """By halving too, where a trial goes on from the checkpoint of a shorter one."""
    space = (Dimension("learning_rate", "log", 0.3, 2.0),)
    for method in ("grid", "halving"):
        done = Search(Plan(space, STOPPING, method, 4))
        carry_out(done, Serial, 1)
        assert done.finished
        ended = [trial for trial in done.known if trial.record]
        for trial in ended:
            assert trial.record
            assert trial.record.summary.iterations == train(trial.settings).iteration
        assert any(trial.record.summary.iterations < trial.settings.iterations for trial in ended if trial.record)


def test_the_help_says_which_iterations_count() -> None:
    """The least patience, once a run has passed 100 iterations, is ten of them: the text beside the setting says so."""
    help = " ".join(FIELDS["patience"].help.split())
    assert "Only logged iterations count: each below 100, every 10th below 1 000, and so on." in help
    assert [i for i in range(1000) if is_logged(i)] == [*range(100), *range(100, 1000, 10)]
    run = train(Settings(iterations=2000, patience=1, data=DataSettings(test_fraction=0.2)))
    assert run.stopped
    assert run.checkpoint
    assert run.iteration > 100
    assert run.iteration - run.checkpoint.best.iteration == 10
