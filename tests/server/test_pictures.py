"""Pictures show what the network says, and stay small."""

from __future__ import annotations

import base64
import io
import tomllib

import numpy as np
from PIL import Image

from pages.ui.charts.palette import CLASS_SHAPES
from pages.ui.visit.presets import START
from server.training.colours import CLASS_COLOURS
from server.training.cost import LAST_PICTURE_SIZE, PICTURE_SIZE
from server.training.pictures import area, picture
from server.training.worker import paint, work
from spiral_core.boundary import grid, levels
from spiral_core.training import train
from tests.support.catalogue import ROOT


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def test_colour_is_the_class_and_opacity_the_confidence() -> None:
    steps = levels(3)
    class_map = np.array([0, steps - 1, steps, 3 * steps - 1], dtype=np.uint8)  # rows from the bottom
    image = np.asarray(opened(picture(class_map, 3)).convert("RGBA"))
    bottom_left, bottom_right, top_left, top_right = image[1, 0], image[1, 1], image[0, 0], image[0, 1]
    for pixel, label in ((bottom_left, 0), (bottom_right, 0), (top_left, 1), (top_right, 2)):
        assert "#" + bytes(pixel[:3].tolist()).hex() == CLASS_COLOURS[label]
    assert bottom_left[3] == top_left[3] < 30
    assert bottom_right[3] == top_right[3] > 150


def test_the_last_picture_shows_what_the_network_says() -> None:
    settings = START.replace(iterations=200)
    pictures = work(settings, None, 60, PICTURE_SIZE).pictures
    network = train(settings).network_at()
    image = np.asarray(opened(pictures[200]).convert("RGBA"))[::-1]
    assert image.shape[:2] == (LAST_PICTURE_SIZE, LAST_PICTURE_SIZE)
    assert opened(pictures[0]).size == (PICTURE_SIZE, PICTURE_SIZE)
    winner = network.predict(grid(area(settings.data), LAST_PICTURE_SIZE)).reshape(image.shape[:2])
    for label in range(3):
        colour = list(bytes.fromhex(CLASS_COLOURS[label][1:]))
        assert np.array_equal((image[..., :3] == colour).all(axis=2), winner == label)


def test_a_replay_of_60_snapshots_stays_under_300_kb() -> None:
    pictures = work(START, None, 60, PICTURE_SIZE).pictures
    assert sum(map(len, pictures.values())) * 60 / len(pictures) < 300_000


def test_every_class_has_a_colour_and_a_shape_of_its_own() -> None:
    assert len(set(CLASS_COLOURS)) == len(set(CLASS_SHAPES)) == 8


def test_a_slice_paints_where_the_run_is_and_paint_the_rest() -> None:
    first = work(START.replace(iterations=100_000), None, 0.01, PICTURE_SIZE)
    assert first.progress is not None
    iterations, snapshots = first.progress.snapshot_iterations, first.progress.snapshots
    assert list(first.pictures) == [iterations[-1]]
    rest = paint(START, iterations, snapshots, 60, PICTURE_SIZE)
    assert rest.progress is None
    assert list(rest.pictures) == iterations.tolist()
    assert rest.pictures[int(iterations[-1])] == first.pictures[int(iterations[-1])]
    assert paint(START, iterations, snapshots, -1.0, PICTURE_SIZE).pictures == {}


def test_the_server_does_not_collect_garbage_after_each_run_of_a_page() -> None:
    """Streamlit's default does: a tenth of a second in which nobody else is served (`python -m benchmarks.load`)."""
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert options["runner"]["postScriptGC"] is False
    assert options["server"]["fileWatcherType"] == "none"
