"""A run as a plain NumPy script in the article's variable names.

The script is written for these settings and contains nothing that the run does not use. Formulas come from the core's
own code and tables. It prints the losses that the screen shows: the tests run it for every data set, optimizer, activation,
schedule and initialisation.
"""

from __future__ import annotations

import ast
import json
from functools import lru_cache
from typing import Any

import numpy as np

from spiral_core.activations import ACTIVATIONS, INITIALISATIONS
from spiral_core.datasets import held_out_points, make_dataset
from spiral_core.dropout import STREAM, drops
from spiral_core.export import patience
from spiral_core.export.data import data_code
from spiral_core.export.source import expression, indented, product
from spiral_core.features import FEATURES, PLAIN
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.schedules import SCHEDULES
from spiral_core.settings import FIELDS, Settings
from spiral_core.training import numbers_before

# The core does the same: see `spiral_core.engine`.
IMPORTS = """\
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # several threads may add up in another order, and change last digits

import numpy as np"""


def printed_iterations(settings: Settings) -> list[int]:
    """The iterations whose loss the script prints: 0, 1, 2, 5, 10, 20, 50 …, those at which a phase begins, and the last."""
    last = settings.last_iteration
    steps = {digit * 10**power for power in range(len(str(last))) for digit in (1, 2, 5)}
    return sorted({step for step in steps if step < last} | {phase.begin for phase in settings.phases} | {last})


def cells(settings: Settings) -> list[tuple[str, str]]:
    """The script in parts, each with a title: what a notebook shows as cells."""
    return [
        ("The data", data_code(settings.data)),
        *([("What the net sees of them", _inputs(settings))] if settings.features != PLAIN else []),
        ("The initial weights", _weights(settings)),
        ("Forward, and the loss", _forward(settings.phases[0])),
        *_phases(settings),
        ("Accuracy", _accuracy(settings)),
    ]


@lru_cache(maxsize=64)  # a page that shows it is run at each change
def script(settings: Settings) -> str:
    """A Python script that needs NumPy alone and prints the losses of the run of these settings."""
    head = f'"""Made with Spiral Lab. The settings: {described(settings)}"""\n\n{IMPORTS}\n'
    return head + "".join(f"\n# {title}\n{code}\n" for title, code in cells(settings))


def described(settings: Settings) -> str:
    """The settings that differ from the article's net, as JSON; custom points stand in the script itself."""
    base, plain = Settings().to_dict(), settings.to_dict()
    changed = {name: value for name, value in plain.items() if name != "data" and value != base.get(name)}
    data = {name: value for name, value in plain["data"].items() if name != "points" and value != base["data"].get(name)}
    return json.dumps(changed | ({"data": data} if data else {}))


def _inputs(settings: Settings) -> str:
    """The columns that the first layer reads, from the formulas of the core."""
    columns = [ast.unparse(expression(FEATURES[name].column, {}, {"X": "points"})) for name in settings.features]
    return f"""\
def inputs(points):
    return np.column_stack([{", ".join(columns)}])  # (N, {len(columns)})


X = inputs(X)""" + ("\nX_test = inputs(X_test)" if settings.data.test_fraction else "")


def _names(settings: Settings) -> list[tuple[str, str, str]]:
    """W, b and the outputs of each layer, as the article calls them: W, b, hidden_layer, W2, b2, …, scores."""
    count = len(settings.hidden) + 1
    suffixes = ["" if i == 0 else str(i + 1) for i in range(count)]
    return [(f"W{s}", f"b{s}", "scores" if i == count - 1 else f"hidden_layer{s}") for i, s in enumerate(suffixes)]


def _weights(settings: Settings) -> str:
    sizes = (len(settings.features), *settings.hidden, settings.data.class_count)
    scale = INITIALISATIONS[settings.init].scale
    lines = [
        f"rng = np.random.RandomState({settings.seed})",
        f"rng.randn({numbers_before(settings)})  # numbers that the article's program had used by then",
    ]
    for (W, b, _), n_in, n_out in zip(_names(settings), sizes[:-1], sizes[1:], strict=True):
        deviation = ast.unparse(expression(scale, {"n_in": n_in, "n_out": n_out}, {}))
        lines += [f"{W} = {deviation} * rng.randn({n_in}, {n_out})", f"{b} = np.zeros((1, {n_out}))"]
    return "\n".join(lines)


def _forward(settings: Settings) -> str:
    return f"""\
def forward(X):
{indented(_layers(settings))}
    return {", ".join(out for *_, out in _names(settings))}


{_MARGINS if settings.loss == "hinge" else _SOFTMAX}


{_loss(settings)}"""


