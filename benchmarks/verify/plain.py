"""The core against plain code over random settings: the same loss at every logged iteration.

The plain code below shares with the core the points of a data set, and nothing else: first weights, batches, dropout, forward and
backward pass, losses, penalties, update rules and schedules are written again from their formulas. It keeps samples in rows, as the
course does.

Some runs amplify rounding: after some hundred iterations a last digit has become the first. That is shown, not assumed: the
plain code runs again with the derivatives of the scores and the parameters moved by one unit in the last place, and its sums
taken in another order, at each update. Where that alone moves its loss about as far as the core's lies from it, the case counts
as amplified, and says nothing about the core from there on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from benchmarks.verify.cores import outcomes
from benchmarks.verify.row import Row
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.data_settings import GENERATED, DataSettings
from spiral_core.datasets import make_dataset, split
from spiral_core.settings import FIELDS, Settings
from spiral_core.training import train

Shaken = np.random.Generator | None  # where last digits are moved, the dice that say which way

CASES = 600
MASTER = 20261125  # the seed that all cases come from
TOLERANCE = 1e-9  # of a loss, relative to it where it is above 1
SHAKES = 3  # how often the plain code runs with shaken last digits
LIKENESS = 10  # the core's gap counts as rounding if it is below this many times the gap that shaking makes

STANDARD_DEVIATIONS: dict[str, Callable[[int, int], float]] = {
    "zero": lambda n_in, n_out: 0.0,
    "small": lambda n_in, n_out: 0.01,
    "inverse_sqrt": lambda n_in, n_out: n_in**-0.5,
    "he": lambda n_in, n_out: (2 / n_in) ** 0.5,
    "glorot": lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,
}


# The plain code.


def points(data: DataSettings) -> tuple[FloatArray, IntArray, int]:
    """The points that are trained on (N, 2), their classes (N,), and how many classes there are."""
    whole = make_dataset(data)
    part = split(whole, data.test_fraction, data.seed).train
    X, y = part.X, part.y
    if data.label_noise:
        dice = np.random.default_rng([data.seed, 0, 2])
        order, steps = dice.permutation(len(y)), dice.integers(1, whole.classes, len(y))
        wrong = {*order[: round(data.label_noise * len(y))].tolist()}
        y = np.array([(k + step) % whole.classes if i in wrong else k for i, (k, step) in enumerate(zip(y, steps, strict=True))])
    if data.scale != "none":
        X = X - np.mean(X, axis=0)
    if data.scale in ("pca", "whiten"):  # by the angle of an ellipse's longer axis; two-dimensional points
        across, apart = 2 * np.mean(X[:, 0] * X[:, 1]), np.mean(X[:, 0] ** 2) - np.mean(X[:, 1] ** 2)
        angle = 0.5 * math.atan2(across, apart) if math.hypot(across, apart) > 1e-9 * np.mean(X**2) else 0.0  # -90° to 90°
        c, s = (math.cos(angle), math.sin(angle)) if math.cos(angle) > 1e-9 else (0.0, 1.0)
        X = np.column_stack([c * X[:, 0] + s * X[:, 1], c * X[:, 1] - s * X[:, 0]])
    if data.scale in ("standardise", "whiten"):
        X = X / np.std(X, axis=0)
    return X, y, whole.classes


def first_weights(settings: Settings, classes: int) -> list[FloatArray]:
    """Each layer's weights (n_in, n_out), after the 324 numbers that the article drew before its net's (318: the linear ones)."""
    stream = np.random.RandomState(settings.seed)
    stream.normal(size=324 if settings.hidden else 318)
    deviation = STANDARD_DEVIATIONS[settings.init]
    return [deviation(a, b) * stream.normal(size=(a, b)) for a, b in pairwise((2, *settings.hidden, classes))]


def batch(settings: Settings, count: int, t: int) -> IntArray:
    """The rows of update t: an epoch is a permutation drawn from seed and epoch, cut into batches."""
    size = min(settings.batch_size or count, count)
    epoch, place = divmod(t, math.ceil(count / size))
    if size == count:
        return np.arange(count)
    order = np.random.default_rng([settings.seed, epoch]).permutation(count)
    return order[place * size : (place + 1) * size]


def bend(name: str, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """An activation and its derivative at z."""
    if name == "relu":
        return np.where(z > 0, z, 0.0), np.where(z > 0, 1.0, 0.0)
    if name == "leaky_relu":
        return np.where(z > 0, z, 0.01 * z), np.where(z > 0, 1.0, 0.01)
    if name == "tanh":
        h = np.tanh(z)
        return h, 1 - h**2
    if name == "linear":
        return z, np.ones_like(z)
    h = 1 / (1 + np.exp(-z))
    return h, h * (1 - h)


def dropped(settings: Settings, t: int, count: int) -> list[FloatArray]:
    """By what update t multiplies each hidden layer's outputs (count, H): 0, or 1 over the share that is kept."""
    if settings.dropout == 0:
        return [np.ones((count, units)) for units in settings.hidden]
    numbers = np.random.default_rng([settings.seed, t, 1])
    share = 1 - settings.dropout
    return [np.where(numbers.uniform(size=(count, units)) < settings.dropout, 0.0, 1 / share) for units in settings.hidden]


