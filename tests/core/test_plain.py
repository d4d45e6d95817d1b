"""The fast training path gives the digits of the plain code that the benchmark times it against.

At rates and starts at which rounding does not grow: tanh at rate 1 jumps, and Adam at 0.01 makes large steps of
small gradients, so that a last digit becomes a percent within a thousand iterations, in any two ways to add the same numbers.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.plain import train_plain
from spiral_core import Settings, train
from spiral_core.datasets import data_of
from spiral_core.training import first_network

pytestmark = pytest.mark.usefixtures("engine")

ITERATIONS = 1000
RATES = {"sgd": 1.0, "momentum": 0.1, "nesterov": 0.1}


def cases() -> dict[str, Settings]:
    rules = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
    found = {rule: Settings(optimizer=rule, learning_rate=RATES.get(rule, 0.01)) for rule in rules}
    found["adam"] = found["adam"].replace(init="he", learning_rate=0.001)
    found |= {name: Settings(activation=name, learning_rate=0.3) for name in ("tanh", "sigmoid")}
    deep: dict[str, Any] = {"init": "he", "learning_rate": 0.1}
    return found | {"2-100-100-3": Settings(hidden=(100, 100), **deep), "2-50-50-50-3": Settings(hidden=(50,) * 3, **deep),
                    "linear": Settings(hidden=())}  # fmt: skip


@pytest.mark.parametrize("name", cases())
def test_the_loss_after_a_thousand_iterations_is_the_plain_codes(name: str) -> None:
    settings = cases()[name].replace(iterations=ITERATIONS)
    data = data_of(settings.data).train
    plain = train_plain(
        data.X, data.y, first_network(settings, data).weights, ITERATIONS + 1, settings.activation, settings.optimizer,
        settings.learning_rate, settings.reg,
    )  # fmt: skip
    assert train(settings).history.loss[-1] == pytest.approx(plain, rel=1e-9)
