"""Exported scripts are run, and print the losses of the screen; files come back as they went."""

from __future__ import annotations

import contextlib
import csv
import inspect
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from spiral_core import DataSettings, Settings, train
from spiral_core.data_settings import GENERATED
from spiral_core.export.files import history_csv, settings_json
from spiral_core.export.notebook import notebook
from spiral_core.export.script import printed_iterations, script
from spiral_core.generators import GENERATORS
from spiral_core.measured import MEASURED
from spiral_core.points import Points, pack
from spiral_core.scaling import SCALES
from spiral_core.settings import FIELDS
from tests.core.strategies import chains
from tests.core.strategies import settings as any_settings

BASE = Settings(
    hidden=(12,), init="he", learning_rate=0.05, iterations=60, data=DataSettings(points_per_class=20, test_fraction=0.2)
)

PLACES = [(170.5, 60.0), (181, 75), (160.25, 58.5), (190, 92), (175, 71)]
OWN_DATA = DataSettings(
    name="own",
    points=pack(Points(np.array(PLACES), np.array([0, 1, 0, 1, 1]), ("고양이", "dog"))),
)

RNG = np.random.default_rng(0)
LEVEL_DATA = DataSettings(  # y is 0.1 everywhere, whose standard deviation comes out as 1.4e-17
    name="own",
    points=pack(Points(np.column_stack([RNG.normal(size=300), np.full(300, 0.1)]), RNG.integers(0, 2, 300), ("a", "b"))),
    scale="standardise",
    test_fraction=0.3,
)

CASES: dict[str, Settings] = {
    "the article's net": Settings(iterations=100),
    "the article's linear classifier": Settings(hidden=(), iterations=200),
    "three layers": BASE.replace(hidden=(8, 6, 5)),
    "batches": BASE.replace(batch_size=7),
    "dropout, batches of all points": BASE.replace(dropout=0.5, batch_size=1000),
    "dropout, batches of all points but one": BASE.replace(dropout=0.5, batch_size=47),
    "dropout, batches of as many points as there are": BASE.replace(dropout=0.5, batch_size=48),
    "L1": BASE.replace(reg_l1=0.01, reg=0.0),
    "hinge": BASE.replace(loss="hinge"),
    "hinge, linear, five classes": BASE.replace(loss="hinge", hidden=(), data=BASE.data.replace(classes=5)),
    "dropout": BASE.replace(dropout=0.5),
    "hinge and dropout, three layers of tanh, batches": BASE.replace(
        loss="hinge", dropout=0.3, hidden=(8, 6, 5), activation="tanh", batch_size=7, reg_l1=0.001
    ),
    "dropout in one of two phases": BASE.replace(dropout=0.2, seed=3, iterations=30).followed(dropout=0.0, iterations=20),
    "no penalty": BASE.replace(reg=0.0),
    "other seeds": BASE.replace(seed=5, data=BASE.data.replace(seed=9)),
    **{f"optimizer {name}": BASE.replace(optimizer=name) for name in FIELDS["optimizer"].choices},
    **{f"activation {name}": BASE.replace(activation=name, hidden=(9, 7)) for name in FIELDS["activation"].choices},
    **{
        f"schedule {name}": BASE.replace(schedule=name, schedule_every=20, schedule_rate=0.05)
        for name in FIELDS["schedule"].choices
    },
    **{f"init {name}": BASE.replace(init=name) for name in FIELDS["init"].choices},
    **{f"data {name}": BASE.replace(data=BASE.data.replace(name=name)) for name in GENERATED},
    **{f"measured {name}": BASE.replace(data=DataSettings(name, test_fraction=0.3, scale="standardise")) for name in MEASURED},
    "own data": BASE.replace(data=OWN_DATA),
    "wrong labels": BASE.replace(data=BASE.data.replace(label_noise=0.3)),
    "wrong labels, none held out, standardised": BASE.replace(
        data=DataSettings(points_per_class=20, classes=4, label_noise=0.15, scale="standardise")
    ),
    "standardised": BASE.replace(data=BASE.data.replace(scale="standardise")),
    **{f"scale {name}": BASE.replace(data=BASE.data.replace(name="moons", scale=name)) for name in SCALES},
    "whitened, none held out": BASE.replace(data=DataSettings("blobs", 20, scale="whiten")),
    "own data, turned": BASE.replace(data=OWN_DATA.replace(scale="pca")),
    "whitened, a coordinate that never changes": BASE.replace(data=LEVEL_DATA.replace(scale="whiten")),
    "a coordinate that never changes": BASE.replace(data=LEVEL_DATA),
    "a few inputs": BASE.replace(features=("y", "xy")),
    "all inputs": BASE.replace(features=tuple(FIELDS["features"].choices), data=BASE.data.replace(scale="standardise")),
    "a linear classifier on inputs": BASE.replace(hidden=(), features=("x2", "y2", "r"), data=BASE.data.replace(name="circles")),
    "three phases": (
        BASE.replace(hidden=(5,), iterations=23, learning_rate=0.5, batch_size=7, optimizer="momentum")
        .followed(learning_rate=0.1, iterations=30, optimizer="adam", reg=0.0, reg_l1=0.01, edits=((0, 0.5), (14, -1.0)))
        .followed(iterations=17, batch_size=None, schedule="inverse", schedule_rate=0.1, optimizer="sgd", reg=0.01, reg_l1=0.0)
    ),
    "first weights by hand": BASE.replace(hidden=(3, 2), edits=((0, 1.0), (1, 0.25), (8, -2.0), (20, 3.0))),
    "own data, standardised": BASE.replace(data=OWN_DATA.replace(scale="standardise", test_fraction=0.3)),
}


