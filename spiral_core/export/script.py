"""A run to take along: as a plain NumPy script in the article's variable names, as a notebook, as settings, history and weights.

The script is written for its settings alone, so that nothing stands in it that the run does not use. It prints the losses that the
screen shows: the tests run it for every data set, optimizer, activation, schedule and way to draw the first weights.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from spiral_core.activations import LEAK
from spiral_core.points import unpack
from spiral_core.run import History
from spiral_core.settings import OWN, DataSettings, Settings

# The points of class j, as the lines of a loop over the classes; n points each, `noise` as in the settings.
_DATA = {
    "spiral": """\
r = np.linspace(0.0, 1, n)  # radius
t = np.linspace(j * 4, (j + 1) * 4, n) + rng.randn(n) * noise  # angle
points = np.c_[r * np.sin(t), r * np.cos(t)]""",
    "moons": """\
t = np.linspace(0, np.pi, n)
moon = np.c_[np.cos(t) - 0.5, np.sin(t) - 0.25]
points = 0.6 * ((moon if j == 0 else -moon) + noise * rng.randn(n, 2))""",
    "circles": """\
t = np.linspace(0, 2 * np.pi, n, endpoint=False)
r = (j + 0.5 + noise * rng.randn(n)) / K
points = np.c_[r * np.cos(t), r * np.sin(t)]""",
    "blobs": """\
angle = 2 * np.pi * j / K + np.pi / 2
x1 = 0.7 * np.cos(angle) + noise * rng.randn(n)
x2 = 0.7 * np.sin(angle) + noise * rng.randn(n)
points = np.c_[x1, x2]""",
    "xor": """\
size = rng.uniform(0, 1, (n, 2))
sign = rng.choice([-1.0, 1.0], n)
points = size * np.c_[sign, sign if j == 0 else -sign] + 0.5 * noise * rng.randn(n, 2)""",
    "checkerboard": """\
column = rng.randint(0, 4, n)
row = 2 * rng.randint(0, 2, n) + (column + j) % 2
within = rng.uniform(0, 1, (n, 2)) + 0.5 * noise * rng.randn(n, 2)
points = (np.c_[column, row] + within) / 2 - 1""",
}

_SCALES = {
    "zero": "0.0",
    "small": "0.01",
    "inverse_sqrt": "1 / np.sqrt({n_in})",
    "he": "np.sqrt(2 / {n_in})",
    "glorot": "np.sqrt(2 / ({n_in} + {n_out}))",
}

_ACTIVATIONS = {
    "relu": "np.maximum(0, {z})",
    "leaky_relu": f"leaky({{z}}, {LEAK})",
    "tanh": "np.tanh({z})",
    "sigmoid": "1 / (1 + np.exp(-({z})))",
}

_BACKWARD = {
    "relu": "{dh}[{h} <= 0] = 0",
    "leaky_relu": f"{{dh}}[{{h}} <= 0] *= {LEAK}",
    "tanh": "{dh} *= 1 - {h}**2",
    "sigmoid": "{dh} *= {h} * (1 - {h})",
}

# One parameter P with its gradient dP; memory arrays m and v of its shape; t counts updates from 1.
_UPDATES = {
    "sgd": "P -= step_size * dP",
    "momentum": "m[:] = {momentum} * m - step_size * dP\nP += m",
    "nesterov": "before = m.copy()\nm[:] = {momentum} * m - step_size * dP\nP += -{momentum} * before + (1 + {momentum}) * m",
    "adagrad": "m += dP**2\nP -= step_size * dP / (np.sqrt(m) + {epsilon})",
    "rmsprop": "m[:] = {decay} * m + (1 - {decay}) * dP**2\nP -= step_size * dP / (np.sqrt(m) + {epsilon})",
    "adam": (
        "m[:] = {beta1} * m + (1 - {beta1}) * dP\nv[:] = {beta2} * v + (1 - {beta2}) * dP**2\n"
        "P -= step_size * (m / (1 - {beta1} ** t)) / (np.sqrt(v / (1 - {beta2} ** t)) + {epsilon})"
    ),
}
_MEMORIES = {"sgd": 0, "adam": 2}  # the others have one

_SCHEDULES = {
    "constant": "{rate}",
    "step": "{rate} * {factor} ** (i // {every})",
    "exponential": "{rate} * np.exp(-{k} * i)",
    "inverse": "{rate} / (1 + {k} * i)",
}


def printed_iterations(settings: Settings) -> list[int]:
    """The iterations whose loss the script prints: 0, 1, 2, 5, 10, 20, 50 … and the last."""
    last = settings.iterations
    steps = [digit * 10**power for power in range(len(str(last))) for digit in (1, 2, 5)]
    return [0, *(step for step in steps if step < last), last]


def cells(settings: Settings) -> list[tuple[str, str]]:
    """The script in parts, each with a title: what a notebook shows as cells."""
    return [
        ("The data", _data(settings)),
        ("The first weights", _weights(settings)),
        ("Forward, and the loss", _forward(settings)),
        ("Training: forward, backward, update", _training(settings)),
        ("How well it does", _accuracy(settings)),
    ]


def script(settings: Settings) -> str:
    """A Python script that needs NumPy alone and prints the losses of the run of these settings."""
    head = f'"""Made with Spiral Lab. The settings: {json.dumps(_own(settings))}"""\n\nimport numpy as np\n'
    return head + "".join(f"\n# {title}\n{code}\n" for title, code in cells(settings))


def notebook(settings: Settings) -> str:
    """The script as a Jupyter notebook (nbformat 4), as JSON."""
    parts: list[dict[str, Any]] = [
        _cell("markdown", f"# A run of Spiral Lab\n\nThe settings: `{json.dumps(_own(settings))}`"),
        _cell("code", "import numpy as np"),
    ]
    for title, code in cells(settings):
        parts += [_cell("markdown", f"## {title}"), _cell("code", code)]
    for number, part in enumerate(parts):
        part["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": parts, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _own(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the article's net; points of one's own stand in the script itself."""
    base, plain = Settings().to_dict(), settings.to_dict()
    changed = {name: value for name, value in plain.items() if name != "data" and value != base[name]}
    data = {name: value for name, value in plain["data"].items() if name != "points" and value != base["data"].get(name)}
    return changed | ({"data": data} if data else {})