def forward(
    settings: Settings, X: FloatArray, Ws: Sequence[FloatArray], bs: Sequence[FloatArray], factors: Sequence[FloatArray] = ()
) -> tuple[Any, Any, FloatArray]:
    """The input of each layer, the derivative of each activation, and the scores (N, K); factors: of dropout, if there is any."""
    inputs, slopes = [X], []
    for W, b, factor in zip(Ws[:-1], bs[:-1], factors or [np.ones(1)] * len(settings.hidden), strict=True):
        h, slope = bend(settings.activation, inputs[-1] @ W + b)
        inputs.append(h * factor)
        slopes.append(slope * factor)
    return inputs, slopes, inputs[-1] @ Ws[-1] + bs[-1]


def loss_of(settings: Settings, X: FloatArray, y: IntArray, Ws: Sequence[FloatArray], bs: Sequence[FloatArray]) -> float:
    """Mean cross-entropy or hinge + ½·reg·ΣW² + reg_l1·Σ|W|."""
    scores = forward(settings, X, Ws, bs)[2]
    penalty = sum(0.5 * settings.reg * np.sum(W**2) + settings.reg_l1 * np.sum(np.abs(W)) for W in Ws)
    if settings.loss == "hinge":
        return float(np.mean([svm(row, k)[0] for row, k in zip(scores, y, strict=True)]) + penalty)
    highest = scores.max(axis=1)
    log_sums = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float(np.mean(log_sums - scores[np.arange(len(y)), y]) + penalty)


def svm(s: FloatArray, k: int) -> tuple[float, FloatArray]:
    """The hinge of one sample's scores (K,), class by class, and its derivative by each of them."""
    loss, ds = 0.0, np.zeros(len(s))
    for j in range(len(s)):
        if j != k and not s[j] - s[k] + 1 <= 0:
            loss += s[j] - s[k] + 1
            ds[j] += 1
            ds[k] -= 1
    return loss, ds


def shake(x: FloatArray, rng: np.random.Generator) -> None:
    """Move each number to its neighbour, those of a column all up or all down: equal numbers are rounded alike."""
    x[...] = np.nextafter(x, rng.choice([-np.inf, np.inf], x.shape[-1]))


def gradients(
    settings: Settings, X: FloatArray, y: IntArray, Ws: Sequence[FloatArray], bs: Sequence[FloatArray],
    factors: Sequence[FloatArray] = (), shaken: Shaken = None,
) -> list[FloatArray]:  # fmt: skip
    """The gradient of each W, then of each b, with dropout's factors; `shaken` moves the last digits of dscores."""
    inputs, slopes, scores = forward(settings, X, Ws, bs, factors)
    if settings.loss == "hinge":
        upstream = np.array([svm(row, k)[1] for row, k in zip(scores, y, strict=True)]) / len(y)  # dscores (N, K)
    else:
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        upstream = (e / e.sum(axis=1, keepdims=True) - np.eye(scores.shape[1])[y]) / len(y)  # dscores (N, K)
    if shaken is not None:
        shake(upstream, shaken)
    dWs: list[FloatArray] = []
    dbs: list[FloatArray] = []
    for i in reversed(range(len(Ws))):
        dWs.insert(0, inputs[i].T @ upstream + settings.reg * Ws[i] + settings.reg_l1 * np.sign(Ws[i]))
        dbs.insert(0, upstream.sum(axis=0))
        if i > 0:
            upstream = (upstream @ Ws[i].T) * slopes[i - 1]
    return dWs + dbs


