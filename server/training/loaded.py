"""A net from a file of weights on the data of an experiment: read, measured and painted in the process of a reader."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from server.training.pictures import area, painted
from spiral_core.datasets import data_of
from spiral_core.export.weights import WeightsError, read
from spiral_core.settings import Settings

SIZE = 200  # cells of a side of its picture


class Shown(NamedTuple):
    """A net as a page shows it: small, however large the net is."""

    sizes: tuple[int, ...]
    activation: str
    measured: tuple[tuple[float, float], ...] = ()  # data loss and accuracy, training data first; empty: no fit
    picture: str = ""


def shown(content: bytes, activation: str, settings: Settings) -> Shown | WeightsError:
    """The net of a file on the data of the settings, or why the file is refused.

    activation, and the features and the loss of the settings: what is taken where the file names none.
    """
    try:
        network = read(content, activation, settings.features, settings.loss).network
    except WeightsError as error:
        return error
    data = data_of(settings.data)
    found = Shown(network.sizes, network.activation)
    if (network.dimensions, network.sizes[-1]) != (2, data.train.classes):
        return found
    with np.errstate(all="ignore"):  # weights may be as large as numbers are
        parts = [part for part in data if part is not None]
        measured = [(network.loss(part.X, part.y), float((network.predict(part.X) == part.y).mean())) for part in parts]
        return found._replace(measured=tuple(measured), picture=painted(network, area(settings.data), SIZE))
