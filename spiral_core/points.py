"""Custom points packed into one short text, so that settings that hold them stay a plain value: hashable, JSON, part of a link."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spiral_core.arrays import FloatArray, IntArray

MAX_POINTS = 10_000
MAX_CLASSES = 8
MAX_LABEL_LENGTH = 40
MAX_COORDINATE = 1e9
MAX_PACKED_LENGTH = 700_000  # characters: 10 000 points with all their digits take about 240 000
_MAX_TEXT_LENGTH = 1_000_000
MAX_KNOWN = 10_000  # texts whose points need not be looked at again to be counted: about 2 MB


@dataclass(frozen=True, eq=False)
class Points:
    """Points of the plane with named classes; the values are checked and the arrays read-only.

    X: (N, 2) finite, at most 1e9 from 0; y: (N,) in 0..K-1, with every class present; names: K different texts; axes: the
    names of X's two columns. Raises ValueError that says what is wrong, with rows of X counted from 1.
    """

    X: FloatArray
    y: IntArray
    names: tuple[str, ...]
    axes: tuple[str, str] = ("x", "y")

    def __post_init__(self) -> None:
        X, y = np.array(self.X, dtype=np.float64), np.array(self.y, dtype=np.int64)
        if X.ndim != 2 or X.shape[1:] != (2,) or y.shape != X.shape[:1]:
            raise ValueError(f"points must be (N, 2) with N labels, got {X.shape} and {y.shape}")
        if len(X) > MAX_POINTS:
            raise ValueError(f"points must be at most {MAX_POINTS}, got {len(X)}")
        far = np.flatnonzero(~(np.abs(X) <= MAX_COORDINATE).all(axis=1))  # NaN is far too
        if len(far):
            raise ValueError(f"points must lie within {MAX_COORDINATE:g} of 0, got {X[far[0]].tolist()} in row {far[0] + 1}")
        _check_texts("class names", self.names)
        _check_texts("axes", self.axes)
        if len(self.axes) != 2:
            raise ValueError(f"axes must be two, got {len(self.axes)}")
        if not 2 <= len(self.names) <= MAX_CLASSES:
            raise ValueError(f"classes must be 2 to {MAX_CLASSES}, got {len(self.names)}")
        if not np.array_equal(np.unique(y), np.arange(len(self.names))):
            raise ValueError("each class must have at least one point, and each point a class")
        for name, array in (("X", X), ("y", y)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.y)


# Letters and signs that count as printable but leave no mark: Hangul and Khmer fillers, joiners, a blank Braille cell.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def _check_texts(what: str, texts: Sequence[str]) -> None:
    for text in texts:
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_LABEL_LENGTH or not text.isprintable() or text != text.strip():
            raise ValueError(f"{what} must be 1 to {MAX_LABEL_LENGTH} printable characters, got {text!r}")
        if INVISIBLE.issuperset(text):
            raise ValueError(f"{what} must hold a character that can be seen, got {text!a}")
    if len(set(texts)) < len(texts):
        raise ValueError(f"{what} must be different, got {list(texts)}")


def pack(points: Points) -> str:
    """The points as text in the characters that a link may hold; `unpack` restores them exactly."""
    X, y = points.X + 0.0, points.y  # no minus zero
    lines = ["\t".join(points.names), "\t".join(points.axes)]
    lines += [" ".join(map(repr, column.tolist())).replace(".0 ", " ").removesuffix(".0") for column in X.T]
    lines.append("".join(map(str, y.tolist())))
    packed = zlib.compress("\n".join(lines).encode("utf-8"), 9)
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


@lru_cache(maxsize=64)
def unpack(text: str) -> Points:
    """The points in a text that `pack` made. Raises ValueError for any other; what is unpacked is bounded."""
    if not isinstance(text, str) or not text.isascii() or len(text) > MAX_PACKED_LENGTH:
        raise ValueError("not packed points")
    try:
        squeezed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        machine = zlib.decompressobj()
        plain = machine.decompress(squeezed, _MAX_TEXT_LENGTH)
        if not machine.eof or machine.unconsumed_tail or machine.unused_data:
            raise ValueError("not packed points")
        names, axes, x, y, labels = plain.decode("utf-8").split("\n")
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not packed points") from error
    if not labels.isdecimal() or not labels.isascii():
        raise ValueError("not packed points")
    columns = [list(map(float, column.split(" "))) for column in (x, y)]
    if not len(columns[0]) == len(columns[1]) == len(labels):
        raise ValueError("not packed points")
    first, _, second = axes.partition("\t")
    classes = np.frombuffer(labels.encode("ascii"), np.uint8).astype(np.int64) - ord("0")
    return Points(np.array(columns).T, classes, tuple(names.split("\t")), (first, second))


@lru_cache(maxsize=64)
def canonical(text: str) -> str:
    """The same points as `pack` spells them, whichever program packed them. Raises ValueError as `unpack` does."""
    if _known.of(text):
        return text
    points = unpack(text)
    packed = pack(points)
    _known.add(packed, (len(points), len(points.names)))
    return packed


def counts(text: str) -> tuple[int, int]:
    """How many points and classes there are in a text that `pack` made; of most texts that were seen before, without unpacking."""
    found = _known.of(text)
    if found is None:
        points = unpack(text)
        found = len(points), len(points.names)
    return found


class _Known:
    """Texts that are spelled as `pack` does, by their digests: a class holds more sets than could stay unpacked."""

    def __init__(self) -> None:
        self._counts: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def of(self, text: str) -> tuple[int, int] | None:
        """Points and classes; None for a text that is not known, or none."""
        if not isinstance(text, str) or not text.isascii() or len(text) > MAX_PACKED_LENGTH:
            return None
        return self._counts.get(_digest(text))

    def add(self, text: str, found: tuple[int, int]) -> None:
        with self._lock:
            self._counts[_digest(text)] = found
            if len(self._counts) > MAX_KNOWN:
                del self._counts[next(iter(self._counts))]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


_known = _Known()
