"""What a worker process does: train a slice of a run and paint its snapshots. Imports no Streamlit."""

from __future__ import annotations

import base64
import io
import os
import signal
import threading
import time
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image

from server.training.colours import CLASS_COLOURS, DIFFERENT
from spiral_core.arrays import ByteArray, FloatArray, IntArray
from spiral_core.boundary import Area, area_of, class_maps, grid, levels
from spiral_core.datasets import data_of
from spiral_core.network import Network
from spiral_core.run import Checkpoint, Progress, layer_sizes
from spiral_core.settings import DataSettings, Settings
from spiral_core.training import advance

PICTURE_SIZE = 150  # cells a side: 3 KB a picture, drawn smooth by the browser
SMALL_PICTURE_SIZE = 100  # while many wait: half the work, and hardly to be told apart
LAST_PICTURE_SIZE = 400  # the one that stays on the screen
PAINTED_AT_ONCE = 4
VALUE_STEPS = 64
NICE, BEHIND = 10, 19  # how far the workers of runs, and those of searches, give way where cores are short


class Slice(NamedTuple):
    """What one slice of work adds to a run: the training, if there was some to do, and pictures of snapshots."""

    progress: Progress | None
    pictures: dict[int, str]  # iteration → data URI of a PNG


def work(settings: Settings, checkpoint: Checkpoint | None, seconds: float, size: int) -> Slice:
    """Go on with a run for about `seconds`. The last snapshot is painted, `size` cells a side; the others of a finished run as far
    as time allows."""
    began = time.perf_counter()
    progress = advance(settings, checkpoint, seconds)
    iterations = progress.snapshot_iterations
    done = bool(progress.divergence) or progress.checkpoint.iteration == settings.iterations
    pictures = _painted(settings, iterations[-1:], progress.snapshots[-1:], LAST_PICTURE_SIZE if done else size)
    if done:
        left = seconds - (time.perf_counter() - began)
        pictures |= paint(settings, iterations[:-1], progress.snapshots[:-1], left, size).pictures
    return Slice(progress, pictures)


def paint(settings: Settings, iterations: IntArray, snapshots: FloatArray, seconds: float, size: int) -> Slice:
    """Pictures of snapshots (S, P), as many as about `seconds` allow; if there is any time, of some."""
    deadline = time.perf_counter() + seconds
    pictures: dict[int, str] = {}
    for first in range(0, len(iterations), PAINTED_AT_ONCE):
        if time.perf_counter() > deadline:
            break
        some = slice(first, first + PAINTED_AT_ONCE)
        pictures |= _painted(settings, iterations[some], snapshots[some], size)
    return Slice(None, pictures)


def _painted(settings: Settings, iterations: IntArray, snapshots: FloatArray, size: int) -> dict[int, str]:
    network = Network(layer_sizes(settings, data_of(settings.data).train), settings.activation)
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


def begin(niceness: int) -> None:
    """Prepare a new worker: let others go first, leave Ctrl-C to the server, and end when it is gone."""
    if hasattr(os, "nice"):
        os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