def rate(settings: Settings, t: int) -> float:
    """The learning rate of update t, counted from 0."""
    factors = {
        "constant": 1.0,
        "step": settings.schedule_factor ** (t // settings.schedule_every),
        "exponential": math.exp(-settings.schedule_rate * t),
        "inverse": 1 / (1 + settings.schedule_rate * t),
        "cosine": math.cos(math.pi * (t % settings.schedule_every) / settings.schedule_every / 2) ** 2,
        "growing": math.exp(math.log(10) * min(t / settings.schedule_every, 300)),
        "warmup": (t + 1) / settings.schedule_every if t < settings.schedule_every else 1.0,
    }
    return settings.learning_rate * factors[settings.schedule]


def step(s: Settings, dx: FloatArray, memory: dict[str, FloatArray], t: int) -> FloatArray:
    """What update t (from 0) adds to a parameter array; `memory` belongs to that array alone."""
    lr, mu, nothing = rate(s, t), s.momentum, np.zeros_like(dx)
    if s.optimizer == "sgd":
        return -lr * dx
    if s.optimizer in ("momentum", "nesterov"):
        before = memory.get("v", nothing)
        v = memory["v"] = mu * before - lr * dx
        return v if s.optimizer == "momentum" else -mu * before + (1 + mu) * v
    if s.optimizer in ("adagrad", "rmsprop"):
        kept, added = (1.0, 1.0) if s.optimizer == "adagrad" else (s.decay, 1 - s.decay)
        c = memory["c"] = kept * memory.get("c", nothing) + added * dx**2
        return -lr * dx / (np.sqrt(c) + s.epsilon)
    m = memory["m"] = s.beta1 * memory.get("m", nothing) + (1 - s.beta1) * dx
    v = memory["v"] = s.beta2 * memory.get("v", nothing) + (1 - s.beta2) * dx**2
    m_hat, v_hat = m / (1 - s.beta1 ** (t + 1)), v / (1 - s.beta2 ** (t + 1))
    return -lr * m_hat / (np.sqrt(v_hat) + s.epsilon)


def plain_losses(settings: Settings, wanted: Sequence[int], shaken: Shaken = None) -> FloatArray:
    """The loss before each wanted update, infinite from the one on that is not finite; `shaken` moves last digits."""
    X, y, classes = points(settings.data)
    Ws = first_weights(settings, classes)
    bs = [np.zeros(W.shape[1]) for W in Ws]
    memories: list[dict[str, FloatArray]] = [{} for _ in range(2 * len(Ws))]
    losses = np.full(len(wanted), math.inf)
    with np.errstate(all="ignore"):
        for t in range(wanted[-1] + 1):
            if t in wanted:
                loss = loss_of(settings, X, y, Ws, bs)
                if not math.isfinite(loss):
                    break
                losses[wanted.index(t)] = loss
            rows = batch(settings, len(y), t)
            factors = dropped(settings, t, len(rows))
            if shaken is not None:  # the same sums in another order
                order = shaken.permutation(len(rows))
                rows, factors = rows[order], [factor[order] for factor in factors]
            found = gradients(settings, X[rows], y[rows], Ws, bs, factors, shaken)
            if not all(np.isfinite(dx).all() for dx in found):
                break
            for x, dx, memory in zip([*Ws, *bs], found, memories, strict=True):
                x += step(settings, dx, memory, t)
                if shaken is not None:
                    shake(x, shaken)
    return losses


# The cases.


def random_settings(number: int) -> Settings:
    """Case `number`: any data set, model, start, update rule, schedule, batch and penalty, small enough for the plain code."""
    rng = np.random.default_rng([MASTER, number])

    def log(low: float, high: float) -> float:
        return float(f"{10 ** rng.uniform(math.log10(low), math.log10(high)):.3g}")

    def choice(name: str) -> str:
        return str(rng.choice(FIELDS[name].choices))

    data = DataSettings(
        name=str(rng.choice(GENERATED)),
        points_per_class=int(rng.integers(5, 61)),
        classes=int(rng.integers(2, 6)),
        noise=float(rng.choice([0.0, 0.2, 0.5])),
        seed=int(rng.integers(2**31)),
        test_fraction=float(rng.choice([0.0, 0.3])),
        scale=str(rng.choice(["none", "centre", "standardise", "pca", "whiten"])),
        label_noise=float(rng.choice([0.0, 0.0, 0.1, 0.3])),
    )
    optimizer = choice("optimizer")
    plain = optimizer in ("sgd", "momentum", "nesterov")
    return Settings(
        data=data,
        hidden=tuple(int(n) for n in rng.integers(1, 41, rng.integers(0, 5))),
        activation=choice("activation"),
        init=choice("init"),
        optimizer=optimizer,
        learning_rate=log(1e-3, 3.0) if plain else log(1e-4, 0.1),
        momentum=float(rng.choice([0.0, 0.5, 0.9, 0.99])),
        decay=float(rng.choice([0.9, 0.99])),
        beta1=float(rng.choice([0.5, 0.9])),
        beta2=float(rng.choice([0.99, 0.999])),
        epsilon=log(1e-10, 1e-4),
        schedule=choice("schedule"),
        schedule_rate=log(1e-4, 0.05),
        schedule_factor=float(rng.uniform(0.1, 1.0)),
        schedule_every=int(rng.integers(1, 200)),
        reg=float(rng.choice([0.0, log(1e-5, 0.1)])),
        reg_l1=float(rng.choice([0.0, 0.0, log(1e-5, 0.01)])),
        iterations=int(rng.integers(20, 501)),
        batch_size=[None, int(rng.integers(1, 40))][int(rng.integers(2))],
        seed=int(rng.integers(2**31)),
        loss=choice("loss"),
        dropout=float(rng.choice([0.0, 0.0, 0.2, 0.5])),
    )


class Outcome(NamedTuple):
    number: int
    kind: str  # "equal", "amplified" or "different"
    gap: float  # of the first loss beyond the tolerance, or the largest of all


def gaps(losses: FloatArray, others: FloatArray) -> FloatArray:
    """How far losses lie apart, relative to losses above 1; 0 where both are infinite, infinite where one is."""
    with np.errstate(invalid="ignore"):
        found = np.abs(losses - others) / np.maximum(1, np.minimum(np.abs(losses), np.abs(others)))
    return np.where(np.isinf(losses) & np.isinf(others), 0.0, found)


def judged(number: int) -> Outcome:
    """A case, and whether the core's losses are those of the plain code."""
    settings = random_settings(number)
    run = train(settings)
    wanted = run.history.iteration.tolist()
    losses = run.history.loss
    if run.divergence:  # then the plain code's next update or loss is not finite either
        wanted.append(run.divergence.iteration + (run.divergence.iteration == wanted[-1]))
        losses = np.append(losses, math.inf)
    plain = plain_losses(settings, wanted)
    apart = gaps(losses, plain)
    beyond = np.flatnonzero(apart > TOLERANCE)
    if not len(beyond):
        return Outcome(number, "equal", float(apart.max()))
    first = int(beyond[0])
    shaking = [plain_losses(settings, wanted[: first + 1], np.random.default_rng([MASTER, number, i])) for i in range(SHAKES)]
    moved = max(gaps(shaken, plain[: first + 1])[first] for shaken in shaking)
    return Outcome(number, "amplified" if apart[first] <= LIKENESS * moved else "different", float(apart[first]))


def check() -> Row:
    found = outcomes(judged, range(CASES))
    equal = [outcome.gap for outcome in found if outcome.kind == "equal"]
    different = [outcome for outcome in found if outcome.kind == "different"]
    note = (
        f"{len(equal)} agree at every logged iteration (largest gap {max(equal, default=0.0):.0e}), "
        f"{len(found) - len(equal) - len(different)} until rounding is amplified"
    )
    if different:
        note += "; different: " + ", ".join(f"case {outcome.number} by {outcome.gap:.1e}" for outcome in different)
    return Row("core against plain code", len(found), len(different), note)
