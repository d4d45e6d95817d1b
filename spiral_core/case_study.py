"""The two programs of the CS231n case study, and the losses that the article prints for them."""

from __future__ import annotations

from typing import NamedTuple

from spiral_core.run import Run
from spiral_core.settings import Settings
from spiral_core.training import train

SOFTMAX = Settings(hidden=(), iterations=200)
TWO_LAYER = Settings()

PUBLISHED_SOFTMAX = {
    0: 1.096956, 10: 0.917265, 20: 0.851503, 30: 0.822336, 40: 0.807586, 50: 0.799448, 60: 0.794681,
    70: 0.791764, 80: 0.789920, 90: 0.788726, 100: 0.787938, 110: 0.787409, 120: 0.787049, 130: 0.786803,
    140: 0.786633, 150: 0.786514, 160: 0.786431, 170: 0.786373, 180: 0.786331, 190: 0.786302,
}  # fmt: skip
PUBLISHED_TWO_LAYER = {
    0: 1.098744, 1000: 0.294946, 2000: 0.259301, 3000: 0.248310, 4000: 0.246170, 5000: 0.245649,
    6000: 0.245491, 7000: 0.245400, 8000: 0.245335, 9000: 0.245292,
}  # fmt: skip
PUBLISHED_ACCURACY = {SOFTMAX: 0.49, TWO_LAYER: 0.98}  # as printed, two decimals


class Comparison(NamedTuple):
    """One printed loss beside ours."""

    iteration: int
    published: float
    ours: float

    @property
    def difference(self) -> float:
        return self.ours - self.published


def compare(run: Run, published: dict[int, float]) -> list[Comparison]:
    """Each published loss beside the run's, up to the iteration that the run has reached."""
    losses = dict(zip(run.history.iteration.tolist(), run.history.loss.tolist(), strict=True))
    return [Comparison(i, loss, losses[i]) for i, loss in published.items() if i in losses]


def softmax_run() -> Run:
    """The softmax linear classifier: 200 iterations, with the article's random numbers."""
    return train(SOFTMAX)


def two_layer_run() -> Run:
    """The two-layer net: 10 000 iterations, with the article's random numbers."""
    return train(TWO_LAYER)
