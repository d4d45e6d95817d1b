"""Runs that blow up: the bound of weight decay by experiment, the likely cause, and the last finite loss."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from spiral_core import Dataset, Network, Settings, train
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import CAUSES, Divergence, is_logged
from spiral_core.training import likely_cause

pytestmark = pytest.mark.usefixtures("engine")

# With inputs of zero the points give no gradient to W: weight decay alone moves it.
NOTHING = Dataset(np.zeros((2, 2)), [0, 1])
START = Network([2, 2])
START.weights[0][:] = np.array([[1.0, -1.0], [2.0, 3.0]])


def size_after(optimizer: str, momentum: float, product: float, iterations: int) -> float:
    """How large the weights are after updates with learning_rate · reg = product and no gradient but the decay's."""
    settings = Settings(
        hidden=(), optimizer=optimizer, momentum=momentum, learning_rate=product / 10, reg=10.0, iterations=iterations
    )
    run = train(settings, NOTHING, START)
    return math.inf if run.divergence else float(np.abs(run.network_at().weights[0]).max())


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_the_bound_of_weight_decay_by_experiment(optimizer: str, momentum: float) -> None:
    limit = OPTIMIZERS[optimizer].decay_limit(Settings(optimizer=optimizer, momentum=momentum))
    assert size_after(optimizer, momentum, 0.98 * limit, 3000) < 1e-3
    assert size_after(optimizer, momentum, 1.02 * limit, 3000) > 1e3


def test_the_bounds_written_out() -> None:
    limits = {name: each.decay_limit(Settings(momentum=0.9)) for name, each in OPTIMIZERS.items()}
    assert limits["sgd"] == 2
    assert limits["momentum"] == pytest.approx(3.8)
    assert limits["nesterov"] == pytest.approx(3.8 / 2.8)
    assert all(limits[name] == math.inf for name in ("adagrad", "rmsprop", "adam"))


@pytest.mark.parametrize(
    ("optimizer", "product", "cause"),
    [
        ("nesterov", 1.5, "weight decay"),  # above 1.357, below 2
        ("nesterov", 1.3, "learning rate"),
        ("momentum", 3.0, "learning rate"),  # above 2, below 3.8
        ("momentum", 4.0, "weight decay"),
        ("sgd", 2.5, "weight decay"),
        ("sgd", 1.9, "learning rate"),
        ("adam", 50.0, "learning rate"),
    ],
)
def test_the_cause_is_judged_by_the_optimizers_own_bound(optimizer: str, product: float, cause: str) -> None:
    settings = Settings(optimizer=optimizer, learning_rate=product / 5, reg=5.0)
    assert likely_cause(settings, 100) == cause


def test_nesterov_between_its_bound_and_two_explodes_by_decay() -> None:
    run = train(Settings(hidden=(), optimizer="nesterov", learning_rate=1.5, reg=1.0, iterations=5000), NOTHING, START)
    assert run.divergence is not None
    assert run.divergence.cause == "weight decay"
    assert "above 1.36" in str(run.divergence)


def test_a_schedule_counts_at_the_iteration_concerned() -> None:
    falling = Settings(learning_rate=30, reg=0.1, schedule="exponential", schedule_rate=0.01)
    assert likely_cause(falling, 1) == "weight decay"  # 3
    assert likely_cause(falling, 100) == "learning rate"  # 3·e^-0.99 = 1.11
    step = Settings(learning_rate=30, reg=0.1, schedule="step", schedule_factor=0.5, schedule_every=50)
    assert likely_cause(step, 50) == "weight decay"  # the update before it was number 49
    assert likely_cause(step, 51) == "learning rate"


BLOW_UPS = {
    "decay, linear": Settings(hidden=(), learning_rate=30.0, reg=0.1, iterations=2000),
    "decay, net": Settings(learning_rate=100.0, reg=0.1, iterations=2000),
    "decay, no loss of it in between": Settings(hidden=(), learning_rate=100.0, reg=10.0, iterations=500),
    "deep": Settings(hidden=(50, 50, 50, 50), init="he", learning_rate=100.0, reg=0.0, iterations=500),
    "nesterov": Settings(optimizer="nesterov", learning_rate=15.0, reg=0.1, iterations=3000),
    "L1": Settings(hidden=(), learning_rate=100.0, reg=0.03, reg_l1=10.0, iterations=3000),
}


@pytest.mark.parametrize("name", BLOW_UPS)
def test_the_last_finite_iteration_is_named_truthfully(name: str) -> None:
    settings = BLOW_UPS[name]
    run = train(settings)
    found = run.divergence
    assert found is not None
    assert found.last_iteration < found.iteration == run.iteration
    assert (run.history.iteration[-1], run.history.loss[-1]) == (found.last_iteration, found.last_loss)
    net = run.network_at(found.last_iteration)  # its parameters are kept, and have that loss
    with np.errstate(over="ignore"):
        loss = net.loss(run.data.train.X, run.data.train.y, settings.reg, settings.reg_l1)
    assert loss == pytest.approx(found.last_loss, rel=1e-9)
    assert math.isfinite(loss)
    if not is_logged(found.last_iteration):  # found by its gradient: the very next loss is not finite
        assert found.iteration == found.last_iteration + 1


def test_a_gradient_that_overflows_is_no_divergence_by_itself() -> None:
    """The squares of its entries overflow before the loss does; then training goes on."""
    start = Network([2, 2])
    start.weights[0][:] = 1e153
    with np.errstate(over="ignore"):
        assert not np.isfinite(np.sum((10.0 * start.weights[0]) ** 2))
    run = train(Settings(hidden=(), learning_rate=0.05, reg=10.0, iterations=400), NOTHING, start)
    assert run.history.loss[0] > 1e306
    assert run.divergence is None
    assert np.abs(run.network_at().weights[0]).max() == pytest.approx(1e153 * 0.5**400, rel=1e-9)


def test_a_start_that_is_not_finite_says_so() -> None:
    start = Network([2, 2])
    start.weights[0][:] = 1e200
    run = train(Settings(hidden=(), iterations=10), NOTHING, start)
    assert run.finished
    assert str(run.divergence) == "The loss is not finite at the start."


def test_a_divergence_is_plain_json_and_older_ones_are_read() -> None:
    found = train(BLOW_UPS["deep"].replace(optimizer="adam", reg=10.0)).divergence
    for each in (found, train(BLOW_UPS["nesterov"]).divergence):
        if each is not None:
            assert Divergence(**json.loads(json.dumps(asdict(each), allow_nan=False))) == each
    older = Divergence(iteration=92, last_iteration=91, last_loss=1e300, cause="weight decay")  # without a limit
    assert "above 2," in str(older)
    assert set(CAUSES) == {"weight decay", "learning rate"}
