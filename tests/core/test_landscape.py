"""The loss as a landscape: its heights are the network's own losses, its plane is that of a full singular value decomposition."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from spiral_core import Settings, train
from spiral_core.analysis import landscape as landscapes
from spiral_core.analysis.landscape import LandscapeError, Plane, landscape, losses_at, may_share, plane_through, together
from spiral_core.arrays import FloatArray
from spiral_core.data_settings import DataSettings
from spiral_core.run import Run, network_of

HELD_OUT = DataSettings(points_per_class=40, test_fraction=0.25)
RUNS = {
    "article": Settings(iterations=200),
    "linear": Settings(hidden=(), iterations=100, learning_rate=0.5),
    "deep tanh": Settings(hidden=(7, 5, 4), activation="tanh", init="he", iterations=150, data=HELD_OUT),
    "inputs": Settings(hidden=(6,), features=("x", "y", "x2", "r"), iterations=100, data=HELD_OUT),
    "L1": Settings(hidden=(8,), reg=0.01, reg_l1=0.002, optimizer="adam", learning_rate=0.01, iterations=150),
    "chain": Settings(hidden=(8,), iterations=80, reg=0.1).followed(iterations=60, reg=0.003, edits=((3, 2.0),)),
}


@cache
def run_of(name: str) -> Run:
    return train(RUNS[name])


def directly(run: Run, plane: Plane, place: FloatArray) -> tuple[float, float, float]:
    """The losses of the net at a place, by the network itself."""
    settings = run.settings
    net = network_of(settings, run.data.train, plane.centre + place @ plane.axes)
    train_, test = run.data
    total = net.loss(train_.X, train_.y, settings.reg, settings.reg_l1)
    return net.loss(train_.X, train_.y), total, np.nan if test is None else net.loss(test.X, test.y)


@pytest.mark.parametrize("name", RUNS)
def test_the_height_of_the_final_parameters_is_the_final_loss(name: str) -> None:
    run = run_of(name)
    plane = plane_through([run.snapshots])
    assert np.array_equal(plane.centre, run.network_at().parameters)
    found = losses_at(run.settings, run.data, plane, np.zeros((1, 2)))
    history = run.history
    assert found.total[0] == pytest.approx(history.loss[-1], rel=1e-12)
    assert found.data[0] == pytest.approx(history.data_loss[-1], rel=1e-12)
    if run.data.test is not None:
        assert found.held_out is not None
        assert found.held_out[0] == pytest.approx(history.test_loss[-1], rel=1e-12)
    else:
        assert found.held_out is None


@pytest.mark.parametrize("name", RUNS)
def test_heights_are_the_networks_losses_at_the_places(name: str) -> None:
    run = run_of(name)
    found = landscape(run.settings, run.data, [run.snapshots], 9)
    rng = np.random.default_rng(3)
    for row, column in rng.integers(0, 9, (12, 2)):
        data, total, held_out = directly(run, found.plane, np.array([found.a[column], found.b[row]]))
        assert found.heights.data[row, column] == pytest.approx(data, rel=1e-9)
        assert found.heights.total[row, column] == pytest.approx(total, rel=1e-9)
        if found.heights.held_out is not None:
            assert found.heights.held_out[row, column] == pytest.approx(held_out, rel=1e-9)
    for i in range(0, len(run.snapshots), 7):
        assert found.along[0].data[i] == pytest.approx(directly(run, found.plane, found.paths[0][i])[0], rel=1e-9)


@pytest.mark.parametrize("name", RUNS)
def test_the_plane_is_that_of_a_full_decomposition(name: str) -> None:
    """Share, directions and places agree with numpy.linalg.svd of snapshots - end, whose signs are free."""
    run = run_of(name)
    plane = plane_through([run.snapshots])
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2), abs=1e-12)
    moved = run.snapshots - run.snapshots[-1]
    _, lengths, directions = np.linalg.svd(moved, full_matrices=False)
    assert plane.share == pytest.approx((lengths[:2] ** 2).sum() / (lengths**2).sum(), rel=1e-9)
    assert not plane.straight
    assert np.abs((plane.axes * directions[:2]).sum(axis=1)) == pytest.approx([1, 1], abs=1e-8)
    places = plane.places(run.snapshots)
    assert np.abs(places) == pytest.approx(np.abs(moved @ directions[:2].T), abs=1e-6 * lengths[0])
    assert places[-1] == pytest.approx([0, 0], abs=1e-12)
    assert places[0, 0] <= 0
    assert places[:, 1].sum() >= 0


def test_the_area_holds_the_path_with_room_round_it() -> None:
    run = run_of("article")
    found = landscape(run.settings, run.data, [run.snapshots], 5)
    area, path = found.area, found.paths[0]
    side = area.right - area.left
    assert area.top - area.bottom == pytest.approx(side)
    assert (path[:, 0] - area.left).min() > 0.1 * side
    assert (area.right - path[:, 0]).min() > 0.1 * side
    assert (path[:, 1] - area.bottom).min() > 0.1 * side
    assert (area.top - path[:, 1]).min() > 0.1 * side


def test_a_coarse_landscape_is_part_of_the_fine_one() -> None:
    run = run_of("linear")
    coarse, fine = (landscape(run.settings, run.data, [run.snapshots], size) for size in (11, 41))
    assert fine.heights.total[::4, ::4] == pytest.approx(coarse.heights.total, rel=1e-12)
    assert fine.a[::4] == pytest.approx(coarse.a)
    assert fine.size == 41


def test_runs_of_one_shape_share_a_plane() -> None:
    """About the mean of their ends; each lies on it where it is projected, and its share is that of all their snapshots."""
    runs = [train(RUNS["deep tanh"].replace(seed=seed, reg=0.01 * seed)) for seed in (1, 2, 3)]
    paths = together(runs)
    plane = plane_through(paths)
    assert plane.centre == pytest.approx(np.mean([run.snapshots[-1] for run in runs], axis=0))
    moved = np.concatenate([run.snapshots for run in runs]) - plane.centre
    lengths = np.linalg.svd(moved, compute_uv=False)
    assert plane.share == pytest.approx((lengths[:2] ** 2).sum() / (lengths**2).sum(), rel=1e-9)
    found = landscape(runs[0].settings, runs[0].data, paths, 7)
    assert [len(path) for path in found.paths] == [len(run.snapshots) for run in runs]
    for run, path in zip(runs, found.paths, strict=True):
        assert path == pytest.approx((run.snapshots - plane.centre) @ plane.axes.T)


@pytest.mark.parametrize(
    "other",
    [
        RUNS["deep tanh"].replace(hidden=(7, 5)),
        RUNS["deep tanh"].replace(activation="relu"),
        RUNS["deep tanh"].replace(features=("x", "r")),
        RUNS["deep tanh"].replace(data=HELD_OUT.replace(seed=3)),
    ],
)
def test_runs_that_differ_in_more_than_training_share_none(other: Settings) -> None:
    runs = [Run.unstarted(settings, run_of("deep tanh").data) for settings in (RUNS["deep tanh"], other)]
    with pytest.raises(LandscapeError, match="only with the same layers, inputs, activation and points"):
        together(runs)


def test_two_snapshots_are_a_straight_path() -> None:
    run = run_of("article")
    plane = plane_through([run.snapshots[[0, -1]]])
    assert plane.straight
    assert plane.share == pytest.approx(1)
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2), abs=1e-12)
    assert plane.places(run.snapshots[:1])[0, 1] == pytest.approx(0, abs=1e-9)
    again = plane_through([run.snapshots[[0, -1]]])
    assert np.array_equal(plane.axes, again.axes)  # the same each time


def test_where_there_is_no_path_one_sentence_says_so() -> None:
    run = run_of("linear")
    with pytest.raises(LandscapeError, match="two snapshots of finite weights"):
        plane_through([run.snapshots[:1]])
    with pytest.raises(LandscapeError, match="two snapshots"):
        plane_through([np.vstack([run.snapshots[0], np.full(run.snapshots.shape[1], np.nan)])])
    with pytest.raises(LandscapeError, match="the weights never moved"):
        plane_through([np.repeat(run.snapshots[:1], 5, axis=0)])


def test_snapshots_that_are_not_finite_are_left_out_and_heights_that_are_not_are_blank() -> None:
    run = run_of("deep tanh")
    bad = run.snapshots.copy()
    bad[3, 2], bad[4, 0], bad[-1, 1] = np.nan, np.inf, 1e200
    found = landscape(run.settings, run.data, [bad], 5)
    left_out = np.zeros(len(bad), dtype=bool)
    left_out[[3, 4, -1]] = True
    assert np.array_equal(np.isnan(found.paths[0]).any(axis=1), left_out)
    assert np.array_equal(np.isnan(found.along[0].total), left_out)
    assert np.array_equal(found.plane.centre, run.snapshots[-2])
    far = run.snapshots * np.where(np.arange(len(run.snapshots)) == 0, 1e99, 1.0)[:, None]
    relu = RUNS["deep tanh"].replace(activation="relu")
    heights = landscape(relu, run.data, [far], 5).heights  # 1e99 through four layers is beyond float64
    assert np.isnan(heights.total).any()
    assert not np.isinf(heights.total).any()


@pytest.mark.parametrize("settings", [Settings(hidden=(), learning_rate=30, reg=0.1), Settings(learning_rate=80.0, hidden=(20,))])
def test_a_run_that_diverged_has_a_landscape_or_one_sentence(settings: Settings) -> None:
    run = train(settings)
    found = landscape(run.settings, run.data, [run.snapshots], 11)
    assert 0 < found.plane.share <= 1
    assert not np.isinf(found.heights.total).any()


def test_of_very_many_points_a_sample_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of("article")
    few = run.data.train.chosen(slice(None, None, 3))
    monkeypatch.setattr(landscapes, "sampled", lambda data: data.chosen(slice(None, None, 3)))
    plane = plane_through([run.snapshots])
    found = losses_at(run.settings, run.data, plane, np.zeros((1, 2)))
    assert found.data[0] == pytest.approx(run.network_at().loss(few.X, few.y))


def test_the_landscape_of_a_hinge_run_is_of_its_own_loss() -> None:
    settings = Settings(hidden=(4,), loss="hinge", learning_rate=0.1, iterations=80, data=DataSettings(points_per_class=10))
    run = train(settings)
    found = landscape(settings, run.data, [run.snapshots], 5)
    assert found.along[0].data[-1] == pytest.approx(run.history.data_loss[-1])
    assert not may_share(settings, settings.replace(loss="softmax"))
