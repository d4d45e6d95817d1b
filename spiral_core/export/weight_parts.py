"""A file of weights, .npz or JSON, as arrays and texts by their names: looked at before it is unpacked, never unpickled."""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_
from spiral_core.plain_json import TwiceError, read_json
from spiral_core.settings import MAX_WEIGHTS

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 16 * MAX_WEIGHTS  # of all arrays of an .npz file together
MAX_MEMBERS = 64  # of an .npz file: more than a net has arrays, so that a sentence can name the first that is too many
MAX_HEADER = 256  # characters of an array's header: NumPy writes 118
MAX_LISTS, MAX_NAMES = 10_000, 100  # of a JSON file: a net has one list for each row of weights, and one name for each array
_MEMBER = b"PK\x01\x02"  # how each entry of a zip file's directory begins
TEXTS = ("activation", "features", "loss")  # what a file says in words
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
    "text": N_("{name} must be text."),
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


def parts_of(content: bytes) -> dict[str, Any]:
    """Arrays of numbers, texts and JSON's own values by their names, not yet compared with each other. Raises WeightsError.

    Sizes are looked at before anything is unpacked, and objects are never unpickled.
    """
    if len(content) > MAX_BYTES:
        raise WeightsError("large")
    return _from_npz(content) if content[:2] == b"PK" else _from_json(content)


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
                if name not in TEXTS and not _is_array(name):
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
    kinds, most = ("U", 400) if name in TEXTS else ("fiu", 16)
    if dtype.kind not in kinds or dtype.itemsize > most or (name in TEXTS and shape != ()):
        raise WeightsError("text" if name in TEXTS else "kind", name=name)
    rest = data[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(rest) or len(shape) > 2 or any(isinstance(side, bool) for side in shape):
        raise WeightsError("zip")
    array = np.frombuffer(rest, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if name in TEXTS:
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
    except TwiceError as error:
        raise WeightsError("twice", name=error.name[:40]) from None
    except ValueError as error:
        raise WeightsError("json") from error
    if not isinstance(plain, Mapping):
        raise WeightsError("object")
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if name == "sizes" or name in TEXTS:
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
    if len(lengths) > 1:
        raise WeightsError("shape", name=name, wanted="n × m", given="rows of different lengths")
    try:
        return np.array(rows, dtype=np.float64)
    except (ValueError, OverflowError) as error:
        raise WeightsError("finite", name=name) from error


def _is_array(name: str) -> bool:
    return name[:1] in ("W", "b") and name[1:].isascii() and name[1:].isdecimal() and 1 <= len(name) <= 3