def _indented(text: str, by: int = 1) -> str:
    return "\n".join("    " * by + line if line else line for line in text.splitlines())


def _data(settings: Settings) -> str:
    data = settings.data
    lines = (
        _own_data(data)
        if data.name == OWN
        else f"""\
n, K, noise = {data.points_per_class}, {data.class_count}, {data.noise!r}  # points in each class, classes, noise
X = np.zeros((n * K, 2))  # one row a point
y = np.zeros(n * K, dtype=int)  # its class
rng = np.random.RandomState({data.seed})
for j in range(K):
{_indented(_DATA[data.name])}
    X[n * j : n * (j + 1)] = points
    y[n * j : n * (j + 1)] = j"""
    )
    if data.test_fraction:
        lines += f"""
rng = np.random.RandomState({data.seed})
held_out = np.zeros(len(y), dtype=bool)
for j in range(K):
    rows = rng.permutation(np.flatnonzero(y == j))
    held_out[rows[: min(round({data.test_fraction!r} * len(rows)), len(rows) - 1)]] = True
X_test, y_test = X[held_out], y[held_out]
X, y = X[~held_out], y[~held_out]"""
    if data.scale == "standardise":
        lines += """
mean, deviation = X.mean(axis=0), X.std(axis=0)  # of the points that are trained on
deviation[deviation == 0] = 1
X = (X - mean) / deviation"""
        lines += "\nX_test = (X_test - mean) / deviation" if data.test_fraction else ""
    return lines


def _own_data(data: DataSettings) -> str:
    """The points themselves, one row a line."""
    own = unpack(data.points)
    rows = "".join(f"    [{a!r}, {b!r}, {label}],\n" for (a, b), label in zip(own.X.tolist(), own.y.tolist(), strict=True))
    return f"""\
K = {len(own.names)}  # classes: {", ".join(map(ascii, own.names))}
rows = np.array([  # {own.axes[0]!a}, {own.axes[1]!a}, class
{rows}])
X, y = rows[:, :2], rows[:, 2].astype(int)"""


def _names(settings: Settings) -> list[tuple[str, str, str]]:
    """W, b and the outputs of each layer, as the article calls them: W, b, hidden_layer, W2, b2, …, scores."""
    count = len(settings.hidden) + 1
    suffixes = ["" if i == 0 else str(i + 1) for i in range(count)]
    return [(f"W{s}", f"b{s}", "scores" if i == count - 1 else f"hidden_layer{s}") for i, s in enumerate(suffixes)]


def _weights(settings: Settings) -> str:
    sizes = (2, *settings.hidden, settings.data.class_count)
    skipped = 324 if settings.hidden else 318
    lines = [
        f"rng = np.random.RandomState({settings.seed})",
        f"rng.randn({skipped})  # numbers that the article's program had used by then",
    ]
    for (W, b, _), n_in, n_out in zip(_names(settings), sizes[:-1], sizes[1:], strict=True):
        scale = _SCALES[settings.init].format(n_in=n_in, n_out=n_out)
        lines += [f"{W} = {scale} * rng.randn({n_in}, {n_out})", f"{b} = np.zeros((1, {n_out}))"]
    return "\n".join(lines)


def _forward_lines(settings: Settings, X: str) -> list[str]:
    lines, inputs = [], X
    for W, b, out in _names(settings):
        z = f"np.dot({inputs}, {W}) + {b}"
        lines.append(f"{out} = " + (z if out == "scores" else _ACTIVATIONS[settings.activation].format(z=z)))
        inputs = out
    return lines


