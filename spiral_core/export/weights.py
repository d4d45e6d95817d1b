"""The weights of a net as files, and back: .npz and JSON. Files are checked before they are loaded, and never unpickled."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.export.weight_parts import MAX_BYTES, REASONS, WeightsError, parts_of
from spiral_core.features import PLAIN
from spiral_core.features import count as feature_count
from spiral_core.fields import MAX_LAYERS, MAX_UNITS, format_value
from spiral_core.network import Network
from spiral_core.rules import SettingError
from spiral_core.settings import FIELDS, MAX_WEIGHTS

__all__ = ["MAX_BYTES", "REASONS", "Read", "WeightsError", "read", "to_json", "to_npz"]


class Read(NamedTuple):
    """What a file holds: a network, and whether the file named its activation."""

    network: Network
    named: bool


def to_npz(network: Network) -> bytes:
    """W1, b1, W2, b2 … and the activation in one .npz file; features, joined by “-”, and the loss where they are not the usual."""
    arrays: dict[str, Any] = {"activation": np.array(network.activation)} | _arrays(network)
    arrays |= {name: np.array(text) for name, text in _more(network).items()}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def to_json(network: Network) -> str:
    """The weights as JSON: sizes, activation, and W1, b1, W2, b2 … as lists.

    Row by row: one call for a million numbers would keep all other threads waiting for half a second.
    """
    first: dict[str, Any] = {"sizes": list(network.sizes), "activation": network.activation} | _more(network)
    parts = [json.dumps(first).removesuffix("}")]
    for name, array in _arrays(network).items():
        rows = ", ".join(json.dumps(row.tolist()) for row in np.atleast_2d(array))
        parts.append(f', "{name}": [{rows}]' if array.ndim == 2 else f', "{name}": {rows}')
    return "".join(parts) + "}\n"


def _more(network: Network) -> dict[str, str]:
    """What a file says of a net that is not like most."""
    features = {} if network.features == PLAIN else {"features": format_value(network.features)}
    return features if network.loss_name == "softmax" else features | {"loss": network.loss_name}


def _arrays(network: Network) -> dict[str, FloatArray]:
    arrays: dict[str, FloatArray] = {}
    for i, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), 1):
        arrays |= {f"W{i}": W, f"b{i}": b}
    return arrays


def read(content: bytes, activation: str, features: Sequence[str] = PLAIN, loss: str = "softmax") -> Read:
    """The network of a file that `to_npz` or `to_json` wrote; `activation` is taken where the file names none.

    features: what the first layer reads where the file names none but has so many inputs; else its inputs are coordinates;
    loss: what its scores cost where the file does not say.

    Raises WeightsError.
    """
    found = parts_of(content)
    name = found.pop("activation", None)
    sizes = found.pop("sizes", None)
    named = name if name is not None else activation
    if named not in FIELDS["activation"].choices:
        raise WeightsError("activation", allowed=", ".join(FIELDS["activation"].choices), given=str(named)[:40])
    given, cost = found.pop("features", None), found.pop("loss", loss)
    if cost not in FIELDS["loss"].choices:
        raise WeightsError("loss", allowed=", ".join(FIELDS["loss"].choices), given=str(cost)[:40])
    if given is not None:
        _sort_inputs(found, str(given).strip().split("-"))
    network = _assembled(found, str(named), _features(given, features), cost)
    if sizes is not None and sizes != list(network.sizes):
        raise WeightsError("shape", name="sizes", wanted=list(network.sizes), given=str(sizes)[:40])
    return Read(network, name is not None)


def _features(given: Any, otherwise: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """What the first layer reads, and whether the file says so. Raises WeightsError for names that are not known."""
    if given is None:
        return tuple(otherwise), False
    field = FIELDS["features"]
    try:
        return field.parse("features", str(given)), True
    except SettingError as error:
        raise WeightsError("features", allowed=", ".join(field.choices), given=str(given)[:40]) from error


def _sort_inputs(arrays: dict[str, Any], names: Sequence[str]) -> None:
    """Bring the rows of W1 from the order in which the file names its features to the one that a net has here."""
    known, W1 = FIELDS["features"].choices, arrays.get("W1")
    if {*names} <= {*known} and W1 is not None and W1.shape[:1] == (len(names),):  # else it is refused
        arrays["W1"] = W1[sorted(range(len(names)), key=lambda row: known.index(names[row]))]


def _assembled(arrays: Mapping[str, Any], activation: str, reads: tuple[tuple[str, ...], bool], loss: str) -> Network:
    """A network from W1, b1, W2, b2 …, whose shapes must fit each other and, where the file names them, its features.

    Raises WeightsError.
    """
    count = max((int(name[1:]) for name in arrays), default=0)
    if count - 1 > MAX_LAYERS:
        raise WeightsError("layers", count=count - 1, most=MAX_LAYERS)
    names = [f"{letter}{i}" for i in range(1, max(count, 1) + 1) for letter in "Wb"]
    for name in names:
        if name not in arrays:
            raise WeightsError("missing", name=name)
    for name in arrays:
        if name not in names:
            raise WeightsError("unknown", name=name)
    for name, array in arrays.items():
        if array.ndim != (2 if name[0] == "W" else 1) or array.size == 0:
            raise WeightsError("shape", name=name, wanted="n × m" if name[0] == "W" else "m", given=_shape(array))
        if not np.isfinite(array.astype(np.float64)).all():
            raise WeightsError("finite", name=name)
    sizes = [arrays["W1"].shape[0], *(arrays[f"W{i}"].shape[1] for i in range(1, count + 1))]
    for i, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        if arrays[f"W{i}"].shape != (n_in, n_out):
            raise WeightsError("shape", name=f"W{i}", wanted=f"{n_in} × {n_out}", given=_shape(arrays[f"W{i}"]))
        if arrays[f"b{i}"].shape != (n_out,):
            raise WeightsError("shape", name=f"b{i}", wanted=str(n_out), given=_shape(arrays[f"b{i}"]))
        if n_out > MAX_UNITS:
            raise WeightsError("units", name=f"W{i}", count=n_out, most=MAX_UNITS)
    if sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes)) > MAX_WEIGHTS:
        raise WeightsError("weights", most=MAX_WEIGHTS)
    features, named = reads
    if named and sizes[0] != feature_count(features, sizes[0]):
        raise WeightsError("shape", name="W1", wanted=f"{len(features)} × {sizes[1]}", given=_shape(arrays["W1"]))
    features = features if len(features) == sizes[0] else PLAIN
    network = Network(tuple(sizes), activation, features=features, loss=loss)
    for i in range(count):
        network.weights[i][:] = arrays[f"W{i + 1}"]
        network.biases[i][:] = arrays[f"b{i + 1}"]
    return network


def _shape(array: FloatArray) -> str:
    return " × ".join(map(str, array.shape))