_SOFTMAX = """\
def softmax(scores):
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))  # shifted, so that exp cannot overflow
    return exp_scores / np.sum(exp_scores, axis=1, keepdims=True)"""

_MARGINS = """\
def margins_of(scores, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)  # delta = 1
    margins[rows, y] = 0
    return margins"""

_DATA_LOSS = {
    "softmax": """\
shifted = scores - np.max(scores, axis=1, keepdims=True)
# -log(probability), without taking the log of a probability too small to be told from 0
data_loss = np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - shifted[range(len(y)), y])""",
    "hinge": "data_loss = np.mean(np.sum(margins_of(scores, y), axis=1))",
}


def _loss(settings: Settings) -> str:
    names = _names(settings)
    penalty = [f"0.5 * {settings.reg!r} * np.sum({W} * {W})" for W, *_ in names] if settings.reg else []
    penalty += [f"{settings.reg_l1!r} * np.sum(np.abs({W}))" for W, *_ in names] if settings.reg_l1 else []
    outputs = "".join("_, " for _ in names[:-1]) + "scores"
    return f"""\
def loss_of(X, y):
    {outputs} = forward(X)
{indented(_DATA_LOSS[settings.loss])}
    reg_loss = {" + ".join(penalty) or "0.0"}
    return data_loss + reg_loss"""


def _dropped(hidden_layer: str) -> tuple[str, str]:
    """What the mask of a hidden layer's dropout is called, and what the next layer reads."""
    number = hidden_layer.removeprefix("hidden_layer")
    return f"keep{number}", f"dropped_layer{number}"


def _layers(settings: Settings, X: str = "") -> str:
    """One layer after the other, from X to the scores; with dropout, where `X` names the points of an update."""
    activation, lines, inputs = ACTIVATIONS[settings.activation].script_forward, [], X or "X"
    for W, b, out in _names(settings):
        z = f"np.dot({inputs}, {W}) + {b}"
        if out == "scores":
            lines.append(f"{out} = {z}")
        elif activation.count("{z}") == 1:
            lines.append(f"{out} = {activation.format(z=z)}")
        else:
            lines += [f"z = {z}", f"{out} = {activation.format(z='z')}"]
        inputs = out
        if X and out != "scores":
            keep, inputs = _dropped(out)
            lines.append(f"{keep} = (rng.random({out}.shape) >= {settings.dropout!r}) / (1 - {settings.dropout!r})")
            lines.append(f"{inputs} = {out} * {keep}")
    return "\n".join(lines)


def _phases(settings: Settings) -> list[tuple[str, str]]:
    """The loop of each phase; where the penalty changes, the loss anew."""
    printed = printed_iterations(settings)
    if settings.after is None:
        return [("Training: forward, backward, update", _edits(settings) + _training(settings, printed))]
    found, reg = [], settings.phases[0]
    for number, phase in enumerate(settings.phases, 1):
        anew = _loss(phase) + "\n\n\n" if (phase.reg, phase.reg_l1) != (reg.reg, reg.reg_l1) else ""
        reg = phase
        title = f"Phase {number}, from iteration {phase.begin} on: forward, backward, update"
        found.append((title, anew + _edits(phase) + _training(phase, printed, ends=phase is settings)))
    return found


def _edits(settings: Settings) -> str:
    """Weights set by hand, by their places in W and b."""
    if not settings.edits:
        return ""
    network = Network((len(settings.features), *settings.hidden, settings.data.class_count), features=settings.features)
    values = dict(settings.edits)
    lines = []
    numbers = network.split(np.arange(network.parameters.size, dtype=np.float64))
    for (W, b, _), places, bias_places in zip(_names(settings), *numbers, strict=True):
        for name, table in ((W, places), (b, bias_places[None])):
            for (row, column), place in np.ndenumerate(table):
                if int(place) in values:
                    lines.append(f"{name}[{row}, {column}] = {values[int(place)]!r}  # set by hand\n")
    return "".join(lines) + "\n"