def _forward(settings: Settings) -> str:
    names = _names(settings)
    helper = (
        "def leaky(z, slope):\n    return np.maximum(z, slope * z)\n\n\n"
        if settings.activation == "leaky_relu" and settings.hidden
        else ""
    )
    returned = ", ".join(out for *_, out in names)
    forward = "\n".join(_forward_lines(settings, "X"))
    penalty = [f"0.5 * {settings.reg!r} * np.sum({W} * {W})" for W, *_ in names] if settings.reg else []
    penalty += [f"{settings.reg_l1!r} * np.sum(np.abs({W}))" for W, *_ in names] if settings.reg_l1 else []
    reg_loss = " + ".join(penalty) or "0.0"
    outputs = "".join("_, " for _ in names[:-1]) + "scores"
    return f"""\
{helper}def forward(X):
{_indented(forward)}
    return {returned}


def softmax(scores):
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))  # shifted, so that exp cannot overflow
    return exp_scores / np.sum(exp_scores, axis=1, keepdims=True)


def loss_of(X, y):
    {outputs} = forward(X)
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    # -log(probability), without taking the log of a probability too small to be told from 0
    data_loss = np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - shifted[range(len(y)), y])
    reg_loss = {reg_loss}
    return data_loss + reg_loss"""


def _training(settings: Settings) -> str:
    names = _names(settings)
    rule = settings.optimizer
    memories = _MEMORIES.get(rule, 1)
    parameters = ", ".join(f"{W}, {b}" for W, b, _ in names)
    gradients = ", ".join(f"d{W}, d{b}" for W, b, _ in names)
    lines = [f"parameters = [{parameters}]"]
    lines += [f"{name} = [np.zeros_like(P) for P in parameters]" for name in ("ms", "vs")[:memories]]
    body = [f"if i in {tuple(printed_iterations(settings))}:", '    print(f"iteration {i}: loss {loss_of(X, y):.9f}")']
    body += [f"if i == {settings.iterations}:", "    break"]
    batched = settings.batch_size is not None
    if batched:
        body += [
            f"size = min({settings.batch_size}, len(y))",
            "epoch, index = divmod(i, -(-len(y) // size))",
            f"order = np.random.default_rng([{settings.seed}, epoch]).permutation(len(y))[index * size : (index + 1) * size]",
            "X_batch, y_batch = X[order], y[order]",
        ]
    X, y = ("X_batch", "y_batch") if batched else ("X", "y")
    body += ["", "# forward", ", ".join(out for *_, out in names) + f" = forward({X})", "probs = softmax(scores)"]
    body += ["", "# backward", "dscores = probs", f"dscores[range(len({y})), {y}] -= 1", f"dscores /= len({y})"]
    upstream = "dscores"
    for i in range(len(names) - 1, -1, -1):
        W, b, _out = names[i]
        inputs = names[i - 1][2] if i else X
        body += [f"d{W} = np.dot({inputs}.T, {upstream})", f"d{b} = np.sum({upstream}, axis=0, keepdims=True)"]
        if i:
            h = names[i - 1][2]
            body += [f"d{h} = np.dot({upstream}, {W}.T)", _BACKWARD[settings.activation].format(dh=f"d{h}", h=h)]
            upstream = f"d{h}"
    if settings.reg:
        body += [f"d{W} += {settings.reg!r} * {W}" for W, *_ in names]
    if settings.reg_l1:
        body += [f"d{W} += {settings.reg_l1!r} * np.sign({W})" for W, *_ in names]
    step = _SCHEDULES[settings.schedule].format(
        rate=repr(settings.learning_rate),
        factor=repr(settings.schedule_factor),
        every=settings.schedule_every,
        k=repr(settings.schedule_rate),
    )
    own = {name: repr(getattr(settings, name)) for name in ("momentum", "decay", "beta1", "beta2", "epsilon")}
    looped = ", ".join(["P", "dP", "m", "v"][: 2 + memories])
    zipped = ", ".join(["parameters", f"[{gradients}]", "ms", "vs"][: 2 + memories])
    body += ["", "# update", f"step_size = {step}"]
    if rule == "adam":
        body.append("t = i + 1")
    body += [f"for {looped} in zip({zipped}):", _indented(_UPDATES[rule].format(**own))]
    lines += [f"for i in range({settings.iterations + 1}):", _indented("\n".join(body))]
    return "\n".join(lines)


def _accuracy(settings: Settings) -> str:
    outputs = "*_, scores" if settings.hidden else "scores"
    lines = f'{outputs} = forward(X)\nprint(f"training accuracy: {{np.mean(scores.argmax(axis=1) == y):.6f}}")'
    if settings.data.test_fraction:
        lines += f'\n{outputs} = forward(X_test)\nprint(f"held-out accuracy: {{np.mean(scores.argmax(axis=1) == y_test):.6f}}")'
    return lines


# The run itself.


def settings_json(settings: Settings) -> str:
    """The settings as JSON, which `Settings.from_dict` reads back exactly."""
    return json.dumps(settings.to_dict(), indent=1) + "\n"


def history_csv(history: History) -> str:
    """One row a logged iteration; what was not measured is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(History.__dataclass_fields__)
    writer.writerow(names)
    for row in zip(*(column.tolist() for column in history.columns()), strict=True):
        writer.writerow(["" if value != value else value for value in row])
    return text.getvalue()
