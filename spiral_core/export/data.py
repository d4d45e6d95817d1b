"""The data of a run as code for exported scripts: drawn or written out, split, mislabelled and scaled as the core does it."""

from __future__ import annotations

from spiral_core.data_settings import DataSettings
from spiral_core.datasets import held_out_points, noisy_labels
from spiral_core.export.source import plain_source
from spiral_core.generators import GENERATORS
from spiral_core.measured import MEASURED, Measured
from spiral_core.points import Points
from spiral_core.scaling import TURNED, UNIT_FREE, mean_and_deviation, principal_axes


def data_code(data: DataSettings) -> str:
    """What makes X (N, 2), y (N,), K, and X_test, y_test where points are held out, as the core has them."""
    lines = _generated(data) if data.given is None else _given(data.given, MEASURED.get(data.name))
    if data.test_fraction:
        lines += f"""


{plain_source(held_out_points)}


held_out = held_out_points(y, K, test_fraction={data.test_fraction!r}, seed={data.seed})
X_test, y_test = X[held_out], y[held_out]
X, y = X[~held_out], y[~held_out]"""
    if data.wrong_labels:
        lines += f"""


{plain_source(noisy_labels)}


y = noisy_labels(y, K, share={data.wrong_labels!r}, seed={data.seed})  # of the points that are trained on"""
    return lines + _scaled(data)


def _scaled(data: DataSettings) -> str:
    """The points of both parts as they are trained on; nothing where they are not scaled."""
    by = {
        "none": "",
        "centre": "mean = X.mean(axis=0)",
        "standardise": "mean, deviation = mean_and_deviation(X)",
        "pca": "mean, axes, _deviation = principal_axes(X)",
        "whiten": "mean, axes, deviation = principal_axes(X)",
    }[data.scale]
    if not by:
        return ""
    function = {"centre": None, "standardise": mean_and_deviation}.get(data.scale, principal_axes)
    code = "\n" if function is None else f"\n\n\n{plain_source(function)}\n\n\n"
    code += f"{by}  # of the points that are trained on"
    for name in ("X", "X_test") if data.test_fraction else ("X",):
        turned = f"({name} - mean) @ axes.T" if data.scale in TURNED else f"{name} - mean"
        code += f"\n{name} = " + (f"({turned}) / deviation" if data.scale in UNIT_FREE else turned)
    return code


def _generated(data: DataSettings) -> str:
    draw = GENERATORS[data.name].draw
    return f"""\
n, K, noise = {data.points_per_class}, {data.class_count}, {data.noise!r}  # points in each class, classes, noise
rng = np.random.RandomState({data.seed})


{plain_source(draw)}


X = np.vstack([{draw.__name__}(rng, n, j, K, noise) for j in range(K)])  # (n·K, 2): one row for each point
y = np.repeat(np.arange(K), n)  # (n·K,): its class"""


def _given(own: Points, known: Measured | None) -> str:
    """The points themselves, one on each line; of measurements where they come from."""
    rows = "".join(f"    [{a!r}, {b!r}, {label}],\n" for (a, b), label in zip(own.X.tolist(), own.y.tolist(), strict=True))
    origin = f"# {known.source}; {known.address}; {known.licence}\n" if known else ""
    return f"""\
{origin}K = {len(own.names)}  # classes: {", ".join(map(ascii, own.names))}
rows = np.array([  # {own.axes[0]!a}, {own.axes[1]!a}, class
{rows}])
X, y = rows[:, :2], rows[:, 2].astype(int)"""