def _training(settings: Settings, printed: list[int], ends: bool = True) -> str:
    """The loop of a phase; where the run ends with it, the last loss too."""
    names, first, last = _names(settings), settings.begin, settings.last_iteration
    memories = OPTIMIZERS[settings.optimizer].slots
    lines = [f"parameters = [{', '.join(f'{W}, {b}' for W, b, _ in names)}]"]
    lines += [f"{name} = [np.zeros_like(P) for P in parameters]" for name in ("ms", "vs")[:memories]]
    stops = ends and patience.stops(settings)
    lines += patience.before(settings, indented(_DATA_LOSS[settings.loss])) if stops else []
    body = patience.at_each(settings) if stops else []
    over = " or stops" if stops else ""
    body += [f"if i in {tuple(printed)}{over}:", '    print(f"iteration {i}: loss {loss_of(X, y):.9f}")']
    body += [f"if i == {last}{over}:", "    break"] if ends else []
    X, y = "X", "y"
    if settings.batch_size is not None and settings.batch_size < _trained_on(settings):  # of all points the order stays
        X, y = "X_batch", "y_batch"
        body += [
            f"size = {settings.batch_size}",
            "epoch, index = divmod(i, -(-len(y) // size))",
            f"order = np.random.default_rng([{settings.seed}, epoch]).permutation(len(y))[index * size : (index + 1) * size]",
            "X_batch, y_batch = X[order], y[order]",
        ]
    if drops(settings):
        body += [
            "",
            "# forward, with dropout",
            f"rng = np.random.default_rng([{settings.seed}, i, {STREAM}])",
            _layers(settings, X),
        ]
    else:
        body += ["", "# forward", ", ".join(out for *_, out in names) + f" = forward({X})"]
    body += ["probs = softmax(scores)"] if settings.loss == "softmax" else []
    body += ["", "# backward", *_backward(settings, X, y), "", "# update", *_update(settings)]
    numbers = f"{first}, {last + ends}" if first else str(last + ends)
    return "\n".join([*lines, f"for i in range({numbers}):", indented("\n".join(body))])


def _trained_on(settings: Settings) -> int:
    """How many points are not held out."""
    data, points = settings.data, make_dataset(settings.data)
    return int((~held_out_points(points.y, points.classes, data.test_fraction, data.seed)).sum())


def _backward(settings: Settings, X: str, y: str) -> list[str]:
    """From the scores to the gradients of all weights and biases."""
    names, upstream = _names(settings), "dscores"
    lines = ["dscores = probs", f"dscores[range(len({y})), {y}] -= 1"]
    if settings.loss == "hinge":
        lines = [f"dscores = np.sign(margins_of(scores, {y}))  # 1 where a class is too close, else 0"]
        lines.append(f"dscores[range(len({y})), {y}] = -np.sum(dscores, axis=1)")
    lines.append(f"dscores /= len({y})")
    for i in range(len(names) - 1, -1, -1):
        W, b, _out = names[i]
        inputs = names[i - 1][2] if i else X
        reads = _dropped(inputs)[1] if i and drops(settings) else inputs
        lines += [f"d{W} = np.dot({reads}.T, {upstream})", f"d{b} = np.sum({upstream}, axis=0, keepdims=True)"]
        if i:
            through = ACTIVATIONS[settings.activation].script_backward.format(dh=f"d{inputs}", h=inputs)
            kept = f" * {_dropped(inputs)[0]}" if drops(settings) else ""
            lines += [f"d{inputs} = np.dot({upstream}, {W}.T){kept}", *([through] if through else [])]
            upstream = f"d{inputs}"
    if settings.reg:
        lines += [f"d{W} += {settings.reg!r} * {W}" for W, *_ in names]
    if settings.reg_l1:
        lines += [f"d{W} += {settings.reg_l1!r} * np.sign({W})" for W, *_ in names]
    return lines


def _update(settings: Settings) -> list[str]:
    """One step of each parameter, in place."""
    rule, values = OPTIMIZERS[settings.optimizer], {name: getattr(settings, name) for name in FIELDS}
    t = f"(i - {settings.begin})" if settings.begin else "i"  # a phase's schedule and optimizer count from its beginning
    multiple = expression(SCHEDULES[settings.schedule].multiple, values, {"t": t})
    gradients = ", ".join(f"d{W}, d{b}" for W, b, _ in _names(settings))
    looped = ", ".join(["P", "dP", "m", "v"][: 2 + rule.slots])
    zipped = ", ".join(["parameters", f"[{gradients}]", "ms", "vs"][: 2 + rule.slots])
    step: dict[str, Any] = {name: repr(values[name]) for name in rule.uses} | {"t": f"{t} + 1"}
    return [
        f"step_size = {product(settings.learning_rate, multiple)}",
        f"for {looped} in zip({zipped}):",
        indented(rule.script.format(**step)),
    ]


def _accuracy(settings: Settings) -> str:
    outputs = "*_, scores" if settings.hidden else "scores"
    lines = f'{outputs} = forward(X)\nprint(f"training accuracy: {{np.mean(scores.argmax(axis=1) == y):.6f}}")'
    if settings.data.test_fraction:
        lines += f'\n{outputs} = forward(X_test)\nprint(f"held-out accuracy: {{np.mean(scores.argmax(axis=1) == y_test):.6f}}")'
    return lines
