"""The compiled engine against NumPy's: gradients, updates, what a run says of it, and when it is off."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spiral_core import Dataset, DataSettings, Settings, fast, fused, train
from spiral_core.activations import ACTIVATIONS
from spiral_core.datasets import Split, data_of
from spiral_core.features import FEATURES
from spiral_core.losses import LOSSES
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import MIXED, Run
from spiral_core.training import Training, advance

SMALL = Settings(hidden=(8,), iterations=137, data=DataSettings(points_per_class=20))
numba = pytest.importorskip("numba")


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fast.VARIABLE, "")
    assert fast.load()


def random_settings(seed: int) -> Settings:
    """Each depth from 0 to 3, every activation and optimizer, any number of inputs and classes, batches and penalties."""
    rng = np.random.default_rng(seed)
    names = list(FEATURES)
    return Settings(
        data=DataSettings(points_per_class=int(rng.integers(1, 120)) + 2, classes=2 + seed % 7, seed=seed),
        hidden=tuple(int(n) for n in rng.integers(1, 70, seed % 4)),
        features=tuple(names[i] for i in sorted(rng.choice(len(names), 1 + seed % len(names), replace=False))),
        activation=list(ACTIVATIONS)[seed % len(ACTIVATIONS)],
        loss=list(LOSSES)[seed // 3 % 2],
        optimizer=list(OPTIMIZERS)[seed % len(OPTIMIZERS)],
        init="he",
        epsilon=0.1,
        learning_rate=0.01,
        reg=float(rng.choice([0.0, 1e-3, 0.1])),
        reg_l1=float(rng.choice([0.0, 1e-3])),
        batch_size=[None, 1, 7, 33, 64][seed % 5],
        iterations=3,
        seed=seed,
    )


def both(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Training, Training]:
    """The training by NumPy and by the compiled loops, from the same random weights and biases."""
    data = data_of(settings.data)
    monkeypatch.setenv(fast.VARIABLE, "numpy")
    reference = Training(settings, data)
    monkeypatch.setenv(fast.VARIABLE, "")
    found = Training(settings, data)
    weights = np.random.default_rng(settings.seed).normal(size=reference.network.parameters.size) * 0.5
    reference.network.parameters[:] = found.network.parameters[:] = weights
    return reference, found


@pytest.mark.parametrize("seed", range(140))
def test_gradients_and_losses_are_numpys(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = random_settings(seed).replace(optimizer="sgd", iterations=1)
    reference, found = both(settings, monkeypatch)
    if not found._compiled:  # NumPy is faster here
        assert found._fused is None
        assert found._finish is None
        return
    expected, loss = reference._regularised_gradient(0, with_loss=True)
    seen = np.array([math.inf, -math.inf])
    if found._fused:
        X, y, batch, _ = found._batches.epoch(0)
        assert found._fused.make(X, y, batch, np.array([0.0]), seen, 0) == 1
        gradient = found._fused.gradient
    else:
        assert found._finish is not None
        before = found._batches[0].gradient(found._gradient, True)
        made = found._finish.make(before, 0.0, 1)
        assert made is not None
        seen = np.array([made, made])
        gradient = found._gradient.vector
    assert np.abs(gradient - expected).max() <= 1e-12 * np.abs(expected).max()
    assert seen == pytest.approx([loss] * 2, rel=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_updates_are_numpys(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, found = both(random_settings(seed), monkeypatch)
    reference.advance()
    found.advance()
    one, two = reference.network.parameters, found.network.parameters
    assert np.abs(one - two).max() <= 1e-12 * np.abs(one).max()
    memory = reference._optimizer.memory
    assert np.abs(memory - found._optimizer.memory).max(initial=0.0) <= 1e-12 * np.abs(memory).max(initial=1.0)


def test_a_probability_of_nearly_nothing_has_its_loss() -> None:
    far = Dataset([[1000.0, 0], [-1000, 0], [0, 1], [0, 2]], [0, 1, 0, 1])
    training = Training(Settings(hidden=(), iterations=1, reg=0.0), Split(far, None))
    training.network.weights[0][:] = np.array([[-5.0, 5], [0, 0]])
    assert training._fused is not None
    X, y, batch, _ = training._batches.epoch(0)
    seen = np.array([math.inf, -math.inf])
    training._fused.make(X, y, batch, np.array([0.0]), seen, 0)
    assert seen == pytest.approx([(10_000 * 2 + 2 * math.log(2)) / 4] * 2, rel=1e-12)


def test_a_run_says_what_computed_it() -> None:
    run = train(SMALL)
    assert run.engine.endswith(f", numba {numba.__version__}, compiled loops")
    assert run.engine.startswith("NumPy ")
    wide = Dataset(np.random.default_rng(0).normal(size=(30, fused.MAX_NARROW + 1)), np.arange(30) % 3)
    assert "numba" not in train(SMALL.replace(iterations=3), wide).engine


def test_a_run_goes_on_with_the_engine_that_began_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def half() -> Run:
        run = Run.unstarted(SMALL, data_of(SMALL.data))
        for _ in range(60):
            run = run.extended(advance(SMALL, run.checkpoint, 0.0))
        return run

    monkeypatch.setenv(fast.VARIABLE, "numpy")
    by_numpy = half()
    monkeypatch.setenv(fast.VARIABLE, "")
    compiled = half()
    assert by_numpy.checkpoint is not None
    assert compiled.checkpoint is not None
    assert (by_numpy.checkpoint.compiled, compiled.checkpoint.compiled) == (False, True)
    assert by_numpy.extended(advance(SMALL, by_numpy.checkpoint, 9.0)).engine == by_numpy.engine
    whole = compiled.extended(advance(SMALL, compiled.checkpoint, 9.0))
    assert whole.engine == compiled.engine
    assert np.array_equal(whole.history.loss, train(SMALL).history.loss)
    monkeypatch.setenv(fast.VARIABLE, "numpy")  # now it cannot
    assert compiled.extended(advance(SMALL, compiled.checkpoint, 9.0)).engine == MIXED


def test_a_gradient_that_overflows_is_left_to_numpy() -> None:
    training = Training(SMALL, data_of(SMALL.data))
    assert training._fused is not None
    training.network.parameters[:] = 1e200
    before = training.network.parameters.copy()
    X, y, batch, _ = training._batches.epoch(0)
    assert training._fused.make(X, y, batch, np.array([1.0]), np.zeros(2), 0) == 0
    assert np.array_equal(training.network.parameters, before)


CODE = """
import sys, spiral_core
from spiral_core import fast, train, Settings
assert not {"numba", "llvmlite"} & set(sys.modules), "imported at once"
run = train(Settings(iterations=2))
print("numba" in sys.modules, "compiled" in run.engine)
"""


def told(**environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=os.environ | environment)
    return done.stdout.strip()


def test_numba_itself_is_never_imported_where_a_run_is_computed() -> None:
    assert told(SPIRAL_LAB_ENGINE="") == "False True"
    assert told(SPIRAL_LAB_ENGINE="numpy") == "False False"


def test_what_cannot_be_compiled_is_numpys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "llvmlite.py").write_text("raise ImportError('broken')\n")
    assert told(SPIRAL_LAB_ENGINE="", PYTHONPATH=str(tmp_path)) == "False False"


def test_only_a_folder_of_ones_own_holds_machine_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fast._folder() == tmp_path / "spiral-lab"
    (tmp_path / "spiral-lab").chmod(0o777)
    assert fast._folder() != tmp_path / "spiral-lab"


def test_a_lock_of_a_process_that_died_is_taken_over(tmp_path: Path) -> None:
    lock = tmp_path / "loops.lock"
    assert fast._take(lock)
    assert not fast._take(lock)
    os.utime(lock, (1, 1))
    assert not fast._take(lock)
    assert fast._take(lock)


def test_a_stored_checkpoint_remembers_its_engine() -> None:
    from spiral_core.store.searches import _packed, _unpacked

    checkpoint = train(SMALL).checkpoint
    assert checkpoint is not None
    for each in (checkpoint, replace(checkpoint, compiled=False)):
        place, blob = _packed(each)
        assert ("compiled" in json.loads(place)) == each.compiled
        restored = _unpacked(place, blob, checkpoint.parameters.size)
        assert restored is not None
        assert restored.compiled == each.compiled
