"""The weights of a net as files, and back: .npz and JSON. Files are checked before they are loaded, and never unpickled."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.features import PLAIN
from spiral_core.features import count as feature_count
from spiral_core.fields import MAX_LAYERS, MAX_UNITS, format_value
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.plain_json import read_json
from spiral_core.rules import SettingError
from spiral_core.settings import FIELDS, MAX_WEIGHTS

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 16 * MAX_WEIGHTS  # of all arrays of an .npz file together
MAX_MEMBERS = 64  # of an .npz file: more than a net has arrays, so that a sentence can name the first that is too many
MAX_HEADER = 256  # characters of an array's header: NumPy writes 118
MAX_LISTS, MAX_NAMES = 10_000, 100  # of a JSON file: a net has one list for each row of weights, and one name for each array
_MEMBER = b"PK\x01\x02"  # how each entry of a zip file's directory begins
_TEXTS = ("activation", "features", "loss")  # what a file says in words
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class WeightsError(ValueError):
    """A file of weights that is refused. code: a key of REASONS; reason: its sentence, with places for `values`."""

    def __init__(self, code: str, **values: object) -> None:
        self.code, self.reason, self.values = code, REASONS[code], values
        super().__init__(self.reason.format(**values))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.code, self.values)


def _restored(code: str, values: dict[str, object]) -> WeightsError:
    return WeightsError(code, **values)


class Read(NamedTuple):
    """What a file holds: a network, and whether the file named its activation."""

    network: Network
    named: bool


# Why a file is refused, as sentences; the pages translate them.
REASONS = {
    "large": N_("The file is larger than 10 MB."),
    "zip": N_("The file is not an .npz file, or it is damaged."),
    "unpacked": N_("The file unpacks to more than {most} MB."),
    "json": N_("The file is not valid JSON."),
    "object": N_("The file is JSON, but not weights that were saved here."),
    "unknown": N_("“{name}” is not known in a file of weights; known: W1, b1, W2, b2 …, sizes, activation, features and loss."),
    "missing": N_("The file contains no {name}."),
    "kind": N_("{name} must contain numbers."),
    "finite": N_("{name} must contain finite numbers."),
    "shape": N_("{name} must have the shape {wanted}, but has {given}."),
    "layers": N_("The file contains {count} hidden layers; at most {most} are allowed."),
    "units": N_("{name} has {count} units; at most {most} are allowed."),
    "parts": N_("The file contains more parts than a net can have here."),
    "twice": N_("The file contains {name} twice."),
    "weights": N_("The file contains more than {most} weights."),
    "features": N_("features must be one or more of {allowed}, joined by “-”; “{given}” is not."),
    "activation": N_("activation must be one of {allowed}; “{given}” is not."),
    "loss": N_("loss must be one of {allowed}; “{given}” is not."),
}


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

    Raises WeightsError. Sizes are looked at before anything is unpacked, and objects are never unpickled.
    """
    if len(content) > MAX_BYTES:
        raise WeightsError("large")
    found = _from_npz(content) if content[:2] == b"PK" else _from_json(content)
    name = found.pop("activation", None)
    sizes = found.pop("sizes", None)
    named = name if name is not None else activation
    if named not in FIELDS["activation"].choices:
        raise WeightsError("activation", allowed=", ".join(FIELDS["activation"].choices), given=str(named)[:40])
    given, cost = found.pop("features", None), found.pop("loss", loss)
    if cost not in FIELDS["loss"].choices:
        raise WeightsError("loss", allowed=", ".join(FIELDS["loss"].choices), given=str(cost)[:40])
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


def _from_npz(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if content.count(_MEMBER) > MAX_MEMBERS:  # before the library reads them all
        raise WeightsError("parts")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise WeightsError("unpacked", most=MAX_UNPACKED_BYTES // 1_000_000)
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise WeightsError("zip")
                if name not in _TEXTS and not _is_array(name):
                    raise WeightsError("unknown", name=name[:40])
                if name in found:
                    raise WeightsError("twice", name=name)
                with archive.open(member) as file:
                    data = file.read(MAX_UNPACKED_BYTES)
                found[name] = _array(name, data)
    except WeightsError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise WeightsError("zip") from error  # everything that the library raises for damaged zip directories
    return found


def _array(name: str, data: bytes) -> Any:
    """One array of an .npz file, whose header must agree with its length."""
    stream = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream, max_header_size=MAX_HEADER)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise WeightsError("zip") from error
    wanted = "U" if name in _TEXTS else "f"
    if dtype.kind != wanted or dtype.itemsize > (400 if wanted == "U" else 16):
        raise WeightsError("kind", name=name)
    rest = data[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(rest) or len(shape) > 2 or any(isinstance(side, bool) for side in shape):
        raise WeightsError("zip")
    array = np.frombuffer(rest, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if wanted == "U":
        if shape != ():
            raise WeightsError("kind", name=name)
        try:
            text = str(array)
            text.encode()  # half a character is refused
            return text
        except ValueError as error:  # not Unicode
            raise WeightsError("zip") from error
    return array


def _from_json(content: bytes) -> dict[str, Any]:
    many = [content.count(sign) for sign in (b"[", b"{", b":", b",")]
    if any(count > most for count, most in zip(many, (MAX_LISTS, MAX_NAMES, MAX_NAMES, MAX_WEIGHTS + MAX_NAMES), strict=True)):
        raise WeightsError("parts")
    try:
        plain = read_json(content.decode("utf-8-sig"))
    except ValueError as error:
        raise WeightsError("json") from error
    if not isinstance(plain, Mapping):
        raise WeightsError("object")
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if name == "sizes" or name in _TEXTS:
            found[name] = value
        elif _is_array(name):
            found[name] = _numbers(name, value)
        else:
            raise WeightsError("unknown", name=name[:40])
    return found


def _numbers(name: str, value: Any) -> FloatArray:
    """Lists of numbers as an array; nothing else is converted."""
    rows = value if isinstance(value, list) else [None]
    flat = [cell for row in rows for cell in (row if isinstance(row, list) else [row])]
    if not all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in flat):
        raise WeightsError("kind", name=name)
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(lengths) != 1:
        raise WeightsError("shape", name=name, wanted="n × m", given="rows of different lengths")
    try:
        return np.array(rows, dtype=np.float64)
    except (ValueError, OverflowError) as error:
        raise WeightsError("finite", name=name) from error


def _is_array(name: str) -> bool:
    return name[:1] in ("W", "b") and name[1:].isascii() and name[1:].isdecimal() and 1 <= len(name) <= 3


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
