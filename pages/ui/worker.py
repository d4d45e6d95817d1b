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

from pages.ui.palette import CLASS_COLOURS
from spiral_core.arrays import ByteArray
from spiral_core.boundary import LEVELS, Area, area_of, class_maps, grid
from spiral_core.settings import DataSettings, Settings
from spiral_core.training import Checkpoint, Progress, advance, data_of, first_network

PICTURE_SIZE = 150  # cells a side: 3 KB a picture, drawn smooth by the browser


class Slice(NamedTuple):
    """What one slice of work adds to a run: the training, and a picture for each of its snapshots."""

    progress: Progress
    pictures: dict[int, str]  # iteration → data URI of a PNG


def work(settings: Settings, checkpoint: Checkpoint | None, seconds: float) -> Slice:
    """Go on with a run for about `seconds` and paint what came."""
    progress = advance(settings, checkpoint, seconds)
    network = first_network(settings, data_of(settings.data).train)
    points = grid(area(settings.data), PICTURE_SIZE)
    maps = class_maps(network, progress.snapshots, points)
    iterations = progress.snapshot_iterations.tolist()
    return Slice(progress, {i: picture(m) for i, m in zip(iterations, maps, strict=True)})


@lru_cache(maxsize=64)
def area(data: DataSettings) -> Area:
    """The part of the plane that the pictures of a data set show: all its points, held out or not."""
    split = data_of(data)
    points = [part.X for part in split if part is not None]
    return area_of(np.vstack(points))


def picture(class_map: ByteArray) -> str:
    """A square class map as a PNG: the class as colour and its confidence as opacity, so that it suits any background."""
    size = int(np.sqrt(class_map.size))
    rows_from_top = np.ascontiguousarray(class_map.reshape(size, size)[::-1])
    image = Image.frombytes("P", (size, size), rows_from_top.tobytes())
    image.putpalette(_PALETTE)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=_OPACITY)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _palette() -> tuple[bytes, bytes]:
    colours, opacity = bytearray(), bytearray()
    for colour in CLASS_COLOURS:
        for level in range(LEVELS):
            colours += bytes.fromhex(colour[1:])
            opacity.append(round(255 * (0.08 + 0.62 * level / (LEVELS - 1))))
    return bytes(colours), bytes(opacity)


_PALETTE, _OPACITY = _palette()


def begin() -> None:
    """Prepare a new worker: leave Ctrl-C to the server, and end when the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
