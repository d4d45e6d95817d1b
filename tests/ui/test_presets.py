"""What a preset's story claims is what its run shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pages.ui.visit.presets import PRESETS, START, preset_of
from spiral_core import Run, Settings, train
from spiral_core.case_study import SOFTMAX, TWO_LAYER


@lru_cache
def run_of(name: str) -> Run:
    return train(next(preset.settings for preset in PRESETS if preset.name == name))


def test_presets_are_different_and_found_again() -> None:
    assert len({preset.settings for preset in PRESETS}) == len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert all(preset_of(preset.settings) == preset for preset in PRESETS)
    assert preset_of(Settings(seed=77)) is None
    assert PRESETS[0].settings == START


def test_the_articles_programs_are_the_core_s() -> None:
    settings = {preset.name: preset.settings for preset in PRESETS}
    assert settings["Article: linear classifier"] == SOFTMAX
    assert settings["Article: two-layer net"] == TWO_LAYER


def test_rate_too_high_switches_every_unit_off() -> None:
    run = run_of("Learning rate too high")
    net = run.network_at()
    z = run.data.train.X @ net.weights[0] + net.biases[0]
    assert not (z > 0).any()


def test_rate_too_low_hardly_leaves_the_start() -> None:
    loss = run_of("Learning rate too low").history.loss
    assert 0.01 < loss[0] - loss[-1] < 0.1
    assert (np.diff(loss) < 0).all()


def test_blows_up() -> None:
    divergence = run_of("Blows up").divergence
    assert divergence is not None
    assert divergence.cause == "weight decay"


def test_too_small_a_net_stays_below_a_large_one() -> None:
    small, large = run_of("Net too small").history, run_of("Neural net").history
    assert small.train_accuracy[-1] < 0.75 < 0.95 < large.train_accuracy[-1]


def test_overfitting_turns_the_held_out_loss() -> None:
    h = run_of("Overfitting").history
    lowest = int(h.test_loss.argmin())
    assert h.test_loss[-1] > 2 * h.test_loss[lowest]
    assert h.data_loss[-1] < h.data_loss[lowest] / 2
    assert h.train_accuracy[-1] > h.test_accuracy[-1] + 0.05


def test_too_much_regularisation_keeps_the_net_near_a_line() -> None:
    strong, linear = run_of("Too much regularisation").history, run_of("Article: linear classifier").history
    assert abs(strong.train_accuracy[-1] - linear.train_accuracy[-1]) < 0.06


def test_zero_weights_learn_nothing() -> None:
    assert not run_of("All weights zero").network_at().weights[0].any()


def test_the_deeper_net_is_better_sooner() -> None:
    deep, start = run_of("Two hidden layers, Adam").history, run_of("Neural net").history
    assert deep.loss[deep.row(1000)] < start.loss[start.row(1000)]
    assert deep.train_accuracy[-1] > 0.97
