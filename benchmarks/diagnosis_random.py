"""Random runs with a known trouble, whose label comes from how they were made and is confirmed by experiment.

A run that learns well is drawn; one thing about it is then spoilt. The label stands only if the spoilt run is clearly worse, and
if undoing that one thing (or, for a model that is too small or a poor start, the change that the label claims) cures it. Runs in
between, of which two people could say two things, are left out. The rules were tuned on seeds below 750, and on no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from spiral_core import DataSettings, Settings, train
from spiral_core.analysis.evidence import neighbours_accuracy
from spiral_core.datasets import make_dataset
from spiral_core.points import Points, pack
from spiral_core.run import Run

LEARNT, SICK = 0.03, 0.1  # accuracy below that of the neighbours up to which a run is well, and from which it is not
ROSE = 1.15  # held-out loss over its lowest, up to which a well run may end


class Labelled(NamedTuple):
    """A run and every kind of finding that is true of it."""

    kinds: frozenset[str]
    settings: Settings


Spoiler = Callable[[np.random.Generator, Settings], Labelled | None]


@lru_cache(maxsize=24)  # of one labelled run and its trials; each holds its snapshots
def trained(settings: Settings) -> Run:
    return train(settings)


@lru_cache(maxsize=512)
def reachable(data: DataSettings) -> float:
    return neighbours_accuracy(train(Settings(hidden=(), iterations=1, data=data)).data.train)


def accuracy(run: Run) -> float:
    """Of the state in which a run ends, jumps of the last steps smoothed away."""
    return 0.0 if run.divergence else float(np.median(run.history.train_accuracy[-5:]))


def missing(settings: Settings) -> float:
    """How many points of accuracy a run lacks of what its data let one learn."""
    return reachable(settings.data) - accuracy(trained(settings))


def is_well(settings: Settings) -> bool:
    """Learnt, finished, and as good on held-out points as it ever was."""
    run = trained(settings)
    if run.divergence or missing(settings) > LEARNT:
        return False
    test = run.history.test_loss
    return run.data.test is None or bool(test[-1] <= ROSE * test.min() or test[-1] - test.min() < 0.03)


def is_cured(settings: Settings, **changes: Any) -> bool:
    return missing(settings.replace(**changes)) < 0.5 * missing(settings) and missing(settings.replace(**changes)) < SICK


def _pick(rng: np.random.Generator, *options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def random_data(rng: np.random.Generator) -> DataSettings:
    """One of the shapes that a net of a few dozen units learns."""
    name = str(_pick(rng, "spiral", "spiral", "moons", "circles", "blobs", "xor"))
    noise = {"spiral": (0.05, 0.25), "moons": (0.05, 0.2), "circles": (0.05, 0.2), "blobs": (0.1, 0.25), "xor": (0.02, 0.15)}[name]
    return DataSettings(
        name, int(rng.integers(50, 200)), int(rng.integers(2, 5)), round(float(rng.uniform(*noise)), 2), int(rng.integers(10_000)),
        float(_pick(rng, 0.25, 0.25, 0.2, 0.4, 0.0)),
    )  # fmt: skip


def random_recipe(rng: np.random.Generator) -> dict[str, Any]:
    """Settings that usually learn."""
    units = int(_pick(rng, 30, 40, 50, 64, 80, 100, 128))
    deep = (units // 2, units // 2)
    return dict(_pick(
        rng,
        {"hidden": (units,), "init": "small", "optimizer": "sgd", "learning_rate": 1.0},
        {"hidden": (units,), "init": "he", "optimizer": "sgd", "learning_rate": float(_pick(rng, 0.5, 1.0))},
        {"hidden": deep, "init": "he", "optimizer": "sgd", "learning_rate": float(_pick(rng, 0.1, 0.3))},
        {"hidden": (units,), "init": "he", "optimizer": "momentum", "learning_rate": float(_pick(rng, 0.05, 0.1, 0.3))},
        {"hidden": (units,), "init": "glorot", "optimizer": "nesterov", "learning_rate": float(_pick(rng, 0.05, 0.1, 0.3))},
        {"hidden": (units,), "init": "he", "optimizer": "adam", "learning_rate": float(_pick(rng, 0.003, 0.01, 0.02))},
        {"hidden": deep, "init": "he", "optimizer": "adam", "learning_rate": float(_pick(rng, 0.003, 0.01))},
        {"hidden": (*deep, units // 2), "init": "he", "optimizer": "adam", "learning_rate": 0.003},
        {"hidden": (units,), "init": "he", "optimizer": "rmsprop", "learning_rate": float(_pick(rng, 0.001, 0.003))},
        {"hidden": (units,), "init": "he", "optimizer": "adagrad", "learning_rate": float(_pick(rng, 0.05, 0.1))},
        {"hidden": (units,), "init": "glorot", "optimizer": "adam", "learning_rate": 0.01, "activation": "tanh"},
        {"hidden": (units,), "init": "he", "optimizer": "momentum", "learning_rate": 0.1, "activation": "tanh"},
        {"hidden": (units,), "init": "glorot", "optimizer": "adam", "learning_rate": 0.03, "activation": "sigmoid"},
    ))  # fmt: skip


def well_run(rng: np.random.Generator) -> Settings | None:
    """A run that learns well, or None after a few draws."""
    for _ in range(6):
        recipe = random_recipe(rng)
        recipe.setdefault("activation", str(_pick(rng, "relu", "relu", "leaky_relu")))
        settings = Settings(
            data=random_data(rng), iterations=int(_pick(rng, 1500, 2000, 2000, 3000)), seed=int(rng.integers(1000)),
            reg=float(_pick(rng, 0, 1e-4, 1e-3)), batch_size=_pick(rng, None, None, None, 32), **recipe,
        )  # fmt: skip
        if is_well(settings):
            return settings
    return None


def _if(sick: bool, settings: Settings, *kinds: str) -> Labelled | None:
    return Labelled(frozenset(kinds), settings) if sick else None


def healthy(rng: np.random.Generator, well: Settings) -> Labelled | None:
    return Labelled(frozenset({"healthy"}), well)


def rate_too_low(rng: np.random.Generator, well: Settings) -> Labelled | None:
    slow = well.replace(learning_rate=well.learning_rate / float(_pick(rng, 20, 50, 100, 300)))
    return _if(missing(slow) > SICK, slow, "rate_too_low")


def rate_too_high(rng: np.random.Generator, well: Settings) -> Labelled | None:
    """What a rate that is far too high does depends on the net: it jumps, kills units, saturates them or overflows."""
    fast = well.replace(learning_rate=min(100.0, well.learning_rate * float(_pick(rng, 5, 10, 30, 100, 300))))
    if trained(fast).divergence:
        return Labelled(frozenset({"diverged"}), fast)
    return _if(missing(fast) > SICK, fast, "rate_too_high", "dead", "saturated")


def stopped_early(rng: np.random.Generator, well: Settings) -> Labelled | None:
    short = well.replace(iterations=max(10, int(well.iterations / float(_pick(rng, 5, 10, 20, 40)))))
    losses = trained(short).history.loss
    falling = losses[-1] < 0.95 * losses[int(0.7 * len(losses))]
    return _if(missing(short) > SICK and bool(falling), short, "stopped_early")


def symmetric(rng: np.random.Generator, well: Settings) -> Labelled | None:
    same = well.replace(init="zero")
    return _if(missing(same) > LEARNT, same, "symmetric")


def vanishing(rng: np.random.Generator, well: Settings) -> Labelled | None:
    deep = well.replace(
        hidden=(int(_pick(rng, 20, 40, 60)),) * int(rng.integers(3, 6)), init="small",
        activation=str(_pick(rng, "relu", "tanh", "sigmoid")),
        optimizer="sgd", learning_rate=float(_pick(rng, 0.1, 0.3)),
    )  # fmt: skip
    stuck = float(trained(deep).history.loss.min()) > 0.98 * float(trained(deep).history.loss[0])
    cured = any(is_cured(deep, init=init, iterations=2 * deep.iterations) for init in ("he", "glorot"))
    return _if(stuck and missing(deep) > SICK and cured, deep, "vanishing")


def over_regularised(rng: np.random.Generator, well: Settings) -> Labelled | None:
    if rng.random() < 0.5:
        heavy = well.replace(reg=float(_pick(rng, 0.03, 0.1, 0.3, 1.0)))
    else:
        heavy = well.replace(reg_l1=float(_pick(rng, 0.003, 0.01, 0.03, 0.1)))
    if trained(heavy).divergence:
        return None
    return _if(missing(heavy) > SICK, heavy, "over_regularised")


def underfit(rng: np.random.Generator, well: Settings) -> Labelled | None:
    """Confirmed to be capacity: neither other seeds, nor another start, nor a good optimizer, nor more iterations help."""
    small = well.replace(hidden=() if rng.random() < 0.5 else (int(rng.integers(1, 4)),), reg=min(well.reg, 1e-3))
    if missing(small) <= SICK:
        return None
    sgd = {} if small.hidden else {"optimizer": "sgd", "learning_rate": 1.0}
    small = small.replace(**sgd)
    better: dict[str, Any] = {
        "optimizer": "adam",
        "learning_rate": 0.03,
        "init": "he",
        "iterations": 4000,
        "batch_size": None,
        "reg": 0.0,
    }
    tries = [small.replace(**better, seed=seed) for seed in range(4)]
    return _if(min(map(missing, tries)) > 0.6 * missing(small) > 0.06, small, "underfit")


def overfit(rng: np.random.Generator, well: Settings) -> Labelled | None:
    data = well.data.replace(
        points_per_class=int(rng.integers(20, 50)), noise=well.data.noise + float(_pick(rng, 0.2, 0.3)),
        test_fraction=float(_pick(rng, 0.25, 0.5)),
    )  # fmt: skip
    large = well.replace(data=data, hidden=(int(_pick(rng, 100, 200)),), reg=0.0, batch_size=None, init="he", optimizer="adam",
                         learning_rate=0.01, activation="relu", iterations=2000)  # fmt: skip
    h = trained(large).history
    low = int(h.test_loss.argmin())
    worse = h.test_loss[-1] > 1.5 * h.test_loss[low] and h.test_loss[-1] - h.test_loss[low] > 0.15
    return _if(bool(worse) and h.train_accuracy[-1] - h.test_accuracy[-1] > 0.05, large, "overfit")


def unstandardised(rng: np.random.Generator, well: Settings) -> Labelled | None:
    """The same points in other units: confirmed where standardising them cures the run."""
    data = moved(rng, well.data)
    plain = well.replace(data=data)
    if missing(plain) <= SICK and not trained(plain).divergence:
        return None
    return _if(is_cured(plain, data=data.replace(scale="standardise")), plain, "unstandardised")


def moved(rng: np.random.Generator, data: DataSettings) -> DataSettings:
    """The points as somebody's own, in other units, or far from 0."""
    base = make_dataset(data)
    match rng.integers(3):
        case 0:
            X = base.X * 10 ** rng.uniform(-3, 3)
        case 1:
            X = base.X * 10 ** rng.uniform(-2, 2, 2)
        case _:
            X = base.X + rng.normal(size=2) * 10 ** rng.uniform(0.5, 2)
    packed = pack(Points(X, base.y, tuple(map(str, range(base.classes)))))
    return DataSettings("own", points=packed, seed=data.seed, test_fraction=data.test_fraction)