def output(code: str) -> list[str]:
    """What a script prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
        exec(compile(code, "exported", "exec"), {})
    return printed.getvalue().splitlines()


def losses(lines: list[str]) -> dict[int, float]:
    found = (line.removeprefix("iteration ").split(": loss ") for line in lines if line.startswith("iteration"))
    return {int(i): float(loss) for i, loss in found}


@pytest.mark.parametrize("name", CASES)
def test_the_script_prints_the_losses_of_the_screen(name: str) -> None:
    settings = CASES[name]
    lines, run = output(script(settings)), train(settings)
    printed = losses(lines)
    assert list(printed) == printed_iterations(settings)
    assert {begin for begin, _phase in run.phases} <= {*printed}
    for i, loss in printed.items():
        assert loss == pytest.approx(run.history.loss[run.history.row(i)], abs=1e-6)
    assert f"training accuracy: {run.history.train_accuracy[-1]:.6f}" in lines
    if settings.data.test_fraction:
        assert f"held-out accuracy: {run.history.test_accuracy[-1]:.6f}" in lines


def test_the_article_by_its_own_script() -> None:
    """The two published losses that fit in a short run."""
    assert round(losses(output(script(Settings(hidden=(), iterations=200))))[0], 6) == 1.096956
    assert round(losses(output(script(Settings(iterations=100))))[0], 6) == 1.098744


@given(any_settings() | chains())
@hypothesis_settings(max_examples=40)
def test_any_settings_make_a_script_that_compiles(settings: Settings) -> None:
    compile(script(settings), "exported", "exec")
    json.loads(notebook(settings))


@pytest.mark.parametrize("name", GENERATED)
def test_the_script_shows_the_generator_that_the_core_runs(name: str) -> None:
    """Line by line, but for types and the decorator."""
    code = script(BASE.replace(data=BASE.data.replace(name=name)))
    _decorator, _head, *body = inspect.getsource(GENERATORS[name].draw).splitlines()
    assert "\n".join(body) in code
    assert f"def {name}(rng, n, j, K, noise):" in code


def test_the_script_writes_the_formulas_of_the_core() -> None:
    falling = script(BASE.replace(schedule="inverse", schedule_rate=0.05))
    assert "step_size = 0.05 * (1 / (1 + 0.05 * i))" in falling
    assert "step_size = 0.05 * 0.5 ** (i // 20)" in script(BASE.replace(schedule="step", schedule_every=20))
    assert "step_size = 0.05 * np.exp(-0.05 * i)" in script(BASE.replace(schedule="exponential", schedule_rate=0.05))
    assert "step_size = 0.05\n" in script(BASE)
    assert "W = np.sqrt(2 / 2) * rng.randn(2, 12)" in script(BASE)
    assert "hidden_layer = np.maximum(0, np.dot(X, W) + b)" in script(Settings())
    assert script(Settings()).index("OPENBLAS_NUM_THREADS") < script(Settings()).index("import numpy")


def test_a_script_runs_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "run.py"
    file.write_text(script(BASE.replace(iterations=5)), "utf-8")
    done = subprocess.run([sys.executable, "-W", "error", str(file)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == ""
    assert len(losses(done.stdout.splitlines())) == 4


def test_the_notebook_is_the_script_in_cells() -> None:
    plain: dict[str, Any] = json.loads(notebook(BASE))
    assert plain["nbformat"] == 4
    code = "\n".join("".join(cell["source"]) for cell in plain["cells"] if cell["cell_type"] == "code")
    assert output(code) == output(script(BASE))
    assert len({cell["id"] for cell in plain["cells"]}) == len(plain["cells"])


def test_settings_and_history_come_back() -> None:
    run = train(BASE)
    assert Settings.from_dict(json.loads(settings_json(BASE))) == BASE
    rows = list(csv.DictReader(io.StringIO(history_csv(run.history))))
    assert [int(row["iteration"]) for row in rows] == run.history.iteration.tolist()
    assert [float(row["loss"]) for row in rows] == run.history.loss.tolist()
    nothing_held_out = train(BASE.replace(data=BASE.data.replace(test_fraction=0.0)))
    assert next(csv.DictReader(io.StringIO(history_csv(nothing_held_out.history))))["test_loss"] == ""
