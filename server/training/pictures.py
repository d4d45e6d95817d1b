"""Pictures of the plane: what a network says at each cell, as small PNG images."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from server.training.colours import CLASS_COLOURS, DIFFERENT
from spiral_core.analysis.ensemble import class_map
from spiral_core.arrays import ByteArray, FloatArray, IntArray
from spiral_core.boundary import Area, area_of, class_maps, grid, levels
from spiral_core.data_settings import DataSettings
from spiral_core.datasets import data_of
from spiral_core.network import Network
from spiral_core.run import network_of
from spiral_core.settings import Settings

VALUE_STEPS = 64


def boundaries(settings: Settings, iterations: IntArray, snapshots: FloatArray, size: int) -> dict[int, str]:
    """The picture of each snapshot (S, P), `size` cells a side, by its iteration."""
    network = network_of(settings, data_of(settings.data).train)
    maps = class_maps(network, snapshots, grid(area(settings.data), size))
    return {i: picture(cells, network.sizes[-1]) for i, cells in zip(iterations.tolist(), maps, strict=True)}


@lru_cache(maxsize=64)
def area(data: DataSettings) -> Area:
    """The part of the plane that the pictures of a data set show: all its points, held out or not."""
    split = data_of(data)
    points = [part.X for part in split if part is not None]
    return area_of(np.vstack(points))


def picture(class_map: ByteArray, classes: int) -> str:
    """A square class map as a PNG: the class as colour and its confidence as opacity, so that it suits any background."""
    return _png(class_map, *_palette(classes))


def painted(network: Network, plane: Area, size: int) -> str:
    """A network's picture of the plane, `size` cells a side."""
    (cells,) = class_maps(network, network.parameters[None], grid(plane, size))
    return picture(cells, network.sizes[-1])


def ensemble_picture(networks: Sequence[Network], plane: Area, size: int = 160) -> str:
    """What several networks say of the plane on average."""
    return picture(class_map(networks, grid(plane, size)), networks[0].sizes[-1])


def difference_picture(a: Network, b: Network, plane: Area, size: int = 200) -> tuple[str, float]:
    """Where two networks disagree, dark, over the classes that both give, pale; and the share of the plane where they do."""
    X = grid(plane, size)
    first, second = (network.predict(X) for network in (a, b))
    differ = first != second
    classes = len(CLASS_COLOURS)
    colours = b"".join(bytes.fromhex(colour[1:]) for colour in (*CLASS_COLOURS, DIFFERENT))
    opacity = bytes([60] * classes + [200])
    index = np.where(differ, classes, first).astype(np.uint8)
    return _png(index, colours, opacity), float(differ.mean())


def value_picture(values: FloatArray, colour: str) -> str:
    """A square map of values (size²,) as a picture: one colour, the fuller the higher the value."""
    low, high = float(values.min()), float(values.max())
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    index = (shares * (VALUE_STEPS - 1)).round().astype(np.uint8)
    opacity = bytes(round(230 * step / (VALUE_STEPS - 1)) for step in range(VALUE_STEPS))
    return _png(index, bytes.fromhex(colour[1:]) * VALUE_STEPS, opacity)


def _png(index: ByteArray, colours: bytes, opacity: bytes) -> str:
    """A square picture as a data URI, from the number of each cell's colour, row by row from the bottom left."""
    size = int(np.sqrt(index.size))
    rows_from_top = np.ascontiguousarray(index.reshape(size, size)[::-1])
    image = Image.frombytes("P", (size, size), rows_from_top.tobytes())
    image.putpalette(colours)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=opacity)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@lru_cache
def _palette(classes: int) -> tuple[bytes, bytes]:
    """The colour and the opacity of each byte of a class map."""
    steps = levels(classes)
    colours = b"".join(bytes.fromhex(colour[1:]) * steps for colour in CLASS_COLOURS[:classes])
    opacity = bytes(round(255 * (0.08 + 0.62 * level / (steps - 1))) for level in range(steps)) * classes
    return colours, opacity