def well_in_odd_units(rng: np.random.Generator, well: Settings) -> Labelled | None:
    """Other units that the run copes with are no trouble."""
    data = moved(rng, well.data)
    return _if(is_well(well.replace(data=data)), well.replace(data=data), "healthy")


def plateau(rng: np.random.Generator, well: Settings) -> Labelled | None:
    """A start from which the run does not get away, though another start at the same settings does."""
    poor = well.replace(
        hidden=(int(_pick(rng, 8, 12, 20, 30)),), init="small", optimizer="sgd", learning_rate=float(_pick(rng, 0.3, 1.0)),
        reg=min(well.reg, 1e-3),
    )  # fmt: skip
    losses = trained(poor).history.loss
    flat = losses[-1] > 0.97 * losses[int(0.8 * len(losses))]
    if missing(poor) <= SICK or not flat:
        return None
    cured = any(is_cured(poor, **changes) for changes in ({"init": "he"}, {"optimizer": "momentum", "learning_rate": 0.3}))
    jumps = is_cured(poor, learning_rate=poor.learning_rate / 3) or is_cured(poor, learning_rate=poor.learning_rate / 10)
    return _if(cured, poor, "plateau", *(["rate_too_high"] if jumps else []))


SPOILERS: tuple[Spoiler, ...] = (
    healthy, healthy, healthy, healthy, well_in_odd_units, rate_too_low, rate_too_high, stopped_early, symmetric, vanishing,
    over_regularised, underfit, overfit, unstandardised, plateau,
)  # fmt: skip


def labelled(seed: int) -> Labelled | None:
    """The run of a seed; None where what was spoilt cannot be told by experiment."""
    rng = np.random.default_rng(seed)
    well = well_run(rng)
    return SPOILERS[seed % len(SPOILERS)](rng, well) if well else None


def runs(first: int, count: int) -> Iterator[tuple[int, Labelled]]:
    """So many labelled runs with their seeds, from a first seed on."""
    found, seed = 0, first
    while found < count:
        one = labelled(seed)
        if one:
            found += 1
            yield seed, one
        seed += 1
