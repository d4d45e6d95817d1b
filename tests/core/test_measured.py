"""The measured sets: their numbers are those of the sources, and they are data like any other."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import spiral_core.measured
from spiral_core import DataSettings, SettingError, Settings, make_dataset, train
from spiral_core.classroom.goals import Goal, judge, result
from spiral_core.data_settings import DATA_FIELDS, GENERATED, OWN
from spiral_core.datasets import data_of, fresh
from spiral_core.flat import is_used
from spiral_core.link import from_query, to_query
from spiral_core.marking import Term
from spiral_core.measured import MEASURED, points_of
from spiral_core.points import pack
from spiral_core.search.space import SEARCHED

FOLDER = Path(spiral_core.measured.__file__).parent

# What is published: Fisher 1936, table 2, the petals; Palmer penguins, the means by species. Seasons have so many days.
COUNTS = {"iris": [50, 50, 50], "penguins": [151, 68, 123], "seoul": [92, 92, 91, 90]}
MEANS = {
    "iris": [[1.462, 0.246], [4.260, 1.326], [5.552, 2.026]],
    "penguins": [[38.791, 189.954], [48.834, 195.824], [47.505, 217.187]],
}


@pytest.mark.parametrize("name", MEASURED)
def test_the_file_and_the_table_agree(name: str) -> None:
    titles, *rows = csv.reader((FOLDER / f"{name}.csv").read_text("utf-8").splitlines())
    points = points_of(name)
    assert (*points.axes,) == (titles[0], titles[1])
    assert np.bincount(points.y).tolist() == COUNTS[name]
    assert [[str(points.names[k])] for k in points.y.tolist()] == [row[2:] for row in rows]
    assert points.X.tolist() == [[float(x), float(y)] for x, y, _label in rows]
    assert all(isinstance(text, Term) for text in (*points.names, *points.axes))


@pytest.mark.parametrize("name", MEANS)
def test_the_means_of_the_classes_are_the_published_ones(name: str) -> None:
    points = points_of(name)
    for k, mean in enumerate(MEANS[name]):
        assert points.X[points.y == k].mean(axis=0) == pytest.approx(mean, abs=6e-4)


def test_seoul_is_cold_and_dry_in_winter_and_warm_and_damp_in_summer() -> None:
    points = points_of("seoul")
    spring, summer, autumn, winter = (points.X[points.y == k].mean(axis=0) for k in range(4))
    assert winter[0] < spring[0] < summer[0]
    assert winter[0] < autumn[0] < summer[0]
    assert summer[1] > winter[1]


@pytest.mark.parametrize("name", MEASURED)
def test_they_are_settings_like_any_other(name: str) -> None:
    data = DataSettings(name, test_fraction=0.2, scale="standardise", seed=3)
    settings = Settings(data=data, iterations=50, hidden=(5,))
    assert (data.point_count, data.class_count) == (sum(COUNTS[name]), len(COUNTS[name]))
    assert (make_dataset(data).names, len(make_dataset(data))) == (MEASURED[name].names, data.point_count)
    assert Settings.from_dict(settings.to_dict()) == settings
    query = to_query(settings, Settings())
    assert query["data"] == name
    assert sum(map(len, query.values())) < 60  # no points in the link
    assert from_query(query, Settings()) == (settings, [])
    assert not any(is_used(settings, each) for each in ("points_per_class", "noise", "classes", "points"))
    assert is_used(settings, "label_noise")
    assert (data_of(data.replace(label_noise=0.1)).train.y != data_of(data).train.y).sum() == round(0.1 * len(data_of(data).train))
    with pytest.raises(ValueError, match="generator"):
        fresh(data, 1)
    with pytest.raises(SettingError, match=r"data\.points must be given for the data set “own”"):
        DataSettings(name, points=pack(points_of(name)))


@pytest.mark.parametrize("name", MEASURED)
def test_a_work_on_them_is_judged_by_the_points_held_out(name: str) -> None:
    settings = Settings(data=DataSettings(name, test_fraction=0.3, scale="standardise"), iterations=30, hidden=(5,))
    run, goal = train(settings), Goal(target=0.5, start=settings)
    assert judge(goal, settings, [run]).results == (result(goal, run),)


@pytest.mark.parametrize(("name", "reached"), [("iris", 0.94), ("penguins", 0.94), ("seoul", 0.65)])
def test_the_articles_net_learns_them(name: str, reached: float) -> None:
    settings = Settings(data=DataSettings(name, scale="standardise"), iterations=300)
    assert min(train(settings.replace(seed=seed)).history.train_accuracy[-1] for seed in range(5)) > reached


def test_searches_over_data_sets_are_over_generated_ones() -> None:
    assert SEARCHED["data"].choices == GENERATED
    assert DATA_FIELDS["name"].choices == (*GENERATED, *MEASURED, OWN)
